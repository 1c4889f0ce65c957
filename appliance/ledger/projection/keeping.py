"""Moments to be kept: asked for, and then kept or not."""

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.ledger import day_tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.EvidenceAsked)
def _asked(connection: sa.Connection, event: Event, said: events.EvidenceAsked) -> None:
    connection.execute(sa.insert(day_tables.keeping).values(attempt=event.chain, **said.to_json()))


@projects(events.EvidenceKept)
def _kept(connection: sa.Connection, event: Event, said: events.EvidenceKept) -> None:
    values = {**said.to_json(), "attempt": event.chain, "kept_at": event.wall}
    connection.execute(insert(day_tables.kept).values(**values).on_conflict_do_nothing())
    row = day_tables.keeping
    connection.execute(sa.delete(row).where(row.c.kept == said.kept))


@projects(events.EvidenceFailed)
def _failed(connection: sa.Connection, event: Event, said: events.EvidenceFailed) -> None:
    row = day_tables.keeping
    connection.execute(sa.update(row).where(row.c.kept == said.kept).values(trouble=said.reason))
