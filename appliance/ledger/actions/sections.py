"""Sections of the exam: what one candidate may open, and that it was opened."""

import sqlalchemy as sa

from appliance.exam import sections
from appliance.exam.events import SectionOpened
from appliance.exam.sections import Part
from appliance.ledger import planning, sitting, state
from appliance.ledger.actions.attempts import CANDIDATE, append
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction


def parts_of(connection: sa.Connection, row: AttemptRow, *, now: float) -> list[Part]:
    """The sections in this candidate's order. `now`: wall seconds."""
    exam, held = state.exam(connection, row.exam), planning.plan(connection, row.exam)
    return sections.parts(
        held,
        title=exam.title,
        link=exam.link,
        stored=planning.content(connection, row.exam),
        order=sitting.sitting(connection, row.attempt).sections or held.order_for(row.attempt),
        released=planning.released(connection, row.exam),
        opened=sitting.opened(connection, row.attempt),
        stage=row.stage,
        open_from=held.opens_at(exam.starts_at),
        now=now,
    )


def open_section(transaction: Transaction, attempt: str, number: int) -> Part:
    """The candidate opens a section's content; the first time is noted. NotFound, NotAllowed in words (M99)."""
    row = state.attempt(transaction.connection, attempt)
    part = sections.openable(parts_of(transaction.connection, row, now=transaction.now), number, row.stage)
    if part.opened_at is None:
        append(transaction, row, SectionOpened(section=number), CANDIDATE)
    return part
