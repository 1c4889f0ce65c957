"""The check-out: pages, the paper, ticks."""

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.ledger import day_tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.PagePhotographed)
def _page_photographed(connection: sa.Connection, event: Event, said: events.PagePhotographed) -> None:
    """The newest of a number counts; what it replaces stays on the disk and in the ledger."""
    values = {**said.to_json(), "readable": int(said.readable), "accepted_by": None, "photographed_at": event.wall}
    row = insert(day_tables.page).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt", "number"], set_=values))


@projects(events.PageAccepted)
def _page_accepted(connection: sa.Connection, _event: Event, said: events.PageAccepted) -> None:
    row = day_tables.page
    connection.execute(sa.update(row).where(row.c.page == said.page).values(accepted_by=said.by))


@projects(events.PaperUploaded)
def _paper_uploaded(connection: sa.Connection, event: Event, said: events.PaperUploaded) -> None:
    values = {**said.to_json(), "made": int(said.made), "uploaded_at": event.wall}
    row = insert(day_tables.paper).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt"], set_=values))


@projects(events.PaperCounted)
def _paper_counted(connection: sa.Connection, event: Event, said: events.PaperCounted) -> None:
    values = {"counted": said.pages, "counted_by": said.by}
    row = insert(day_tables.paper).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt"], set_=values))


@projects(events.CheckoutTicked)
def _checkout_ticked(connection: sa.Connection, event: Event, said: events.CheckoutTicked) -> None:
    row = insert(day_tables.tick).values(
        attempt=event.chain, tick=said.tick, by=said.by, note=said.note, ticked_at=event.wall
    )
    connection.execute(row.on_conflict_do_nothing())
