"""The check-in as frozen rows: self-test, room scans, position, what had to be done again."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.ledger import day_tables
from appliance.ledger.rows import of, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """A room scan. Asked for and not there yet: `recorded_at` None; deleted by its date: `path` None."""

    scan: str
    attempt: str
    asked_at: float | None
    asked_by: str
    reason: str
    number: int | None
    path: str | None
    sha256: str | None
    bytes: int | None
    seconds: float | None
    recorded_at: float | None
    delete_at: float | None
    verdict: str | None
    note: str | None
    reviewed_by: str | None
    reviewed_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostureRow:
    """What was in the picture when the candidate took position."""

    attempt: str
    seen: dict[str, str]
    ticked: list[str]
    phone: str
    by: str
    checked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedRow:
    """A stage that somebody was sent back to: how often, and what was said the last time."""

    attempt: str
    stage: str
    times: int
    reason: str
    returned_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SelftestRow:
    """The newest self-test of a candidate's computer."""

    attempt: str
    results: dict[str, Any]
    checked_at: float


def scans(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[ScanRow]:
    """Oldest first."""
    row = day_tables.scan
    query = sa.select(row).order_by(sa.func.coalesce(row.c.asked_at, row.c.recorded_at), row.c.scan)
    return rows(connection, ScanRow, of(query, row, attempt, exam))


def postures(connection: sa.Connection, exam: str) -> dict[str, PostureRow]:
    """By attempt."""
    found = connection.execute(of(sa.select(day_tables.posture), day_tables.posture, None, exam))
    return {row.attempt: _posture(row) for row in found}


def posture(connection: sa.Connection, attempt: str) -> PostureRow | None:
    """Of one candidate."""
    row = day_tables.posture
    found = connection.execute(sa.select(row).where(row.c.attempt == attempt)).one_or_none()
    return None if found is None else _posture(found)


def returned(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[ReturnedRow]:
    """What had to be done again."""
    return rows(connection, ReturnedRow, of(sa.select(day_tables.returned), day_tables.returned, attempt, exam))


def selftest(connection: sa.Connection, attempt: str) -> SelftestRow | None:
    """The newest one."""
    row = day_tables.selftest
    found = connection.execute(sa.select(row).where(row.c.attempt == attempt)).one_or_none()
    return None if found is None else _selftest(found)


def selftests(connection: sa.Connection, exam: str) -> dict[str, SelftestRow]:
    """By attempt."""
    found = connection.execute(of(sa.select(day_tables.selftest), day_tables.selftest, None, exam))
    return {row.attempt: _selftest(row) for row in found}


def _posture(row: sa.Row[Any]) -> PostureRow:
    return PostureRow(**{**row._mapping, "seen": json.loads(row.seen), "ticked": json.loads(row.ticked)})


def _selftest(row: sa.Row[Any]) -> SelftestRow:
    return SelftestRow(**{**row._mapping, "results": json.loads(row.results)})
