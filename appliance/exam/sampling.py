"""Blind sampling: random minutes without a flag are watched by a person, to estimate what flags miss. Pure.

Whoever watches a minute sees no flags. Of `judged` minutes, `found` held something that should have been flagged; the
bounds are exact (Clopper and Pearson 1934), so that zero of a few does not look like zero.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.exam.review import Span, without

MINUTE = 60.0
AROUND = 10.0
"""Seconds on either side of a flag that belong to it."""

_CONFIDENCE = 0.95


class Verdict(StrEnum):
    """What a reviewer saw in a minute."""

    CLEAR = "clear"
    FOUND = "found"  # something that a flag should have been raised for
    UNCLEAR = "unclear"  # it cannot be judged: it counts for nothing


@dataclass(frozen=True, slots=True)
class Missed:
    """Estimated share of unflagged minutes that hold something, with its bounds (95 %); None where none was judged."""

    judged: int
    found: int
    share: float | None
    low: float | None
    high: float | None


def minutes(recorded: Sequence[Span], flagged: Sequence[Span], drawn: Sequence[Span] = ()) -> list[Span]:
    """Whole minutes that are recorded, without a flag near them, not drawn before."""
    taken = [(start - AROUND, end + AROUND) for start, end in flagged] + list(drawn)
    return [
        (start + n * MINUTE, start + (n + 1) * MINUTE)
        for start, end in without(recorded, taken)
        for n in range(int((end - start) // MINUTE))
    ]


def draw(found: Sequence[tuple[str, Span]], *, seed: str) -> tuple[str, Span] | None:
    """One of the minutes, each (whose, when), all equally likely; the same seed draws the same again. None of none."""
    chosen = random.Random(seed)  # noqa: S311 - it must be repeatable, not secret
    return chosen.choice(sorted(found)) if found else None


def missed(judged: int, found: int) -> Missed:
    """The estimate from `found` of `judged` minutes."""
    if judged <= 0:
        return Missed(0, 0, None, None, None)
    tail = (1 - _CONFIDENCE) / 2
    low = 0.0 if found == 0 else _where(lambda p: 1 - _at_most(found - 1, judged, p), tail)
    high = 1.0 if found == judged else _where(lambda p: -_at_most(found, judged, p), -tail)
    return Missed(judged, found, found / judged, low, high)


def _at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) of a binomial."""
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def _where(rising: Callable[[float], float], value: float) -> float:
    """The p in [0, 1] at which a rising function reaches `value`."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return (low + high) / 2
