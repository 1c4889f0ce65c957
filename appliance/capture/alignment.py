"""A sender's clock against this box's: the promptest frames say how the two stand to each other.

Each frame names a moment of its sender's clock; it arrives some time later. Network and encoder only ever add to that
time, so the least difference of the last half minute is the truest. It is known apart from the time that even the
promptest frame took; half the round trip is the estimate for that (`Delay`).
"""

import math
from collections import deque
from dataclasses import dataclass

from appliance.exam.events import FeedAligned

_WINDOW_SECONDS = 5.0
_WINDOWS = 6
_HISTORY = 60
"""Windows whose least difference is remembered, for the drift: five minutes."""
_FEWEST = 4
_MOST_DELAY = 0.5
_MOST_ROUND_TRIPS = 8
_SETTLED_SECONDS = 10.0
_CHANGE_SECONDS = 0.1
_PAUSE_SECONDS = 60.0


class Alignment:
    """One clock of one connection. All times in seconds."""

    __slots__ = ("_ends_at", "_history", "_least", "_older")

    def __init__(self) -> None:
        self._least = self._older = math.inf  # of the window that runs, of those before it
        self._ends_at = -math.inf
        self._history: deque[tuple[float, float]] = deque(maxlen=_HISTORY)  # (end of the window, its least)

    def note(self, sent: float, arrived: float) -> None:
        """A frame: when by the sender's clock, and when it arrived by ours."""
        late = arrived - sent
        if arrived >= self._ends_at:
            self._turn(arrived)
        self._least = min(self._least, late)

    @property
    def offset(self) -> float | None:
        """What to add to the sender's time to have ours, at the least delay; None before the first frame."""
        least = min(self._least, self._older)
        return None if least == math.inf else least

    @property
    def spread(self) -> float:
        """How far the promptest frames of the last windows differ: what is not known for sure."""
        recent = [least for _, least in self._recent()]
        return max(recent) - min(recent) if recent else 0.0

    @property
    def drift(self) -> float:
        """Seconds that our clock gains on the sender's in each second (1e-6 is one ppm); 0 before 20 s are known."""
        if len(self._history) < _FEWEST:
            return 0.0
        mean_at = sum(at for at, _ in self._history) / len(self._history)
        mean = sum(least for _, least in self._history) / len(self._history)
        apart = sum((at - mean_at) ** 2 for at, _ in self._history)
        return sum((at - mean_at) * (least - mean) for at, least in self._history) / apart if apart else 0.0

    def _turn(self, now: float) -> None:
        if self._least < math.inf:
            self._history.append((self._ends_at, self._least))
            self._older = min(least for _, least in self._recent())
        self._least, self._ends_at = math.inf, now + _WINDOW_SECONDS

    def _recent(self) -> list[tuple[float, float]]:
        return list(self._history)[1 - _WINDOWS :]


@dataclass(frozen=True, slots=True)
class Measured:
    """How old media are when they arrive, as far as that can be known from here. `method`: how it was found."""

    delay: float
    uncertainty: float
    drift: float
    method: str

    def to_event(self, kind: str, connection: str) -> FeedAligned:
        """For the ledger."""
        return FeedAligned(
            kind=kind,
            connection=connection,
            delay_ms=round(self.delay * 1e3, 1),
            uncertainty_ms=round(self.uncertainty * 1e3, 1),
            drift_ppm=round(self.drift * 1e6, 1),
            method=self.method,
        )


class Delay:
    """How long even the promptest frame of one connection travelled: half of the shortest round trip lately, at most
    half a second. The two ways may differ: the true value is anything up to the whole round trip."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._trips: deque[float] = deque(maxlen=_MOST_ROUND_TRIPS)
        self._told: tuple[float, float] | None = None  # when, which delay

    def note(self, round_trip: float) -> None:
        """One was measured, in seconds."""
        self._trips.append(max(0.0, round_trip))

    @property
    def round_trip(self) -> float | None:
        """None while nothing was measured."""
        return min(self._trips, default=None)

    @property
    def seconds(self) -> float:
        """One way; 0 while nothing was measured."""
        return min((self.round_trip or 0.0) / 2, _MOST_DELAY)

    def news(self, clock: Alignment, now: float) -> Measured | None:
        """What is worth an event: the first measurement, after ten seconds; then a change of more than 100 ms, once a
        minute at most."""
        if now - self._began < _SETTLED_SECONDS:
            return None
        if self._told and (
            now - self._told[0] < _PAUSE_SECONDS or abs(self.seconds - self._told[1]) <= _CHANGE_SECONDS
        ):
            return None
        self._told = now, self.seconds
        return self.measured(clock)

    def measured(self, clock: Alignment) -> Measured:
        """As it is known now."""
        reported = clock.offset is not None
        if self.round_trip is None:
            return Measured(0.0, _MOST_DELAY, clock.drift, "sender reports" if reported else "arrival")
        method = "round trip and sender reports" if reported else "round trip and arrival"
        return Measured(self.seconds, self.seconds + clock.spread, clock.drift, method)

    def facts(self, clock: Alignment) -> dict[str, float | None]:
        """For the health file."""
        known = self.measured(clock)
        return {
            "rtt_ms": None if self.round_trip is None else round(self.round_trip * 1e3, 1),
            "delay_ms": round(known.delay * 1e3, 1),
            "uncertainty_ms": round(known.uncertainty * 1e3, 1),
            "drift_ppm": round(known.drift * 1e6, 1),
        }
