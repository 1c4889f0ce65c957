"""Reports that somebody wants now: the ledger is the queue."""

import sqlalchemy as sa

from appliance.exam.events import BOX, ReportAsked, ReportWritten
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Event


def waiting(connection: sa.Connection, *, exam: str | None = None) -> list[str]:
    """Exams whose reports were asked for and are not written since, the longest first; at most one of each."""
    row = tables.event.c
    query = SELECT.where(row.chain == BOX, row.type.in_((ReportAsked.TYPE, ReportWritten.TYPE)))
    query = query if exam is None else query.where(row.exam == exam)
    found: dict[str, None] = {}
    for event in map(Event.from_row, connection.execute(query.order_by(row.position))):
        match event.payload:
            case ReportAsked(exam=asked):
                found.setdefault(asked)
            case ReportWritten(exam=written, attempt=None):
                found.pop(written, None)
            case _:
                pass
    return list(found)
