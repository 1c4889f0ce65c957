"""What follows when the wall clock is set: the time of whoever sits an exam goes on as if it had not been, and nobody
is signed out by it.

Only times that were said in this boot move along. One from before a restart of the machine was said by another clock:
where the new one was wrong at first and is put right now, it is right again by itself.
"""

import json

import sqlalchemy as sa

from appliance.box.clock import Stamp
from appliance.box.steps import Step
from appliance.exam.events import BOX, AttemptMoved, AttemptStarted, BreakBegun, ClockJumped, TimeSet
from appliance.exam.stage import Stage
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Draft, Event
from appliance.ledger.writer import Transaction

BY = "web"
COUNTS = (Stage.PRINTING, Stage.IN_EXAM, Stage.ON_BREAK, Stage.PAUSED)
"""A candidate's time runs, or stands and will go on."""

_SAYS_TIME = (AttemptStarted.TYPE, TimeSet.TYPE, AttemptMoved.TYPE, BreakBegun.TYPE)


def clock_set(transaction: Transaction, step: Step, at: Stamp) -> list[str]:
    """Write it down, and move the times of who is in an exam; -> the attempts."""
    attempt, exam = tables.attempt.c, tables.exam.c
    query = (
        sa.select(attempt.attempt, attempt.exam, attempt.ends_at, attempt.extra_minutes)
        .join_from(tables.attempt, tables.exam, attempt.exam == exam.exam)
        .where(attempt.stage.in_(COUNTS), exam.ended_at.is_(None))
    )
    moved = [row for row in transaction.connection.execute(query) if _boot(transaction, row.attempt) == at.boot]
    said = ClockJumped(
        seconds=step.seconds,
        before_at=step.before,
        after_at=step.after,
        synchronised=at.synchronised,
        attempts=[row.attempt for row in moved],
    )
    transaction.append(Draft(payload=said, chain=BOX, exam=None, actor=BY, at=at))
    for row in moved:
        if row.ends_at is not None:
            time = TimeSet(
                ends_at=row.ends_at + step.seconds, extra_minutes=row.extra_minutes, cause="clock", by=BY
            )  # fmt: skip
            transaction.append(Draft(payload=time, chain=row.attempt, exam=row.exam, actor=BY, at=at))
    _keep_signed_in(transaction, step)
    return list(said.attempts)


def _keep_signed_in(transaction: Transaction, step: Step) -> None:
    """Sign-ins last some hours: a step of a day must not show everybody the door. None lasts longer than a new one."""
    login = tables.login.c
    later = {name: sa.func.min(login[name] + step.seconds, step.after) for name in ("created_at", "seen_at")}
    transaction.connection.execute(sa.update(tables.login).values(**later))


def _boot(transaction: Transaction, attempt: str) -> str | None:
    """In which boot this candidate's time was said last."""
    row = tables.event.c
    query = SELECT.where(row.chain == attempt, row.type.in_(_SAYS_TIME)).order_by(row.position.desc()).limit(1)
    found = transaction.connection.execute(query).first()
    return None if found is None else str(json.loads(Event.from_row(found).body)["boot"])
