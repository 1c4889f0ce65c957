"""One attempt, as detection sees it: its stage, its feeds, the rules that hold, its flags."""

from collections.abc import Iterator
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from appliance.exam import events
from appliance.exam.accommodation import Switch
from appliance.exam.call import Span, suspended
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.events import Payload
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import RULES, Sense
from appliance.exam.page import Fact
from appliance.exam.stage import CLOSED, OF_THE_EXAM, WATCHED, Stage
from appliance.inference.coverage import Looks, Missed
from appliance.inference.judges import page, sight
from appliance.inference.look import Look
from appliance.inference.observe import Observation
from appliance.inference.pulse import LATE, Pulse
from appliance.inference.stream import LOOKED_AT, SENSES, Outputs, Stream
from appliance.inference.telling import SOURCE, Said, Telling, episode_of
from appliance.inference.watch import Shot

_HEARD_AGAIN = (Sense.LINK, Sense.PAGE, Sense.SESSION)
"""Flags of these senses follow from events that a restarted process hears again; the others are taken over open."""

_ON_THE_PAGE = (Kind.WEBCAM, Kind.SCREEN)
"""The feeds of which the candidate's page speaks."""


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
    ) -> None:
        self.attempt = attempt
        self.exam = exam
        self.stage = Stage.INVITED
        self.told = False  # its coverage stands in the ledger: nothing more is to be said
        self._policy = policy or DetectionPolicy()
        self._granted: frozenset[Switch] = frozenset()
        self.rules = in_force(self._policy)
        self.streams = {kind: Stream(kind, rules=self.rules, looks=looks[kind]) for kind in SENSES}
        self._telling = Telling(exam=exam, attempt=attempt, media=media, models=models)
        self._calls: dict[str, Span] = {}
        self._pulse = Pulse()
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

    # --- what happens ---

    def hear(self, payload: Payload, *, at: float) -> list[Said]:
        """An event of the attempt, at wall second `at`."""
        until = at - LATE
        if isinstance(payload, events.PageReported):
            until = min(until, payload.happened_at)
        return [*self._page_goes_on(until), *self._hear(payload, at)]

    def see(self, kind: Kind, seen: Observation, jpeg: bytes | None) -> tuple[list[Said], frozenset[Look]]:
        """A picture of a camera; -> events, and what the next one should be looked at for."""
        stream = self.streams[kind]
        missed = stream.looks.looked(seen.at)
        said = [*self._missed(kind, missed), *self.sense(kind, Sense.SIGHT, seen, jpeg)]
        track = stream.tracks[Sense.SIGHT]
        return said, sight.hungry(track.memory, track.watch.pending)

    def sense(self, kind: Kind, sense: Sense, seen: Any, jpeg: bytes | None = None) -> list[Said]:
        """Anything else that was seen, heard or reported of a feed. `seen` has `at`, wall seconds."""
        shot = None if jpeg is None else Shot(seen.at, jpeg)
        return list(self._flags(kind, self.streams[kind].see(sense, seen, shot, resting=self._resting(seen.at))))

    def beat(self, now: float) -> list[Said]:
        """A second has passed: are the cameras still connected?"""
        said: list[Said] = []
        for kind, stream in self.streams.items():
            if self.watched and (stream.connections or stream.gap):
                said += self._flags(kind, stream.connected(now, lost=stream.lost))
        return [*said, *self._page_goes_on(now - LATE)]

    def use(self, policy: DetectionPolicy, now: float) -> list[Said]:
        """The exam's policy was set anew."""
        self._policy = policy
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
    def _(self, _payload: events.AttemptArrived, _at: float) -> Iterator[Said]:
        self.stage = Stage.CONSENT
        yield from ()

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

    @_hear.register
    def _(self, _payload: events.AttemptStarted, at: float) -> Iterator[Said]:
        yield from self._watch_from(Stage.IN_EXAM, at)

    @_hear.register
    def _(self, _payload: events.AttemptFinished, at: float) -> Iterator[Said]:
        yield from self._end(Stage.FINISHED, at)

    @_hear.register
    def _(self, _payload: events.AttemptEnded, at: float) -> Iterator[Said]:
        yield from self._end(Stage.ENDED, at)

    @_hear.register
    def _(self, payload: events.AttemptAccommodated, at: float) -> Iterator[Said]:
        known = {switch.value for switch in Switch}
        self._granted |= {Switch(said) for said in payload.switches if said in known}
        yield from self._rules(at)

    @_hear.register
    def _(self, _payload: events.IdentityDeclined, at: float) -> Iterator[Said]:
        self._granted |= {Switch.NO_MATCHING}
        yield from self._rules(at)

    @_hear.register
    def _(self, payload: events.FeedOpened, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is not None and not self.closed:
            stream.connections.add(payload.connection)
            if stream.gap is None:
                stream.looks.begin(payload.opened_at)
        yield from ()

    @_hear.register
    def _(self, payload: events.FeedClosed, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is not None:
            stream.connections.discard(payload.connection)
            if not stream.connections:
                yield from self._missed(stream.kind, stream.looks.stop(payload.closed_at))

    @_hear.register
    def _(self, payload: events.GapOpened, at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is None or self.closed:
            return
        yield from self._missed(stream.kind, stream.looks.stop(payload.starts_at))
        yield from self._flags(stream.kind, stream.quiet(payload.starts_at) if self.watched else [])
        stream.gap = (payload.cause, payload.starts_at)
        if self.watched and stream.lost:
            yield from self._disconnected(stream, max(payload.starts_at, stream.looks.watched_since or 0.0), at)

    @_hear.register
    def _(self, payload: events.GapClosed, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if stream is None or self.closed:
            return
        if self.watched and stream.lost:
            yield from self._flags(stream.kind, stream.connected(payload.ends_at, lost=True))
        stream.gap = None
        if stream.connections:
            stream.looks.begin(payload.ends_at)

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
    def _(self, payload: events.FlagRaised, _at: float) -> Iterator[Said]:
        stream = self._stream(payload.kind)
        if payload.source == SOURCE and payload.code in RULES and stream is not None:
            self._telling.known(payload)
            if RULES[payload.code].sense not in _HEARD_AGAIN:
                self._inherited[stream.kind, payload.code] = payload
        yield from ()

    @_hear.register
    def _(self, payload: events.FlagClosed, _at: float) -> Iterator[Said]:
        self._inherited = {key: raised for key, raised in self._inherited.items() if raised.flag != payload.flag}
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
        return resting if self.stage is Stage.IN_EXAM else resting | OF_THE_EXAM

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
        self.rules = in_force(self._policy, self._granted)
        for kind, stream in self.streams.items():
            yield from self._flags(kind, stream.use(self.rules, at))

    def _watch_from(self, stage: Stage, at: float) -> Iterator[Said]:
        already, self.stage = self.watched, stage
        if already:
            return
        self._pulse.start(at, heard_at=at)
        for stream in self.streams.values():
            stream.looks.watched_since = at
            if stream.lost:
                yield from self._disconnected(stream, at, at)

    def _disconnected(self, stream: Stream, starts_at: float, now: float) -> Iterator[Said]:
        outputs = stream.connected(starts_at, lost=True)
        if now > starts_at:
            outputs += stream.connected(now, lost=True)
        yield from self._flags(stream.kind, outputs)

    def _end(self, stage: Stage, at: float) -> Iterator[Said]:
        if self.closed:
            return
        began = self.streams[Kind.WEBCAM].looks.watched_since
        yield from self.take_over(at)
        for kind, stream in self.streams.items():
            yield from self._missed(kind, stream.looks.stop(at))
        self.stage = stage
        for kind, stream in self.streams.items():
            yield from self._flags(kind, stream.finish(at))
        if began is not None:
            for kind, stream in self.streams.items():
                if stream.counts or kind is Kind.WEBCAM:
                    said = events.AnalysisCovered(kind=kind.value, ticks=stream.counts)
                    yield self._telling.said(said, "" if kind is Kind.WEBCAM else kind.value)

    def _missed(self, kind: Kind, missed: Missed | None, sense: Sense = Sense.SIGHT) -> Iterator[Said]:
        if missed is None or kind not in LOOKED_AT:
            return
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
