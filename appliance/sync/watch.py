"""Which attempts and exams wait for a bundle, and when it is time to make it: asked of the ledger, nothing kept."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam import events
from appliance.ledger import planning, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.sync.owner import Owner, owner_of, owners
from appliance.sync.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds. `settle`: an attempt is over when nothing was said about it for so long; `patience`: after that its
    feeds are not waited for any longer; `revise`: quiet before later events make another manifest (a flag decided, a
    recording looked at); `first_wait` and `longest_wait` of the growing pause while the store is away; `park` for what
    the store refuses; `answer` of the ledger."""

    settle: float = 3.0
    patience: float = 20.0
    revise: float = 300.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    park: float = 60.0
    answer: float = 10.0


@dataclass(slots=True, kw_only=True)
class Watched:
    """An attempt (or a room) whose newest events are not proved upstream yet. `head`: its last event; monotonic
    seconds: `moved_at` when that was seen, `closed_at` when its end was."""

    row: Owner
    head: int
    open_feeds: frozenset[str]
    moved_at: float
    closed_at: float | None
    exam_over: bool


@dataclass(slots=True)
class Watch:
    """Not thread-safe: it belongs to the sending thread."""

    progress: Progress
    timing: Timing = field(default_factory=Timing)
    monotonic: Callable[[], float] = time.monotonic
    attempts: dict[str, Watched] = field(default_factory=dict)
    exams: set[str] = field(default_factory=set)

    def read_all(self, connection: sa.Connection) -> None:
        """At the start: everything that is not proved upstream."""
        for exam in state.exams(connection):
            if planning.plan(connection, exam.exam).practice:
                continue
            heads = _heads(connection, exam.exam)
            for attempt, head in heads.items():
                if head > self.progress.position(attempt):
                    self.look(connection, attempt)
            waits = self.progress.exam_is_due(exam.exam) or any(attempt in self.attempts for attempt in heads)
            if exam.ended_at is not None and waits:
                self.exams.add(exam.exam)

    def look(self, connection: sa.Connection, attempt: str) -> Watched | None:
        """Something was said about an attempt; None when all of it is proved, when there is no such attempt (then the
        events stand in the ledger, and there is nothing to bundle), and in a practice run, which stays on the box."""
        try:
            row = owner_of(connection, attempt)
        except NotFound:
            return None
        if planning.plan(connection, row.exam).practice:
            self.attempts.pop(attempt, None)
            return None
        head = _head(connection, attempt)
        if head <= self.progress.position(attempt):
            self.attempts.pop(attempt, None)
            return None
        before, now = self.attempts.get(attempt), self.monotonic()
        closed = row.closed
        over = state.exam(connection, row.exam).ended_at is not None
        if over:
            self.exams.add(row.exam)
        watched = Watched(
            row=row,
            head=head,
            open_feeds=_open_feeds(connection, attempt) if closed else frozenset(),
            moved_at=before.moved_at if before and before.head == head else now,
            closed_at=(before and before.closed_at) or (now if closed else None),
            exam_over=over,
        )
        self.attempts[attempt] = watched
        return watched

    def ended(self, connection: sa.Connection, exam: str) -> None:
        """The exam is over: its attempts are not waited for longer than the first time."""
        if planning.plan(connection, exam).practice:
            return
        self.exams.add(exam)
        for owner in owners(connection, exam):
            self.look(connection, owner.attempt)

    def due(self) -> list[Watched]:
        """Attempts to be bundled now, the one that has been closed longest first."""
        found = [watched for watched in self.attempts.values() if self._is_due(watched)]
        return sorted(found, key=lambda watched: watched.row.stage_at)

    def exams_due(self, staged: Collection[str]) -> list[str]:
        """Exams that are over, and whose attempts are all staged or proved."""
        waiting = {watched.row.exam for watched in self.attempts.values() if watched.row.attempt not in staged}
        return sorted(exam for exam in self.exams if exam not in waiting)

    def hurry(self, exam: str) -> None:
        """Somebody wants it now: what was said later is not waited for."""
        for watched in self.attempts.values():
            if watched.row.exam == exam:
                watched.moved_at = float("-inf")

    def stored(self, attempt: str) -> None:
        """Its newest manifest is proved; later events bring it back."""
        self.attempts.pop(attempt, None)

    def _is_due(self, watched: Watched) -> bool:
        if watched.closed_at is None:
            return False
        now = self.monotonic()
        quiet = now - watched.moved_at
        exam = watched.row.exam
        first = watched.row.attempt not in self.progress.attempts
        if first or (watched.exam_over and exam not in self.progress.exams):
            settled = quiet >= self.timing.settle and not watched.open_feeds
            return settled or now - watched.closed_at >= self.timing.patience
        return quiet >= self.timing.revise


def recordings(connection: sa.Connection, attempt: str) -> Iterator[Any]:
    """The closed files of an attempt's recordings, one after the other: there may be many."""
    row = tables.segment.c
    query = sa.select(row.path, row.sha256, row.bytes, row.starts_at, row.duration).where(row.attempt == attempt)
    yield from connection.execute(query.order_by(row.starts_at, row.kind, row.number))


def _heads(connection: sa.Connection, exam: str) -> dict[str, int]:
    event, attempt, room = tables.event.c, tables.attempt.c, tables.room.c
    attempts = sa.select(attempt.attempt).where(attempt.exam == exam)
    own = sa.union_all(attempts, sa.select(room.room).where(room.exam == exam))
    query = sa.select(event.chain, sa.func.max(event.position).label("head")).where(event.chain.in_(own))
    return {row.chain: row.head for row in connection.execute(query.group_by(event.chain))}


def _head(connection: sa.Connection, chain: str) -> int:
    event = tables.event.c
    return connection.execute(sa.select(sa.func.max(event.position)).where(event.chain == chain)).scalar() or 0


def _open_feeds(connection: sa.Connection, attempt: str) -> frozenset[str]:
    query = SELECT.where(
        tables.event.c.chain == attempt,
        tables.event.c.type.in_((events.FeedOpened.TYPE, events.FeedClosed.TYPE)),
    )
    opened: dict[str, str] = {}
    for event in map(Event.from_row, connection.execute(query.order_by(tables.event.c.position))):
        match event.payload:
            case events.FeedOpened(kind=kind, connection=own):
                opened[own] = kind
            case events.FeedClosed(connection=own):
                opened.pop(own, None)
            case _:
                pass
    return frozenset(opened.values())
