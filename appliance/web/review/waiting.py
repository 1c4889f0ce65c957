"""Feeds whose sound is to be measured: a short queue, each feed in it once."""

import threading
import time
from collections import OrderedDict

BOUND = 48
"""Feeds waiting: every feed of fifteen candidates. What is asked for beyond is refused and counted; the page asks again
while it is open, so nothing is lost."""

REST_SECONDS = 60.0
"""After a feed could not be measured (no room on the disk), nobody tries it again for so long."""

Place = tuple[str, str, str]
"""Exam, attempt, kind."""


class Waiting:
    """First come, first served. Used by the threads that answer and by the one that measures."""

    def __init__(self, bound: int = BOUND) -> None:
        self._queue: OrderedDict[Place, None] = OrderedDict()
        self._resting: OrderedDict[Place, float] = OrderedDict()
        self._bound = bound
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._queue)

    def add(self, place: Place) -> bool:
        """False when there is no room. One that waits or rests is not added again."""
        with self._lock:
            if place in self._queue or time.monotonic() < self._resting.get(place, 0.0):
                return True
            if len(self._queue) >= self._bound:
                return False
            self._queue[place] = None
            return True

    def next(self) -> Place | None:
        """The one that waits the longest; it stays in the queue until `done`."""
        with self._lock:
            return next(iter(self._queue), None)

    def done(self, place: Place, *, failed: bool = False) -> None:
        """It waits no more; one that failed rests for a while."""
        with self._lock:
            self._queue.pop(place, None)
            self._resting.pop(place, None)
            if failed:
                self._resting[place] = time.monotonic() + REST_SECONDS
                while len(self._resting) > self._bound:
                    self._resting.popitem(last=False)
