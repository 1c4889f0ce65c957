"""Other recordings of the same candidate, or from the same seat, at the same time."""

from typing import Any

import sqlalchemy as sa

from appliance.exam.overlap import Recorded, overlaps
from appliance.exam.review import Span
from appliance.ledger import planning, state, tables
from appliance.ledger.state import AttemptRow
from appliance.web.auth import Viewer


def of(connection: sa.Connection, who: Viewer, row: AttemptRow, span: Span) -> list[dict[str, Any]]:
    """`Overlap` of `frontend/src/review/types.ts`: those that `who` may see. `span`: when this attempt was recorded."""
    others = [
        (other, room, recorded)
        for other, recorded in _recorded(connection, row, span)
        if who.sees(other, planning.delegates(connection, other.exam))
        for room in [_room(connection, other)]
    ]
    known = {other.attempt: _as(other, room, recorded) for other, room, recorded in others}
    own = _as(row, _room(connection, row), span)
    titles = {other.exam: state.exam(connection, other.exam).title for other, _, _ in others}
    return [
        {
            "attempt": found.other.attempt,
            "exam": found.other.exam,
            "title": titles[found.other.exam],
            "seat": found.other.seat,
            "why": found.why,
            "starts_at": found.starts_at,
            "ends_at": found.ends_at,
        }
        for found in overlaps(own, list(known.values()))
    ]


def _recorded(connection: sa.Connection, row: AttemptRow, span: Span) -> list[tuple[AttemptRow, Span]]:
    """Attempts with the candidate or the name of the seat in common, of which something was recorded in `span`."""
    attempt, segment = tables.attempt.c, tables.segment.c
    query = (
        sa.select(attempt.attempt, sa.func.min(segment.starts_at), sa.func.max(segment.starts_at + segment.duration))
        .join_from(tables.attempt, tables.segment, attempt.attempt == segment.attempt)
        .where(sa.or_(attempt.candidate == row.candidate, attempt.seat == row.seat), attempt.attempt != row.attempt)
        .where(segment.starts_at < span[1], segment.starts_at + segment.duration > span[0])
        .group_by(attempt.attempt)
    )
    return [(state.attempt(connection, name), (starts, ends)) for name, starts, ends in connection.execute(query)]


def _room(connection: sa.Connection, row: AttemptRow) -> str:
    return row.room or planning.plan(connection, row.exam).room


def _as(row: AttemptRow, room: str, span: Span) -> Recorded:
    return Recorded(
        attempt=row.attempt,
        exam=row.exam,
        candidate=row.candidate,
        room=room,
        seat=row.seat,
        starts_at=span[0],
        ends_at=span[1],
    )
