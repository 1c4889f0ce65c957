"""How many codes were wrong since a pair window opened: after a few the window is closed, whoever guesses."""

import threading
from dataclasses import dataclass, field

MOST = 20
"""Wrong codes of one window. There are 20 to the power of 8 codes."""


@dataclass(slots=True)
class Guesses:
    """Thread-safe; forgets with the process. `wrong`, `closed`, `paired`: since it began."""

    wrong: int = 0
    closed: int = 0
    paired: int = 0
    _window: str = ""
    _tries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def facts(self) -> dict[str, int]:
        """For the health file."""
        return {"pairing_wrong": self.wrong, "pairing_closed": self.closed, "pairing_paired": self.paired}

    def left(self, window: str) -> int:
        """How many more may be wrong; 0: this window takes no code any more."""
        with self._lock:
            return MOST - self._tries if window == self._window else MOST

    def missed(self, window: str) -> int:
        """One was wrong; -> how many more may be. The one that leaves none closes the window."""
        with self._lock:
            if window != self._window:
                self._window, self._tries = window, 0
            self.wrong += 1
            self._tries = min(MOST, self._tries + 1)
            if self._tries == MOST:
                self.closed += 1
            return MOST - self._tries

    def took(self) -> None:
        """A computer was bound."""
        with self._lock:
            self.paired += 1
