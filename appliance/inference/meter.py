"""How fast detection goes, over the last seconds."""

from collections import deque
from statistics import median

SECONDS = 5.0


class Meter:
    """Rate, how busy, and how old pictures are when they have been looked at. Holds what `SECONDS` hold."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, float, float]] = deque(maxlen=10_000)

    def add(self, at: float, *, took: float, age: float) -> None:
        """A look ended at `at` (monotonic), took so long, of a picture this old by then."""
        self._looks.append((at, took, age))
        while at - self._looks[0][0] > SECONDS:
            self._looks.popleft()

    @property
    def rate(self) -> float:
        """Looks a second."""
        return len(self._looks) / SECONDS

    @property
    def busy(self) -> float:
        """Share of the time spent looking, 0..1."""
        return sum(took for _, took, _ in self._looks) / SECONDS

    @property
    def ages(self) -> dict[str, float]:
        """Milliseconds from the moment a picture was taken until it had been looked at: median and 95th percentile."""
        ages = sorted(age * 1000 for _, _, age in self._looks)
        if not ages:
            return {}
        return {"p50": round(median(ages), 1), "p95": round(ages[min(len(ages) - 1, int(len(ages) * 0.95))], 1)}

    @property
    def age(self) -> float:
        """The age of the oldest picture, in seconds."""
        return max((age for _, _, age in self._looks), default=0.0)
