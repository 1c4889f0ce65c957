"""Who is there: how many candidates are expected, have arrived, are through the check-in, are absent (M45). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.exam.stage import CHECK_IN, Stage

_ON_THE_WAY = frozenset(CHECK_IN) - {Stage.WAITING}


@dataclass(frozen=True, slots=True)
class Attendance:
    """Of one room. `arrived` used their code; `checked_in` of them have nothing left to do before the exam; `absent`
    have not come although the time to arrive is over."""

    expected: int
    arrived: int
    checked_in: int
    absent: int


def by_room(places: Iterable[tuple[str, Stage]], *, late: bool) -> dict[str, Attendance]:
    """Room -> who is there. `places`: (room, stage) of each candidate; `late`: the time to arrive is over. Who was not
    admitted has arrived and is not checked in."""
    rooms: dict[str, list[Stage]] = {}
    for room, stage in places:
        rooms.setdefault(room, []).append(stage)
    return {room: _count(stages, late=late) for room, stages in rooms.items()}


def _count(stages: list[Stage], *, late: bool) -> Attendance:
    away = sum(stage is Stage.INVITED for stage in stages)
    out = sum(stage in _ON_THE_WAY or stage is Stage.REFUSED for stage in stages)
    return Attendance(
        expected=len(stages),
        arrived=len(stages) - away,
        checked_in=len(stages) - away - out,
        absent=away if late else 0,
    )
