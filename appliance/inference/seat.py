"""One attempt, as detection sees it: its stage, its webcam, its flags."""

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from appliance.exam import events
from appliance.exam.call import Span, suspended
from appliance.exam.episode import Episode
from appliance.exam.events import Payload
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import RULES, RULES_VERSION
from appliance.exam.gap import Cause
from appliance.exam.stage import CLOSED, WATCHED, Stage
from appliance.inference import snapshot
from appliance.inference.coverage import Looks, Missed
from appliance.inference.observe import Observation
from appliance.inference.watch import DISCONNECTED, Begun, Over, Watch, weight

log = logging.getLogger(__name__)

LOST = frozenset({Cause.NO_MEDIA, Cause.CONNECTION_LOST, Cause.PAGE_CLOSED, Cause.REPLACED})
"""Gaps that the candidate's side made. What the box itself did (a restart, a full disk) is no flag on a person."""

SOURCE = "inference"
_NAMESPACE = uuid.UUID("6f1f8f0e-4c1b-4a58-9a0e-1c5b0c9a7d11")


@dataclass(frozen=True, slots=True)
class Said:
    """An event to append. Its id comes from what it says, so that saying it again after a restart changes nothing."""

    id: str
    payload: Payload


class Seat:
    """Fed with the attempt's events in order and with what is seen; answers with events to append."""

    def __init__(self, attempt: str, *, exam: str, looks: Looks, media: Path, models: dict[str, str]) -> None:
        self.attempt = attempt
        self.exam = exam
        self.stage = Stage.INVITED
        self.looks = looks
        self.told = False  # its coverage stands in the ledger: nothing more is to be said
        self.snapshots_failed = 0
        self._media = media
        self._models = models
        self._watch = Watch()
        self._connections: set[str] = set()
        self._calls: dict[str, Span] = {}
        self._stands = Position.FRONT
        self._gap: tuple[str, float] | None = None  # cause and start of the one that is open
        self._snapshots: dict[str, list[dict[str, Any]]] = {}  # of the flags that are open, by flag
        self._inherited: dict[str, events.FlagRaised] = {}  # by rule

    @property
    def watched(self) -> bool:
        """Rules may fire."""
        return self.stage in WATCHED

    @property
    def closed(self) -> bool:
        return self.stage in CLOSED

    # --- what happens ---

    def hear(self, payload: Payload, *, at: float) -> list[Said]:
        """An event of the attempt, at wall second `at`."""
        return list(self._hear(payload, at))

    def see(self, seen: Observation, jpeg: bytes) -> tuple[list[Said], bool]:
        """A picture; -> events, and whether the next one should be looked at closely."""
        missed = self.looks.looked(seen.at)
        resting = frozenset(code for code in RULES if suspended(code, self._calls.values(), seen.at))
        outputs, closely = self._watch.see(seen, jpeg, resting=resting)
        return [*self._missed(missed), *self._flags(outputs)], closely

    def beat(self, now: float) -> list[Said]:
        """A second has passed: is the camera still connected?"""
        if not self.watched or not (self._connections or self._gap):
            return []
        return list(self._flags(self._watch.connected(now, lost=self._lost)))

    def take_over(self, now: float) -> list[Said]:
        """Every event up to now was heard: go on with the flags that an earlier process left open."""
        for code, raised in self._inherited.items():
            self._watch.resume(code, _episode(raised))
        self._inherited.clear()
        moved = self._watch.place(self._stands, now)  # its camera may have been moved while nobody looked
        return list(self._flags([*moved, *(self._watch.quiet(now) if self._lost is False else [])]))

    @property
    def _lost(self) -> bool | None:
        """The candidate's side sends nothing; None when nothing comes for a reason of the box's own."""
        if self._gap is None:
            return False
        return True if self._gap[0] in LOST else None

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
    def _(self, payload: events.FeedOpened, _at: float) -> Iterator[Said]:
        if payload.kind == Kind.WEBCAM and not self.closed:
            self._connections.add(payload.connection)
            if self._gap is None:
                self.looks.begin(payload.opened_at)
        yield from ()

    @_hear.register
    def _(self, payload: events.FeedClosed, _at: float) -> Iterator[Said]:
        if payload.kind == Kind.WEBCAM:
            self._connections.discard(payload.connection)
            if not self._connections:
                yield from self._missed(self.looks.stop(payload.closed_at))

    @_hear.register
    def _(self, payload: events.GapOpened, at: float) -> Iterator[Said]:
        if payload.kind != Kind.WEBCAM or self.closed:
            return
        yield from self._missed(self.looks.stop(payload.starts_at))
        yield from self._flags(self._watch.quiet(payload.starts_at) if self.watched else [])
        self._gap = (payload.cause, payload.starts_at)
        if self.watched and self._lost:
            yield from self._disconnected(max(payload.starts_at, self.looks.watched_since or 0.0), at)

    @_hear.register
    def _(self, payload: events.GapClosed, _at: float) -> Iterator[Said]:
        if payload.kind != Kind.WEBCAM or self.closed:
            return
        if self.watched and self._lost:
            yield from self._flags(self._watch.connected(payload.ends_at, lost=True))
        self._gap = None
        if self._connections:
            self.looks.begin(payload.ends_at)

    @_hear.register
    def _(self, payload: events.FeedPositioned, at: float) -> Iterator[Said]:
        if payload.kind == Kind.WEBCAM and not self.closed:
            self._stands = Position(payload.position)
            yield from self._flags(self._watch.place(self._stands, at))

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
        if payload.source == SOURCE and payload.code in RULES:
            self._snapshots.setdefault(payload.flag, payload.snapshots)
            if payload.code != DISCONNECTED:  # that one follows from the gaps, which are heard again
                self._inherited[payload.code] = payload
        yield from ()

    @_hear.register
    def _(self, payload: events.FlagClosed, _at: float) -> Iterator[Said]:
        self._inherited = {code: r for code, r in self._inherited.items() if r.flag != payload.flag}
        yield from ()

    @_hear.register
    def _(self, _payload: events.AnalysisCovered, _at: float) -> Iterator[Said]:
        self.told = True
        yield from ()

    # --- what follows ---

    def _watch_from(self, stage: Stage, at: float) -> Iterator[Said]:
        already, self.stage = self.watched, stage
        if not already:
            self.looks.watched_since = at
            if self._lost:
                yield from self._disconnected(at, at)

    def _disconnected(self, starts_at: float, now: float) -> Iterator[Said]:
        outputs = self._watch.connected(starts_at, lost=True)
        if now > starts_at:
            outputs += self._watch.connected(now, lost=True)
        yield from self._flags(outputs)

    def _end(self, stage: Stage, at: float) -> Iterator[Said]:
        if self.closed:
            return
        began = self.looks.watched_since
        yield from self.take_over(at)
        yield from self._missed(self.looks.stop(at))
        self.stage = stage
        yield from self._flags(self._watch.finish(at))
        if began is not None:
            yield self._said(events.AnalysisCovered(kind=Kind.WEBCAM.value, ticks=self._watch.counts), "")

    def _missed(self, missed: Missed | None) -> Iterator[Said]:
        if missed is not None:
            payload = events.AnalysisMissed(
                kind=Kind.WEBCAM.value, starts_at=missed.starts_at, ends_at=missed.ends_at, cause=missed.cause.value
            )
            yield self._said(payload, repr(missed.starts_at))

    def _flags(self, outputs: list[Begun | Over]) -> Iterator[Said]:
        for output in outputs:
            flag = uuid.uuid5(_NAMESPACE, f"{self.attempt}/{output.code}/{output.episode.onset_at!r}").hex
            snapshots = self._save(flag, output)
            if isinstance(output, Begun):
                self._snapshots[flag] = snapshots
                yield self._said(self._raised(flag, output, snapshots), flag)
            else:
                self._snapshots.pop(flag, None)
                yield self._said(_closed(flag, output, snapshots), flag)

    def _save(self, flag: str, output: Begun | Over) -> list[dict[str, Any]]:
        kept = self._snapshots.get(flag, [])
        if not output.shots:
            return kept
        try:
            return snapshot.save(
                self._media, exam=self.exam, attempt=self.attempt, flag=flag, shots=output.shots, kept=kept
            )
        except OSError as error:  # a flag without its picture is better than no flag; health says so
            self.snapshots_failed += 1
            log.error("a snapshot of flag %s cannot be written: %s", flag, error)
            return kept

    def _raised(self, flag: str, begun: Begun, snapshots: list[dict[str, Any]]) -> events.FlagRaised:
        category, severity = weight(begun.code, begun.episode)
        numbers = begun.episode
        return events.FlagRaised(
            flag=flag,
            code=begun.code,
            category=category,
            severity=severity,
            kind=RULES[begun.code].kind.value,
            source=SOURCE,
            onset_at=numbers.onset_at,
            position=numbers.position,
            stage=self.stage.value,
            rules=RULES_VERSION,
            models=self._models,
            threshold=RULES[begun.code].threshold,
            score=numbers.score,
            true=numbers.true,
            assessable=numbers.assessable,
            ticks=numbers.ticks,
            light=numbers.light,
            snapshots=snapshots,
        )

    def _said(self, payload: Payload, key: str) -> Said:
        return Said(uuid.uuid5(_NAMESPACE, f"{self.attempt}/{payload.TYPE}/{key}").hex, payload)


def _closed(flag: str, over: Over, snapshots: list[dict[str, Any]]) -> events.FlagClosed:
    return events.FlagClosed(
        flag=flag,
        ended_at=over.ended_at,
        score=over.episode.score,
        true=over.episode.true,
        assessable=over.episode.assessable,
        ticks=over.episode.ticks,
        snapshots=snapshots,
    )


def _episode(raised: events.FlagRaised) -> Episode:
    return Episode(
        onset_at=raised.onset_at,
        position=raised.position,
        last_at=raised.onset_at,
        score=raised.score,
        peak_at=raised.onset_at,
        true=raised.true,
        assessable=raised.assessable,
        ticks=raised.ticks,
        doubts=0,
        light=raised.light,
        lights=0 if raised.light is None else raised.ticks,
    )
