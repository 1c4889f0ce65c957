"""Calls: a proctor speaks with one candidate. One call at a time for each candidate; who may call is the caller's
question."""

import secrets

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.call import Ending
from appliance.exam.conduct import Act
from appliance.exam.events import CallEnded, CallStarted
from appliance.exam.stage import RECORDED
from appliance.ledger import state
from appliance.ledger.actions.attempts import allowed
from appliance.ledger.record import Draft
from appliance.ledger.state import CallRow
from appliance.ledger.writer import Transaction

BOX = "box"


def start(transaction: Transaction, attempt: str, *, by: str, by_name: str) -> str:
    """-> the call's id. Who calls already goes on with the same call: that is what a reloaded page wants. NotAllowed
    while somebody else talks, and when the candidate is not recorded."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage not in RECORDED:
        raise NotAllowed(
            "this candidate cannot be called now: nothing is recorded", hint="A call is possible from the check-in on."
        )
    allowed(transaction, attempt, Act.CALL)
    for going_on in state.calls(transaction.connection, attempt=attempt, going_on=True):
        if going_on.by == by:
            return going_on.call
        raise NotAllowed(
            f"{going_on.by_name} is speaking with this candidate just now", hint="Wait until that call is over."
        )
    call = secrets.token_hex(8)
    said = CallStarted(call=call, by=by, by_name=by_name)
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))
    return call


def end(transaction: Transaction, attempt: str, *, call: str, by: str, reason: str) -> None:
    """Hang up; a second time changes nothing. NotFound when the attempt has no such call."""
    if reason not in list(Ending):
        raise BadInput("this is not a reason for which a call ends")
    row = state.attempt(transaction.connection, attempt)
    found: CallRow | None = next(
        (each for each in state.calls(transaction.connection, attempt=attempt) if each.call == call), None
    )
    if found is None:
        raise NotFound("there is no such call", hint="Reload the page.")
    if found.ended_at is None:
        said = CallEnded(call=call, by=by, reason=reason)
        transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))
