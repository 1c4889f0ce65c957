"""Clips that leave the box, as frozen rows; those that wait are the queue of the sync process."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.ledger.review_tables import export as table


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """`facts` is what export.made said, None while it waits or failed (`trouble` as in export.failed)."""

    export: str
    exam: str
    attempt: str
    kinds: list[str]
    starts_at: float
    ends_at: float
    masked: bool
    reason: str
    by: str
    by_name: str
    asked_at: float
    facts: dict[str, Any] | None
    trouble: str
    done_at: float | None


def waiting(connection: sa.Connection) -> list[ExportRow]:
    """Still to be made, oldest first."""
    return _rows(connection, sa.select(table).where(table.c.done_at.is_(None)))


def exports(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[ExportRow]:
    """All of an attempt or an exam, oldest first."""
    query = sa.select(table)
    if attempt is not None:
        query = query.where(table.c.attempt == attempt)
    if exam is not None:
        query = query.where(table.c.exam == exam)
    return _rows(connection, query)


def export(connection: sa.Connection, export: str) -> ExportRow:
    """One; NotFound when there is none."""
    found = _rows(connection, sa.select(table).where(table.c.export == export))
    if not found:
        raise NotFound(f"there is no export {export[:60]!r}")
    return found[0]


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[ExportRow]:
    return [
        ExportRow(
            **{
                **row._mapping,
                "kinds": json.loads(row.kinds),
                "masked": bool(row.masked),
                "facts": None if row.facts is None else json.loads(row.facts),
            }
        )
        for row in connection.execute(query.order_by(table.c.asked_at))
    ]
