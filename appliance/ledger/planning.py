"""How an exam is held, as frozen rows: its plan, content, releases, delegates, announcements, talk among staff."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam.plan import ExamPlan
from appliance.exam.stage import Route, Stage
from appliance.ledger import day_tables, detection, tables
from appliance.ledger.rows import rows
from appliance.ledger.state import AttemptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRow:
    """The PDF of a section (number from 1); `path` is relative to the data folder."""

    exam: str
    section: int
    name: str
    path: str
    sha256: str
    bytes: int
    stored_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementRow:
    """What staff said to several candidates; `read` of `told` have seen it."""

    announcement: str
    exam: str
    text: str
    spoken: int
    by: str
    by_name: str
    announced_at: float
    told: int
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardRow:
    """An announcement as one candidate has it; `read_at` None until the page showed it."""

    announcement: str
    text: str
    spoken: int
    by_name: str
    announced_at: float
    read_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMessageRow:
    """A line of the back channel."""

    message: str
    exam: str
    text: str
    by: str
    by_name: str
    said_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """That the recordings of an exam are ready was told; `trouble` "" where it arrived."""

    exam: str
    how: str
    to: str
    trouble: str
    given_at: float


def plan(connection: sa.Connection, exam: str) -> ExamPlan:
    """What the planner decided; the least where nobody did."""
    row = day_tables.plan.c
    said = connection.execute(sa.select(row.plan).where(row.exam == exam)).scalar()
    return ExamPlan() if said is None else ExamPlan.of(json.loads(said))


def plans(connection: sa.Connection) -> dict[str, ExamPlan]:
    """By exam, of those that have one."""
    return {row.exam: ExamPlan.of(json.loads(row.plan)) for row in connection.execute(sa.select(day_tables.plan))}


def route(connection: sa.Connection, attempt: AttemptRow) -> Route:
    """What lies before a candidate."""
    held = plan(connection, attempt.exam)
    wanted = held.stages | ({Stage.IDENTIFICATION} if detection.policy(connection, attempt.exam).identity else set())
    row = day_tables.passed.c
    passed = connection.execute(sa.select(row.stage).where(row.attempt == attempt.attempt)).scalars()
    return Route(
        wanted=wanted,
        passed=frozenset(map(Stage, passed)),
        prints=held.print_minutes > 0,
        checks_out=held.check_out != "none",
    )


def content(connection: sa.Connection, exam: str) -> dict[int, ContentRow]:
    """The stored PDFs, by section."""
    found = rows(connection, ContentRow, sa.select(day_tables.content).where(day_tables.content.c.exam == exam))
    return {row.section: row for row in found}


def released(connection: sa.Connection, exam: str) -> dict[int, float]:
    """Section -> when it was released by hand."""
    row = day_tables.release.c
    found = connection.execute(sa.select(row.section, row.released_at).where(row.exam == exam))
    return {one.section: one.released_at for one in found}


def delegates(connection: sa.Connection, exam: str) -> frozenset[str]:
    """Proctors who act as lead of this exam."""
    row = day_tables.delegate.c
    return frozenset(connection.execute(sa.select(row.user).where(row.exam == exam)).scalars())


def delegated(connection: sa.Connection, user: str) -> frozenset[str]:
    """The exams of which this user acts as lead."""
    row = day_tables.delegate.c
    return frozenset(connection.execute(sa.select(row.exam).where(row.user == user)).scalars())


def announcements(connection: sa.Connection, exam: str) -> list[AnnouncementRow]:
    """Oldest first."""
    said, receipt = day_tables.announcement, day_tables.receipt
    query = (
        sa.select(said, sa.func.count(receipt.c.attempt).label("told"), sa.func.count(receipt.c.read_at).label("read"))
        .outerjoin(receipt, receipt.c.announcement == said.c.announcement)
        .where(said.c.exam == exam)
        .group_by(said.c.announcement)
        .order_by(said.c.announced_at)
    )
    return rows(connection, AnnouncementRow, query)


def heard(connection: sa.Connection, attempt: str) -> list[HeardRow]:
    """What was announced to one candidate, oldest first."""
    said, receipt = day_tables.announcement.c, day_tables.receipt.c
    columns = (said.announcement, said.text, said.spoken, said.by_name, said.announced_at, receipt.read_at)
    query = (
        sa.select(*columns)
        .join_from(day_tables.announcement, day_tables.receipt, said.announcement == receipt.announcement)
        .where(receipt.attempt == attempt)
        .order_by(said.announced_at)
    )
    return rows(connection, HeardRow, query)


def staff_messages(connection: sa.Connection, exam: str) -> list[StaffMessageRow]:
    """The back channel of an exam, oldest first."""
    row = day_tables.staff_message
    return rows(connection, StaffMessageRow, sa.select(row).where(row.c.exam == exam).order_by(row.c.said_at))


def notices(connection: sa.Connection) -> list[NoticeRow]:
    """That recordings are ready, newest first."""
    row = day_tables.notice
    return rows(connection, NoticeRow, sa.select(row).order_by(row.c.given_at.desc()))


def windows(connection: sa.Connection) -> list[tuple[str, str, float, float]]:
    """(exam, room, begins at, over at) of every exam that has not ended and has a plan."""
    held, exam = plans(connection), tables.exam.c
    found: list[tuple[str, str, float, float]] = []
    query: sa.Select[Any] = sa.select(exam.exam, exam.starts_at, exam.minutes).where(exam.ended_at.is_(None))
    for row in connection.execute(query):
        if row.exam in held:
            one = held[row.exam]
            found.append((row.exam, one.room, row.starts_at, one.over_at(row.starts_at, row.minutes)))
    return found
