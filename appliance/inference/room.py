"""All attempts of the box, as detection sees them: follows the ledger, and says what it found."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from appliance.errors import BadInput
from appliance.exam import events
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import Payload
from appliance.exam.feed import Feed, Kind, Position
from appliance.exam.flags import Sense
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import MOVING
from appliance.inference.coverage import LONGEST, LONGEST_OF_A_SCREEN, Looks
from appliance.inference.judges.session import Schedule
from appliance.inference.look import Look
from appliance.inference.matching import Wanted
from appliance.inference.observe import Observation
from appliance.inference.room_event import RoomEvents, Word
from appliance.inference.screen import Popup, Screen
from appliance.inference.seat import Seat
from appliance.inference.sound import Heard
from appliance.inference.stream import SENSES, Stream
from appliance.inference.telling import Said
from appliance.inference.trace import Losses

log = logging.getLogger(__name__)

TYPES = MOVING | frozenset(
    payload.TYPE
    for payload in (
        events.ProcessStarted,
        events.ExamCreated,
        events.ExamChanged,
        events.ExamPlanned,
        events.DetectionSet,
        events.AttemptCreated,
        events.AttemptAccommodated,
        events.AttemptReseated,
        events.RuleMuted,
        events.TimeSet,
        events.MessageSent,
        events.ScanAsked,
        events.ScanRecorded,
        events.PositionChecked,
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
        events.BaselineTaken,
        events.RoomNoticed,
        events.IdentityDeclined,
        events.IdentityPictured,
        events.IdentityCompared,
        events.IdentityDecided,
        events.IdentityEnrolled,
        events.ChallengeAsked,
        events.ChallengeAnswered,
        events.PageReported,
    )
)
"""What it follows."""


class Seated(NamedTuple):
    """Where somebody sits."""

    exam: str
    seat: str


Append = Callable[[Payload, str, str | None, str], None]
"""Payload, chain, exam, event id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """For the health file: by feed, when it was last looked at (or listened to: `attempt/kind/hearing`) and, of those
    that are judged, the ticks of each rule ([assessable, all]); by cause, the seconds that nobody looked; snapshots
    that could not be written, lines of traces that could not be kept, and flags that were said before it was clear
    whether the room did it."""

    looked_at: dict[str, float]
    judged: dict[str, dict[str, list[int]]]
    missed: dict[str, float]
    snapshots_failed: int
    traces_lost: int
    hurried: int


class Room:
    """Thread-safe: the ledger's client tells it events, the process's own loop what it sees.

    Until every event up to this process's own start was heard (`started`), what follows from old events is held back;
    of attempts that an earlier process finished nothing is said twice."""

    def __init__(
        self, *, append: Append, media: Path, models: dict[str, str], now: float, looked_at: dict[str, float]
    ) -> None:
        self._append = append
        self.media = media
        self._models = models
        self._now = now  # this process began
        self._clock = now  # what was seen or heard last
        self._looked_at = looked_at
        self._lock = threading.Lock()
        self._seats: dict[str, Seat] = {}
        self._policies: dict[str, DetectionPolicy] = {}
        self._plans: dict[str, ExamPlan] = {}
        self._schedules: dict[str, Schedule] = {}
        self._events = RoomEvents(self._showing)
        self._said: set[str] = set()  # flags that an earlier process raised
        self._held: dict[str, list[Said]] | None = {}
        self._snapshots_failed = 0
        self._losses = Losses()
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
        if isinstance(payload, events.ProcessStarted) and payload.process == "inference":
            with self._lock:
                for each in self._seats.values():
                    each.line.up_since(at)
        if payload is None or exam is None:
            return
        with self._lock:
            if self._held is None:
                self._clock = at
            if isinstance(payload, events.RoomNoticed):
                self._events.known(payload, now=at)
            if isinstance(payload, events.FlagRaised) and self._held is not None:
                self._said.add(payload.flag)
            if isinstance(payload, events.ExamCreated | events.ExamChanged | events.ExamPlanned):
                self._plan(payload)
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
            self._said.clear()

    def watched(self) -> frozenset[Feed]:
        """The cameras whose pictures are to be looked at."""
        with self._lock:
            if self._held is not None:
                return frozenset()
            return frozenset(Feed(name, kind) for name, seat in self._seats.items() for kind in seat.looked_at)

    def placed(self) -> dict[Feed, Position | None]:
        """The cameras of those who check in, of whose pictures is told what they show; and where they stand."""
        with self._lock:
            if self._held is not None:
                return {}
            return {Feed(n, kind): stands for n, seat in self._seats.items() for kind, stands in seat.placed.items()}

    def microphones(self, now: float) -> dict[Feed, Seated]:
        """Those that are to be listened to, whose turn it is; `now`: monotonic seconds."""
        with self._lock:
            heard = {} if self._held is not None else {n: seat for n, seat in self._seats.items() if seat.is_heard}
            for seat in heard.values():
                seat.streams[Kind.WEBCAM].hears.visited(now)
            return {Feed(name, Kind.WEBCAM): Seated(seat.exam, seat.history.seat) for name, seat in heard.items()}

    def listen(self, feed: Feed, heard: Heard) -> None:
        """Half a second of a microphone."""
        with self._lock:
            seat = self._seats.get(feed.attempt)
            if seat is not None and seat.judged:
                self._say(seat, seat.listen(heard))

    def screens(self) -> dict[Feed, bool]:
        """The shared screens that are to be looked at, and whether somebody should read them."""
        with self._lock:
            shared = {} if self._held is not None else {n: seat for n, seat in self._seats.items() if seat.is_shared}
            return {Feed(name, Kind.SCREEN): seat.is_read for name, seat in shared.items()}

    def share(self, feed: Feed, seen: Screen | Popup, jpeg: bytes) -> None:
        """A shared screen was looked at, or read."""
        with self._lock:
            seat = self._seats.get(feed.attempt)
            if seat is not None and seat.judged:
                self._say(seat, seat.share(seen, jpeg))

    def visited(self, feed: Feed, now: float) -> None:
        """It was this one's turn."""
        with self._lock:
            if seat := self._seats.get(feed.attempt):
                seat.streams[feed.kind].looks.visited(now)

    def see(self, feed: Feed, seen: Observation, jpeg: bytes) -> frozenset[Look]:
        """A picture was looked at; -> what the next should be looked at for, beside what is due."""
        with self._lock:
            seat = self._seats.get(feed.attempt)
            if seat is None or not seat.judged:
                return frozenset()  # it ended meanwhile, or nobody is judged yet
            self._clock = seen.at
            said, hungry = seat.see(feed.kind, seen, jpeg)
            self._say(seat, said)
            return hungry

    def matching(self) -> Wanted:
        """Whose face is to be held against what."""
        with self._lock:
            if self._held is not None:
                return Wanted()
            known = {name: found for name, seat in self._seats.items() if (found := seat.enrolment) is not None}
            watched = {name: found for name, found in known.items() if self._seats[name].watches_likeness}
            return Wanted(
                held={name: found.face for name, found in watched.items() if found.face},
                missing={n: self._seats[n].exam for n, found in watched.items() if found.let_in and not found.face},
                shown={name: found.shown for name, found in known.items() if found.shown},
            )

    def matched(self, attempt: str, payload: events.IdentityCompared | events.IdentityEnrolled) -> None:
        """Faces were compared, or one was taken to be held against."""
        key = payload.photo_sha256 if isinstance(payload, events.IdentityCompared) else payload.face_sha256
        with self._lock:
            if seat := self._seats.get(attempt):
                self._say(seat, [seat.say(payload, key)])

    def beat(self, now: float, rates: Mapping[str, float] = MappingProxyType({})) -> None:
        """Once a second. `rates`: feed -> pictures a second that arrive."""
        with self._lock:
            if self._held is None:
                self._clock = now
                for seat in self._seats.values():
                    self._say(seat, seat.beat(now, rates))
                self._append_all(self._events.beat(now))

    def stop(self) -> None:
        """This process ends."""
        with self._lock:
            for seat in self._seats.values():
                seat.stop()

    def facts(self) -> Facts:
        """What is known now."""
        with self._lock:
            looked = {
                name: looks.looked_at
                for attempt, seat in self._seats.items()
                for kind, stream in seat.streams.items()
                for name, looks in _names(Feed(attempt, kind), stream).items()
                if looks.looked_at > float("-inf")
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
                traces_lost=self._losses.refused + self._losses.beyond,
                hurried=self._events.hurried,
            )

    def _seat(self, attempt: str, exam: str) -> Seat:
        looks = {
            kind: Looks(
                process_at=self._now,
                longest=LONGEST_OF_A_SCREEN if kind is Kind.SCREEN else LONGEST,
            )
            for kind in SENSES
        }
        seat = Seat(
            attempt,
            exam=exam,
            looks=looks,
            media=self.media,
            models=self._models,
            policy=self._policies.get(exam),
            losses=self._losses,
        )
        seat.plan(self._schedules.get(exam), self._plans.get(exam, ExamPlan()))
        for kind, stream in seat.streams.items():
            for name, of_sense in _names(Feed(attempt, kind), stream).items():
                of_sense.looked_at = self._looked_at.get(name, float("-inf"))
        return seat

    def _plan(self, said: events.ExamCreated | events.ExamChanged | events.ExamPlanned) -> None:
        """When an exam is, and how it is held."""
        exam = said.exam
        if not isinstance(said, events.ExamPlanned):
            self._schedules[exam] = Schedule(starts_at=said.starts_at, minutes=said.minutes)
        else:
            try:
                self._plans[exam] = ExamPlan.of(said.plan)
            except BadInput as error:  # written by a newer version: what holds already goes on
                log.error("the plan of %s cannot be read: %s", exam, error)
                return
        schedule, plan = self._schedules.get(exam), self._plans.get(exam, ExamPlan())
        if schedule and exam in self._plans:
            self._schedules[exam] = replace(schedule, opens_at=plan.opens_at(schedule.starts_at))
        for seat in self._seats.values():
            if seat.exam == exam:
                seat.plan(self._schedules.get(exam), plan)

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
            if isinstance(each.payload, events.FlagRaised) and each.payload.flag in self._said:
                self._append(each.payload, seat.attempt, seat.exam, each.id)  # it stands in the ledger as it is
            else:
                self._append_all(self._events.take(seat.attempt, seat.exam, each, now=self._clock))

    def _append_all(self, words: list[Word]) -> None:
        """What is part of an event of the room leaves no pictures of a person behind."""
        for word in words:
            payload = word.said.payload
            if not word.dropped:
                self._append(payload, word.attempt or events.BOX, word.exam, word.said.id)
            elif isinstance(payload, (events.FlagRaised, events.FlagClosed)):
                for shot in payload.snapshots:
                    (self.media / shot["path"]).unlink(missing_ok=True)

    def _showing(self, exam: str, code: str, onset: float | None) -> tuple[frozenset[str], int]:
        """As `room_event.Showing`."""
        seats = [seat for seat in self._seats.values() if seat.exam == exam and seat.judged]
        return frozenset(seat.attempt for seat in seats if seat.shows(code, onset)), len(seats)

    def _forget(self, seat: Seat) -> None:
        """An attempt that is over needs no memory; before `started` only when nothing is left to say of it."""
        if seat.closed and (self._held is None or seat.history.told):
            self._snapshots_failed += seat.snapshots_failed
            self._seats.pop(seat.attempt, None)
            if self._held is not None:
                self._held.pop(seat.attempt, None)


def _names(feed: Feed, stream: Stream) -> dict[str, Looks]:
    """As the record of what was looked at calls them."""
    return {str(feed): stream.looks, f"{feed}/{Sense.HEARING.value}": stream.hears}
