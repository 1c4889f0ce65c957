"""What of each feed is on disk, as facts: recordings, gaps, spans that were not looked at; and are they there?"""

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from appliance.exam import events
from appliance.exam.events import Payload
from appliance.exam.feed import Kind
from appliance.exam.overlap import Recorded, overlaps
from appliance.exam.review import Span as Moments
from appliance.exam.review import union
from appliance.ledger import holding, planning, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow, SegmentRow
from appliance.report.facts import Meanwhile, Recording, Span

P = TypeVar("P", bound=Payload)

_SLACK = 1.0
"""Seconds that two files of a feed may overlap where one connection follows another."""


class FileState(Enum):
    """Is a file of the recording there? Its SHA-256 is `appliance verify`'s: hashing hours of video would take
    minutes."""

    KEPT = auto()
    DELETED = auto()  # by its date or on request: the ledger says so
    MISSING = auto()
    CHANGED = auto()  # it is not as long as it was


def payloads(log: Iterable[Event], cls: type[P]) -> list[P]:
    """What the events of this type say, but of those that were erased."""
    return [event.payload for event in log if isinstance(event.payload, cls)]


def recorded(connection: sa.Connection, attempt: str) -> list[Moments]:
    """When any feed of it was being recorded, wall seconds."""
    return union([(one.starts_at, one.starts_at + one.duration) for one in state.segments(connection, attempt=attempt)])


def recordings(
    connection: sa.Connection, attempt: str, log: Sequence[Event], *, until: float, media: Path
) -> tuple[Recording, ...]:
    """By feed. `media` is looked into: are the files there, as long as they were?"""
    opened: dict[str, float] = {}
    connections: dict[str, set[str]] = {}
    for feed in payloads(log, events.FeedOpened):
        opened.setdefault(feed.kind, feed.opened_at)
        connections.setdefault(feed.kind, set()).add(feed.connection)
    ends: dict[str, float] = {}
    for over in payloads(log, events.FeedClosed):
        connections.get(over.kind, set()).discard(over.connection)
        ends[over.kind] = over.closed_at
    segments = state.segments(connection, attempt=attempt)
    deleted = holding.deleted_files(connection, attempt)
    states = {one.path: _look(media, one, deleted) for one in segments}
    positions = {kind.value: position for kind, position in state.positions(connection, attempt=attempt).items()}
    recovered = _recovered(connection, attempt)
    damaged = [said.kind for said in payloads(log, events.SegmentDamaged)]
    found = []
    for kind in sorted({*opened, *(segment.kind for segment in segments)}):
        own = [segment for segment in segments if segment.kind == kind]
        starts_at = min([opened.get(kind, until), *(segment.starts_at for segment in own)])
        closed = not connections.get(kind)
        ends_at = max([ends.get(kind, 0.0) if closed else until, *(s.starts_at + s.duration for s in own), starts_at])
        found.append(
            Recording(
                kind=kind,
                starts_at=starts_at,
                ends_at=ends_at,
                seconds=sum(segment.duration for segment in own),
                segments=len(own),
                bytes=sum(segment.bytes for segment in own),
                recovered=sum(segment.path in recovered for segment in own),
                damaged=damaged.count(kind),
                deleted=sum(states[segment.path] is FileState.DELETED for segment in own),
                missing=sum(states[segment.path] is FileState.MISSING for segment in own),
                changed=sum(states[segment.path] is FileState.CHANGED for segment in own),
                twice=_twice(own),
                closed=closed,
                idle=_idle(connection, attempt, starts_at, ends_at) if kind == Kind.CALL else 0.0,
                position=positions.get(kind),
            )
        )
    return tuple(found)


def _recovered(connection: sa.Connection, attempt: str) -> set[str]:
    """Files that were closed after a crash."""
    event, payload = tables.event.c, tables.payload.c
    query = SELECT.where(
        event.chain == attempt,
        event.type == events.SegmentClosed.TYPE,
        sa.func.instr(payload.body, b'"recovered":true') > 0,
    )
    return {said.path for said in payloads(map(Event.from_row, connection.execute(query)), events.SegmentClosed)}


def _idle(connection: sa.Connection, attempt: str, starts_at: float, ends_at: float) -> float:
    """Seconds of a span without a call."""
    calls = [(call.started_at, call.ended_at or ends_at) for call in state.calls(connection, attempt=attempt)]
    spoken = sum(max(0.0, min(ends_at, until) - max(starts_at, since)) for since, until in calls)
    return max(0.0, ends_at - starts_at - spoken)


def gaps(connection: sa.Connection, attempt: str) -> tuple[Span, ...]:
    """Oldest first, with what of each was filled late."""
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


def unseen(said: events.AnalysisMissed) -> Span:
    """A span that was not looked at."""
    return Span(kind=said.kind, cause=said.cause, starts_at=said.starts_at, ends_at=said.ends_at, sense=said.sense)


def meanwhile(connection: sa.Connection, row: AttemptRow) -> tuple[Meanwhile, ...]:
    """Other attempts that were recorded at the same time, of the same candidate or from the same seat."""
    found = _extents(connection, row)
    own = next((one for one in found if one.attempt == row.attempt), None)
    if own is None:
        return ()
    return tuple(
        Meanwhile(exam=one.other.exam, seat=one.other.seat, why=one.why, starts_at=one.starts_at, ends_at=one.ends_at)
        for one in overlaps(own, found)
    )


def _extents(connection: sa.Connection, row: AttemptRow) -> list[Recorded]:
    """From when to when each attempt of this candidate, or at a seat of this name, was recorded."""
    attempt, segment = tables.attempt.c, tables.segment.c
    query = (
        sa.select(
            attempt.attempt,
            attempt.exam,
            attempt.candidate,
            attempt.room,
            attempt.seat,
            sa.func.min(segment.starts_at).label("starts_at"),
            sa.func.max(segment.starts_at + segment.duration).label("ends_at"),
        )
        .join_from(tables.attempt, tables.segment, segment.attempt == attempt.attempt)
        .where((attempt.candidate == row.candidate) | (attempt.seat == row.seat))
        .group_by(attempt.attempt)
    )
    rooms = {exam: planning.plan(connection, exam).room for exam in {one.exam for one in connection.execute(query)}}
    return [
        Recorded(
            **{
                **one._mapping,
                "room": one.room or rooms[one.exam],
                "candidate": one.candidate or one.attempt,  # erased: it may have been anybody
            }
        )
        for one in connection.execute(query)
    ]


def _look(media: Path, segment: SegmentRow, deleted: dict[str, float]) -> FileState:
    if segment.path in deleted:
        return FileState.DELETED
    try:
        size = (media / segment.path).stat().st_size
    except OSError:
        return FileState.MISSING
    return FileState.KEPT if size == segment.bytes else FileState.CHANGED


def _twice(segments: Sequence[SegmentRow]) -> float:
    """Seconds that two files both have: two pages published the same feed."""
    ordered = sorted((one.starts_at, one.starts_at + one.duration) for one in segments if not one.late)
    over, until = 0.0, float("-inf")
    for start, end in ordered:
        if min(until, end) - start > _SLACK:
            over += min(until, end) - start
        until = max(until, end)
    return over
