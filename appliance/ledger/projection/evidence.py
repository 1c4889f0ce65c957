"""What is on disk, and what is missing."""

from typing import Any

import sqlalchemy as sa

from appliance.exam import events, phone
from appliance.ledger import tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.SegmentClosed)
def _segment_closed(connection: sa.Connection, event: Event, said: events.SegmentClosed) -> None:
    fields = said.to_json()
    kept = {c.name: fields[c.name] for c in tables.segment.columns if c.name in fields}
    connection.execute(sa.insert(tables.segment).prefix_with("OR IGNORE").values(attempt=event.chain, **kept))


@projects(events.GapOpened)
def _gap_opened(connection: sa.Connection, event: Event, said: events.GapOpened) -> None:
    connection.execute(
        sa.insert(tables.gap)
        .prefix_with("OR IGNORE")
        .values(gap=said.gap, attempt=event.chain, kind=said.kind, cause=said.cause, starts_at=said.starts_at)
    )


@projects(events.GapClosed)
def _gap_closed(connection: sa.Connection, event: Event, said: events.GapClosed) -> None:
    """A gap is closed even if the event that opened it was lost while the writer was away."""
    connection.execute(
        sa.insert(tables.gap)
        .prefix_with("OR REPLACE")
        .values(
            gap=said.gap,
            attempt=event.chain,
            kind=said.kind,
            cause=said.cause,
            starts_at=said.starts_at,
            ends_at=said.ends_at,
        )
    )


@projects(events.GapFilled)
def _gap_filled(connection: sa.Connection, event: Event, said: events.GapFilled) -> None:
    connection.execute(sa.insert(tables.fill).prefix_with("OR IGNORE").values(attempt=event.chain, **said.to_json()))


@projects(events.FeedPositioned)
def _feed_positioned(connection: sa.Connection, event: Event, said: events.FeedPositioned) -> None:
    connection.execute(
        sa.insert(tables.position)
        .prefix_with("OR REPLACE")
        .values(attempt=event.chain, kind=said.kind, position=said.position)
    )


@projects(events.RoomWatched)
def _room_watched(connection: sa.Connection, event: Event, said: events.RoomWatched) -> None:
    connection.execute(
        sa.insert(tables.room).prefix_with("OR IGNORE").values(room=event.chain, exam=event.exam, camera=said.camera)
    )


def _set_pairing(connection: sa.Connection, event: Event, pairing: str, state: phone.State, **values: Any) -> None:
    row = tables.pairing
    values = {"state": state.value, "state_at": event.wall, **values}
    connection.execute(sa.update(row).where(row.c.pairing == pairing).values(**values))


@projects(events.PhoneInvited)
def _phone_invited(connection: sa.Connection, event: Event, said: events.PhoneInvited) -> None:
    """A newer code withdraws the one before."""
    row = tables.pairing
    connection.execute(sa.update(row).where(row.c.attempt == event.chain).values(token=None))
    connection.execute(
        sa.insert(row).values(
            pairing=said.pairing,
            attempt=event.chain,
            invited_at=event.wall,
            expires_at=said.expires_at,
            state=phone.State.INVITED.value,
            state_at=event.wall,
        )
    )


@projects(events.PhoneScanned)
def _phone_scanned(connection: sa.Connection, event: Event, said: events.PhoneScanned) -> None:
    _set_pairing(connection, event, said.pairing, phone.State.SCANNED, token=None, browser=said.browser)


@projects(events.PhoneConfirmed)
def _phone_confirmed(connection: sa.Connection, event: Event, said: events.PhoneConfirmed) -> None:
    _set_pairing(connection, event, said.pairing, phone.State.CONFIRMED)


@projects(events.PhoneRefused)
def _phone_refused(connection: sa.Connection, event: Event, said: events.PhoneRefused) -> None:
    _set_pairing(connection, event, said.pairing, phone.State.REFUSED)
