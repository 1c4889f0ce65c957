"""The rules of a call between a proctor and a candidate (proctoring.md I30): when it is over, and which flags rest
during it, and around a message (M37)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """Why a call ended."""

    HUNG_UP = "hung up"
    PAGE_CLOSED = "page closed"  # the proctor's page said goodbye
    LINE_LOST = "line lost"  # nothing was heard of the proctor's page
    ATTEMPT_OVER = "attempt over"


LOST_SECONDS = 10.0
"""A call in which the proctor's voice does not arrive for so long is over: the page is gone."""

Rests = Mapping[str, tuple[float, float]]
"""Rule -> how many seconds before and after something it rests."""

RESTS: Rests = {"speech": (0.0, 5.0), "camera_gaze": (30.0, 30.0)}
"""Rules that rest during a call, and how many seconds before and after it: who is called speaks, and looks up
(proctoring.md 4.1 point 7). A sentence may be finished after the proctor has hung up."""

WRITTEN: Rests = {"camera_gaze": (30.0, 30.0)}
"""The same around a chat message, whoever sent it: it is typed and read on the device with the camera."""


@dataclass(frozen=True, slots=True)
class Span:
    """One call, in wall seconds; `ended_at` None while it lasts. A message is one that ends as it begins."""

    started_at: float
    ended_at: float | None = None


def suspended(code: str, calls: Iterable[Span], at: float, *, rests: Rests = RESTS) -> bool:
    """Does the rule `code` rest at this moment, because of a call, or of what else `rests` speaks of?"""
    if code not in rests:
        return False
    before, after = rests[code]
    return any(
        call.started_at - before <= at and (call.ended_at is None or at <= call.ended_at + after) for call in calls
    )


def lost(*, heard_at: float, now: float) -> bool:
    """Is the line gone? `heard_at`: when the proctor's voice last arrived, or when the call began."""
    return now - heard_at > LOST_SECONDS
