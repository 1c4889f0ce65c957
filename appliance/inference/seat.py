"""One attempt, as detection sees it: its stage, its feeds, the rules that hold, its flags."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from appliance.exam import events
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.events import Payload
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import RULES, Sense
from appliance.exam.page import Fact
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import CLOSED, Stage, Step, reached
from appliance.inference import absence, baseline
from appliance.inference.coverage import Looks, Missed
from appliance.inference.duty import Duty
from appliance.inference.judges import page, sight
from appliance.inference.judges.session import Schedule
from appliance.inference.line import Line
from appliance.inference.look import Look
from appliance.inference.observe import Observation
from appliance.inference.page_side import PageSide
from appliance.inference.pulse import LATE
from appliance.inference.screen import Popup, Screen
from appliance.inference.sound import Heard
from appliance.inference.stream import Outputs, Stream
from appliance.inference.telling import SOURCE, Said, Telling, episode_of
from appliance.inference.trace import Losses, Trace
from appliance.inference.watch import Shot

_LEFT_FROM = frozenset({Stage.IN_EXAM, Stage.CHECK_OUT})
"""Where whoever closes the page leaves."""


class Seat(Duty):
    """Fed with the attempt's events in order and with what is seen; answers with events to append."""

    def __init__(
        self,
        attempt: str,
        *,
        exam: str,
        looks: dict[Kind, Looks],
        media: Path,
        models: dict[str, str],
        policy: DetectionPolicy | None = None,
        losses: Losses | None = None,
    ) -> None:
        super().__init__(looks=looks, policy=policy)
        self.attempt = attempt
        self.exam = exam
        self._telling = Telling(exam=exam, attempt=attempt, media=media, models=models)
        self._media = media
        self._losses = losses or Losses()  # of traces
        self.line = Line(attempt, self.streams)
        self._page = PageSide(self.streams)
        self._began = False  # rules may fire, or might

    @property
    def snapshots_failed(self) -> int:
        """That could not be written."""
        return self._telling.failed

    def shows(self, code: str, onset: float | None) -> bool:
        """Does the rule hold, or begin to, since about `onset` (None: now)?"""
        return any(stream.shows(code, onset) for stream in self.streams.values())

    # --- what happens ---

    def hear(self, payload: Payload, *, at: float) -> list[Said]:
        """An event of the attempt, at wall second `at`."""
        until = at - LATE
        if isinstance(payload, events.PageReported):
            until = min(until, payload.happened_at)
        said = [*self._page_goes_on(until), *self._before(payload, at)]
        self.history.hear(payload, at)
        self._leave.hear(payload, at)
        return [*said, *self._hear(payload, at), *self._turn(at)]

    def see(self, kind: Kind, seen: Observation, jpeg: bytes | None) -> tuple[list[Said], frozenset[Look]]:
        """A picture of a camera; -> events, and what the next one should be looked at for."""
        stream = self.streams[kind]
        missed = stream.looks.looked(seen.at)
        said = [*self._missed(kind, missed), *self.sense(kind, Sense.SIGHT, seen, jpeg)]
        stream.sit(seen)
        if self.stage is Stage.IN_EXAM:
            said += self._base_line(stream, seen.at, late=True)
        track = stream.tracks[Sense.SIGHT]
        hungry = sight.hungry(track.memory, track.watch.pending)
        if kind is Kind.WEBCAM and self.history.look(seen, track.context.base):
            return [*said, *self._answer(seen.at)], hungry | {Look.HEAD}
        return said, hungry

    def share(self, seen: Screen | Popup, jpeg: bytes) -> list[Said]:
        """The candidate's screen was looked at, or read."""
        missed = self.streams[Kind.SCREEN].looks.looked(seen.at)
        return [*self._missed(Kind.SCREEN, missed), *self.sense(Kind.SCREEN, Sense.SCREEN, seen, jpeg or None)]

    def listen(self, heard: Heard) -> list[Said]:
        """Half a second of the candidate's microphone; its floor belongs to the base line."""
        stream = self.streams[Kind.WEBCAM]
        missed = None if heard.level is None else stream.hears.looked(heard.at)
        said = [*self._missed(Kind.WEBCAM, missed, Sense.HEARING)]
        said += self._flags(Kind.WEBCAM, stream.heard(heard, resting=self._resting(heard.at)))
        if taken := stream.take_noise_floor(late=self.stage is Stage.IN_EXAM):
            said.append(self._telling.said(taken, f"{stream.kind.value}/hearing"))
        return said

    def sense(self, kind: Kind, sense: Sense, seen: Any, jpeg: bytes | None = None) -> list[Said]:
        """Anything else that was seen, heard or reported of a feed. `seen` has `at`, wall seconds."""
        shot = None if jpeg is None else Shot(seen.at, jpeg)
        resting = self._resting(seen.at) | absence.told_in_front(self.streams, kind, seen.at)
        return list(self._flags(kind, self.streams[kind].see(sense, seen, shot, resting=resting)))

    def beat(self, now: float, rates: Mapping[str, float]) -> list[Said]:
        """A second has passed: are the cameras still connected? `rates`: feed -> pictures a second that arrive."""
        said = [*self._turn(now), *self._session(now)]
        if self.watched:
            said += self._judged(self.line.beat(now, rates))
        return [*said, *self._page_goes_on(now - LATE), *self._answer(now)]

    def say(self, payload: Payload, key: str) -> Said:
        """An event of this attempt that somebody else brought about; what it means holds at once."""
        self.history.enrolment = self.history.enrolment.hear(payload)
        return self._telling.said(payload, key)

    def use(self, policy: DetectionPolicy, now: float) -> list[Said]:
        """The exam's policy was set anew."""
        self._policy = policy
        self._keep_trace()
        return list(self._rules(now))

    def plan(self, schedule: Schedule | None, plan: ExamPlan) -> None:
        """When the exam is, and how it is held."""
        self.history.plan(schedule)
        self.feeds = self.line.feeds = plan.feeds

    def take_over(self, now: float) -> list[Said]:
        """Every event up to now was heard: go on with the flags that an earlier process left open, but for those that a
        break has ended, or whose rule holds no more."""
        said: list[Said] = []
        for (kind, code), raised in self.history.take_inherited().items():
            if track := self.streams[kind].tracks.get(RULES[code].sense):
                track.resume(code, episode_of(raised))
                rested_at, resting = self._leave.last
                if code not in self.rules:
                    said += self._flags(kind, track.watch.rest({code}, now))
                elif raised.onset_at < rested_at and code in resting:
                    said += self._flags(kind, track.watch.rest({code}, rested_at))
        for kind, stream in self.streams.items():
            outputs: Outputs = []
            if stream.stands is not None:
                outputs += stream.place(stream.stands, now)  # it may have been moved while nobody looked
            outputs += stream.quiet(now) if stream.lost is False else []
            said += self._flags(kind, outputs)
        return [*said, *self._page_goes_on(now - LATE)]

    # --- events ---

    def _before(self, payload: Payload, at: float) -> Iterator[Said]:
        """What held up to this event."""
        yield from self._turn(min(at, self._leave.ends_at))
        if isinstance(payload, events.AttemptArrived | events.BreakEnded):
            yield from self._session(at)
        if isinstance(payload, events.BreakEnded):
            yield from self._session(at)  # the first said when a break became too long, if it did; it was until now

    @singledispatchmethod
    def _hear(self, payload: Payload, at: float) -> Iterator[Said]:
        yield from self._reaches(payload, at)

    @_hear.register
    def _(self, _payload: events.AttemptArrived, at: float) -> Iterator[Said]:
        self.stage = Stage.ARRIVED
        yield from self._session(at)

    @_hear.register(events.AttemptAdmitted)
    @_hear.register(events.AttemptStarted)
    def _(self, payload: Payload, at: float) -> Iterator[Said]:
        yield from self._reaches(payload, at)
        for stream in self.streams.values():
            yield from self._base_line(stream, at, late=False)

    @_hear.register
    def _(self, payload: events.AttemptFinished, at: float) -> Iterator[Said]:
        yield from self._session(at)
        yield from self._reaches(payload, at)

    @_hear.register
    def _(self, payload: events.AttemptMoved, at: float) -> Iterator[Said]:
        if payload.step == Step.HAND_IN:
            yield from self._session(at)
        yield from self._reaches(payload, at)

    @_hear.register
    def _(self, _payload: events.PositionChecked, _at: float) -> Iterator[Said]:
        for stream in self.streams.values():
            stream.declare(self.history.declared)
        yield from ()

    @_hear.register
    def _(self, _payload: events.AttemptAccommodated, at: float) -> Iterator[Said]:
        yield from self._rules(at)

    @_hear.register
    def _(self, _payload: events.IdentityDeclined, at: float) -> Iterator[Said]:
        yield from self._rules(at)

    @_hear.register
    def _(self, _payload: events.RuleMuted, at: float) -> Iterator[Said]:
        yield from self._rules(at)

    @_hear.register
    def _(self, payload: events.FeedOpened, _at: float) -> Iterator[Said]:
        if (stream := self._stream(payload.kind)) and not self.closed:
            stream.connect(payload.connection, payload.opened_at)
        yield from ()

    @_hear.register
    def _(self, payload: events.FeedClosed, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is not None:
            stream.connections.discard(payload.connection)
            if not stream.connections:
                yield from self._stopped(stream, payload.closed_at)

    @_hear.register
    def _(self, payload: events.GapOpened, at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is None or self.closed:
            return
        yield from self._stopped(stream, payload.starts_at)
        yield from self._judged(self.line.breaks(stream, payload, watched=self.watched))

    @_hear.register
    def _(self, payload: events.GapClosed, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is None or self.closed:
            return
        yield from self._session(payload.ends_at)
        yield from self._judged(self.line.heals(stream, payload, watched=self.watched))

    @_hear.register
    def _(self, payload: events.FeedPositioned, at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is not None and not self.closed:
            yield from self._flags(stream.kind, stream.place(Position(payload.position), at))

    @_hear.register
    def _(self, payload: events.PageReported, at: float) -> Iterator[Said]:
        if payload.fact in {fact.value for fact in Fact}:  # another version may know more
            happened_at = min(payload.happened_at, at)
            report = page.Report(at=happened_at, fact=Fact(payload.fact), value=payload.value)
            if self.watched:
                yield from self._judged(self._page.says(report, heard_at=at, resting=self._resting))
            else:
                self._page.learns(report)

    @_hear.register
    def _(self, payload: events.FlagRaised, _at: float) -> Iterator[Said]:
        if payload.source == SOURCE:
            self._telling.known(payload)
        yield from ()

    @_hear.register
    def _(self, payload: events.BaselineTaken, _at: float) -> Iterator[Said]:
        if stream := self._stream(payload.kind):
            stream.rest_on(baseline.joined(stream.base, payload.values, payload.objects))
        yield from ()

    # --- what follows ---

    def _stream(self, kind: str) -> Stream | None:
        """None for what is not judged: a call."""
        return next((stream for stream in self.streams.values() if stream.kind.value == kind), None)

    def _resting(self, at: float) -> frozenset[str]:
        """The rules that judge nothing at this moment."""
        return self.history.resting(at) | self._leave.resting

    def _answer(self, now: float) -> Iterator[Said]:
        """What was seen of the challenge, once that is known."""
        if answered := self.history.answer(now):
            yield self._telling.said(answered, answered.challenge)

    def _base_line(self, stream: Stream, at: float, *, late: bool) -> Iterator[Said]:
        if taken := stream.take_base_line(late=late):
            yield self._telling.said(taken, f"{stream.kind.value}/sight/{at!r}")

    def _session(self, at: float) -> Iterator[Said]:
        left_at = self.line.left_at() if self.stage in _LEFT_FROM else None
        if not self.closed:
            yield from self.sense(Kind.WEBCAM, Sense.SESSION, replace(self.history.progress, at=at, left_at=left_at))

    def _page_goes_on(self, until: float) -> Iterator[Said]:
        """What the page said last still holds."""
        if self.watched:
            yield from self._judged(self._page.goes_on(until, resting=self._resting))

    def _judged(self, outputs: Iterable[tuple[Kind, Outputs]]) -> Iterator[Said]:
        for kind, found in outputs:
            yield from self._flags(kind, found)

    def _rules(self, at: float) -> Iterator[Said]:
        self.rules = in_force(self._policy, self.history.switches, self.history.muted)
        for kind, stream in self.streams.items():
            yield from self._flags(kind, stream.use(self.rules, at))

    def _reaches(self, payload: Payload, at: float) -> Iterator[Said]:
        """The attempt is in another stage, if the event says so."""
        if (stage := reached(payload)) is None:
            return
        if stage in CLOSED:
            yield from self._end(stage, at)
            return
        printed, watched, self.stage = self.stage is Stage.PRINTING, self.watched, stage
        yield from self._turn(at)
        if printed:
            for stream in self.streams.values():
                stream.forget()
        if self.watched and not watched:
            self._began = True
            self._page.begin(at)
            self._keep_trace()
            yield from self._judged(self.line.begin(at))

    def _turn(self, at: float) -> Iterator[Said]:
        """Do other rules rest from now on, is the candidate let go, or back?"""
        if self.closed:
            return
        new = self._leave.turn(self.stage, at)
        for kind, stream in self.streams.items() if new else ():
            yield from self._flags(kind, stream.rest(new, at))
        looked = self.streams[Kind.WEBCAM].looks.watched_since is not None
        if looked == self.judged:
            return
        for stream in self.streams.values():
            if self.judged:
                stream.watch(at)
            else:
                for sense, missed in stream.let_go(at):
                    yield from self._missed(stream.kind, missed, sense)
        if self.judged:
            self.line.up_since(at)

    def stop(self) -> None:
        """This process ends."""
        if trace := self.streams[Kind.WEBCAM].trace:
            trace.close()

    def _keep_trace(self) -> None:
        """As long as the exam wants it and rules may fire."""
        wanted, first = self._policy.trace and self.watched, self.streams[Kind.WEBCAM].trace
        if wanted == (first is not None):
            return
        if first is not None:
            first.close()
        folder = self._media / self.exam / self.attempt / "trace"
        trace = Trace(folder, self._losses) if wanted else None
        for stream in self.streams.values():
            stream.trace = trace

    def _end(self, stage: Stage, at: float) -> Iterator[Said]:
        if self.closed:
            return
        yield from self.take_over(at)
        for stream in self.streams.values():
            yield from self._stopped(stream, at)
        self.stage = stage
        self._keep_trace()
        for kind, stream in self.streams.items():
            yield from self._flags(kind, stream.finish(at))
            if self._began and (stream.counts or kind is Kind.WEBCAM):
                yield self._telling.covered(kind, stream.counts)

    def _stopped(self, stream: Stream, at: float) -> Iterator[Said]:
        for sense, missed in stream.stop(at):
            yield from self._missed(stream.kind, missed, sense)

    def _missed(self, kind: Kind, missed: Missed | None, sense: Sense = Sense.SIGHT) -> Iterator[Said]:
        if missed is not None:
            yield self._telling.missed(kind, missed, Sense.SCREEN if kind is Kind.SCREEN else sense)

    def _flags(self, kind: Kind, outputs: Outputs) -> Iterator[Said]:
        yield from self._telling.flags(outputs, kind=kind, rules=self.rules, stage=self.stage.value)
