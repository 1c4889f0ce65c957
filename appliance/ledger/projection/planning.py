"""An exam's plan, content, announcements and talk among staff."""

import json

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.ledger import day_tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.ExamPlanned)
def _exam_planned(connection: sa.Connection, event: Event, said: events.ExamPlanned) -> None:
    values = {"plan": json.dumps(said.plan), "planned_at": event.wall, "planned_by": said.by}
    row = insert(day_tables.plan).values(exam=said.exam, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["exam"], set_=values))


@projects(events.ContentStored)
def _content_stored(connection: sa.Connection, event: Event, said: events.ContentStored) -> None:
    values = {"name": said.name, "path": said.path, "sha256": said.sha256, "bytes": said.bytes, "stored_at": event.wall}
    row = insert(day_tables.content).values(exam=said.exam, section=said.section, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["exam", "section"], set_=values))


@projects(events.SectionReleased)
def _section_released(connection: sa.Connection, event: Event, said: events.SectionReleased) -> None:
    row = insert(day_tables.release).values(
        exam=said.exam, section=said.section, released_at=event.wall, released_by=said.by
    )
    connection.execute(row.on_conflict_do_nothing())


@projects(events.ExamDelegated)
def _exam_delegated(connection: sa.Connection, event: Event, said: events.ExamDelegated) -> None:
    row = day_tables.delegate
    if said.active:
        values = {"exam": said.exam, "user": said.user, "delegated_at": event.wall, "delegated_by": said.by}
        connection.execute(insert(row).values(**values).on_conflict_do_nothing())
    else:
        connection.execute(sa.delete(row).where(row.c.exam == said.exam, row.c.user == said.user))


@projects(events.ExamAnnounced)
def _exam_announced(connection: sa.Connection, event: Event, said: events.ExamAnnounced) -> None:
    values = said.to_json()
    for attempt in values.pop("attempts"):
        connection.execute(
            sa.insert(day_tables.receipt).values(announcement=said.announcement, attempt=attempt, read_at=None)
        )
    values["spoken"] = int(said.spoken)
    connection.execute(sa.insert(day_tables.announcement).values(announced_at=event.wall, **values))


@projects(events.AnnouncementRead)
def _announcement_read(connection: sa.Connection, event: Event, said: events.AnnouncementRead) -> None:
    row = day_tables.receipt
    mine = sa.and_(row.c.announcement == said.announcement, row.c.attempt == event.chain, row.c.read_at.is_(None))
    connection.execute(sa.update(row).where(mine).values(read_at=event.wall))


@projects(events.StaffSaid)
def _staff_said(connection: sa.Connection, event: Event, said: events.StaffSaid) -> None:
    connection.execute(sa.insert(day_tables.staff_message).values(said_at=event.wall, **said.to_json()))


@projects(events.NoticeGiven)
def _notice_given(connection: sa.Connection, event: Event, said: events.NoticeGiven) -> None:
    values = {"to": said.to, "trouble": said.trouble, "given_at": event.wall}
    row = insert(day_tables.notice).values(exam=said.exam, how=said.how, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["exam", "how"], set_=values))
