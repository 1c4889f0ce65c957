"""The lab's seats: places, desk cards, computers, checks."""

import json

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.ledger import board_tables as tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.SeatsArranged)
def _seats_arranged(connection: sa.Connection, _event: Event, said: events.SeatsArranged) -> None:
    """A seat that is there no more takes its computer and its check with it."""
    names = [seat for seat, _, _ in said.seats]
    connection.execute(sa.delete(tables.seat_place))
    rows = [{"seat": seat, "row": row, "column": column} for seat, row, column in said.seats]
    if rows:
        connection.execute(sa.insert(tables.seat_place), rows)
    for table in (tables.seat_machine, tables.seat_check):
        connection.execute(sa.delete(table).where(table.c.seat.not_in(names)))


@projects(events.SeatCardsRenewed)
def _seat_cards_renewed(connection: sa.Connection, event: Event, said: events.SeatCardsRenewed) -> None:
    row = insert(tables.seat_cards).values(edition=said.edition, made_at=event.wall)
    connection.execute(row.on_conflict_do_nothing())


@projects(events.MachineBound)
def _machine_bound(connection: sa.Connection, event: Event, said: events.MachineBound) -> None:
    """One computer at one seat: what either had before is over."""
    row = tables.seat_machine
    either = sa.or_(row.c.machine == said.machine, row.c.seat == said.seat)
    connection.execute(sa.delete(row).where(either))
    connection.execute(
        sa.insert(row).values(
            machine=said.machine,
            seat=said.seat,
            bound_at=event.wall,
            browser=said.browser,
            moved_from=said.before,
            replaced=said.replaced,
        )
    )


@projects(events.MachineUnbound)
def _machine_unbound(connection: sa.Connection, _event: Event, said: events.MachineUnbound) -> None:
    row = tables.seat_machine
    connection.execute(sa.delete(row).where(row.c.machine == said.machine, row.c.seat == said.seat))


@projects(events.SeatChecked)
def _seat_checked(connection: sa.Connection, event: Event, said: events.SeatChecked) -> None:
    values = {
        "machine": said.machine,
        "checked_at": event.wall,
        "facts": json.dumps(said.facts),
        "findings": json.dumps(said.findings),
    }
    row = insert(tables.seat_check).values(seat=said.seat, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["seat"], set_=values))


@projects(events.AttemptAtMachine)
def _attempt_at_machine(connection: sa.Connection, event: Event, said: events.AttemptAtMachine) -> None:
    values = {"seat": said.seat, "at": event.wall}
    row = insert(tables.attempt_machine).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt"], set_=values))
