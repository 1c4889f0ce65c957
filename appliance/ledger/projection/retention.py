"""What is held, what went, and what is erased of a person."""

import sqlalchemy as sa

from appliance.errors import NotAllowed
from appliance.exam import events
from appliance.exam.retention import Data
from appliance.exam.stage import CLOSED
from appliance.ledger import day_tables, holding, state
from appliance.ledger import review_tables as tables
from appliance.ledger.projection import erased
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.HoldPlaced)
def _placed(connection: sa.Connection, event: Event, said: events.HoldPlaced) -> None:
    connection.execute(sa.insert(tables.hold).values(**said.to_json(), placed_at=event.wall))


@projects(events.HoldLifted)
def _lifted(connection: sa.Connection, event: Event, said: events.HoldLifted) -> None:
    row = tables.hold
    values = {"lifted_at": event.wall, "lifted_by": said.by, "lift_reason": said.reason}
    connection.execute(sa.update(row).where(row.c.hold == said.hold).values(**values))


@projects(events.MediaDeleted)
def _deleted(connection: sa.Connection, event: Event, said: events.MediaDeleted) -> None:
    _log(connection, event, what=said.what, why=said.why, files=len(said.files), bytes=said.bytes, due_at=said.due_at)
    scan = day_tables.scan  # one that is gone has no path any more; what is known of it stays
    connection.execute(
        sa.update(scan).where(scan.c.attempt == event.chain, scan.c.path.in_(said.files)).values(path=None)
    )
    gone = [{"path": path, "attempt": event.chain, "deleted_at": event.wall} for path in said.files]
    if gone:
        connection.execute(sa.insert(tables.deleted_file).prefix_with("OR REPLACE"), gone)


@projects(events.ErasureAsked)
def _asked(connection: sa.Connection, event: Event, said: events.ErasureAsked) -> None:
    connection.execute(
        sa.insert(tables.erasure)
        .prefix_with("OR REPLACE")
        .values(attempt=event.chain, reference=said.reference, by_name=said.by_name, asked_at=event.wall)
    )


@projects(events.PersonalErased)
def _erased(connection: sa.Connection, event: Event, said: events.PersonalErased) -> None:
    """What was asked for, or what the date asked for: in the transaction that says so. Never while it is held."""
    row = state.attempt(connection, event.chain)
    if row.stage not in CLOSED or holding.held(connection, exam=row.exam, attempt=row.attempt):
        raise NotAllowed("nothing of this attempt is erased: it is open, or held")
    erased.erase(connection, row.attempt, exam=row.exam, upto=said.position)
    _log(connection, event, what=Data.PERSONAL.value, why=said.why, files=0, bytes=0, due_at=said.due_at)
    known = tables.erasure
    connection.execute(
        sa.insert(known)
        .prefix_with("OR IGNORE")
        .values(attempt=row.attempt, reference="", by_name="", asked_at=said.due_at)
    )
    connection.execute(sa.update(known).where(known.c.attempt == row.attempt).values(erased_at=event.wall))


def _log(connection: sa.Connection, event: Event, **values: object) -> None:
    connection.execute(
        sa.insert(tables.deletion)
        .prefix_with("OR IGNORE")
        .values(event=event.id, exam=event.exam or "", attempt=event.chain, deleted_at=event.wall, **values)
    )
