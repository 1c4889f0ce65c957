"""The check-out as frozen rows: pages, the paper, ticks."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.ledger import day_tables
from appliance.ledger.rows import of, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """The newest photo of one page; `readable` 0 and `accepted_by` None: it is to be taken again, or accepted."""

    page: str
    attempt: str
    number: int
    path: str
    sha256: str
    bytes: int
    sharpness: float
    light: float
    readable: int
    accepted_by: str | None
    photographed_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """The worked paper as one PDF, and how many pages a person counted."""

    attempt: str
    path: str | None
    sha256: str | None
    bytes: int | None
    pages: int | None
    made: int | None
    counted: int | None
    counted_by: str | None
    uploaded_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRow:
    """One thing of the check-out that is done."""

    attempt: str
    tick: str
    by: str
    note: str
    ticked_at: float


def pages(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[PageRow]:
    """By number."""
    row = day_tables.page
    return rows(connection, PageRow, of(sa.select(row).order_by(row.c.number), row, attempt, exam))


def papers(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[PaperRow]:
    """One for each attempt that has one."""
    return rows(connection, PaperRow, of(sa.select(day_tables.paper), day_tables.paper, attempt, exam))


def ticks(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[TickRow]:
    """Oldest first."""
    row = day_tables.tick
    return rows(connection, TickRow, of(sa.select(row).order_by(row.c.ticked_at), row, attempt, exam))
