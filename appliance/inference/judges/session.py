"""What follows from the schedule and from what people did: late, not there, gone early. Pure (proctoring.md 4.2).

Nothing here asks why. What a proctor ends is no early departure.
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
    """Of an exam: wall seconds, and how long a candidate has."""

    starts_at: float
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is known of a candidate at wall second `at`: when the code was used, the exam was begun, the page was left
    (None while it is there); and whether it is now that they hand in."""

    at: float
    schedule: Schedule | None = None
    arrived_at: float | None = None
    started_at: float | None = None
    left_at: float | None = None
    hands_in: bool = False


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
    if seen.schedule is None:
        return
    begins, seconds = seen.schedule.starts_at, 60.0 * seen.schedule.minutes
    if seen.arrived_at is None:
        due = begins + context.rules["no_show"].threshold
        if due <= seen.at < begins + seconds:
            yield "no_show", due, {}
    elif seen.arrived_at == seen.at:
        late = seen.at - begins
        if context.rules["late_arrival"].threshold < late < seconds:
            yield "late_arrival", seen.at, {"late_seconds": round(late)}
    if seen.started_at is not None and (left_at := _left(seen, context)) is not None:
        stayed = left_at - seen.started_at
        if stayed < context.rules["early_departure"].threshold * seconds:
            yield "early_departure", left_at, {"stayed_seconds": round(stayed), "of_seconds": seconds}


def _left(seen: Moment, context: Context) -> float | None:
    """When the candidate handed in, or had been away from the page for so long that it counts."""
    if seen.hands_in:
        return seen.at
    if seen.left_at is None:
        return None
    counts_at = seen.left_at + context.rules["early_departure"].numbers["away"]
    return counts_at if seen.at >= counts_at else None
