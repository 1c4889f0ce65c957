"""A detector that is wrong at a seat is muted there: its rule raises nothing for the candidate until it is unmuted.
What it raised before stays, and so do the reasons."""

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import RuleMuted
from appliance.exam.health import can_be_wrong
from appliance.exam.stage import CLOSED
from appliance.ledger import review, state
from appliance.ledger.actions.attempts import LONGEST_REASON, append
from appliance.ledger.actions.words import written
from appliance.ledger.writer import Transaction

MOVED = "the candidate moved to another seat"


def mute(transaction: Transaction, attempt: str, code: str, *, muted: bool, reason: str, by: str, by_name: str) -> bool:
    """Mute a rule for this candidate, or (`muted` false) let it raise flags again; -> whether anything changed. Only
    what the box itself judges by, with a reason, and while the attempt is not over."""
    row = state.attempt(transaction.connection, attempt)
    if not can_be_wrong(code):
        raise BadInput(
            f"{code[:60]!r} is no detector of this box", hint="The page 'Seats' lists those that can be muted."
        )
    reason = written(reason, what="reason", longest=LONGEST_REASON)
    if row.stage in CLOSED:
        raise NotAllowed("this attempt is over", hint="Nothing looks at this seat any more, so nothing is to be muted.")
    if muted == (code in review.muted(transaction.connection, attempt)):
        return False
    append(transaction, row, RuleMuted(code=code, muted=muted, reason=reason, by=by, by_name=by_name), by)
    return True


def lift(transaction: Transaction, attempt: str, *, by: str, by_name: str) -> None:
    """The candidate sits elsewhere: what was wrong at the former seat is not at the new one."""
    row = state.attempt(transaction.connection, attempt)
    for code in sorted(review.muted(transaction.connection, attempt)):
        append(transaction, row, RuleMuted(code=code, muted=False, reason=MOVED, by=by, by_name=by_name), by)
