"""Exams, attempts and what is said in them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from appliance.exam import events
from appliance.exam.call import Ending
from appliance.exam.stage import CLOSED, OPTIONAL, Stage, Step, reached
from appliance.ledger import day_tables, tables
from appliance.ledger.projection import sitting
from appliance.ledger.projection.registry import FollowUp, projects
from appliance.ledger.record import Event


def _set_attempt(connection: sa.Connection, event: Event, **values: Any) -> None:
    connection.execute(sa.update(tables.attempt).where(tables.attempt.c.attempt == event.chain).values(**values))


def _calls_end(connection: sa.Connection, event: Event) -> list[FollowUp]:
    """Nobody talks any more when the attempt is over."""
    row = tables.call.c
    still_open = sa.select(row.call).where(row.attempt == event.chain, row.ended_at.is_(None))
    reason = Ending.ATTEMPT_OVER.value
    found = connection.execute(still_open).scalars().all()
    return [FollowUp(event.chain, events.CallEnded(call=call, by="box", reason=reason)) for call in found]


@projects(events.ExamCreated)
def _exam_created(connection: sa.Connection, _event: Event, said: events.ExamCreated) -> None:
    connection.execute(sa.insert(tables.exam).values(**said.to_json()))


@projects(events.ExamChanged)
def _exam_changed(connection: sa.Connection, _event: Event, said: events.ExamChanged) -> None:
    values = {name: value for name, value in said.to_json().items() if name not in ("exam", "by")}
    connection.execute(sa.update(tables.exam).where(tables.exam.c.exam == said.exam).values(**values))


@projects(events.ExamEnded)
def _exam_ended(connection: sa.Connection, event: Event, said: events.ExamEnded) -> list[FollowUp]:
    connection.execute(sa.update(tables.exam).where(tables.exam.c.exam == said.exam).values(ended_at=event.wall))
    still_open = sa.select(tables.attempt.c.attempt).where(
        tables.attempt.c.exam == said.exam, tables.attempt.c.stage.not_in([stage.value for stage in CLOSED])
    )
    ended = events.AttemptEnded(by=event.actor, reason=said.reason, warnings=0, overridden=False)
    return [FollowUp(attempt, ended) for attempt in connection.execute(still_open).scalars().all()]


@projects(events.ExamStored)
def _exam_stored(connection: sa.Connection, event: Event, said: events.ExamStored) -> None:
    connection.execute(sa.update(tables.exam).where(tables.exam.c.exam == said.exam).values(stored_at=event.wall))


@projects(events.AttemptStored)
def _attempt_stored(connection: sa.Connection, event: Event, said: events.AttemptStored) -> None:
    row = tables.attempt
    connection.execute(sa.update(row).where(row.c.attempt == said.attempt).values(stored_at=event.wall))


@projects(events.AttemptCreated)
def _attempt_created(connection: sa.Connection, event: Event, said: events.AttemptCreated) -> None:
    connection.execute(
        sa.insert(tables.attempt).values(
            attempt=event.chain, stage=Stage.INVITED.value, stage_at=event.wall, **said.to_json()
        )
    )


@projects(events.AttemptAssigned)
def _attempt_assigned(connection: sa.Connection, event: Event, said: events.AttemptAssigned) -> None:
    _set_attempt(connection, event, proctor=said.proctor)


def _reaches(connection: sa.Connection, event: Event, payload: events.Payload, **values: Any) -> list[FollowUp]:
    """The attempt is in the stage that the event says. Nobody talks any more when it is over."""
    stage = reached(payload)
    if stage is None:
        return []
    _set_attempt(connection, event, stage=stage.value, stage_at=event.wall, **values)
    return _calls_end(connection, event) if stage in CLOSED else []


projects(events.AttemptArrived)(_reaches)
projects(events.AttemptSigned)(_reaches)
projects(events.AttemptAdmitted)(_reaches)
projects(events.AttemptFinished)(_reaches)
projects(events.AttemptRefused)(_reaches)
projects(events.AttemptEnded)(_reaches)


@projects(events.AttemptEquipped)
def _attempt_equipped(connection: sa.Connection, event: Event, said: events.AttemptEquipped) -> list[FollowUp]:
    return _reaches(connection, event, said)


@projects(events.AttemptStarted)
def _attempt_started(connection: sa.Connection, event: Event, said: events.AttemptStarted) -> list[FollowUp]:
    return _reaches(connection, event, said, ends_at=said.ends_at)


@projects(events.AttemptMoved)
def _attempt_moved(connection: sa.Connection, event: Event, said: events.AttemptMoved) -> list[FollowUp]:
    """A stage of the check-in that was left forward is done; one that somebody was sent back to is to be done again."""
    left = connection.execute(sa.select(tables.attempt.c.stage).where(tables.attempt.c.attempt == event.chain)).scalar()
    if said.step == Step.SEND_BACK:
        _returned(connection, event, said)
    elif left in OPTIONAL:
        row = insert(day_tables.passed).values(attempt=event.chain, stage=left, passed_at=event.wall)
        connection.execute(row.on_conflict_do_nothing())
    if said.step == Step.PAUSE:
        sitting.begin_pause(connection, event, kind="pause", by=said.by)
    elif said.step == Step.RESUME:
        sitting.end_pause(connection, event)
    return _reaches(connection, event, said)


def _returned(connection: sa.Connection, event: Event, said: events.AttemptMoved) -> None:
    passed = day_tables.passed
    connection.execute(sa.delete(passed).where(passed.c.attempt == event.chain, passed.c.stage == said.stage))
    values = {"reason": said.reason, "returned_at": event.wall}
    if said.stage == Stage.IDENTIFICATION:  # what was decided about the ID before holds no longer
        undecided = dict.fromkeys(("decision", "note", "decided_by", "decided_at"))
        of_this = tables.identity.c.attempt == event.chain
        connection.execute(sa.update(tables.identity).where(of_this).values(**undecided))
    row = insert(day_tables.returned).values(attempt=event.chain, stage=said.stage, times=1, **values)
    more = {**values, "times": day_tables.returned.c.times + 1}
    connection.execute(row.on_conflict_do_update(index_elements=["attempt", "stage"], set_=more))


@projects(events.BreakBegun)
def _break_begun(connection: sa.Connection, event: Event, said: events.BreakBegun) -> list[FollowUp]:
    sitting.begin_pause(connection, event, kind="break", minutes=said.minutes, until=said.until, by=said.by)
    return _reaches(connection, event, said)


@projects(events.BreakEnded)
def _break_ended(connection: sa.Connection, event: Event, said: events.BreakEnded) -> list[FollowUp]:
    sitting.end_pause(connection, event, overrun=said.overrun)
    return _reaches(connection, event, said)


@projects(events.MessageSent)
def _message_sent(connection: sa.Connection, event: Event, said: events.MessageSent) -> None:
    connection.execute(
        sa.insert(tables.message).values(
            message=said.message,
            attempt=event.chain,
            kind=said.kind,
            sender=said.sender,
            sender_name=said.sender_name,
            text=said.text,
            sent_at=event.wall,
        )
    )


@projects(events.MessageRead)
def _message_read(connection: sa.Connection, event: Event, said: events.MessageRead) -> None:
    """Read by the candidate: what staff sent. Read by staff: what the candidate sent."""
    row = tables.message
    upto = sa.select(row.c.sent_at).where(row.c.message == said.message).scalar_subquery()
    from_candidate = row.c.sender == "candidate"
    connection.execute(
        sa.update(row)
        .where(row.c.attempt == event.chain, row.c.sent_at <= upto, row.c.read_at.is_(None))
        .where(~from_candidate if said.reader == "candidate" else from_candidate)
        .values(read_at=event.wall)
    )


@projects(events.WarningAcknowledged)
def _warning_acknowledged(connection: sa.Connection, event: Event, said: events.WarningAcknowledged) -> None:
    row = tables.message
    connection.execute(
        sa.update(row)
        .where(row.c.message == said.message)
        .values(acknowledged_at=event.wall, read_at=sa.func.coalesce(row.c.read_at, event.wall))
    )


@projects(events.CallStarted)
def _call_started(connection: sa.Connection, event: Event, said: events.CallStarted) -> None:
    connection.execute(sa.insert(tables.call).values(attempt=event.chain, started_at=event.wall, **said.to_json()))


@projects(events.CallEnded)
def _call_ended(connection: sa.Connection, event: Event, said: events.CallEnded) -> None:
    connection.execute(sa.update(tables.call).where(tables.call.c.call == said.call).values(ended_at=event.wall))
