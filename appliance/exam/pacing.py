"""A candidate's time: what a break or a pause gives back, when ten minutes are left, when a break is one's own. Pure.

All times are wall seconds of the box.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil

from appliance.exam.accommodation import Switch
from appliance.exam.sections import Part
from appliance.exam.stage import Stage

WARN_MINUTES = 10
LONGEST_BREAK = 120
MOST_EXTRA = 24 * 60
"""Minutes, of one break and of all that is granted."""

OWN_BREAK = 15
"""Minutes of a break that a candidate may take at will, where none was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A candidate whose time is watched. `whole_minutes`: the exam and all extra time; `print_minutes`: of the exam."""

    attempt: str
    stage: Stage
    stage_at: float
    ends_at: float | None
    warned: bool
    whole_minutes: int
    print_minutes: int


class Due(Enum):
    """What the box does for a candidate when it is time."""

    WARN = "warn"
    START = "start"  # the time for printing is over


def stood(begun_at: float, now: float, minutes: int | None = None) -> float:
    """Seconds for which the time stood still: all of a pause (`minutes` None), a break up to what was allowed."""
    passed = max(0.0, now - begun_at)
    return passed if minutes is None else min(passed, 60.0 * minutes)


def overrun(until: float, now: float) -> float:
    """Seconds over what was allowed."""
    return max(0.0, now - until)


def due(seats: Sequence[Seat], *, now: float) -> Iterator[tuple[str, Due]]:
    """What is to be done now, by attempt. Nothing while the time stands still."""
    for seat in seats:
        if seat.stage is Stage.PRINTING and now >= prints_until(seat.stage_at, seat.print_minutes):
            yield seat.attempt, Due.START
        elif seat.stage is Stage.IN_EXAM:
            said = warning(ends_at=seat.ends_at, warned=seat.warned, whole_minutes=seat.whole_minutes, now=now)
            if said is not None:
                yield seat.attempt, Due.WARN


def prints_until(stage_at: float, minutes: int) -> float:
    """When the time for printing is over."""
    return stage_at + 60.0 * minutes


def window_until(part: Part, stands: Sequence[tuple[float, float]]) -> float | None:
    """Until when a section with a time of its own should be done, None where it has none or was not opened. `stands`:
    (since when, how many seconds) the time stood still."""
    if part.opened_at is None or part.minutes == 0:
        return None
    still = sum(seconds for begun, seconds in stands if begun >= part.opened_at)
    return part.opened_at + 60.0 * part.minutes + still


def warning(*, ends_at: float | None, warned: bool, whole_minutes: int, now: float) -> int | None:
    """The minutes to tell somebody who works, or None. Ten, or what is left where the box was down at that moment;
    never for an exam that is not longer than that."""
    if ends_at is None or warned or whole_minutes <= WARN_MINUTES:
        return None
    left = ends_at - now
    return ceil(left / 60) if 0 < left <= 60 * WARN_MINUTES else None


def warned_again(*, ends_at: float | None, now: float) -> bool:
    """After more time was granted: is there so much left that the ten minutes are called once more?"""
    return ends_at is not None and ends_at - now > 60 * WARN_MINUTES


def own_break(
    parts: Sequence[Part], *, switches: Collection[Switch], taken: Sequence[float], asked: int = 0
) -> int | None:
    """Minutes of the break that a candidate may begin without asking, or None. With the accommodation as long as
    `asked`, within limits; else the one that follows the part opened last, once. `taken`: when own breaks began."""
    if Switch.BREAKS in switches:
        return min(max(1, asked or OWN_BREAK), LONGEST_BREAK)
    worked = [part for part in parts if part.opened_at is not None]
    if not worked or len(worked) == len(parts):
        return None
    last = max(worked, key=lambda part: part.opened_at or 0.0)
    if last.break_minutes == 0 or any(begun >= (last.opened_at or 0.0) for begun in taken):
        return None
    return last.break_minutes
