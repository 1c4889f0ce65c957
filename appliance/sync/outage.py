"""Is the store there? All hands rest from the first sign that it is not, and one thing at a time is tried until
something works again. Then recordings wait a little longer, each box for another time."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.sync.trouble import Pause

STRIKES = 3
"""So often one thing may make all rest; then it is left alone for a while by itself: the store works for others."""

_REMEMBERED = 100


@dataclass(slots=True, kw_only=True)
class Outage:
    """Belongs to the deciding thread. `spread`: see [upstream] spread_seconds; `era` counts outages, so that several
    hands that run into the same one make one of it. `away_since`: monotonic seconds, None while the store works."""

    pause: Pause
    spread: float = 0.0
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    era: int = 0
    away_since: float | None = None
    reachable: bool | None = None
    avoid: set[str] = field(default_factory=set)
    _strikes: dict[str, int] = field(default_factory=dict)
    _video_from: float = 0.0

    def __post_init__(self) -> None:
        self._video_from = self.monotonic() + self.chance() * self.spread

    @property
    def spread_over(self) -> bool:
        """May recordings go, as far as the other boxes of the site are concerned?"""
        return self.monotonic() >= self._video_from

    def hands(self, hands: int) -> int:
        """How many of them may be busy."""
        if not self.pause.over:
            return 0
        return hands if self.away_since is None else 1

    def failed(self, name: str, era: int, *, single: bool = True) -> bool:
        """A thing handed out in this era found the store away. False: it is that thing, and only it has to wait;
        `single`: that may be."""
        first = self.away_since is None
        if first:
            strikes = self._strikes.get(name, 0) + 1
            if len(self._strikes) >= _REMEMBERED:
                self._strikes.clear()
            self._strikes[name] = strikes
            if single and strikes > STRIKES:
                return False
            self.away_since = self.monotonic()
        if len(self.avoid) >= _REMEMBERED:
            self.avoid.clear()
        self.avoid.add(name)
        self.reachable = False
        if era == self.era:
            self.era += 1
            self.pause.begin()
        return True

    def works(self, name: str, era: int) -> None:
        """The store did what was asked. What was under way before the outage began proves nothing."""
        self._strikes.pop(name, None)
        if era != self.era:
            return
        if self.away_since is not None:
            away, self.away_since = self.monotonic() - self.away_since, None
            self._video_from = self.monotonic() + self.chance() * min(self.spread, away)
        self.reachable = True
        self.avoid.clear()
        self.pause.reset()
