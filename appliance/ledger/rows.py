"""Rows of a query as frozen dataclasses."""

from typing import Any, TypeVar

import sqlalchemy as sa

R = TypeVar("R")


def rows(connection: sa.Connection, cls: type[R], query: sa.Select[Any]) -> list[R]:
    """Each row's columns are the fields of `cls`."""
    return [cls(**row._mapping) for row in connection.execute(query)]
