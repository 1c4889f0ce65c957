"""The check-in: self-test, room scans, position."""

import json

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.ledger import day_tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.EquipmentChecked)
def _equipment_checked(connection: sa.Connection, event: Event, said: events.EquipmentChecked) -> None:
    values = {"results": json.dumps(said.results), "checked_at": event.wall}
    row = insert(day_tables.selftest).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt"], set_=values))


@projects(events.ScanAsked)
def _scan_asked(connection: sa.Connection, event: Event, said: events.ScanAsked) -> None:
    values = {"scan": said.scan, "attempt": event.chain, "asked_at": event.wall, "asked_by": said.by}
    connection.execute(insert(day_tables.scan).values(reason=said.reason, **values).on_conflict_do_nothing())


@projects(events.ScanRecorded)
def _scan_recorded(connection: sa.Connection, event: Event, said: events.ScanRecorded) -> None:
    values = {**said.to_json(), "recorded_at": event.wall}
    scan = values.pop("scan")
    row = insert(day_tables.scan).values(scan=scan, attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["scan"], set_=values))


@projects(events.ScanReviewed)
def _scan_reviewed(connection: sa.Connection, event: Event, said: events.ScanReviewed) -> None:
    row = day_tables.scan
    values = {"verdict": said.verdict, "note": said.note, "reviewed_by": said.by, "reviewed_at": event.wall}
    connection.execute(sa.update(row).where(row.c.scan == said.scan).values(**values))


@projects(events.PositionChecked)
def _position_checked(connection: sa.Connection, event: Event, said: events.PositionChecked) -> None:
    values = {
        "seen": json.dumps(said.seen),
        "ticked": json.dumps(said.ticked),
        "phone": said.phone,
        "by": said.by,
        "checked_at": event.wall,
    }
    row = insert(day_tables.posture).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt"], set_=values))
