"""What the box has asked a browser and waits to be answered: a challenge for a passkey, a trip to the provider."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Asked:
    """`what` it was asked for; `said`: what only the box remembers of it."""

    what: str
    said: dict[str, Any]
    at: float = field(default_factory=time.monotonic)


class Pending:
    """Each answer counts once, for five minutes. It forgets with the process, and the oldest when it is full (`dropped`
    counts): then the person begins again."""

    def __init__(self, bound: int = 1_000) -> None:
        self._asked: dict[str, Asked] = {}
        self._bound = bound
        self._lock = threading.Lock()
        self.dropped = 0

    def ask(self, what: str, **said: Any) -> str:
        """-> the name under which it is answered: the browser's alone."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            while len(self._asked) >= self._bound:
                old = self._asked.pop(next(iter(self._asked)))
                self.dropped += time.monotonic() - old.at < SECONDS
            self._asked[name] = Asked(what, said)
        return name

    def take(self, name: str, what: str) -> dict[str, Any] | None:
        """What was remembered, once; None where nothing was asked, or too long ago."""
        with self._lock:
            found = self._asked.pop(name, None)
        if found is None or found.what != what or time.monotonic() - found.at > SECONDS:
            return None
        return found.said

    def facts(self) -> dict[str, int]:
        """By their names in the health file."""
        return {"sign_in_dropped": self.dropped}
