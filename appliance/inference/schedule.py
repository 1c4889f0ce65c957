"""When to look at which feed: fair, by deadline, and pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.config import InferenceSettings
from appliance.exam.feed import Feed
from appliance.inference.look import Look

EARLY = 0.05
"""Seconds by which a picture may be looked at before its time, as pictures come in steps of their own."""

LIKENESS_RATE = 1 / 3
"""Quick looks at who sits there; what they find asks for more (`judges.identity`). Every 5 s (proctoring.md 4.2) would
be too seldom for the last 7 s of A16, where one person stands where the other stood."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """How often one feed is looked at, and for what: `rates` are looks a second, faces the most of all. What `hungry`
    names is looked for in every picture. `share` (0..1) slows all of it when the box is short of time. Times are
    seconds of any one clock."""

    rates: Mapping[Look, float]
    share: float = 1.0
    hungry: frozenset[Look] = frozenset()
    _next: dict[Look, float] = field(default_factory=dict)

    @property
    def next(self) -> float:
        """When the next look is due."""
        return min((self._next.get(look, float("-inf")) for look in self.rates), default=float("inf"))

    def due(self, at: float) -> frozenset[Look]:
        """What a picture taken at `at` should be looked at for; empty when it is not time."""
        due = {look for look, rate in self.rates.items() if self._is_due(look, at, rate)}
        return frozenset(due | self.hungry)

    def looked(self, at: float, *, hungry: frozenset[Look]) -> None:
        """A look was had. The next is due one interval after this one was, not after it was had, unless it was late."""
        for look, rate in self.rates.items():
            if self._is_due(look, at, rate) or look in self.hungry:
                self._next[look] = _after(self._next.get(look, float("-inf")), at, 1.0 / (rate * self.share))
        self.hungry = hungry

    def _is_due(self, look: Look, at: float, rate: float) -> bool:
        return _is_due(self._next.get(look, float("-inf")), at, 1.0 / (rate * self.share))


def rates(settings: InferenceSettings) -> dict[Look, float]:
    """Looks a second at one feed, for each thing."""
    return {
        Look.FACES: settings.face_rate,
        Look.HEAD: settings.face_rate,
        Look.OBJECTS: settings.object_rate,
        Look.LIKENESS: LIKENESS_RATE,
    }


def _is_due(due: float, at: float, interval: float) -> bool:
    return at >= due - EARLY or due - at > 2 * interval  # the latter: the clock was set back


def _after(due: float, at: float, interval: float) -> float:
    on_time = -EARLY <= at - due < interval
    return due + interval if on_time else at + interval


@dataclass(slots=True)
class Schedule:
    """Which feed is next. `late` counts looks that began more than an interval after they were due."""

    late: int = 0
    _due: dict[Feed, float] = field(default_factory=dict)

    def add(self, feed: Feed, now: float) -> None:
        """A feed to look at from now on."""
        self._due.setdefault(feed, now)

    def remove(self, feed: Feed) -> None:
        """No longer."""
        self._due.pop(feed, None)

    def feeds(self) -> frozenset[Feed]:
        """Those that are looked at."""
        return frozenset(self._due)

    def pick(self, now: float) -> Feed | None:
        """The feed that has waited longest beyond its time; None when nothing is due."""
        feed = min(self._due, key=self._due.__getitem__, default=None)
        return feed if feed is not None and self._due[feed] <= now else None

    def wait(self, now: float) -> float:
        """Seconds until something is due; 0 when something is."""
        return max(0.0, min(self._due.values(), default=now + 1.0) - now)

    def looked(self, feed: Feed, now: float, *, again_at: float, interval: float) -> None:
        """`feed` had its turn at `now`; the next is due at `again_at`."""
        if feed in self._due:
            self.late += now - self._due[feed] > interval
            self._due[feed] = again_at
