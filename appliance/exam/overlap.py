"""Two recordings of one person, or from one seat, at the same time: the roster or the seats are not as they were
planned, and a reviewer must know before judging either. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

SLACK = 1.0
"""Seconds that one may end after the next began: a page says goodbye, another signs in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """When an attempt was recorded (wall seconds), whose and where. `room` "": where the seat stands is not known."""

    attempt: str
    exam: str
    candidate: str
    room: str
    seat: str
    starts_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """`other` was recorded from `starts_at` to `ends_at` too; `why`: "candidate" or "seat"."""

    other: Recorded
    why: str
    starts_at: float
    ends_at: float


def overlaps(one: Recorded, others: Sequence[Recorded]) -> list[Overlap]:
    """Those of the same candidate, and those at the same seat of the same room, by when they overlap."""
    found = []
    for other in others:
        starts_at, ends_at = max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)
        why = _shared(one, other)
        if why and other.attempt != one.attempt and ends_at - starts_at > SLACK:
            found.append(Overlap(other, why, starts_at, ends_at))
    return sorted(found, key=lambda overlap: (overlap.starts_at, overlap.other.attempt))


def _shared(one: Recorded, other: Recorded) -> str:
    if one.candidate == other.candidate:
        return "candidate"
    return "seat" if one.room and (one.room, one.seat) == (other.room, other.seat) else ""
