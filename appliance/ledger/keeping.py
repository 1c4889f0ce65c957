"""Moments that somebody wants kept and that are not kept yet, as frozen rows: the queue of the web process."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.ledger import day_tables
from appliance.ledger.rows import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingRow:
    """`position`: seconds on the feed's timeline, None: whatever was recorded at `moment_at` (wall seconds). `trouble`
    "" while it waits, else why it failed (as in `evidence.failed`)."""

    kept: str
    attempt: str
    kind: str
    position: float | None
    moment_at: float
    by: str
    trouble: str


def waiting(connection: sa.Connection) -> list[KeepingRow]:
    """What is still to be done, the oldest moment first."""
    row = day_tables.keeping
    return rows(connection, KeepingRow, sa.select(row).where(row.c.trouble == "").order_by(row.c.moment_at))


def of(connection: sa.Connection, attempt: str) -> list[KeepingRow]:
    """What waits or failed of one candidate, the oldest moment first."""
    row = day_tables.keeping
    return rows(connection, KeepingRow, sa.select(row).where(row.c.attempt == attempt).order_by(row.c.moment_at))
