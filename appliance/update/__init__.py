"""Updates by a signed bundle: checked, installed by root, judged by how the box is afterwards, taken back when it is
not well.

Who judges a new version is the version before it: the few modules of `engine.MODULES` need nothing but Debian's own
Python, are copied aside before anything changes, and carry the update through from their copy.
"""
