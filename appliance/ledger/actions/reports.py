"""Asking for the reports on an exam now; the sync process writes them."""

from appliance.errors import NotAllowed
from appliance.exam.events import BOX, ReportAsked
from appliance.ledger import reports, state
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction


class AlreadyAsked(NotAllowed):
    """They are being written: one wish of each exam waits."""


def ask(transaction: Transaction, exam: str, *, by: str, by_name: str) -> None:
    """NotFound when there is no such exam, AlreadyAsked while its reports are being written."""
    row = state.exam(transaction.connection, exam)
    if reports.waiting(transaction.connection, exam=row.exam):
        raise AlreadyAsked("the reports are being written already", hint="Look again in a minute.")
    said = ReportAsked(exam=row.exam, by=by, by_name=by_name)
    transaction.append(Draft(payload=said, chain=BOX, exam=row.exam, actor=by))
