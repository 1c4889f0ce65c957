"""Which candidates a person sees, and what of them: the rows of the ledger cut down to who asks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam.permissions import Action, Role
from appliance.exam.stage import RECORDED
from appliance.ledger import planning, state, tables
from appliance.ledger.state import AttemptRow, CallRow, ExamRow, MessageRow
from appliance.web.auth import Viewer, person, refuse
from appliance.web.context import services


def attempt_for(attempt: str, action: Action) -> AttemptRow:
    """The attempt, if who asks may see it. NotFound where there is none, Forbidden (and in the ledger) otherwise."""
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
        delegates = planning.delegates(connection, row.exam)
    who = person()
    if not who.sees(row, delegates):
        raise refuse(who, action.value)
    return row


def exam_for(exam: str, action: Action) -> ExamRow:
    """The exam, if who asks takes part in it: a proctor by an assigned candidate or by delegation, every other role by
    the action alone. Errors as those of `attempt_for`."""
    who = person()
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        part = who.role is not Role.PROCTOR or leads(connection, who, exam) or attempts_for(connection, who, exam)
    if not part:
        raise refuse(who, action.value)
    return row


def leads(connection: sa.Connection, who: Viewer, exam: str) -> bool:
    """Does the person act as lead of this exam: by role, or by delegation (M96)?"""
    return who.leads(planning.delegates(connection, exam))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded under the id of an attempt or of a room. `seat`: as its files are named; `live`: it goes on."""

    attempt: str
    exam: str
    seat: str
    live: bool


def recorded_for(id: str, action: Action) -> Recorded:
    """The attempt, or the room that a lab camera sees, if who asks may see it: a room is seen by whoever sees a
    candidate of its exam. Errors as those of `attempt_for`."""
    who = person()
    with services().reader.connect() as connection:
        room = state.find_room(connection, id)
        if room is not None:
            live = state.exam(connection, room.exam).ended_at is None
            seen = bool(attempts_for(connection, who, room.exam))
    if room is None:
        row = attempt_for(id, action)
        return Recorded(row.attempt, row.exam, row.seat, row.stage in RECORDED)
    if not seen:
        raise refuse(who, action.value)
    return Recorded(room.room, room.exam, room.camera, live)


def attempts_for(connection: sa.Connection, who: Viewer, exam: str) -> list[AttemptRow]:
    """Those of an exam that the person sees."""
    delegates = planning.delegates(connection, exam)
    return [row for row in state.attempts(connection, exam) if who.sees(row, delegates)]


def head(connection: sa.Connection) -> int:
    """The newest sequence number of this very view of the ledger."""
    return connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0


def unread(messages: Sequence[MessageRow], attempt: str) -> int:
    """What the candidate wrote and nobody has read."""
    return sum(m.attempt == attempt and m.sender == "candidate" and m.read_at is None for m in messages)


def acknowledged(messages: Sequence[MessageRow], attempt: str) -> int:
    """Warnings that the candidate has confirmed."""
    return sum(m.attempt == attempt and m.kind == "warning" and m.acknowledged_at is not None for m in messages)


def message_for_candidate(row: MessageRow) -> dict[str, Any]:
    """Who wrote it by name; sign-in names stay with staff."""
    fields = asdict(row)
    fields["sender"] = "candidate" if row.sender == "candidate" else "staff"
    return fields


def call_for_candidate(row: CallRow) -> dict[str, Any]:
    """Who speaks, by name."""
    return {"call": row.call, "by_name": row.by_name, "started_at": row.started_at}
