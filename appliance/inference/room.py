"""All attempts of the box, as detection sees them: follows the ledger, and says what it found."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import BadInput
from appliance.exam import events
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import Payload
from appliance.exam.feed import Feed
from appliance.inference.coverage import Looks
from appliance.inference.look import Look
from appliance.inference.observe import Observation
from appliance.inference.seat import Seat
from appliance.inference.stream import SENSES
from appliance.inference.telling import Said

log = logging.getLogger(__name__)

TYPES = frozenset(
    payload.TYPE
    for payload in (
        events.ProcessStarted,
        events.DetectionSet,
        events.AttemptCreated,
        events.AttemptAccommodated,
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
        events.IdentityDeclined,
        events.PageReported,
    )
)
"""What it follows."""

Append = Callable[[Payload, str, str | None, str], None]
"""Payload, chain, exam, event id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For the health file: by feed, when it was last looked at and, of those that are judged, the ticks of each rule
    ([assessable, all]); by cause, the seconds that nobody looked; and snapshots that could not be written."""

    looked_at: dict[str, float]
    judged: dict[str, dict[str, list[int]]]
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
        self._policies: dict[str, DetectionPolicy] = {}
        self._held: dict[str, list[Said]] | None = {}
        self._snapshots_failed = 0
        self._missed: dict[str, float] = defaultdict(float)

    @property
    def ready(self) -> bool:
        """Everything up to this process's start was heard."""
        return self._held is None

    def tell(self, payload: Payload | None, *, chain: str, exam: str | None, at: float) -> None:
        """An event of the ledger, in order; `payload` None when it was erased."""
        if isinstance(payload, events.DetectionSet):
            self._use(payload, at)
            return
        if payload is None or exam is None:
            return
        with self._lock:
            if isinstance(payload, events.AttemptCreated):
                self._seats[chain] = self._seat(chain, exam)
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

    def watched(self) -> frozenset[Feed]:
        """The cameras whose pictures are to be looked at."""
        with self._lock:
            if self._held is not None:
                return frozenset()
            return frozenset(Feed(name, kind) for name, seat in self._seats.items() for kind in seat.looked_at)

    def visited(self, feed: Feed, now: float) -> None:
        """It was this one's turn."""
        with self._lock:
            if seat := self._seats.get(feed.attempt):
                seat.streams[feed.kind].looks.visited(now)

    def see(self, feed: Feed, seen: Observation, jpeg: bytes) -> frozenset[Look]:
        """A picture was looked at; -> what the next should be looked at for, beside what is due."""
        with self._lock:
            seat = self._seats.get(feed.attempt)
            if seat is None or not seat.watched:
                return frozenset()  # it ended meanwhile
            said, hungry = seat.see(feed.kind, seen, jpeg)
            self._say(seat, said)
            return hungry

    def beat(self, now: float) -> None:
        """Once a second."""
        with self._lock:
            if self._held is None:
                for seat in self._seats.values():
                    self._say(seat, seat.beat(now))

    def facts(self) -> Facts:
        """What is known now."""
        with self._lock:
            looked = {
                str(Feed(attempt, kind)): stream.looks.looked_at
                for attempt, seat in self._seats.items()
                for kind, stream in seat.streams.items()
                if stream.looks.looked_at > float("-inf")
            }
            judged = {
                str(Feed(attempt, kind)): {code: list(count) for code, count in counts.items()}
                for attempt, seat in self._seats.items()
                if seat.watched
                for kind, stream in seat.streams.items()
                if (counts := stream.counts)
            }
            failed = sum(seat.snapshots_failed for seat in self._seats.values())
            return Facts(
                looked_at=looked,
                judged=judged,
                missed=dict(self._missed),
                snapshots_failed=self._snapshots_failed + failed,
            )

    def _seat(self, attempt: str, exam: str) -> Seat:
        looks = {
            kind: Looks(process_at=self._now, looked_at=self._looked_at.get(str(Feed(attempt, kind)), float("-inf")))
            for kind in SENSES
        }
        return Seat(
            attempt,
            exam=exam,
            looks=looks,
            media=self._media,
            models=self._models,
            policy=self._policies.get(exam),
        )

    def _use(self, said: events.DetectionSet, at: float) -> None:
        """What is detected in an exam was set: it holds for every candidate from now on."""
        try:
            policy = DetectionPolicy.from_json(said.policy)
        except BadInput as error:  # written by a newer version: the rules that hold already go on
            log.error("the detection policy of %s cannot be read: %s", said.exam, error)
            return
        with self._lock:
            self._policies[said.exam] = policy
            for seat in self._seats.values():
                if seat.exam == said.exam:
                    self._say(seat, seat.use(policy, at))

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
