"""From the ledger to facts: one read-only connection (one consistent view), one attempt or the whole exam."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam import events
from appliance.exam.events import BOX
from appliance.exam.flags import Decision
from appliance.exam.stage import CLOSED
from appliance.ledger import holding, planning, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow, ExamRow, FlagRow
from appliance.report import day, detection, kept, points, recordings, review, steps
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
    RuleCoverage,
    Snapshot,
    Versions,
)
from appliance.report.review import Note, Ruling

DAY = 86_400.0


def attempt_facts(connection: sa.Connection, attempt: str, *, media: Path, now: float) -> AttemptFacts:
    """Everything about one attempt; NotFound when there is none. `media` is looked into for its files."""
    row = state.attempt(connection, attempt)
    exam_row = state.exam(connection, row.exam)
    log = _events(connection, attempt, without=events.SegmentClosed.TYPE)
    names = {user.user: user.name for user in state.users(connection)}
    closed_at = row.stage_at if row.stage in CLOSED else None
    until = closed_at or now
    started = [event.wall for event in log if event.type == events.AttemptStarted.TYPE]
    flags = _flags(connection, row, names, log, media)
    in_force = detection.policies(connection, row.exam, names, until=until)
    facts: dict[str, Any] = {
        "written_at": now,
        "provisional": closed_at is None,
        "exam": _exam(exam_row, closed_at),
        "attempt": attempt,
        "room": row.room or planning.plan(connection, row.exam).room,
        "seat": row.seat,
        "candidate": row.candidate,
        "name": row.name,
        "stage": row.stage.value,
        "stage_at": row.stage_at,
        "proctor": row.proctor and names.get(row.proctor, row.proctor),
        "started_at": started[0] if started else None,
        "closed_at": closed_at,
        "steps": tuple(steps.of(log, names)),
        "coverage": _coverage(recordings.payloads(log, events.AnalysisCovered)),
        "not_applied": detection.not_applied(connection, row),
        "in_force": in_force,
        "reduced": detection.reduced(connection, since=started[0] if started else until, until=until),
        "room_events": detection.room_events(connection, row.exam, attempt=attempt),
        "baselines": detection.baselines(connection, attempt),
        "identity": detection.identity(connection, attempt, names),
        "challenges": detection.challenges(connection, attempt, names),
        "recordings": recordings.recordings(connection, attempt, log, until=until, media=media),
        "gaps": recordings.gaps(connection, attempt),
        "unseen": tuple(recordings.unseen(missed) for missed in recordings.payloads(log, events.AnalysisMissed)),
        "flags": flags,
        "messages": _messages(connection, attempt, row),
        "calls": tuple(
            Call(who=call.by_name, starts_at=call.started_at, ends_at=call.ended_at)
            for call in state.calls(connection, attempt=attempt)
        ),
        "day": day.day(connection, row, names, [event.payload for event in log if event.payload is not None]),
        "review": review.review_of(connection, row, names, log, recordings.recorded(connection, attempt)),
        "sampling": review.sampling_of(connection, row.exam),
        "retention": kept.of_attempt(connection, exam_row, attempt, now=now),
        "meanwhile": recordings.meanwhile(connection, row),
        "versions": _versions(connection, flags, in_force, until),
        "ledger": _head(connection, attempt),
    }
    told, unsynchronised = _told(connection, attempt)
    open_points = points.of_attempt(AttemptFacts(**facts, open_points=()), unsynchronised=unsynchronised, log=told)
    return AttemptFacts(**facts, open_points=open_points)


def exam_facts(connection: sa.Connection, exam: str, *, media: Path, now: float) -> ExamFacts:
    """Everything about an exam; NotFound when there is none."""
    rows = state.attempts(connection, exam)
    return exam_of(
        connection, exam, [attempt_facts(connection, row.attempt, media=media, now=now) for row in rows], now
    )


def exam_of(connection: sa.Connection, exam: str, attempts: Sequence[AttemptFacts], now: float) -> ExamFacts:
    """The same, where the facts on its attempts, by seat, are known already."""
    row = state.exam(connection, exam)
    flags = tuple(flag for attempt in attempts for flag in attempt.flags)
    until = row.ended_at or now
    names = {user.user: user.name for user in state.users(connection)}
    in_force = detection.policies(connection, exam, names, until=until)
    lost = recordings.payloads(_events(connection, BOX, types=(events.LedgerOverflowed.TYPE,)), events.LedgerOverflowed)
    facts: dict[str, Any] = {
        "written_at": now,
        "provisional": row.ended_at is None,
        "exam": _exam(row, row.ended_at),
        "attempts": tuple(attempts),
        "in_force": in_force,
        "reduced": detection.reduced(connection, since=row.starts_at, until=until),
        "room_events": detection.room_events(connection, exam),
        "sampling": review.sampling_of(connection, exam),
        "seat_rates": review.seat_rates(connection, exam),
        "retention": kept.of_exam(connection, row),
        "accesses": review.taken_of_exam(connection, exam, names),
        "exports": review.exports_of_rooms(connection, exam),
        "versions": _versions(connection, flags, in_force, until),
        "ledger": _head(connection, BOX),
    }
    open_points = points.of_exam(ExamFacts(**facts, open_points=()), lost={loss.process: loss.lost for loss in lost})
    return ExamFacts(**facts, open_points=open_points)


def _events(connection: sa.Connection, chain: str, *, types: tuple[str, ...] = (), without: str = "") -> list[Event]:
    """`without`: pieces of recording are most of what a chain holds, and a table of their own."""
    query = SELECT.where(tables.event.c.chain == chain, tables.event.c.type != without)
    query = query.order_by(tables.event.c.position)
    if types:
        query = query.where(tables.event.c.type.in_(types))
    return [Event.from_row(row) for row in connection.execute(query)]


def _head(connection: sa.Connection, chain: str) -> LedgerHead:
    query = sa.select(tables.event.c.position, tables.event.c.hash).where(tables.event.c.chain == chain)
    row = connection.execute(query.order_by(tables.event.c.position.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound(f"there is nothing in the ledger about {chain}")
    return LedgerHead(chain=chain, position=row.position, hash=row.hash.hex())


def _told(connection: sa.Connection, chain: str) -> tuple[int, int]:
    """How many events, and how many of them while the clock was not synchronised."""
    event = tables.event.c
    apart = sa.func.instr(event.body, b'"synchronised":true') == 0
    query = sa.select(sa.func.count(), sa.func.sum(sa.cast(apart, sa.INTEGER))).where(event.chain == chain)
    number, unsynchronised = connection.execute(query).one()
    return number, unsynchronised or 0


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


def _flags(
    connection: sa.Connection, row: AttemptRow, names: dict[str, str], log: Sequence[Event], media: Path
) -> tuple[Flag, ...]:
    rulings, notes = review.rulings(log, names), review.notes(connection, row.attempt)
    pictures = _Pictures(media.resolve(), holding.deleted_files(connection, row.attempt))
    return tuple(
        _flag(one, row, names, pictures, rulings=rulings.get(one.flag, ()), notes=notes.get(one.flag, ()))
        for one in state.flags(connection, attempt=row.attempt)
    )


def _flag(
    row: FlagRow,
    attempt: AttemptRow,
    names: dict[str, str],
    pictures: "_Pictures",
    *,
    rulings: tuple[Ruling, ...],
    notes: tuple[Note, ...],
) -> Flag:
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
        snapshots=tuple(_snapshot(snapshot, pictures) for snapshot in facts["snapshots"]),
        decision=Decision(row.state),
        reason=row.reason,
        note=row.note,
        decided_by=row.decided_by and names.get(row.decided_by, row.decided_by),
        decided_at=row.decided_at,
        rulings=rulings,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Where they are, and which are known to be gone."""

    media: Path
    deleted: Mapping[str, float]


def _snapshot(said: dict[str, Any], pictures: _Pictures) -> Snapshot:
    return Snapshot(
        moment=said["moment"],
        path=said["path"],
        sha256=said["sha256"],
        at=said.get("at"),
        state=_look(pictures, said["path"], said["sha256"]),
    )


def _look(pictures: _Pictures, path: str, sha256: str) -> PictureState:
    """A path that leads out of the media folder is as good as missing."""
    if path in pictures.deleted:
        return PictureState.DELETED
    file = (pictures.media / path).resolve()
    if not file.is_relative_to(pictures.media) or not file.is_file():
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
