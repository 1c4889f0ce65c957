"""All attempts of the box, as detection sees them: follows the ledger, and says what it found."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.exam import events
from appliance.exam.events import Payload
from appliance.inference.coverage import Looks
from appliance.inference.observe import Observation
from appliance.inference.seat import Said, Seat

TYPES = frozenset(
    payload.TYPE
    for payload in (
        events.ProcessStarted,
        events.AttemptCreated,
        events.AttemptArrived,
        events.AttemptSigned,
        events.AttemptEquipped,
        events.AttemptAdmitted,
        events.AttemptStarted,
        events.AttemptFinished,
        events.AttemptEnded,
        events.FeedOpened,
        events.FeedClosed,
        events.GapOpened,
        events.GapClosed,
        events.FeedPositioned,
        events.CallStarted,
        events.CallEnded,
        events.FlagRaised,
        events.FlagClosed,
        events.AnalysisCovered,
    )
)
"""What it follows."""

Append = Callable[[Payload, str, str | None, str], None]
"""Payload, chain, exam, event id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For the health file: by attempt, when its webcam was last looked at; by cause, the seconds that nobody looked;
    and snapshots that could not be written."""

    looked_at: dict[str, float]
    missed: dict[str, float]
    snapshots_failed: int


class Room:
    """Thread-safe: the ledger's client tells it events, the process's own loop what it sees.

    Until every event up to this process's own start was heard (`started`), what follows from old events is held back;
    of attempts that an earlier process finished nothing is said twice."""

    def __init__(
        self, *, append: Append, media: Path, models: dict[str, str], now: float, looked_at: dict[str, float]
    ) -> None:
        self._append = append
        self._media = media
        self._models = models
        self._now = now
        self._looked_at = looked_at
        self._lock = threading.Lock()
        self._seats: dict[str, Seat] = {}
        self._held: dict[str, list[Said]] | None = {}
        self._snapshots_failed = 0
        self._missed: dict[str, float] = defaultdict(float)

    @property
    def ready(self) -> bool:
        """Everything up to this process's start was heard."""
        return self._held is None

    def tell(self, payload: Payload | None, *, chain: str, exam: str | None, at: float) -> None:
        """An event of the ledger, in order; `payload` None when it was erased."""
        if payload is None or exam is None:
            return
        with self._lock:
            if isinstance(payload, events.AttemptCreated):
                looks = Looks(process_at=self._now, looked_at=self._looked_at.get(chain, float("-inf")))
                self._seats[chain] = Seat(chain, exam=exam, looks=looks, media=self._media, models=self._models)
            seat = self._seats.get(chain)
            if seat is not None:
                self._say(seat, seat.hear(payload, at=at))
                self._forget(seat)

    def started(self) -> None:
        """The own start was heard: everything from here on is news."""
        with self._lock:
            held, self._held = self._held or {}, None
            for seat in list(self._seats.values()):
                self._say(seat, [*held.get(seat.attempt, []), *seat.take_over(self._now)])
                self._forget(seat)

    def watched(self) -> frozenset[str]:
        """The attempts whose webcam is to be looked at."""
        with self._lock:
            if self._held is not None:
                return frozenset()
            return frozenset(attempt for attempt, seat in self._seats.items() if seat.watched)

    def visited(self, attempt: str, now: float) -> None:
        """It was this one's turn."""
        with self._lock:
            if seat := self._seats.get(attempt):
                seat.looks.visited(now)

    def see(self, attempt: str, seen: Observation, jpeg: bytes) -> bool:
        """A picture was looked at; -> whether the next should be looked at closely."""
        with self._lock:
            seat = self._seats.get(attempt)
            if seat is None or not seat.watched:
                return False  # it ended meanwhile
            said, closely = seat.see(seen, jpeg)
            self._say(seat, said)
            return closely

    def beat(self, now: float) -> None:
        """Once a second."""
        with self._lock:
            if self._held is None:
                for seat in self._seats.values():
                    self._say(seat, seat.beat(now))

    def facts(self) -> Facts:
        """What is known now."""
        with self._lock:
            looked = {a: s.looks.looked_at for a, s in self._seats.items() if s.looks.looked_at > float("-inf")}
            failed = sum(seat.snapshots_failed for seat in self._seats.values())
            return Facts(looked_at=looked, missed=dict(self._missed), snapshots_failed=self._snapshots_failed + failed)

    def _say(self, seat: Seat, said: list[Said]) -> None:
        if self._held is not None:
            self._held.setdefault(seat.attempt, []).extend(said)
            return
        for each in said:
            if isinstance(each.payload, events.AnalysisMissed):
                self._missed[each.payload.cause] += each.payload.ends_at - each.payload.starts_at
            self._append(each.payload, seat.attempt, seat.exam, each.id)

    def _forget(self, seat: Seat) -> None:
        """An attempt that is over needs no memory; before `started` only when nothing is left to say of it."""
        if seat.closed and (self._held is None or seat.told):
            self._snapshots_failed += seat.snapshots_failed
            self._seats.pop(seat.attempt, None)
            if self._held is not None:
                self._held.pop(seat.attempt, None)
