"""What follows from the schedule and from what people did: late, not there, gone early, too long on a break. Pure
(proctoring.md 4.2).

Nothing here asks why. What a proctor ends is no early departure; who leaves a check-out before having been released is
one, however long the exam was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.exam.episode import Tick
from appliance.inference.judges.context import Context, tick

AFTERWARDS = 15.0
"""Seconds for which it is said that something is over: longer than what merges two episodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Of an exam: when candidates are to be there (wall seconds), how long a candidate has, and, where the content is
    not given out before (proctoring.md I9), when it is."""

    starts_at: float
    minutes: int
    opens_at: float | None = None

    @property
    def over_at(self) -> float:
        """Nobody can be late any more."""
        return (self.starts_at if self.opens_at is None else self.opens_at) + 60.0 * self.minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is known of a candidate at wall second `at`: when the code was used, the exam was begun, the work handed in,
    the page left (None while it is there); and when a break should be over, and how many minutes it had (None while
    there is none)."""

    at: float
    schedule: Schedule | None = None
    arrived_at: float | None = None
    started_at: float | None = None
    left_at: float | None = None
    handed_in_at: float | None = None
    break_until: float | None = None
    break_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Rule -> when it was last true."""

    true_at: Mapping[str, float] = field(default_factory=dict)


def judge(memory: Memory, seen: Moment, context: Context) -> tuple[Memory, dict[str, Tick]]:
    """A tick only for what is true or has just ceased to be: most of the time nothing of this is in question. The first
    true one stands at the moment that the rule gives, so that a restarted process says the same."""
    holds = {code: (since, why) for code, since, why in _holds(seen, context)}
    ticks = {
        code: tick(seen.at if code in memory.true_at else since, True, why=why) for code, (since, why) in holds.items()
    }
    over = {code: at for code, at in memory.true_at.items() if code not in holds and seen.at - at <= AFTERWARDS}
    ticks |= {code: tick(seen.at, False) for code in over}
    return Memory(true_at=over | dict.fromkeys(holds, seen.at)), ticks


def _holds(seen: Moment, context: Context) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """Rule, since when, and why."""
    if seen.break_until is not None:
        over = seen.break_until + context.rules["break_overrun"].threshold
        if seen.at >= over:
            yield "break_overrun", over, {"break_minutes": seen.break_minutes}
    if seen.schedule is None:
        return
    if seen.arrived_at is None:
        due = seen.schedule.starts_at + context.rules["no_show"].threshold
        if due <= seen.at < seen.schedule.over_at:
            yield "no_show", due, {}
    elif seen.arrived_at == seen.at:
        late = seen.at - seen.schedule.starts_at
        if late > context.rules["late_arrival"].threshold and seen.at < seen.schedule.over_at:
            yield "late_arrival", seen.at, {"late_seconds": round(late)}
    if seen.started_at is not None and (left_at := _left(seen, context)) is not None:
        stayed, seconds = left_at - seen.started_at, 60.0 * seen.schedule.minutes
        checking_out = seen.handed_in_at is not None and seen.handed_in_at != seen.at
        if checking_out or stayed < context.rules["early_departure"].threshold * seconds:
            why = {"stayed_seconds": round(stayed), "of_seconds": seconds}
            yield "early_departure", left_at, {**why, "during": "check_out"} if checking_out else why


def _left(seen: Moment, context: Context) -> float | None:
    """When the candidate handed in, or had been away from the page for so long that it counts."""
    if seen.handed_in_at == seen.at:
        return seen.at
    if seen.left_at is None:
        return None
    counts_at = seen.left_at + context.rules["early_departure"].numbers["away"]
    return counts_at if seen.at >= counts_at else None
