"""The state tables as frozen rows, by named queries. For every reader: web, report, sync, cli."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam import phone
from appliance.exam.feed import USUAL, Kind, Position
from appliance.exam.own_runs import is_own_run
from appliance.exam.stage import Stage
from appliance.ledger import tables
from appliance.ledger.rows import of, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A person who may sign in."""

    user: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamRow:
    """An exam; times are wall seconds."""

    exam: str
    title: str
    minutes: int
    starts_at: float
    admission: str
    link: str
    warnings_before_end: int
    ratio: int
    retention_days: int
    ended_at: float | None
    stored_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One candidate in one exam."""

    attempt: str
    exam: str
    seat: str
    candidate: str
    name: str
    stage: Stage
    stage_at: float
    proctor: str | None
    ends_at: float | None
    stored_at: float | None
    room: str
    extra_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One message of an attempt's chat."""

    message: str
    attempt: str
    kind: str
    sender: str
    sender_name: str
    text: str
    sent_at: float
    read_at: float | None
    acknowledged_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagRow:
    """A flag and what became of it; `facts` is the payload of flag.raised, brought up to date by flag.closed."""

    flag: str
    attempt: str
    code: str
    category: str
    severity: str
    kind: str
    source: str
    onset_at: float
    raised_at: float
    ended_at: float | None
    position: float | None
    facts: dict[str, Any]
    state: str
    reason: str
    note: str
    decided_by: str | None
    decided_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """One closed file of a recording; `path` is relative to the media folder."""

    path: str
    attempt: str
    kind: str
    number: int
    starts_at: float
    position: float
    duration: float
    bytes: int
    sha256: str
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """A span without media; `ends_at` None while it is open."""

    gap: str
    attempt: str
    kind: str
    cause: str
    starts_at: float
    ends_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """A part of a gap that was filled late, by the segment at `path`."""

    path: str
    gap: str
    attempt: str
    kind: str
    starts_at: float
    ends_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call of a proctor with a candidate; `ended_at` None while it lasts."""

    call: str
    attempt: str
    by: str
    by_name: str
    started_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingRow:
    """A phone that was invited, and what became of it. Its token's hash stays in the table."""

    pairing: str
    attempt: str
    invited_at: float
    expires_at: float
    browser: str
    state: phone.State
    state_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow:
    """A camera of the lab that saw an exam's room; its recording is under `room`, as under an attempt."""

    room: str
    exam: str
    camera: str


def users(connection: sa.Connection) -> list[UserRow]:
    """Everybody who may sign in, by name."""
    row = tables.user.c
    return rows(connection, UserRow, sa.select(row.user, row.name, row.role).order_by(row.user))


def exams(connection: sa.Connection) -> list[ExamRow]:
    """Every exam, newest start first."""
    return rows(connection, ExamRow, sa.select(tables.exam).order_by(tables.exam.c.starts_at.desc()))


def planned(connection: sa.Connection) -> list[ExamRow]:
    """Every exam that a person planned, newest start first: not what the box holds for itself."""
    return [row for row in exams(connection) if not is_own_run(row.exam)]


def exam(connection: sa.Connection, exam: str) -> ExamRow:
    """One exam, or NotFound."""
    found = rows(connection, ExamRow, sa.select(tables.exam).where(tables.exam.c.exam == exam))
    if not found:
        raise NotFound(f"there is no exam {exam[:60]!r} on this box", hint="The planner's page lists the exams.")
    return found[0]


def _attempts(connection: sa.Connection, query: sa.Select[Any]) -> list[AttemptRow]:
    return [
        AttemptRow(**{**row._mapping, "stage": Stage(row.stage)})
        for row in connection.execute(query.order_by(sa.func.length(tables.attempt.c.seat), tables.attempt.c.seat))
    ]


def attempts(connection: sa.Connection, exam: str) -> list[AttemptRow]:
    """Every attempt of an exam, by seat (1, 2, ... 10, 11)."""
    return _attempts(connection, sa.select(tables.attempt).where(tables.attempt.c.exam == exam))


def attempt(connection: sa.Connection, attempt: str) -> AttemptRow:
    """One attempt, or NotFound."""
    found = _attempts(connection, sa.select(tables.attempt).where(tables.attempt.c.attempt == attempt))
    if not found:
        raise NotFound("there is no such attempt on this box", hint="Go back to the wall and choose a candidate there.")
    return found[0]


def messages(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[MessageRow]:
    """The chat of an attempt, or of every attempt of an exam, oldest first."""
    query = sa.select(tables.message).order_by(tables.message.c.sent_at, tables.message.c.message)
    return rows(connection, MessageRow, of(query, tables.message, attempt, exam))


def flags(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[FlagRow]:
    """The flags of an attempt, or of every attempt of an exam, by onset."""
    query = of(sa.select(tables.flag).order_by(tables.flag.c.onset_at), tables.flag, attempt, exam)
    return [FlagRow(**{**row._mapping, "facts": json.loads(row.facts)}) for row in connection.execute(query)]


def flag(connection: sa.Connection, flag: str) -> FlagRow:
    """One flag, or NotFound."""
    row = connection.execute(sa.select(tables.flag).where(tables.flag.c.flag == flag)).one_or_none()
    if row is None:
        raise NotFound("there is no such flag on this box", hint="Reload the page.")
    return FlagRow(**{**row._mapping, "facts": json.loads(row.facts)})


def segments(connection: sa.Connection, *, attempt: str) -> list[SegmentRow]:
    """The closed files of an attempt's recordings, by feed and number."""
    row = tables.segment
    query = sa.select(row).where(row.c.attempt == attempt).order_by(row.c.kind, row.c.starts_at, row.c.number)
    return rows(connection, SegmentRow, query)


def gaps(connection: sa.Connection, *, attempt: str) -> list[GapRow]:
    """The spans without media, oldest first."""
    row = tables.gap
    return rows(connection, GapRow, sa.select(row).where(row.c.attempt == attempt).order_by(row.c.starts_at))


def fills(connection: sa.Connection, *, attempt: str) -> list[FillRow]:
    """What was filled late, oldest first."""
    row = tables.fill
    return rows(connection, FillRow, sa.select(row).where(row.c.attempt == attempt).order_by(row.c.starts_at))


def calls(connection: sa.Connection, *, attempt: str | None = None, going_on: bool = False) -> list[CallRow]:
    """The calls of an attempt, or of all, oldest first; `going_on`: only those that are not over."""
    row = tables.call
    query = sa.select(row).order_by(row.c.started_at)
    query = query if attempt is None else query.where(row.c.attempt == attempt)
    return rows(connection, CallRow, query.where(row.c.ended_at.is_(None)) if going_on else query)


def pairings(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[PairingRow]:
    """The phones of an attempt, or of every attempt of an exam, in the order of their invitations."""
    columns = [column for column in tables.pairing.columns if column.name != "token"]
    query = sa.select(*columns).order_by(tables.pairing.c.invited_at, tables.pairing.c.pairing)
    found = connection.execute(of(query, tables.pairing, attempt, exam))
    return [PairingRow(**{**row._mapping, "state": phone.State(row.state)}) for row in found]


def rooms(connection: sa.Connection, exam: str) -> list[RoomRow]:
    """The rooms of an exam, by the name of their camera."""
    row = tables.room.c
    return rows(connection, RoomRow, sa.select(tables.room).where(row.exam == exam).order_by(row.camera, row.room))


def find_room(connection: sa.Connection, room: str) -> RoomRow | None:
    """The room of this id, if it is one."""
    found = rows(connection, RoomRow, sa.select(tables.room).where(tables.room.c.room == room))
    return found[0] if found else None


def room(connection: sa.Connection, room: str) -> RoomRow:
    """One room, or NotFound."""
    found = find_room(connection, room)
    if found is None:
        raise NotFound("there is no such room on this box", hint="Go back to the wall and choose one there.")
    return found


def positions(connection: sa.Connection, *, attempt: str) -> dict[Kind, Position | None]:
    """What each feed's camera is placed to see."""
    row = tables.position.c
    said = connection.execute(sa.select(row.kind, row.position).where(row.attempt == attempt))
    return {**USUAL, **{Kind(kind): Position(position) for kind, position in said}}
