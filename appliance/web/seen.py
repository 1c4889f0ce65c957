"""Remembering what was already seen."""

import threading


class Seen:
    """Who has already been seen to look at what, so that a player's hundred requests are one event. It forgets with
    the process, and all at once when it is full: then a view is written twice, never not at all."""

    def __init__(self, bound: int = 20_000) -> None:
        self._seen: set[tuple[str, ...]] = set()
        self._bound = bound
        self._lock = threading.Lock()

    def first(self, *what: str) -> bool:
        """True the first time."""
        with self._lock:
            if what in self._seen:
                return False
            if len(self._seen) >= self._bound:
                self._seen.clear()
            self._seen.add(what)
            return True
