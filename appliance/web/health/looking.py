"""A look at the box, shared by everybody who asks within two seconds: a room full of open pages costs no more than
one."""

import threading
import time
from dataclasses import dataclass, field

from appliance.box.paths import Paths
from appliance.checks import gathering, registry
from appliance.checks.facts import Facts
from appliance.checks.issue import Issue
from appliance.config import Settings

KEPT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """The facts, and what is wrong."""

    facts: Facts
    issues: tuple[Issue, ...]


@dataclass(slots=True)
class Looking:
    """For the threads of the web process."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: Look | None = None
    _at: float = 0.0

    def look(self, paths: Paths, settings: Settings, *, now: float) -> Look:
        """The newest; who comes while somebody looks waits for that look."""
        with self._lock:
            if self._last is None or time.monotonic() - self._at > KEPT_SECONDS:
                facts = gathering.gather(paths, settings, now)
                self._last, self._at = Look(facts, tuple(registry.judge(facts))), time.monotonic()
            return self._last

    def forget(self) -> None:
        """Something was just changed: look anew."""
        with self._lock:
            self._last = None
