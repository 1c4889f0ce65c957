"""How an exam is held, as frozen rows: its plan, content, releases, delegates, announcements, talk among staff."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam.plan import ExamPlan
from appliance.exam.schedule import Held
from appliance.exam.stage import CLOSED, Route, Stage
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
class ReceiptRow:
    """That one candidate was told an announcement; `read_at` None until the page showed it."""

    announcement: str
    attempt: str
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


def receipts(connection: sa.Connection, exam: str) -> list[ReceiptRow]:
    """Who was told what, of every announcement of an exam."""
    said, receipt = day_tables.announcement.c, day_tables.receipt
    query = sa.select(receipt).where(receipt.c.announcement.in_(sa.select(said.announcement).where(said.exam == exam)))
    return rows(connection, ReceiptRow, query)


def staff_messages(connection: sa.Connection, exam: str) -> list[StaffMessageRow]:
    """The back channel of an exam, oldest first."""
    row = day_tables.staff_message
    return rows(connection, StaffMessageRow, sa.select(row).where(row.c.exam == exam).order_by(row.c.said_at))


def notices(connection: sa.Connection) -> list[NoticeRow]:
    """That recordings are ready, newest first."""
    row = day_tables.notice
    return rows(connection, NoticeRow, sa.select(row).order_by(row.c.given_at.desc()))


def windows(connection: sa.Connection) -> list[tuple[str, str, float, float]]:
    """(exam, room, begins at, over at) of every exam that has not ended, once for each room in which it is held: its
    own, and those of its roster's seats."""
    row = tables.attempt.c
    seated = connection.execute(sa.select(row.exam, row.room).where(row.room != "").distinct())
    rooms = {(one.exam, one.room) for one in seated} | {(exam, held.room) for exam, held in plans(connection).items()}
    times = {held.exam: (held.begins_at, held.over_at) for held in schedule(connection)}
    return [(exam, room, *times[exam]) for exam, room in sorted(rooms) if room and exam in times]


def schedule(connection: sa.Connection) -> list[Held]:
    """Every exam that has not ended: when it is held, with the extra time of its roster, and who watches how many that
    are not through."""
    held, row, one = plans(connection), tables.attempt.c, tables.exam.c
    extra = {a.exam: a.most for a in connection.execute(
        sa.select(row.exam, sa.func.max(row.extra_minutes).label("most")).group_by(row.exam)
    )}  # fmt: skip
    watched: dict[str, dict[str, int]] = {}
    open_ones = (row.proctor.is_not(None), row.stage.not_in([stage.value for stage in CLOSED]))
    count = sa.select(row.exam, row.proctor, sa.func.count().label("n")).where(*open_ones)
    for a in connection.execute(count.group_by(row.exam, row.proctor)):
        watched.setdefault(a.exam, {})[a.proctor] = a.n
    found = []
    for exam in connection.execute(sa.select(tables.exam).where(one.ended_at.is_(None))):
        plan_ = held.get(exam.exam, ExamPlan())
        over_at = plan_.over_at(exam.starts_at, exam.minutes + extra.get(exam.exam, 0))
        found.append(
            Held(
                exam=exam.exam,
                begins_at=exam.starts_at,
                over_at=over_at,
                ratio=exam.ratio,
                watched=watched.get(exam.exam, {}),
            )
        )
    return found
