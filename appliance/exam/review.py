"""Review after, and during, an exam: what comes first, what a reviewer may recommend, when that stands. Pure.

Nothing here says what a candidate did. A recommendation is about the next step; the outcome is the institution's
(proctoring.md M103, section 4.3).
"""

from collections.abc import Sequence
from enum import StrEnum

from appliance.exam.flags import Severity


class Recommendation(StrEnum):
    """What a reviewer thinks should happen next."""

    NO_CONCERN = "no_concern"
    REFER = "refer"  # the institution should look at it: adverse, so it needs a second reviewer


ADVERSE = frozenset({Recommendation.REFER})


class Standing(StrEnum):
    """What a recommendation is worth now."""

    STANDS = "stands"
    WAITS = "waits"  # for a second reviewer
    NOT_AGREED = "not_agreed"
    WITHDRAWN = "withdrawn"


def standing(recommendation: Recommendation, *, agreed: bool | None, withdrawn: bool) -> Standing:
    """An adverse one stands once another reviewer agreed (as in edX); `agreed` None: nobody answered yet."""
    if withdrawn:
        return Standing.WITHDRAWN
    if agreed is False:
        return Standing.NOT_AGREED
    if recommendation in ADVERSE and agreed is None:
        return Standing.WAITS
    return Standing.STANDS


_WEIGHT = {Severity.HIGH: 9.0, Severity.MEDIUM: 3.0, Severity.LOW: 1.0}
_MINUTES_TO_DOUBLE = 30.0
_MOST_FOR_WAITING = 4.0


def urgency(severity: Severity, *, earlier: int, waited: float) -> float:
    """How soon a flag should be looked at: severity times novelty times waiting. `earlier`: flags of the same code that
    this candidate had before it; `waited`: seconds since it was raised."""
    novelty = 1.0 / (1 + earlier)
    waiting = min(_MOST_FOR_WAITING, 1.0 + max(0.0, waited) / 60 / _MINUTES_TO_DOUBLE)
    return _WEIGHT[severity] * novelty * waiting


Span = tuple[float, float]


def union(spans: Sequence[Span]) -> list[Span]:
    """The same time, in order, each moment once."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What of `spans` is not in `taken`."""
    left: list[Span] = []
    holes = union(taken)
    for start, end in union(spans):
        at = start
        for hole_start, hole_end in holes:
            if hole_end <= at or hole_start >= end:
                continue
            if hole_start > at:
                left.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            left.append((at, end))
    return left


def seconds(spans: Sequence[Span]) -> float:
    """How long they last together."""
    return sum(end - start for start, end in union(spans))
