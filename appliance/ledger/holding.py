"""Holds, deletions and erasures, as frozen rows."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.ledger import review_tables as tables
from appliance.ledger.rows import of, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """Nothing of the attempt (`attempt` None: of the exam) is deleted while `lifted_at` is None."""

    hold: str
    exam: str
    attempt: str | None
    reason: str
    by: str
    by_name: str
    placed_at: float
    lifted_at: float | None
    lifted_by: str | None
    lift_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionRow:
    """What went, and by which date; `event` is the id of its proof in the ledger."""

    event: str
    exam: str
    attempt: str
    what: str
    why: str
    files: int
    bytes: int
    due_at: float
    deleted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow:
    """A candidate's data are to go, or are gone (`erased_at`)."""

    attempt: str
    reference: str
    by_name: str
    asked_at: float
    erased_at: float | None


def holds(connection: sa.Connection, exam: str) -> list[HoldRow]:
    """All of an exam and its attempts, oldest first, lifted ones too."""
    row = tables.hold
    return rows(connection, HoldRow, sa.select(row).where(row.c.exam == exam).order_by(row.c.placed_at))


def held(connection: sa.Connection, *, exam: str, attempt: str) -> bool:
    """Does a hold stand on this attempt, or on its exam?"""
    return any(hold.lifted_at is None and hold.attempt in (None, attempt) for hold in holds(connection, exam))


def deletions(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[DeletionRow]:
    """What went, oldest first."""
    row = tables.deletion
    query = sa.select(row).order_by(row.c.deleted_at)
    if attempt is not None:
        query = query.where(row.c.attempt == attempt)
    if exam is not None:
        query = query.where(row.c.exam == exam)
    return rows(connection, DeletionRow, query)


def deleted_files(connection: sa.Connection, attempt: str) -> dict[str, float]:
    """Path as in media.deleted -> when it went."""
    row = tables.deleted_file.c
    found = connection.execute(sa.select(row.path, row.deleted_at).where(row.attempt == attempt))
    return {one.path: one.deleted_at for one in found}


def erasures(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[ErasureRow]:
    """Asked for, or done."""
    return rows(connection, ErasureRow, of(sa.select(tables.erasure), tables.erasure, attempt, exam))
