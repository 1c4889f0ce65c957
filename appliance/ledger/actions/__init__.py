"""What can be done: each function checks the rules of `exam/` against the state and appends what follows.

They run inside `Writer.transact`, so that what was checked still holds when it is written.
"""
