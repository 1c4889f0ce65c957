"""Erasure on a lawful request: everything of one candidate goes, whatever the dates say."""

from datetime import datetime

from appliance.errors import NotAllowed
from appliance.exam.events import ErasureAsked
from appliance.exam.stage import CLOSED
from appliance.ledger import holding, state
from appliance.ledger.actions.attempts import append
from appliance.ledger.actions.words import written
from appliance.ledger.writer import Transaction

LONGEST_REFERENCE = 120


def ask(transaction: Transaction, attempt: str, *, reference: str, by: str, by_name: str) -> None:
    """`reference`: the institution's own number of the request. NotAllowed while the candidate is still there, where a
    hold stands, and where it was asked for already. Who asks has proved a moment ago to be there."""
    connection = transaction.connection
    row = state.attempt(connection, attempt)
    if row.stage not in CLOSED:
        raise NotAllowed(
            "nothing can be erased while the exam goes on for this candidate",
            hint="Ask again when it is over: end the attempt, or wait.",
        )
    holds = holding.holds(connection, row.exam)
    standing = next((hold for hold in holds if hold.lifted_at is None and hold.attempt in (None, attempt)), None)
    if standing is not None:
        raise NotAllowed(
            f"{'this candidate' if standing.attempt else 'the whole exam'} is held since "
            f"{datetime.fromtimestamp(standing.placed_at).astimezone():%Y-%m-%d} by {standing.by_name}:"
            f" {standing.reason}",
            hint="Lift the hold first, if it no longer stands.",
        )
    if holding.erasures(connection, attempt=attempt):
        raise NotAllowed("this was asked for already, or is done", hint="Reload the page to see how far it is.")
    said = ErasureAsked(
        reference=written(reference, what="reference", longest=LONGEST_REFERENCE), by=by, by_name=by_name
    )
    append(transaction, row, said, by)
