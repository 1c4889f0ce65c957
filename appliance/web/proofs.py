"""Who has just proved, within a sign-in, to be the person who signed in."""

import threading
import time

FRESH_SECONDS = 600.0


class Proofs:
    """By the cookie's token. It forgets with the process, and the oldest when it is full: then the person is asked
    again."""

    def __init__(self, bound: int = 1_000) -> None:
        self._given: dict[str, float] = {}
        self._bound = bound
        self._lock = threading.Lock()

    def give(self, token: str) -> None:
        """Now."""
        with self._lock:
            self._given.pop(token, None)
            while len(self._given) >= self._bound:
                del self._given[next(iter(self._given))]
            self._given[token] = time.monotonic()

    def is_fresh(self, token: str) -> bool:
        """Given within the last ten minutes?"""
        with self._lock:
            given = self._given.get(token)
        return given is not None and time.monotonic() - given <= FRESH_SECONDS

    def forget(self, token: str) -> None:
        """It counts no more."""
        with self._lock:
            self._given.pop(token, None)
