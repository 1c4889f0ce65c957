"""When to look at which feed: fair, by deadline, and pure."""

from dataclasses import dataclass, field

EARLY = 0.05
"""Seconds by which a picture may be looked at before its time, as pictures come in steps of their own."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """How often one feed is looked at. `face_rate` and `object_rate` are looks a second; after a first sighting every
    picture is looked at for objects until the rule has fired or given up. Times are seconds of any one clock."""

    face_rate: float
    object_rate: float
    _next: float = float("-inf")
    _next_objects: float = float("-inf")
    _closely: bool = False

    @property
    def next(self) -> float:
        """When the next look is due."""
        return self._next

    @property
    def closely(self) -> bool:
        """Every picture is to be looked at."""
        return self._closely

    def due(self, at: float) -> bool:
        """It is time for a look."""
        return self._closely or _is_due(self._next, at, 1.0 / self.face_rate)

    def objects_due(self, at: float) -> bool:
        """The look should be for persons and phones as well."""
        return self._closely or _is_due(self._next_objects, at, 1.0 / self.object_rate)

    def looked(self, at: float, *, closely: bool) -> None:
        """A look was had. The next is due one interval after this one was, not after it was had, unless it was late."""
        if self.objects_due(at):
            self._next_objects = _after(self._next_objects, at, 1.0 / self.object_rate)
        self._next = _after(self._next, at, 1.0 / self.face_rate)
        self._closely = closely


def _is_due(due: float, at: float, interval: float) -> bool:
    return at >= due - EARLY or due - at > 2 * interval  # the latter: the clock was set back


def _after(due: float, at: float, interval: float) -> float:
    on_time = -EARLY <= at - due < interval
    return due + interval if on_time else at + interval


@dataclass(slots=True)
class Schedule:
    """Which feed is next. `late` counts looks that began more than an interval after they were due."""

    late: int = 0
    _due: dict[str, float] = field(default_factory=dict)

    def add(self, feed: str, now: float) -> None:
        """A feed to look at from now on."""
        self._due.setdefault(feed, now)

    def remove(self, feed: str) -> None:
        """No longer."""
        self._due.pop(feed, None)

    def feeds(self) -> frozenset[str]:
        """Those that are looked at."""
        return frozenset(self._due)

    def pick(self, now: float) -> str | None:
        """The feed that has waited longest beyond its time; None when nothing is due."""
        feed = min(self._due, key=self._due.__getitem__, default=None)
        return feed if feed is not None and self._due[feed] <= now else None

    def wait(self, now: float) -> float:
        """Seconds until something is due; 0 when something is."""
        return max(0.0, min(self._due.values(), default=now + 1.0) - now)

    def looked(self, feed: str, now: float, *, again_at: float, interval: float) -> None:
        """`feed` had its turn at `now`; the next is due at `again_at`."""
        if feed in self._due:
            self.late += now - self._due[feed] > interval
            self._due[feed] = again_at
