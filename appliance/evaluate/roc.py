"""How well a score tells two kinds of moments apart. Pure and exact."""

from collections.abc import Sequence

import numpy as np


def auc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """How often a positive has the higher score, ties counting half; None where one kind is missing."""
    if not len(positive) or not len(negative):
        return None
    below = np.sort(np.asarray(negative, float))
    scores = np.asarray(positive, float)
    less = np.searchsorted(below, scores, side="left")
    upto = np.searchsorted(below, scores, side="right")
    return float((less + upto).sum() / (2.0 * len(positive) * len(negative)))


def rate_at(positive: Sequence[float], negative: Sequence[float], *, false_rate: float) -> float | None:
    """The largest share of positives at or above a threshold that at most `false_rate` of the negatives reach."""
    if not len(positive) or not len(negative):
        return None
    down = sorted(negative, reverse=True)
    allowed = int(false_rate * len(down) + 1e-9)
    if allowed >= len(down):
        return 1.0
    first_too_many = down[allowed]  # the threshold must lie above it
    return sum(score > first_too_many for score in positive) / len(positive)
