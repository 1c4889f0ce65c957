"""Rows of a query as frozen dataclasses."""

from typing import Any, TypeVar

import sqlalchemy as sa

from appliance.ledger import tables

R = TypeVar("R")


def rows(connection: sa.Connection, cls: type[R], query: sa.Select[Any]) -> list[R]:
    """Each row's columns are the fields of `cls`."""
    return [cls(**row._mapping) for row in connection.execute(query)]


def of(query: sa.Select[Any], table: sa.Table, attempt: str | None, exam: str | None) -> sa.Select[Any]:
    """Of one attempt, or of every attempt of an exam."""
    if attempt is not None:
        return query.where(table.c.attempt == attempt)
    row = tables.attempt.c
    return query.where(table.c.attempt.in_(sa.select(row.attempt).where(row.exam == exam)))
