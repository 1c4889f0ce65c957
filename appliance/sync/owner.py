"""Whose chain, and so whose bundle: a candidate's attempt, or a room that a camera of the lab sees.

Both are bundled alike; a room has no report, and it is over when every attempt of its exam is.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam.stage import CLOSED
from appliance.ledger import state


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """`attempt`: its chain, an attempt's id or a room's. `closed`: nothing more is recorded; `stage_at`: wall seconds
    since when that has been so, or not."""

    attempt: str
    exam: str
    closed: bool
    stage_at: float
    is_room: bool = False


def owner_of(connection: sa.Connection, chain: str) -> Owner:
    """NotFound when the chain is of neither."""
    try:
        row = state.attempt(connection, chain)
    except NotFound:
        return _room(connection, state.room(connection, chain))
    return _attempt(row)


def owners(connection: sa.Connection, exam: str) -> list[Owner]:
    """The exam's attempts, then its rooms."""
    attempts = [_attempt(row) for row in state.attempts(connection, exam)]
    return attempts + [_room(connection, row) for row in state.rooms(connection, exam)]


def _attempt(row: state.AttemptRow) -> Owner:
    return Owner(attempt=row.attempt, exam=row.exam, closed=row.stage in CLOSED, stage_at=row.stage_at)


def _room(connection: sa.Connection, row: state.RoomRow) -> Owner:
    attempts = state.attempts(connection, row.exam)
    over = state.exam(connection, row.exam).ended_at is not None
    return Owner(
        attempt=row.room,
        exam=row.exam,
        closed=over or all(attempt.stage in CLOSED for attempt in attempts),
        stage_at=max((attempt.stage_at for attempt in attempts), default=0.0),
        is_room=True,
    )
