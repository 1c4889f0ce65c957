"""Legal hold: while it stands on an attempt or an exam, nothing of it is deleted or erased."""

import secrets

from appliance.errors import NotAllowed, NotFound
from appliance.exam.events import BOX, HoldLifted, HoldPlaced
from appliance.ledger import holding, state
from appliance.ledger.actions.words import written
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST_REASON = 500


def place(
    transaction: Transaction, *, exam: str, attempt: str | None = None, reason: str, by: str, by_name: str
) -> str:
    """Hold one attempt, or (None) the whole exam with the rooms that its cameras see; -> the hold's id."""
    connection = transaction.connection
    row = state.exam(connection, exam)
    if attempt is not None:
        _erasable(transaction, exam, attempt)
    hold = secrets.token_hex(8)
    said = HoldPlaced(
        hold=hold,
        exam=row.exam,
        attempt=attempt,
        reason=written(reason, what="reason", longest=LONGEST_REASON),
        by=by,
        by_name=by_name,
    )
    transaction.append(Draft(payload=said, chain=attempt or BOX, exam=row.exam, actor=by))
    return hold


def lift(transaction: Transaction, hold: str, *, exam: str, reason: str, by: str) -> None:
    """Dates count again; what is past its date goes at the next look."""
    found = next((row for row in holding.holds(transaction.connection, exam) if row.hold == hold), None)
    if found is None:
        raise NotFound("there is no such hold on this exam", hint="Reload the page.")
    if found.lifted_at is not None:
        raise NotAllowed("this hold was lifted already", hint="Reload the page.")
    said = HoldLifted(hold=hold, reason=written(reason, what="reason", longest=LONGEST_REASON), by=by)
    transaction.append(Draft(payload=said, chain=found.attempt or BOX, exam=exam, actor=by))


def _erasable(transaction: Transaction, exam: str, attempt: str) -> None:
    """There is such a candidate in the exam, of whom there is still something to hold."""
    if state.attempt(transaction.connection, attempt).exam != exam:
        raise NotFound("this candidate is not in this exam", hint="Reload the page.")
    done = holding.erasures(transaction.connection, attempt=attempt)
    if any(row.erased_at is not None for row in done):
        raise NotAllowed("this candidate's data are erased: nothing is left to be held")
