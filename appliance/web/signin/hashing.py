"""Room for working out passwords: each costs tens of MB and a tenth of a second or more."""

import threading
from types import TracebackType

from appliance.errors import Unavailable

AT_ONCE = 2
WAITING = 16
SECONDS = 10.0


class Hashing:
    """`with hashing:` around each: at most 2 at a time beside an exam, at most 16 that wait, at most 10 s. Over it the
    person is asked to try again, and `refused` counts."""

    def __init__(self, *, at_once: int = AT_ONCE, waiting: int = WAITING, seconds: float = SECONDS) -> None:
        self._room = threading.BoundedSemaphore(at_once)
        self._bound, self._seconds = waiting, seconds
        self._lock = threading.Lock()
        self.waiting = 0
        self.refused = 0

    def __enter__(self) -> None:
        if self._room.acquire(blocking=False):
            return
        with self._lock:
            if self.waiting >= self._bound:
                self.refused += 1
                raise _busy()
            self.waiting += 1
        try:
            got = self._room.acquire(timeout=self._seconds)
        finally:
            with self._lock:
                self.waiting -= 1
        if not got:
            with self._lock:
                self.refused += 1
            raise _busy()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._room.release()

    def facts(self) -> dict[str, int]:
        """By their names in the health file."""
        return {"passwords_waiting": self.waiting, "passwords_refused": self.refused}


class Busy(Unavailable):
    """Too many at once."""


def _busy() -> Busy:
    return Busy("many people sign in just now", hint="Wait a few seconds and try again: nothing was wrong.")
