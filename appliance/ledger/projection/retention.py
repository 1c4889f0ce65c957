"""What is held, what went, and what is erased of a person."""

import sqlalchemy as sa

from appliance.exam import events
from appliance.ledger import day_tables
from appliance.ledger import review_tables as tables
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


def _log(connection: sa.Connection, event: Event, **values: object) -> None:
    connection.execute(
        sa.insert(tables.deletion)
        .prefix_with("OR IGNORE")
        .values(event=event.id, exam=event.exam or "", attempt=event.chain, deleted_at=event.wall, **values)
    )
