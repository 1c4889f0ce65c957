"""Which spans of a feed were not looked at, and why. Pure."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST = 2.0
"""Seconds between two looks beyond which the span between them counts as not looked at."""

LONGEST_OF_A_SCREEN = 5.0
"""The same of a shared screen, which is looked at once a second and sends a picture a second when it stands still."""


class Cause(StrEnum):
    """Why nobody looked."""

    LATE = "late"  # more feeds than this machine can look at
    NO_PICTURES = "no_pictures"  # media came, but the decoder gave nothing to look at
    NO_SOUND = "no_sound"  # media came, but no sound of the microphone
    DOWN = "inference_down"  # this process was not running


@dataclass(frozen=True, slots=True)
class Missed:
    """From `starts_at` to `ends_at`, wall seconds, nobody looked."""

    starts_at: float
    ends_at: float
    cause: Cause


@dataclass(slots=True, kw_only=True)
class Looks:
    """Of one sense of one feed. `process_at`: when this process started; `looked_at`: the last look, also of an earlier
    process; `nothing`: why nobody looked whose turn it was; `longest`: seconds between two looks."""

    process_at: float
    looked_at: float = float("-inf")
    live_since: float | None = None
    watched_since: float | None = None
    nothing: Cause = Cause.NO_PICTURES
    longest: float = LONGEST
    _visited_at: float = float("-inf")
    _waited: float = 0.0

    @property
    def live(self) -> bool:
        """Media arrive."""
        return self.live_since is not None

    def begin(self, at: float) -> None:
        """Media arrive from `at` on."""
        self.live_since = at

    def stop(self, at: float) -> Missed | None:
        """Media ended at `at`; -> what of them nobody saw."""
        missed = self._since_last(at)
        self.live_since = None
        return missed

    def rest(self, at: float) -> Missed | None:
        """Nobody is to look from `at` on, until `watched_since` says so again; -> what was missed before."""
        missed = self._since_last(at)
        self.watched_since = None
        return missed

    def visited(self, at: float) -> None:
        """It was this feed's turn, whether or not there was something new to see."""
        if self._visited_at > float("-inf"):
            self._waited = max(self._waited, at - self._visited_at)
        self._visited_at = at

    def looked(self, at: float) -> Missed | None:
        """A picture taken at `at` was looked at."""
        missed = self._since_last(at)
        self.looked_at = max(self.looked_at, at)
        self._waited = 0.0
        return missed

    def _since_last(self, at: float) -> Missed | None:
        if self.live_since is None or self.watched_since is None:
            return None
        start = max(self.looked_at, self.live_since, self.watched_since)
        if at - start <= self.longest:
            return None
        return Missed(start, at, self._cause(start))

    def _cause(self, start: float) -> Cause:
        if start < self.process_at:
            return Cause.DOWN
        return Cause.LATE if self._waited > self.longest else self.nothing
