"""When a state that a page reported is judged again: the same moments live and when the ledger is read anew. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

LATE = 0.5
"""Seconds for which a report may be on its way: moments are judged that much later, so that they need not be judged
twice. A report that comes later still is judged at its own time all the same."""

_EACH_SECOND = 15
_SELDOM = 5.0


@dataclass(slots=True)
class Pulse:
    """Each second for 15 s after the last report, which is more than any rule waits for, then every five: a state that
    goes on for hours is read again quickly."""

    _origin: float = float("inf")
    _heard_at: float = float("inf")
    _count: int = 0

    def start(self, at: float, *, heard_at: float) -> None:
        """Something happened at `at`, which may lie before moments that were judged already; it was `heard_at`."""
        self._origin, self._heard_at, self._count = at, heard_at, 0

    def due(self, until: float) -> Iterator[float]:
        """The moments up to `until` that were not had yet. None right after something was heard: what a page could not
        say for a while comes together, and the next report may end what the last one began."""
        if until < self._heard_at:
            return
        while (at := self._origin + _after(self._count + 1)) <= until:
            self._count += 1
            yield at


def _after(count: int) -> float:
    return count if count <= _EACH_SECOND else _EACH_SECOND + _SELDOM * (count - _EACH_SECOND)
