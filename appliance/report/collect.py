"""From the ledger to facts: one read-only connection (one consistent view), one attempt or the whole exam."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam import events
from appliance.exam.events import BOX, Payload
from appliance.exam.feed import Kind
from appliance.exam.flags import Decision
from appliance.exam.stage import CLOSED
from appliance.ledger import state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow, ExamRow, FlagRow
from appliance.report import day, detection, points, steps
from appliance.report.detection import InForce
from appliance.report.facts import (
    AttemptFacts,
    Call,
    Exam,
    ExamFacts,
    Flag,
    LedgerHead,
    Message,
    PictureState,
    Recording,
    RuleCoverage,
    Snapshot,
    Span,
    Versions,
)

DAY = 86_400.0

P = TypeVar("P", bound=Payload)


def attempt_facts(connection: sa.Connection, attempt: str, *, media: Path, now: float) -> AttemptFacts:
    """Everything about one attempt; NotFound when there is none. `media` is looked into for the snapshots."""
    row = state.attempt(connection, attempt)
    exam_row = state.exam(connection, row.exam)
    log = _events(connection, attempt)
    names = {user.user: user.name for user in state.users(connection)}
    closed_at = row.stage_at if row.stage in CLOSED else None
    until = closed_at or now
    started = [event.wall for event in log if event.type == events.AttemptStarted.TYPE]
    flags = tuple(_flag(flag, row, names, media) for flag in state.flags(connection, attempt=attempt))
    said = [(e.payload, e.wall) for e in log if isinstance(e.payload, events.AnalysisCovered)]
    in_force = detection.policies(connection, row.exam, names, until=until)
    facts: dict[str, Any] = {
        "written_at": now,
        "exam": _exam(exam_row, closed_at),
        "attempt": attempt,
        "seat": row.seat,
        "candidate": row.candidate,
        "name": row.name,
        "stage": row.stage.value,
        "stage_at": row.stage_at,
        "proctor": row.proctor and names.get(row.proctor, row.proctor),
        "started_at": started[0] if started else None,
        "closed_at": closed_at,
        "steps": tuple(steps.of(log, names)),
        "coverage": _coverage(payload for payload, _ in said),
        "not_applied": detection.not_applied(connection, row),
        "in_force": in_force,
        "reduced": detection.reduced(connection, since=started[0] if started else until, until=until),
        "room_events": detection.room_events(connection, row.exam, attempt=attempt),
        "baselines": detection.baselines(connection, attempt),
        "identity": detection.identity(connection, attempt, names),
        "challenges": detection.challenges(connection, attempt, names),
        "recordings": _recordings(connection, attempt, log, until),
        "gaps": _gaps(connection, attempt),
        "unseen": tuple(_missed(missed) for missed in _payloads(log, events.AnalysisMissed)),
        "flags": flags,
        "messages": _messages(connection, attempt, row),
        "calls": tuple(
            Call(who=call.by_name, starts_at=call.started_at, ends_at=call.ended_at)
            for call in state.calls(connection, attempt=attempt)
        ),
        "day": day.day(connection, row, names, [event.payload for event in log if event.payload is not None]),
        "versions": _versions(connection, flags, in_force, until),
        "ledger": _head(connection, attempt),
    }
    unsynchronised = sum(not _synchronised(event) for event in log)
    open_points = points.of_attempt(AttemptFacts(**facts, open_points=()), unsynchronised=unsynchronised, log=len(log))
    return AttemptFacts(**facts, open_points=open_points)


def exam_facts(connection: sa.Connection, exam: str, *, media: Path, now: float) -> ExamFacts:
    """Everything about an exam; NotFound when there is none."""
    row = state.exam(connection, exam)
    attempts = tuple(
        attempt_facts(connection, attempt.attempt, media=media, now=now) for attempt in state.attempts(connection, exam)
    )
    flags = tuple(flag for attempt in attempts for flag in attempt.flags)
    until = row.ended_at or now
    names = {user.user: user.name for user in state.users(connection)}
    in_force = detection.policies(connection, exam, names, until=until)
    lost = _payloads(_events(connection, BOX, types=(events.LedgerOverflowed.TYPE,)), events.LedgerOverflowed)
    facts: dict[str, Any] = {
        "written_at": now,
        "exam": _exam(row, row.ended_at),
        "attempts": attempts,
        "in_force": in_force,
        "reduced": detection.reduced(connection, since=row.starts_at, until=until),
        "room_events": detection.room_events(connection, exam),
        "versions": _versions(connection, flags, in_force, until),
        "ledger": _head(connection, BOX),
    }
    open_points = points.of_exam(ExamFacts(**facts, open_points=()), lost={loss.process: loss.lost for loss in lost})
    return ExamFacts(**facts, open_points=open_points)


def _events(connection: sa.Connection, chain: str, *, types: tuple[str, ...] = ()) -> list[Event]:
    query = SELECT.where(tables.event.c.chain == chain).order_by(tables.event.c.position)
    if types:
        query = query.where(tables.event.c.type.in_(types))
    return [Event.from_row(row) for row in connection.execute(query)]


def _payloads(log: Iterable[Event], cls: type[P]) -> list[P]:
    return [event.payload for event in log if isinstance(event.payload, cls)]


def _head(connection: sa.Connection, chain: str) -> LedgerHead:
    query = sa.select(tables.event.c.position, tables.event.c.hash).where(tables.event.c.chain == chain)
    row = connection.execute(query.order_by(tables.event.c.position.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"there is nothing in the ledger about {chain}")
    return LedgerHead(chain=chain, position=row.position, hash=row.hash.hex())


def _synchronised(event: Event) -> bool:
    return b'"synchronised":true' in event.body


def _exam(row: ExamRow, closed_at: float | None) -> Exam:
    ended_at = row.ended_at or closed_at
    return Exam(
        exam=row.exam,
        title=row.title,
        starts_at=row.starts_at,
        minutes=row.minutes,
        admission=row.admission,
        warnings_before_end=row.warnings_before_end,
        ratio=row.ratio,
        retention_days=row.retention_days,
        ended_at=row.ended_at,
        delete_at=ended_at and ended_at + row.retention_days * DAY,
    )


def _coverage(said: Iterable[events.AnalysisCovered]) -> tuple[RuleCoverage, ...]:
    """Detection may have been restarted: each of its lives says its own part."""
    sums: dict[tuple[str, str], list[int]] = {}
    for covered in said:
        for code, (assessable, ticks) in covered.ticks.items():
            total = sums.setdefault((covered.kind, code), [0, 0])
            total[0] += assessable
            total[1] += ticks
    return tuple(
        RuleCoverage(code=code, kind=kind, assessable=assessable, ticks=ticks)
        for (kind, code), (assessable, ticks) in sorted(sums.items())
    )


def _recordings(connection: sa.Connection, attempt: str, log: list[Event], until: float) -> tuple[Recording, ...]:
    opened: dict[str, float] = {}
    connections: dict[str, set[str]] = {}
    for feed in _payloads(log, events.FeedOpened):
        opened.setdefault(feed.kind, feed.opened_at)
        connections.setdefault(feed.kind, set()).add(feed.connection)
    ends: dict[str, float] = {}
    for over in _payloads(log, events.FeedClosed):
        connections.get(over.kind, set()).discard(over.connection)
        ends[over.kind] = over.closed_at
    segments = state.segments(connection, attempt=attempt)
    positions = {kind.value: position for kind, position in state.positions(connection, attempt=attempt).items()}
    recovered = {said.path for said in _payloads(log, events.SegmentClosed) if said.recovered}
    damaged = [said.kind for said in _payloads(log, events.SegmentDamaged)]
    recordings = []
    for kind in sorted({*opened, *(segment.kind for segment in segments)}):
        own = [segment for segment in segments if segment.kind == kind]
        starts_at = min([opened.get(kind, until), *(segment.starts_at for segment in own)])
        closed = not connections.get(kind)
        ends_at = max([ends.get(kind, 0.0) if closed else until, *(s.starts_at + s.duration for s in own), starts_at])
        recordings.append(
            Recording(
                kind=kind,
                starts_at=starts_at,
                ends_at=ends_at,
                seconds=sum(segment.duration for segment in own),
                segments=len(own),
                bytes=sum(segment.bytes for segment in own),
                recovered=sum(segment.path in recovered for segment in own),
                damaged=damaged.count(kind),
                closed=closed,
                idle=_idle(connection, attempt, starts_at, ends_at) if kind == Kind.CALL else 0.0,
                position=positions.get(kind),
            )
        )
    return tuple(recordings)


def _idle(connection: sa.Connection, attempt: str, starts_at: float, ends_at: float) -> float:
    """Seconds of a span without a call."""
    calls = [(call.started_at, call.ended_at or ends_at) for call in state.calls(connection, attempt=attempt)]
    spoken = sum(max(0.0, min(ends_at, until) - max(starts_at, since)) for since, until in calls)
    return max(0.0, ends_at - starts_at - spoken)


def _gaps(connection: sa.Connection, attempt: str) -> tuple[Span, ...]:
    fills = state.fills(connection, attempt=attempt)
    return tuple(
        Span(
            kind=gap.kind,
            cause=gap.cause,
            starts_at=gap.starts_at,
            ends_at=gap.ends_at,
            filled=sum(fill.ends_at - fill.starts_at for fill in fills if fill.gap == gap.gap),
        )
        for gap in state.gaps(connection, attempt=attempt)
    )


def _missed(said: events.AnalysisMissed) -> Span:
    return Span(kind=said.kind, cause=said.cause, starts_at=said.starts_at, ends_at=said.ends_at, sense=said.sense)


def _flag(row: FlagRow, attempt: AttemptRow, names: dict[str, str], media: Path) -> Flag:
    facts = row.facts
    return Flag(
        flag=row.flag,
        attempt=row.attempt,
        seat=attempt.seat,
        code=row.code,
        category=row.category,
        severity=row.severity,
        kind=row.kind,
        raised_by=None if row.source == "inference" else names.get(row.source, row.source),
        onset_at=row.onset_at,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        position=row.position,
        stage=facts["stage"],
        rules=facts["rules"],
        models=facts["models"],
        threshold=facts["threshold"],
        score=facts["score"],
        true=facts["true"],
        assessable=facts["assessable"],
        ticks=facts["ticks"],
        light=facts["light"],
        remark=facts.get("note", ""),
        numbers=facts.get("numbers", {}),
        why=facts.get("why", {}),
        snapshots=tuple(_snapshot(snapshot, media) for snapshot in facts["snapshots"]),
        decision=Decision(row.state),
        reason=row.reason,
        note=row.note,
        decided_by=row.decided_by and names.get(row.decided_by, row.decided_by),
        decided_at=row.decided_at,
    )


def _snapshot(said: dict[str, Any], media: Path) -> Snapshot:
    return Snapshot(
        moment=said["moment"],
        path=said["path"],
        sha256=said["sha256"],
        at=said.get("at"),
        state=_look(media, said["path"], said["sha256"]),
    )


def _look(media: Path, path: str, sha256: str) -> PictureState:
    """A path that leads out of the media folder is as good as missing."""
    file = (media / path).resolve()
    if not file.is_relative_to(media.resolve()) or not file.is_file():
        return PictureState.MISSING
    with open(file, "rb") as picture:
        found = hashlib.file_digest(picture, "sha256").hexdigest()
    return PictureState.KEPT if found == sha256 else PictureState.CHANGED


def _messages(connection: sa.Connection, attempt: str, row: AttemptRow) -> tuple[Message, ...]:
    return tuple(
        Message(
            kind=message.kind,
            sender=row.name if message.sender == "candidate" else message.sender_name or message.sender,
            from_candidate=message.sender == "candidate",
            text=message.text,
            sent_at=message.sent_at,
            read_at=message.read_at,
            acknowledged_at=message.acknowledged_at,
        )
        for message in state.messages(connection, attempt=attempt)
    )


def _versions(
    connection: sa.Connection, flags: tuple[Flag, ...], in_force: tuple[InForce, ...], until: float
) -> Versions:
    software: dict[str, str] = {}
    for event in _events(connection, BOX, types=(events.ProcessStarted.TYPE,)):
        if isinstance(event.payload, events.ProcessStarted) and event.wall <= until:
            software[event.payload.process] = event.payload.version
    models: dict[str, str] = {}
    for flag in flags:
        models.update(flag.models)
    return Versions(
        rules=in_force[-1].version,
        rules_of_flags=tuple(sorted({flag.rules for flag in flags if flag.rules})),
        models=models,
        judged_by=detection.models(connection, until=until),
        software=software,
    )
