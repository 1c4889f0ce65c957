"""What central IT asks of a box, in figures: nothing of it is about a person. Asked every few seconds, so each query
has an index (`migrations/versions/r0006_fleet.sql`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam.events import UpstreamAltered
from appliance.exam.feed import Kind
from appliance.exam.flags import Decision, Sense
from appliance.exam.own_runs import is_own_run
from appliance.exam.stage import AT_WORK, CLOSED, RECORDED, Stage
from appliance.ledger import tables

NOT_THERE = frozenset({Stage.INVITED}) | CLOSED
"""Who is on the roster and has not come, or has gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """An exam that is not ended. `expected`: candidates who have not gone; `present`: those of them who are here. Wall
    seconds."""

    exam: str
    starts_at: float
    over_at: float
    expected: int
    present: int

    def runs(self, now: float) -> bool:
        """Is somebody here, or is it the time of it?"""
        return bool(self.present) or (bool(self.expected) and self.starts_at <= now < self.over_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToRecord:
    """A candidate who is in a stage that is recorded. `ends_at`: when the exam ends for them, None before it began."""

    attempt: str
    exam: str
    ends_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Of one cause, today: how many, for how many seconds, and how many are open now."""

    count: int
    seconds: float
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`recorded`: seconds of webcams recorded today; `missed`: of them not looked at, by cause. `ended`: of exams that
    are over and not all upstream, when each ended; `stored_at`: when the store was last proved to have something;
    `altered`: attempts that the store does not have any more as they were stored."""

    head: int
    sittings: tuple[Sitting, ...]
    gaps: Mapping[str, Gaps]
    recorded: float
    missed: Mapping[str, float]
    flags_open: int
    ended: tuple[float, ...]
    stored_at: float | None
    altered: int


def figures(connection: sa.Connection, *, now: float, midnight: float) -> Figures:
    """Those of this moment; `midnight`: when today began."""
    attempt, exam = tables.attempt.c, tables.exam.c
    waiting = sa.select(exam.ended_at).where(exam.ended_at.is_not(None), exam.stored_at.is_(None))
    return Figures(
        head=connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0,
        sittings=tuple(sittings(connection)),
        gaps=_gaps(connection, now=now, midnight=midnight),
        recorded=_recorded(connection, midnight=midnight),
        missed=_missed(connection, now=now, midnight=midnight),
        flags_open=_flags_open(connection),
        ended=tuple(row.ended_at for row in connection.execute(waiting)),
        stored_at=connection.execute(sa.select(sa.func.max(attempt.stored_at))).scalar(),
        altered=_altered(connection),
    )


def sittings(connection: sa.Connection) -> list[Sitting]:
    """Every exam that is not ended, with who is expected and who is here."""
    exam, attempt = tables.exam.c, tables.attempt.c
    gone = [stage.value for stage in CLOSED]
    away = [stage.value for stage in NOT_THERE]
    query = (
        sa.select(
            exam.exam,
            exam.starts_at,
            exam.minutes,
            sa.func.coalesce(sa.func.sum(sa.case((attempt.stage.in_(gone), 0), else_=1)), 0).label("expected"),
            sa.func.coalesce(sa.func.sum(sa.case((attempt.stage.in_(away), 0), else_=1)), 0).label("present"),
        )
        .select_from(tables.exam.outerjoin(tables.attempt, attempt.exam == exam.exam))
        .where(exam.ended_at.is_(None), attempt.attempt.is_not(None))
        .group_by(exam.exam)
    )
    return [
        Sitting(
            exam=row.exam,
            starts_at=row.starts_at,
            over_at=row.starts_at + row.minutes * 60,
            expected=row.expected,
            present=row.present,
        )
        for row in connection.execute(query)
    ]


def planned_sittings(connection: sa.Connection) -> list[Sitting]:
    """The same, of exams that a person planned."""
    return [one for one in sittings(connection) if not is_own_run(one.exam)]


def to_record(connection: sa.Connection) -> list[ToRecord]:
    """Candidates of exams that a person planned, and that are not ended."""
    exam, attempt = tables.exam.c, tables.attempt.c
    query = (
        sa.select(attempt.attempt, attempt.exam, attempt.ends_at)
        .join_from(tables.attempt, tables.exam, attempt.exam == exam.exam)
        .where(exam.ended_at.is_(None), attempt.stage.in_([stage.value for stage in RECORDED]))
    )
    return [
        ToRecord(attempt=row.attempt, exam=row.exam, ends_at=row.ends_at)
        for row in connection.execute(query)
        if not is_own_run(row.exam)
    ]


def silent(connection: sa.Connection) -> list[tuple[str, str, float]]:
    """(seat, kind, since when) of each feed that is not recorded though its candidate works."""
    gap, attempt = tables.gap.c, tables.attempt.c
    query = (
        sa.select(attempt.seat, gap.kind, gap.starts_at)
        .join_from(tables.gap, tables.attempt, gap.attempt == attempt.attempt)
        .where(gap.ends_at.is_(None), attempt.stage.in_(AT_WORK))
        .order_by(attempt.seat, gap.kind)
    )
    return [(row.seat, row.kind, row.starts_at) for row in connection.execute(query)]


def _gaps(connection: sa.Connection, *, now: float, midnight: float) -> dict[str, Gaps]:
    """Those that touch today, by cause; each counts from midnight at the earliest."""
    gap = tables.gap.c
    begins, ends = sa.func.max(gap.starts_at, midnight), sa.func.coalesce(gap.ends_at, now)
    query = (
        sa.select(
            gap.cause,
            sa.func.count().label("count"),
            sa.func.sum(sa.func.max(ends - begins, 0.0)).label("seconds"),
            sa.func.sum(sa.case((gap.ends_at.is_(None), 1), else_=0)).label("open"),
        )
        .where(sa.or_(gap.ends_at.is_(None), gap.ends_at >= midnight))
        .group_by(gap.cause)
    )
    found = connection.execute(query)
    return {row.cause: Gaps(count=row[1], seconds=row.seconds, open=row.open) for row in found}


def _recorded(connection: sa.Connection, *, midnight: float) -> float:
    segment = tables.segment.c
    query = sa.select(sa.func.sum(segment.duration)).where(
        segment.kind == Kind.WEBCAM.value, segment.starts_at >= midnight
    )
    return float(connection.execute(query).scalar() or 0.0)


def _missed(connection: sa.Connection, *, now: float, midnight: float) -> dict[str, float]:
    """Seconds of webcams that nobody looked at, by cause. SQLite reads the payloads: a bad day has thousands."""
    event, payload = tables.event.c, tables.payload.c

    def said(name: str) -> sa.ColumnElement[Any]:
        return sa.func.json_extract(sa.cast(payload.body, sa.TEXT), f"$.{name}")

    begins, ends = sa.func.max(said("starts_at"), midnight), sa.func.min(said("ends_at"), now)
    query = (
        sa.select(said("cause").label("cause"), sa.func.sum(sa.func.max(ends - begins, 0.0)).label("seconds"))
        .select_from(tables.event.join(tables.payload, payload.event == event.id))
        # the type is said literally, so that SQLite knows that the index of just these events will do
        .where(event.wall >= midnight, sa.text("event.type = 'analysis.missed'"), payload.body.is_not(None))
        .where(said("kind") == Kind.WEBCAM.value, said("sense") == Sense.SIGHT.value)
        .group_by(said("cause"))
    )
    return {row.cause: row.seconds for row in connection.execute(query)}


def _flags_open(connection: sa.Connection) -> int:
    said = sa.text(f"state = '{Decision.OPEN.value}'")
    return int(connection.execute(sa.select(sa.func.count()).select_from(tables.flag).where(said)).scalar() or 0)


def _altered(connection: sa.Connection) -> int:
    """The last word on each attempt counts, as in `ledger.altered`."""
    event, payload = tables.event.c, tables.payload.c
    attempt = sa.func.json_extract(sa.cast(payload.body, sa.TEXT), "$.attempt")
    query = (
        sa.select(attempt.label("attempt"), event.type)
        .select_from(tables.event.join(tables.payload, payload.event == event.id))
        .where(sa.text("event.type IN ('upstream.altered', 'upstream.restored')"))
        .order_by(event.position)
    )
    last = {row.attempt: row.type for row in connection.execute(query)}
    return sum(type == UpstreamAltered.TYPE for type in last.values())
