"""The sitting as frozen rows: attention, breaks, sections, notes, kept evidence, questions to the institution."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam.pacing import Seat
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import Stage
from appliance.ledger import day_tables, tables
from appliance.ledger.rows import of, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingRow:
    """`sections`: the order of this candidate; `looked_at`, `listened_at`: by anybody who watches, the last time."""

    attempt: str
    sections: list[int]
    warned_minutes: int | None = None
    warned_at: float | None = None
    looked_at: float | None = None
    looked_by: str | None = None
    listened_at: float | None = None
    listened_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRow:
    """A break or a pause; `ended_at` None while it lasts; `until`: when a break should be over."""

    attempt: str
    begun_at: float
    kind: str
    minutes: int | None
    until: float | None
    by: str
    ended_at: float | None
    overrun: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryRow:
    """A question for the institution; `answered_at` None: it is open."""

    inquiry: str
    attempt: str
    kind: str
    text: str
    made_by: str
    made_at: float
    answer: str | None
    answered_by: str | None
    answered_by_name: str | None
    answered_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IrregularityRow:
    """A note of what happened; `position`: seconds on the webcam's timeline."""

    irregularity: str
    attempt: str
    category: str
    text: str
    happened_at: float
    position: float | None
    by: str
    by_name: str
    noted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """A still in full resolution and the clip around it; paths are relative to the media folder."""

    kept: str
    attempt: str
    kind: str
    still: str
    still_sha256: str
    clip: str
    clip_sha256: str
    starts_at: float
    ends_at: float
    taken_at: float
    by: str
    kept_at: float


def sittings(connection: sa.Connection, exam: str) -> dict[str, SittingRow]:
    """By attempt, of those of whom something is known."""
    found = connection.execute(of(sa.select(day_tables.sitting), day_tables.sitting, None, exam))
    return {row.attempt: _sitting(row) for row in found}


def sitting(connection: sa.Connection, attempt: str) -> SittingRow:
    """Of one candidate; nothing yet is a row of Nones."""
    row = day_tables.sitting
    found = connection.execute(sa.select(row).where(row.c.attempt == attempt)).one_or_none()
    return SittingRow(attempt=attempt, sections=[]) if found is None else _sitting(found)


def pauses(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[PauseRow]:
    """Breaks and pauses, oldest first."""
    row = day_tables.pause
    return rows(connection, PauseRow, of(sa.select(row).order_by(row.c.begun_at), row, attempt, exam))


def seats(connection: sa.Connection) -> list[Seat]:
    """Everybody whose time is watched: those who print, and those who work and were not told yet that it ends."""
    attempt, exam, row, plan = tables.attempt.c, tables.exam.c, day_tables.sitting.c, day_tables.plan.c
    query = (
        sa.select(attempt.attempt, attempt.stage, attempt.stage_at, attempt.ends_at, attempt.extra_minutes)
        .add_columns(exam.minutes, row.warned_at, plan.plan)
        .join_from(tables.attempt, tables.exam, attempt.exam == exam.exam)
        .outerjoin(day_tables.sitting, row.attempt == attempt.attempt)
        .outerjoin(day_tables.plan, plan.exam == attempt.exam)
        .where(exam.ended_at.is_(None), attempt.stage.in_([Stage.PRINTING, Stage.IN_EXAM]), row.warned_at.is_(None))
    )
    return [_seat(found) for found in connection.execute(query)]


def _seat(row: sa.Row[Any]) -> Seat:
    stage = Stage(row.stage)
    held = ExamPlan.of(json.loads(row.plan)) if stage is Stage.PRINTING and row.plan else ExamPlan()
    return Seat(
        attempt=row.attempt,
        stage=stage,
        stage_at=row.stage_at,
        ends_at=row.ends_at,
        warned=row.warned_at is not None,
        whole_minutes=row.minutes + row.extra_minutes,
        print_minutes=held.print_minutes,
    )


def opened(connection: sa.Connection, attempt: str) -> dict[int, float]:
    """Section -> when this candidate opened it first."""
    row = day_tables.opened.c
    found = connection.execute(sa.select(row.section, row.opened_at).where(row.attempt == attempt))
    return {one.section: one.opened_at for one in found}


def inquiries(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[InquiryRow]:
    """Oldest first."""
    row = day_tables.inquiry
    return rows(connection, InquiryRow, of(sa.select(row).order_by(row.c.made_at), row, attempt, exam))


def all_inquiries(connection: sa.Connection) -> list[InquiryRow]:
    """Of every exam, the oldest first."""
    return rows(connection, InquiryRow, sa.select(day_tables.inquiry).order_by(day_tables.inquiry.c.made_at))


def irregularities(
    connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None
) -> list[IrregularityRow]:
    """By when it happened."""
    row = day_tables.irregularity
    return rows(connection, IrregularityRow, of(sa.select(row).order_by(row.c.happened_at), row, attempt, exam))


def kept(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[KeptRow]:
    """By the moment they show."""
    row = day_tables.kept
    return rows(connection, KeptRow, of(sa.select(row).order_by(row.c.taken_at), row, attempt, exam))


def _sitting(row: sa.Row[Any]) -> SittingRow:
    return SittingRow(**{**row._mapping, "sections": json.loads(row.sections)})
