"""The lab's seats as frozen rows: places, computers, checks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam.plan import ExamPlan
from appliance.exam.seat_check import Colour, Facts, Finding, Point
from appliance.exam.seating import SeatPlace
from appliance.exam.stage import RECORDED
from appliance.ledger import board_tables as tables
from appliance.ledger import planning, state
from appliance.ledger import tables as others


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRow:
    """A computer that stands at a seat. `moved_from`, `replaced`: "" for none."""

    machine: str
    seat: str
    bound_at: float
    browser: str
    moved_from: str
    replaced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """The newest check of a seat."""

    seat: str
    machine: str
    checked_at: float
    facts: Facts
    findings: tuple[Finding, ...]


def places(connection: sa.Connection) -> tuple[SeatPlace, ...]:
    """As somebody arranged them; none where nobody did."""
    row = tables.seat_place.c
    found = connection.execute(sa.select(tables.seat_place).order_by(row.row, row.column)).mappings()
    return tuple(SeatPlace(**one) for one in found)


def edition(connection: sa.Connection) -> int:
    """Of the desk cards that hold."""
    return int(connection.execute(sa.select(sa.func.max(tables.seat_cards.c.edition))).scalar() or 1)


def machines(connection: sa.Connection) -> Mapping[str, MachineRow]:
    """By seat."""
    found = connection.execute(sa.select(tables.seat_machine)).mappings()
    return {row["seat"]: MachineRow(**row) for row in found}


def machine(connection: sa.Connection, machine: str) -> MachineRow | None:
    """Where this computer stands; None: nowhere."""
    query = sa.select(tables.seat_machine).where(tables.seat_machine.c.machine == machine)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else MachineRow(**row)


def checks(connection: sa.Connection) -> Mapping[str, CheckRow]:
    """By seat."""
    found = connection.execute(sa.select(tables.seat_check)).mappings()
    return {
        row["seat"]: CheckRow(
            seat=row["seat"],
            machine=row["machine"],
            checked_at=row["checked_at"],
            facts=Facts.of(json.loads(row["facts"])),
            findings=tuple(
                Finding(point=Point(point), colour=Colour(colour), code=code)
                for point, colour, code in json.loads(row["findings"])
            ),
        )
        for row in found
    }


def machine_seat(connection: sa.Connection, attempt: str) -> str | None:
    """The seat of the computer that a candidate came in at; None where that computer has none."""
    row = tables.attempt_machine.c
    return connection.execute(sa.select(row.seat).where(row.attempt == attempt)).scalar()


def machine_seats(connection: sa.Connection, exam: str) -> Mapping[str, str]:
    """The same of all candidates of an exam."""
    row, attempt = tables.attempt_machine.c, others.attempt.c
    query = sa.select(row.attempt, row.seat).join(others.attempt, attempt.attempt == row.attempt)
    return {one.attempt: one.seat for one in connection.execute(query.where(attempt.exam == exam))}


def is_exam_on(connection: sa.Connection) -> bool:
    """Is a candidate of an exam that a person planned here just now?"""
    return any(
        row.stage in RECORDED
        for exam in state.planned(connection)
        if exam.ended_at is None
        for row in state.attempts(connection, exam.exam)
    )


def is_sat_at(connection: sa.Connection, seat: str) -> bool:
    """Is a candidate of a planned exam here just now, who came in at the computer of this seat?"""
    row = tables.attempt_machine.c
    came = set(connection.execute(sa.select(row.attempt).where(row.seat == seat)).scalars())
    return any(
        attempt.attempt in came and attempt.stage in RECORDED
        for exam in state.planned(connection)
        if came and exam.ended_at is None
        for attempt in state.attempts(connection, exam.exam)
    )


def next_exam(connection: sa.Connection, *, now: float) -> state.ExamRow | None:
    """The one that is held now or begins next; None where none is planned."""
    open_ones = [exam for exam in state.planned(connection) if exam.ended_at is None]
    plans = planning.plans(connection)
    still = [exam for exam in open_ones if plans.get(exam.exam, ExamPlan()).over_at(exam.starts_at, exam.minutes) > now]
    return min(still, key=lambda exam: exam.starts_at, default=None)
