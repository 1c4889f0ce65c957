"""Questions that only the institution answers: about the content, accommodations, the receipt (I34, M104)."""

import secrets

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.events import InquiryAnswered, InquiryMade
from appliance.exam.stage import CLOSED
from appliance.ledger import day_tables, state
from appliance.ledger.actions.attempts import append
from appliance.ledger.actions.words import written
from appliance.ledger.writer import Transaction

KINDS = ("content", "accommodation", "reply")
"""A reply is to the receipt: it is made when the attempt is over, the others before."""


def inquire(transaction: Transaction, attempt: str, *, kind: str, text: str, by: str) -> str:
    """Pass a question on; -> its id. `by`: "candidate", or the user who passes it on."""
    row = state.attempt(transaction.connection, attempt)
    if kind not in KINDS:
        raise BadInput(f"{kind[:20]!r} is not a kind of question", hint=f"It is one of {', '.join(KINDS)}.")
    if row.stage in CLOSED and kind != "reply":
        raise NotAllowed("the exam is over for this candidate", hint="The receipt says how to write now.")
    inquiry = secrets.token_hex(8)
    append(transaction, row, InquiryMade(inquiry=inquiry, kind=kind, text=written(text, what="question"), by=by), by)
    return inquiry


def answer(transaction: Transaction, inquiry: str, *, text: str, by: str, by_name: str) -> str:
    """The institution answers, once; -> the attempt it is about. NotFound where there is no such question."""
    row = day_tables.inquiry.c
    found = transaction.connection.execute(
        sa.select(row.attempt, row.answered_at, row.answered_by_name).where(row.inquiry == inquiry)
    ).one_or_none()
    if found is None:
        raise NotFound("there is no such question", hint="Reload the page.")
    if found.answered_at is not None:
        raise NotAllowed(f"{found.answered_by_name} has answered this question already", hint="Reload the page.")
    said = InquiryAnswered(inquiry=inquiry, text=written(text, what="answer"), by=by, by_name=by_name)
    append(transaction, state.attempt(transaction.connection, found.attempt), said, by)
    attempt: str = found.attempt
    return attempt
