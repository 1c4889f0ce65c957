"""What people made of the flags at each seat, in one exam and in earlier ones in the same rooms."""

from collections.abc import Mapping

import sqlalchemy as sa

from appliance.exam.events import AttemptCreated, AttemptReseated
from appliance.exam.flags import Decision
from appliance.exam.health import DETECTION, EARLIER, Judged, Place
from appliance.ledger import planning, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow, ExamRow


def places(connection: sa.Connection, exam: str) -> dict[str, Place]:
    """Attempt -> where its candidate sits now."""
    room = planning.plan(connection, exam).room
    return {row.attempt: _place(row, room) for row in state.attempts(connection, exam)}


def judged(connection: sa.Connection, exam: str) -> list[Judged]:
    """The flags that detection raised in an exam, each at the seat where it was."""
    room = planning.plan(connection, exam).room
    rows = {row.attempt: row for row in state.attempts(connection, exam)}
    moved = _seats(connection, exam)
    return [
        Judged(
            place=_place(rows[flag.attempt], room, _seat_at(moved.get(flag.attempt, ()), flag.onset_at)),
            code=flag.code,
            decision=Decision(flag.state),
            reason=flag.reason,
        )
        for flag in state.flags(connection, exam=exam)
        if flag.source == DETECTION
    ]


def earlier(connection: sa.Connection, exam: str) -> list[tuple[ExamRow, list[Judged]]]:
    """The same of the last exams that were held before this one at one of its seats, newest first."""
    begun, here = state.exam(connection, exam).starts_at, set(places(connection, exam).values())
    found: list[tuple[ExamRow, list[Judged]]] = []
    for row in state.planned(connection):
        if row.starts_at >= begun or not here.intersection(places(connection, row.exam).values()):
            continue
        found.append((row, [one for one in judged(connection, row.exam) if one.place in here]))
        if len(found) == EARLIER:
            break
    return found


def _place(row: AttemptRow, room: str, seat: str | None = None) -> Place:
    return Place(row.room or room, seat or row.seat)


_Seats = tuple[tuple[float, str], ...]
"""Since when, and which; the first since ever."""


def _seats(connection: sa.Connection, exam: str) -> Mapping[str, _Seats]:
    """Of the attempts that were moved to another seat."""
    row = tables.event.c
    moved = sa.select(row.chain).where((row.exam == exam) & (row.type == AttemptReseated.TYPE))
    types = (AttemptCreated.TYPE, AttemptReseated.TYPE)
    query = SELECT.where(row.chain.in_(moved) & row.type.in_(types)).order_by(row.seq)
    found: dict[str, _Seats] = {}
    for event in map(Event.from_row, connection.execute(query)):
        if isinstance(event.payload, AttemptCreated | AttemptReseated):
            found[event.chain] = (*found.get(event.chain, ()), (event.wall, event.payload.seat))
    return found


def _seat_at(seats: _Seats, at: float) -> str | None:
    """None where nobody was moved: the seat is as it stands."""
    before = [seat for since, seat in seats if since <= at]
    return before[-1] if before else (seats[0][1] if seats else None)
