"""Exams that the box holds for itself: made, filled, ended. Whoever takes part sits there at once; nobody signs."""

import secrets
from collections.abc import Sequence

from appliance.exam.events import AttemptArrived, AttemptMoved, AttemptSigned
from appliance.exam.own_runs import PERSON, OwnRun, is_own_run, name_of
from appliance.exam.plan import ExamPlan, Level
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.exam.stage import CLOSED, Stage, Step
from appliance.ledger import holding, state
from appliance.ledger.actions import erasure, exams, plans
from appliance.ledger.actions.attempts import append
from appliance.ledger.writer import Transaction


def begin(transaction: Transaction, what: OwnRun, *, minutes: int, level: Level, by: str) -> str:
    """A practice run of its own; -> its name. Whoever is ready is admitted at once."""
    name = name_of(what, now=transaction.now, mark=secrets.token_hex(4))
    policy = ExamPolicy(
        exam=name,
        title="Seat check" if what is OwnRun.SEAT_CHECK else "Rehearsal",
        starts_at=transaction.now,
        minutes=minutes,
        admission=Admission.AUTOMATIC,
        retention_days=1,
    )
    exams.create_exam(transaction, policy, by=by)
    plan = ExamPlan(level=level, practice=True, practice_hours=1, spot_check_minutes=0, blind_minutes=0)
    plans.set_plan(transaction, name, plan, by=by)
    return name


def enter(transaction: Transaction, exam: str, seats: Sequence[str], *, by: str) -> list[str]:
    """-> the attempts of these seats."""
    rows = [RosterRow(seat=seat, candidate=f"seat-{seat}", name=f"Seat {seat}") for seat in seats]
    return exams.import_roster(transaction, exam, rows, by=by)


def seat(transaction: Transaction, attempt: str, *, browser: str) -> None:
    """A lab's computer takes part by itself, up to where its camera is expected."""
    row = state.attempt(transaction.connection, attempt)
    append(transaction, row, AttemptArrived(browser=browser[:200]), PERSON)
    moved = AttemptMoved(stage=Stage.CONSENT.value, step=Step.CONFIRM.value, by=PERSON, reason="")
    append(transaction, row, moved, PERSON)
    said = AttemptSigned(statement_version="", statement_sha256="", signature=PERSON)
    append(transaction, row, said, PERSON)


def end(transaction: Transaction, exam: str, *, reason: str, by: str = PERSON) -> None:
    """It is over, and everything that was recorded in it goes now instead of by its date. Again is harmless."""
    connection = transaction.connection
    if state.exam(connection, exam).ended_at is None:
        exams.end_exam(transaction, exam, reason=reason, by=by)
    for row in state.attempts(connection, exam):
        if row.stage in CLOSED and not holding.erasures(connection, attempt=row.attempt):
            erasure.ask(transaction, row.attempt, reference=reason, by=by, by_name=by)


def tidy(transaction: Transaction) -> list[str]:
    """At a start: what an earlier process left open is over; -> which."""
    left = [row.exam for row in state.exams(transaction.connection) if is_own_run(row.exam) and row.ended_at is None]
    for exam in left:
        end(transaction, exam, reason="the box was started again")
    return left
