"""One attempt, as detection sees it: its stage, its feeds, the rules that hold, its flags."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from appliance.exam import events
from appliance.exam.accommodation import Switch
from appliance.exam.call import Span, suspended
from appliance.exam.challenge import Step
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.episode import Verdict
from appliance.exam.events import Payload
from appliance.exam.feed import OWN, Feed, Kind, Position
from appliance.exam.flags import RULES, Channel, Sense
from appliance.exam.gap import Cause
from appliance.exam.page import Fact
from appliance.exam.stage import CLOSED, OF_THE_EXAM, WATCHED, Stage
from appliance.inference import baseline
from appliance.inference.arrival import silent_since
from appliance.inference.coverage import LONGEST, Looks, Missed
from appliance.inference.enrolment import Enrolment
from appliance.inference.judges import challenge, link, page, session, sight
from appliance.inference.judges.challenge import Challenge
from appliance.inference.judges.session import Schedule
from appliance.inference.look import Look
from appliance.inference.observe import Observation
from appliance.inference.pulse import LATE, Pulse
from appliance.inference.screen import Popup, Screen
from appliance.inference.sound import Heard
from appliance.inference.stream import LOOKED_AT, SENSES, Outputs, Stream
from appliance.inference.telling import SOURCE, Said, Telling, episode_of
from appliance.inference.trace import Losses, Trace
from appliance.inference.watch import Shot

_HEARD_AGAIN = (Sense.LINK, Sense.PAGE, Sense.SESSION)
"""Flags of these senses follow from events that a restarted process hears again; the others are taken over open."""

_ABSENCES = frozenset({"person_absent", "exits_repeated"})

_MEASURED = frozenset({"stream_degraded"})
"""But these: what was measured is not in the ledger."""

_ON_THE_PAGE = (Kind.WEBCAM, Kind.SCREEN)
"""The feeds of which the candidate's page speaks."""

_TURNS = frozenset(code for code, rule in RULES.items() if rule.channel is Channel.ATTENTION)
"""What rests while the candidate is asked to turn the head."""


class Seat:
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
        schedule: Schedule | None = None,
    ) -> None:
        self.attempt = attempt
        self.exam = exam
        self.seat = ""  # its name, as the people in the room know it
        self.stage = Stage.INVITED
        self.told = False  # its coverage stands in the ledger: nothing more is to be said
        self._policy = policy or DetectionPolicy()
        self._granted: frozenset[Switch] = frozenset()
        self._declined: frozenset[Switch] = frozenset()  # by the candidate: it stays, whatever is granted
        self.rules = in_force(self._policy)
        self.streams = {kind: Stream(kind, rules=self.rules, looks=looks[kind]) for kind in SENSES}
        self._telling = Telling(exam=exam, attempt=attempt, media=media, models=models)
        self._media = media
        self._losses = losses or Losses()  # of traces
        self._calls: dict[str, Span] = {}
        self._enrolment = Enrolment()
        self._challenge: Challenge | None = None
        self._pulse = Pulse()
        self._progress = session.Moment(at=0.0, schedule=schedule)
        self._inherited: dict[tuple[Kind, str], events.FlagRaised] = {}

    @property
    def watched(self) -> bool:
        """Rules may fire."""
        return self.stage in WATCHED

    @property
    def closed(self) -> bool:
        return self.stage in CLOSED

    @property
    def snapshots_failed(self) -> int:
        """That could not be written."""
        return self._telling.failed

    @property
    def looked_at(self) -> frozenset[Kind]:
        """The feeds whose pictures are to be looked at now: the webcam, and what other camera sends."""
        if not self.watched:
            return frozenset()
        return frozenset(kind for kind in LOOKED_AT if kind is Kind.WEBCAM or self.streams[kind].connections)

    @property
    def enrolment(self) -> Enrolment | None:
        """What is known of this candidate's face; None when no face is to be compared."""
        over = self.closed or self._enrolment.declined or Switch.NO_MATCHING in self._granted
        return None if over else self._enrolment

    @property
    def watches_likeness(self) -> bool:
        """Looks at the webcam are held against the candidate's face."""
        return self.watched and ("identity_mismatch" in self.rules or "identity_unverifiable" in self.rules)

    @property
    def is_heard(self) -> bool:
        """Its microphone is to be listened to now."""
        webcam = self.streams[Kind.WEBCAM]
        return self.watched and bool(webcam.connections) and webcam.gap is None

    @property
    def is_shared(self) -> bool:
        """Its screen is to be looked at now."""
        return self.watched and bool(self.streams[Kind.SCREEN].connections)

    @property
    def is_read(self) -> bool:
        """What stands on its screen matters: the exam is open, and it says what may be seen."""
        policy = self._policy
        apps = (policy.apps or policy.not_apps) and "unapproved_app" in self.rules
        sites = (policy.sites or policy.not_sites) and "unapproved_url" in self.rules
        return self.stage is Stage.IN_EXAM and bool(apps or sites)

    def shows(self, code: str, onset: float | None) -> bool:
        """Does the rule hold, or begin to, since about `onset` (None: now)?"""
        return any(
            track.watch.shows(code, onset) for stream in self.streams.values() for track in stream.tracks.values()
        )

    # --- what happens ---

    def hear(self, payload: Payload, *, at: float) -> list[Said]:
        """An event of the attempt, at wall second `at`."""
        until = at - LATE
        if isinstance(payload, events.PageReported):
            until = min(until, payload.happened_at)
        self._enrolment = self._enrolment.hear(payload)
        return [*self._page_goes_on(until), *self._hear(payload, at)]

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
        if kind is Kind.WEBCAM and self._challenge is not None:
            self._challenge = challenge.look(self._challenge, seen, track.context.base)
            return [*said, *self._answer(seen.at)], hungry | {Look.HEAD}
        return said, hungry

    def share(self, seen: Screen | Popup, jpeg: bytes) -> list[Said]:
        """The candidate's screen was looked at, or read."""
        missed = self.streams[Kind.SCREEN].looks.looked(seen.at)
        return [
            *self._missed(Kind.SCREEN, missed),
            *self.sense(Kind.SCREEN, Sense.SCREEN, seen, jpeg or None),
        ]

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
        resting = self._resting(seen.at) | self._said_in_front(kind, seen.at)
        return list(self._flags(kind, self.streams[kind].see(sense, seen, shot, resting=resting)))

    def beat(self, now: float, rates: Mapping[str, float]) -> list[Said]:
        """A second has passed: are the cameras still connected? `rates`: feed -> pictures a second that arrive."""
        said = list(self._session(now))
        for kind, stream in self.streams.items():
            if self.watched and (stream.connections or stream.gap):
                rate = rates.get(str(Feed(self.attempt, kind)))
                said += self._flags(kind, self._connected(stream, now, lost=stream.lost, rate=rate))
        return [*said, *self._page_goes_on(now - LATE), *self._answer(now)]

    def say(self, payload: Payload, key: str) -> Said:
        """An event of this attempt that somebody else brought about; what it means holds at once."""
        self._enrolment = self._enrolment.hear(payload)
        return self._telling.said(payload, key)

    def use(self, policy: DetectionPolicy, now: float) -> list[Said]:
        """The exam's policy was set anew."""
        self._policy = policy
        self._keep_trace()
        return list(self._rules(now))

    def take_over(self, now: float) -> list[Said]:
        """Every event up to now was heard: go on with the flags that an earlier process left open."""
        for (kind, code), raised in self._inherited.items():
            if track := self.streams[kind].tracks.get(RULES[code].sense):
                track.resume(code, episode_of(raised))
        self._inherited.clear()
        said: list[Said] = []
        for kind, stream in self.streams.items():
            outputs: Outputs = []
            if stream.stands is not None:
                outputs += stream.place(stream.stands, now)  # it may have been moved while nobody looked
            outputs += stream.quiet(now) if stream.lost is False else []
            said += self._flags(kind, outputs)
        return [*said, *self._page_goes_on(now - LATE)]

    # --- events ---

    @singledispatchmethod
    def _hear(self, _payload: Payload, _at: float) -> Iterator[Said]:
        yield from ()

    @_hear.register
    def _(self, payload: events.AttemptCreated, _at: float) -> Iterator[Said]:
        self.seat = payload.seat
        yield from ()

    @_hear.register
    def _(self, _payload: events.AttemptArrived, at: float) -> Iterator[Said]:
        yield from self._session(at)
        self.stage = Stage.CONSENT
        self._progress = replace(self._progress, arrived_at=at)
        yield from self._session(at)

    @_hear.register
    def _(self, _payload: events.AttemptSigned, _at: float) -> Iterator[Said]:
        self.stage = Stage.EQUIPMENT
        yield from ()

    @_hear.register
    def _(self, _payload: events.AttemptEquipped, at: float) -> Iterator[Said]:
        yield from self._watch_from(Stage.WAITING, at)

    @_hear.register
    def _(self, _payload: events.AttemptAdmitted, at: float) -> Iterator[Said]:
        yield from self._watch_from(Stage.ADMITTED, at)
        for stream in self.streams.values():
            yield from self._base_line(stream, at, late=False)

    @_hear.register
    def _(self, _payload: events.AttemptStarted, at: float) -> Iterator[Said]:
        yield from self._watch_from(Stage.IN_EXAM, at)
        self._progress = replace(self._progress, started_at=at)
        for stream in self.streams.values():
            yield from self._base_line(stream, at, late=False)

    @_hear.register
    def _(self, _payload: events.AttemptFinished, at: float) -> Iterator[Said]:
        self._progress = replace(self._progress, hands_in=True)
        yield from self._session(at)
        yield from self._end(Stage.FINISHED, at)

    @_hear.register
    def _(self, _payload: events.AttemptEnded, at: float) -> Iterator[Said]:
        yield from self._end(Stage.ENDED, at)

    @_hear.register
    def _(self, payload: events.AttemptAccommodated, at: float) -> Iterator[Said]:
        known = {switch.value for switch in Switch}
        self._granted = frozenset(Switch(said) for said in payload.switches if said in known)
        yield from self._rules(at)

    @_hear.register
    def _(self, _payload: events.IdentityDeclined, at: float) -> Iterator[Said]:
        self._declined = frozenset({Switch.NO_MATCHING})
        yield from self._rules(at)

    @_hear.register
    def _(self, payload: events.FeedOpened, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is not None and not self.closed:
            stream.connections.add(payload.connection)
            if stream.gap is None:
                stream.begin(payload.opened_at)
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
        yield from self._flags(stream.kind, stream.quiet(payload.starts_at) if self.watched else [])
        stream.gap = (payload.cause, payload.starts_at)
        if self.watched and stream.lost:
            since = self._lost_since(stream, payload.starts_at)
            yield from self._flags(stream.kind, self._connected(stream, since, lost=True))
        if self.watched and (silent := self._silent) is not None:
            webcam = self.streams[Kind.WEBCAM]
            yield from self._flags(Kind.WEBCAM, self._connected(webcam, silent, lost=True))

    @_hear.register
    def _(self, payload: events.GapClosed, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is None or self.closed:
            return
        yield from self._session(payload.ends_at)
        if self.watched and stream.gap and stream.lost:
            said = link.LOST.get(stream.kind) in stream.active
            moments = [payload.ends_at] if said else [self._lost_since(stream, stream.gap[1]), payload.ends_at]
            for at in moments:
                yield from self._flags(stream.kind, self._connected(stream, at, lost=True, back=True))
        stream.gap = None
        if stream.connections:
            stream.begin(payload.ends_at)

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
            yield from self._page_says(report, heard_at=at)

    @_hear.register
    def _(self, payload: events.CallStarted, at: float) -> Iterator[Said]:
        self._calls[payload.call] = Span(at)
        yield from ()

    @_hear.register
    def _(self, payload: events.CallEnded, at: float) -> Iterator[Said]:
        if begun := self._calls.get(payload.call):
            self._calls[payload.call] = Span(begun.started_at, at)
        yield from ()

    @_hear.register
    def _(self, payload: events.ChallengeAsked, at: float) -> Iterator[Said]:
        steps = tuple(Step(said) for said in payload.steps if said in {step.value for step in Step})
        self._challenge = Challenge(name=payload.challenge, steps=steps, asked_at=at)
        yield from ()

    @_hear.register
    def _(self, payload: events.ChallengeAnswered, _at: float) -> Iterator[Said]:
        if self._challenge is not None and self._challenge.name == payload.challenge:
            self._challenge = None
        yield from ()

    @_hear.register
    def _(self, payload: events.FlagRaised, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if payload.source == SOURCE and payload.code in RULES and stream is not None:
            self._telling.known(payload)
            if RULES[payload.code].sense not in _HEARD_AGAIN or payload.code in _MEASURED:
                self._inherited[stream.kind, payload.code] = payload
        yield from ()

    @_hear.register
    def _(self, payload: events.FlagClosed, _at: float) -> Iterator[Said]:
        self._inherited = {key: raised for key, raised in self._inherited.items() if raised.flag != payload.flag}
        yield from ()

    @_hear.register
    def _(self, payload: events.BaselineTaken, _at: float) -> Iterator[Said]:
        if stream := self._stream(payload.kind):
            stream.rest_on(baseline.joined(stream.base, payload.values, payload.objects))
        yield from ()

    @_hear.register
    def _(self, _payload: events.AnalysisCovered, _at: float) -> Iterator[Said]:
        self.told = True
        yield from ()

    # --- what follows ---

    def _stream(self, kind: str) -> Stream | None:
        """None for what is not judged: a call."""
        return next((stream for stream in self.streams.values() if stream.kind.value == kind), None)

    def _resting(self, at: float) -> frozenset[str]:
        """The rules that judge nothing at this moment."""
        resting = frozenset(code for code in RULES if suspended(code, self._calls.values(), at))
        if self._challenge is not None:
            resting |= _TURNS
        return resting if self.stage is Stage.IN_EXAM else resting | OF_THE_EXAM

    def _said_in_front(self, kind: Kind, at: float) -> frozenset[str]:
        """One absence is one flag: no other camera speaks of it while the webcam in front can tell."""
        if kind is Kind.WEBCAM:
            return frozenset()
        tick = self.streams[Kind.WEBCAM].tracks[Sense.SIGHT].ticks.get("face_absent")
        told = tick is not None and tick.verdict is not Verdict.UNASSESSABLE and abs(at - tick.at) <= LONGEST
        return _ABSENCES if told else frozenset()

    def _answer(self, now: float) -> Iterator[Said]:
        """What was seen of the challenge, once that is known."""
        if self._challenge is None or (seen := challenge.answer(self._challenge, now)) is None:
            return
        payload = events.ChallengeAnswered(challenge=self._challenge.name, seen=[each.value for each in seen])
        self._challenge = None
        yield self._telling.said(payload, payload.challenge)

    def _base_line(self, stream: Stream, at: float, *, late: bool) -> Iterator[Said]:
        if taken := stream.take_base_line(late=late):
            yield self._telling.said(taken, f"{stream.kind.value}/sight/{at!r}")

    def _take_noise_floor(self, stream: Stream) -> Iterator[Said]:
        floor = stream.tracks[Sense.HEARING].memory.floor
        if stream.base.noise_db is not None or floor is None:
            return
        late = self.stage is Stage.IN_EXAM
        payload = events.BaselineTaken(kind=stream.kind.value, values={"noise_db": floor}, objects=[], late=late)
        yield from self._hear(payload, 0.0)  # it holds from now on, as that of a camera does
        yield self._telling.said(payload, f"{stream.kind.value}/hearing")

    @property
    def _silent(self) -> float | None:
        """Since when nothing comes from the candidate's computer."""
        own = [self.streams[kind] for kind in OWN]
        return silent_since(stream.gap for stream in own if stream.gap or stream.connections)

    def _connected(self, stream: Stream, at: float, *, lost: bool | None, **line: Any) -> Outputs:
        """That the line of the whole seat is down explains the silence of a phone."""
        causes = self.streams[Kind.WEBCAM].active & {"network_lost"}
        return stream.connected(at, lost=lost, active=causes, silent_since=self._silent, **line)

    def _lost_since(self, stream: Stream, starts_at: float) -> float:
        """What happened before the rules held is nothing to them."""
        return max(starts_at, stream.looks.watched_since or 0.0)

    def _session(self, at: float) -> Iterator[Said]:
        own = [self.streams[kind].gap for kind in OWN if self.streams[kind].gap or self.streams[kind].connections]
        left_at = silent_since(own, frozenset({Cause.PAGE_CLOSED})) if self.stage is Stage.IN_EXAM else None
        if not self.closed:
            yield from self.sense(Kind.WEBCAM, Sense.SESSION, replace(self._progress, at=at, left_at=left_at))

    def _page_says(self, seen: page.Report, *, heard_at: float) -> Iterator[Said]:
        if not self.watched:
            for kind in _ON_THE_PAGE:
                self.streams[kind].learn(seen)
            return
        self._pulse.start(seen.at, heard_at=heard_at)
        yield from self._judge_page(seen)

    def _page_goes_on(self, until: float) -> Iterator[Said]:
        """What the page said last still holds."""
        if self.watched:
            for at in self._pulse.due(until):
                yield from self._judge_page(page.Beat(at=at))

    def _judge_page(self, seen: page.Report | page.Beat) -> Iterator[Said]:
        """What the loss of the camera or of the line explains is no loss of the screen."""
        causes = self.streams[Kind.WEBCAM].active
        for kind in _ON_THE_PAGE:
            outputs = self.streams[kind].reported(seen, resting=self._resting(seen.at), active=causes)
            yield from self._flags(kind, outputs)

    def _rules(self, at: float) -> Iterator[Said]:
        self.rules = in_force(self._policy, self._granted | self._declined)
        for kind, stream in self.streams.items():
            yield from self._flags(kind, stream.use(self.rules, at))

    def _watch_from(self, stage: Stage, at: float) -> Iterator[Said]:
        already, self.stage = self.watched, stage
        if already:
            return
        self._pulse.start(at, heard_at=at)
        self._keep_trace()
        for stream in self.streams.values():
            stream.looks.watched_since = stream.hears.watched_since = at
            if stream.lost:
                yield from self._flags(stream.kind, self._connected(stream, at, lost=True))

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
        began = self.streams[Kind.WEBCAM].looks.watched_since
        yield from self.take_over(at)
        for stream in self.streams.values():
            yield from self._stopped(stream, at)
        self.stage = stage
        self._keep_trace()
        for kind, stream in self.streams.items():
            yield from self._flags(kind, stream.finish(at))
        if began is not None:
            for kind, stream in self.streams.items():
                if stream.counts or kind is Kind.WEBCAM:
                    said = events.AnalysisCovered(kind=kind.value, ticks=stream.counts)
                    yield self._telling.said(said, "" if kind is Kind.WEBCAM else kind.value)

    def _stopped(self, stream: Stream, at: float) -> Iterator[Said]:
        for sense, missed in stream.stop(at):
            yield from self._missed(stream.kind, missed, sense)

    def _missed(self, kind: Kind, missed: Missed | None, sense: Sense = Sense.SIGHT) -> Iterator[Said]:
        if missed is None or kind not in (*LOOKED_AT, Kind.SCREEN):
            return
        if kind is Kind.SCREEN:
            sense = Sense.SCREEN
        payload = events.AnalysisMissed(
            kind=kind.value,
            starts_at=missed.starts_at,
            ends_at=missed.ends_at,
            cause=missed.cause.value,
            sense=sense.value,
        )
        yield self._telling.said(payload, f"{kind.value}/{sense.value}/{missed.starts_at!r}")

    def _flags(self, kind: Kind, outputs: Outputs) -> Iterator[Said]:
        yield from self._telling.flags(outputs, kind=kind, rules=self.rules, stage=self.stage.value)
