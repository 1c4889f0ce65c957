"""What the store does not have any more as it was stored, as frozen rows: the last word on each attempt counts."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam.events import BOX, UpstreamAltered, UpstreamRestored
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Event

_TYPES = (UpstreamAltered.TYPE, UpstreamRestored.TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlteredRow:
    """`said`: what was found; `found_at`: when (wall seconds)."""

    exam: str
    attempt: str
    said: UpstreamAltered
    found_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredRow:
    """It is right again since `restored_at`."""

    exam: str
    attempt: str
    said: UpstreamRestored
    restored_at: float


def standing(connection: sa.Connection, exam: str | None = None) -> dict[str, AlteredRow]:
    """Attempt (or room) -> what is not right at the store now."""
    last = _last(connection, exam)
    return {attempt: row for attempt, row in last.items() if isinstance(row, AlteredRow)}


def restored(connection: sa.Connection, exam: str | None = None) -> dict[str, RestoredRow]:
    """Attempt (or room) -> what was not right, and is again."""
    last = _last(connection, exam)
    return {attempt: row for attempt, row in last.items() if isinstance(row, RestoredRow)}


def _last(connection: sa.Connection, exam: str | None) -> dict[str, AlteredRow | RestoredRow]:
    event = tables.event.c
    query = SELECT.where(event.chain == BOX, event.type.in_(_TYPES))
    if exam is not None:
        query = query.where(event.exam == exam)
    found: dict[str, AlteredRow | RestoredRow] = {}
    for one in map(Event.from_row, connection.execute(query.order_by(event.position))):
        match one.payload:
            case UpstreamAltered() as said:
                found[said.attempt] = AlteredRow(exam=said.exam, attempt=said.attempt, said=said, found_at=one.wall)
            case UpstreamRestored() as said:
                found[said.attempt] = RestoredRow(exam=said.exam, attempt=said.attempt, said=said, restored_at=one.wall)
            case _:
                pass
    return found
