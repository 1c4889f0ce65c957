"""While the exam goes on: time, breaks, sections, attention, notes, evidence, questions to the institution."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events, pacing
from appliance.exam.stage import Stage
from appliance.ledger import day_tables, tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


def _sitting(connection: sa.Connection, event: Event, **values: Any) -> None:
    row = insert(day_tables.sitting).values(attempt=event.chain, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["attempt"], set_=values))


def _set_attempt(connection: sa.Connection, event: Event, **values: Any) -> None:
    connection.execute(sa.update(tables.attempt).where(tables.attempt.c.attempt == event.chain).values(**values))


def begin_pause(connection: sa.Connection, event: Event, **values: Any) -> None:
    """From now on the candidate's time stands."""
    row = insert(day_tables.pause).values(attempt=event.chain, begun_at=event.wall, **values)
    connection.execute(row.on_conflict_do_nothing())


def end_pause(connection: sa.Connection, event: Event, **values: Any) -> None:
    """What was begun is over."""
    row = day_tables.pause
    running = sa.and_(row.c.attempt == event.chain, row.c.ended_at.is_(None))
    connection.execute(sa.update(row).where(running).values(ended_at=event.wall, **values))


@projects(events.TimeSet)
def _time_set(connection: sa.Connection, event: Event, said: events.TimeSet) -> None:
    _set_attempt(connection, event, ends_at=said.ends_at, extra_minutes=said.extra_minutes)
    if said.cause == "granted" and pacing.warned_again(ends_at=said.ends_at, now=event.wall):
        _sitting(connection, event, warned_minutes=None, warned_at=None)


@projects(events.ClockJumped)
def _clock_jumped(connection: sa.Connection, event: Event, said: events.ClockJumped) -> None:
    """What was begun before goes on by the new clock. Their ends move by an event of their own, which pages follow."""
    pause, attempt = day_tables.pause.c, tables.attempt.c
    running = sa.and_(pause.attempt.in_(said.attempts), pause.ended_at.is_(None))
    later = {"begun_at": pause.begun_at + said.seconds, "until": pause.until + said.seconds}
    connection.execute(sa.update(day_tables.pause).where(running).values(**later))
    printing = sa.and_(attempt.attempt.in_(said.attempts), attempt.stage == Stage.PRINTING.value)
    connection.execute(sa.update(tables.attempt).where(printing).values(stage_at=attempt.stage_at + said.seconds))


@projects(events.TimeWarned)
def _time_warned(connection: sa.Connection, event: Event, said: events.TimeWarned) -> None:
    _sitting(connection, event, warned_minutes=said.minutes, warned_at=event.wall)


@projects(events.AttemptReseated)
def _reseated(connection: sa.Connection, event: Event, said: events.AttemptReseated) -> None:
    _set_attempt(connection, event, seat=said.seat)


@projects(events.SectionsOrdered)
def _sections_ordered(connection: sa.Connection, event: Event, said: events.SectionsOrdered) -> None:
    _sitting(connection, event, sections=json.dumps(said.order))


@projects(events.SectionOpened)
def _section_opened(connection: sa.Connection, event: Event, said: events.SectionOpened) -> None:
    row = insert(day_tables.opened).values(attempt=event.chain, section=said.section, opened_at=event.wall)
    connection.execute(row.on_conflict_do_nothing())


@projects(events.AttentionGiven)
def _attention_given(connection: sa.Connection, event: Event, said: events.AttentionGiven) -> None:
    values: dict[str, Any] = {"looked_at": event.wall, "looked_by": said.by}
    if said.kind == "listen":
        values |= {"listened_at": event.wall, "listened_by": said.by}
    _sitting(connection, event, **values)


@projects(events.IrregularityNoted)
def _irregularity_noted(connection: sa.Connection, event: Event, said: events.IrregularityNoted) -> None:
    values = {**said.to_json(), "attempt": event.chain, "noted_at": event.wall}
    connection.execute(sa.insert(day_tables.irregularity).values(**values))


@projects(events.InquiryMade)
def _inquiry_made(connection: sa.Connection, event: Event, said: events.InquiryMade) -> None:
    values = {"inquiry": said.inquiry, "kind": said.kind, "text": said.text, "made_by": said.by}
    connection.execute(sa.insert(day_tables.inquiry).values(attempt=event.chain, made_at=event.wall, **values))


@projects(events.InquiryAnswered)
def _inquiry_answered(connection: sa.Connection, event: Event, said: events.InquiryAnswered) -> None:
    row = day_tables.inquiry
    values = {"answer": said.text, "answered_by": said.by, "answered_by_name": said.by_name}
    connection.execute(sa.update(row).where(row.c.inquiry == said.inquiry).values(answered_at=event.wall, **values))
