"""How fast bytes leave, over all uploads together: a limit that may change at any time, and what is on its way."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from appliance.box.upstream import Upload

BURST_SECONDS = 0.1
"""Of a limit may be saved up while nothing is sent: several hands hide the pauses between two objects, and more would
be seen in the first seconds of an upload."""

_LOOK_SECONDS = 0.2
"""A limit that changes is noticed after so long."""

WINDOW_SECONDS = 60


class Bucket:
    """A token bucket: what is taken in any span is at most the limit times its length, and the burst. Any thread."""

    def __init__(
        self, *, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._per_second, self._saved, self._most, self._at = 0.0, 0.0, 0.0, monotonic()

    def limit(self, bps: float) -> None:
        """Bits a second from now on; 0: none."""
        with self._lock:
            if bps / 8 != self._per_second:
                self._accrue()
                self._per_second = bps / 8
                self._saved = min(self._saved, BURST_SECONDS * self._per_second)

    def take(self, size: int) -> None:
        """Wait until `size` bytes may be sent. Whoever came first goes first."""
        if not self._per_second:
            return  # asked for each few kB, by several at once: what costs nothing is not waited for
        with self._turn:
            while (seconds := self._try(size)) > 0:
                self._sleep(min(seconds, _LOOK_SECONDS))

    def _try(self, size: int) -> float:
        """Taken: 0; else how long it will still be."""
        with self._lock:
            if not self._per_second:
                return 0.0
            self._most = max(
                BURST_SECONDS * self._per_second, size
            )  # a piece larger than the burst saves up for itself
            self._accrue()
            if self._saved >= size:
                self._saved -= size
                return 0.0
            return max((size - self._saved) / self._per_second, 0.001)

    def _accrue(self) -> None:
        now = self._monotonic()
        self._saved = min(self._most, self._saved + (now - self._at) * self._per_second)
        self._at = now


@dataclass(slots=True)
class _Passing:
    key: str
    size: int
    sent: int = 0


@dataclass(slots=True)
class _Second:
    at: int
    bytes: int = 0
    busy: float = 0.0


class Line:
    """A `store.Pace`: what the store asks before it sends. An upload is known by the thread that sends it; what a
    driver reads in a thread of its own counts for the line, and not for its upload. Any thread."""

    def __init__(self, bucket: Bucket | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.bucket = bucket or Bucket(monotonic=monotonic)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._passing: dict[int, _Passing] = {}
        self._seconds: deque[_Second] = deque()
        self._began: float | None = None
        self._busy_at = monotonic()
        self._speed: float | None = None

    def take(self, size: int) -> None:
        """Wait until `size` bytes may be sent; they count as sent."""
        self.bucket.take(size)
        with self._lock:
            mine = self._passing.get(threading.get_ident())
            if mine is not None:
                mine.sent = min(mine.size, mine.sent + size)  # a driver that tries again reads again
            self._second().bytes += size

    @contextlib.contextmanager
    def uploading(self, key: str, size: int) -> Iterator[None]:
        """This thread sends this object."""
        me = threading.get_ident()
        with self._lock:
            self._second()
            self._passing[me] = _Passing(key, size)
        try:
            yield
        finally:
            with self._lock:
                self._second()
                del self._passing[me]

    def uploads(self) -> tuple[Upload, ...]:
        """What is on its way, the one that began first in front."""
        with self._lock:
            return tuple(Upload(key=one.key, size=one.size, sent=one.sent) for one in self._passing.values())

    def rate(self) -> float:
        """Bytes a second over the last minute, or since the first where that is shorter."""
        with self._lock:
            self._second()
            began = self._monotonic() if self._began is None else self._began
            return sum(one.bytes for one in self._seconds) / min(WINDOW_SECONDS, max(1.0, self._monotonic() - began))

    def speed(self) -> float | None:
        """Bytes a second while something was on its way, in the last minute that saw any; None before the first."""
        with self._lock:
            self._second()
            busy = sum(one.busy for one in self._seconds)
            if busy >= 1.0:
                self._speed = sum(one.bytes for one in self._seconds) / busy
            return self._speed

    def _second(self) -> _Second:
        """The present one. What passed since the last look counts as busy if something was on its way."""
        now = self._monotonic()
        if self._began is None and self._passing:
            self._began = now
        if not self._seconds or self._seconds[-1].at != int(now):
            self._seconds.append(_Second(int(now)))
        while self._seconds[0].at <= now - WINDOW_SECONDS:
            self._seconds.popleft()
        if self._passing:
            self._seconds[-1].busy += now - self._busy_at
        self._busy_at = now
        return self._seconds[-1]
