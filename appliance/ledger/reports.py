"""Reports that somebody wants now: the ledger is the queue. How they are written, for who has it done."""

from collections.abc import Mapping
from typing import Protocol

import sqlalchemy as sa

from appliance.box.paths import Paths
from appliance.exam.events import BOX, ReportAsked, ReportWritten
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Event


class WriteReport(Protocol):
    """Writes the report on an attempt or an exam into the reports folder; -> name -> SHA-256 (hex)."""

    def __call__(
        self, *, connection: sa.Connection, paths: Paths, exam: str, attempt: str | None
    ) -> dict[str, str]: ...


class WriteReports(Protocol):
    """The same for an exam and each of its attempts; -> attempt, None for the exam -> name -> SHA-256."""

    def __call__(
        self, *, connection: sa.Connection, paths: Paths, exam: str
    ) -> Mapping[str | None, dict[str, str]]: ...


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
