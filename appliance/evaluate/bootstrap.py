"""How far a rate can be trusted: people are drawn again, with replacement. Pure, with a fixed seed."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

DRAWS = 2000
_SEED = 20261122

Numbers = npt.NDArray[np.float64]
Interval = tuple[float, float] | None


def ratio(above: Sequence[float], below: Sequence[float]) -> Interval:
    """Of sum(above) / sum(below), where each place is a subject: the middle 95 % of `DRAWS` draws; None with fewer than
    two subjects that have anything below the line."""
    above_, below_ = np.asarray(above, float), np.asarray(below, float)
    if int((below_ > 0).sum()) < 2:
        return None
    drawn = draws(len(below_))
    whole = below_[drawn].sum(axis=1)
    there = whole > 0
    return middle(above_[drawn].sum(axis=1)[there] / whole[there])


def statistic(subjects: int, of: Callable[[Sequence[int]], float | None]) -> Interval:
    """The same of anything that can be computed from a list of subjects (some of them several times)."""
    if subjects < 2:
        return None
    values = [value for drawn in draws(subjects) if (value := of(drawn.tolist())) is not None]
    return middle(np.asarray(values)) if values else None


def draws(subjects: int) -> npt.NDArray[np.int64]:
    """`DRAWS` x `subjects` places."""
    return np.random.default_rng(_SEED).integers(0, subjects, (DRAWS, subjects))


def middle(values: Numbers) -> Interval:
    """The middle 95 %."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)
