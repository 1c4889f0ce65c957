"""How an exam is held: its plan, its settings, its content; who acts as lead; seats that change."""

import secrets
from dataclasses import asdict, fields, replace
from datetime import datetime

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import roster
from appliance.exam.conduct import Act, check
from appliance.exam.events import (
    BOX,
    AttemptArrived,
    AttemptEnded,
    AttemptReseated,
    ContentStored,
    ExamChanged,
    ExamDelegated,
    ExamPlanned,
    Payload,
    SectionReleased,
)
from appliance.exam.permissions import Role
from appliance.exam.plan import ExamPlan, Level, Mode, Order
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.sections import ONLY
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import detection, planning, state, tables
from appliance.ledger.actions import muting
from appliance.ledger.actions.exams import open_exam
from appliance.ledger.actions.timetable import check_proctors, check_rooms
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST_REASON = 500

ONCE_HERE = ("mode", "kind", "level")
"""Settings that nobody changes once a candidate has come in: they were told how they are recorded."""

ONCE_STARTED = ("sections", "order", "seed", "one_by_one", "print_minutes", "starts_at", "minutes")
"""Settings that nobody changes once a candidate has started."""


def set_plan(transaction: Transaction, exam: str, plan: ExamPlan, *, by: str) -> None:
    """How the exam is held from now on; everything that every exam has stays as it is."""
    change(transaction, policy_of(state.exam(transaction.connection, exam)), plan, by=by)


def policy_of(row: state.ExamRow) -> ExamPolicy:
    """What every exam has, of this one."""
    values = {field.name: getattr(row, field.name) for field in fields(ExamPolicy)}
    return ExamPolicy(**{**values, "admission": Admission(row.admission)})


def change(transaction: Transaction, policy: ExamPolicy, plan: ExamPlan, *, by: str) -> None:
    """Settings and plan from now on. Refused in words: what candidates rely on already, a room that is taken, proctors
    who would watch too many."""
    exam = policy.exam
    row, before = open_exam(transaction, exam), planning.plan(transaction.connection, exam)
    plan, policy = _settled(transaction, policy, plan, before)
    now = policy_of(row)
    _check_frozen(transaction, {**asdict(before), **asdict(now)}, {**asdict(plan), **asdict(policy)}, exam)
    if policy != now:
        said = ExamChanged(**{**asdict(policy), "admission": policy.admission.value}, by=by)
        _append(transaction, exam, said, by)
    if plan != before:
        _append(transaction, exam, ExamPlanned(exam=exam, plan=plan.to_json(), by=by), by)
    check_rooms(transaction, exam)
    check_proctors(transaction, exam)


def _settled(
    transaction: Transaction, policy: ExamPolicy, plan: ExamPlan, before: ExamPlan
) -> tuple[ExamPlan, ExamPolicy]:
    """Both, checked, with what follows from each other: nobody admits where nobody watches, and a shuffled order has a
    seed that stays."""
    plan = plan.checked()
    if plan.order is Order.SHUFFLED and not plan.seed:
        plan = replace(plan, seed=before.seed or secrets.token_hex(8))
    if plan.mode is Mode.RECORD_REVIEW:
        policy = replace(policy, admission=Admission.AUTOMATIC)
    if plan.level is Level.NONE and detection.policy(transaction.connection, policy.exam).identity:
        raise BadInput(
            "an ID is asked for, and without a camera none can be shown", hint="Choose a higher level, or no ID check."
        )
    return plan, policy.checked()


def _check_frozen(transaction: Transaction, before: dict[str, object], after: dict[str, object], exam: str) -> None:
    rows = state.attempts(transaction.connection, exam)
    event = tables.event.c
    arrived = sa.select(event.seq).where(event.exam == exam, event.type == AttemptArrived.TYPE).limit(1)
    came_in = transaction.connection.execute(arrived).first() is not None
    started = any(row.ends_at is not None or row.stage is Stage.PRINTING for row in rows)
    for names, touched, what in ((ONCE_HERE, came_in, "came in"), (ONCE_STARTED, started, "started")):
        changed = [name.replace("_", " ") for name in names if before[name] != after[name]]
        if changed and touched:
            raise NotAllowed(
                f"{' and '.join(changed)}: not changed any more, since the first candidate {what}",
                hint="Leave it as it was, or make a new exam for those who come later.",
            )


def store_content(
    transaction: Transaction, exam: str, section: int, *, name: str, path: str, sha256: str, bytes: int, by: str
) -> None:
    """A PDF that candidates are given with a section, or with the exam (`sections.ONLY`) where it has none. `path` is
    relative to the data folder. An older one stays on the disk, since the ledger names it, and is given out no more."""
    check_section(transaction, exam, section)
    said = ContentStored(
        exam=exam, section=section, name=name[:120], path=path, sha256=sha256, bytes=bytes, by=by
    )  # fmt: skip
    _append(transaction, exam, said, by)


def check_section(transaction: Transaction, exam: str, section: int) -> None:
    """BadInput where content cannot stand at this place, NotAllowed once the exam has ended."""
    open_exam(transaction, exam)
    count = len(planning.plan(transaction.connection, exam).sections)
    if not 1 <= section <= (count or ONLY):
        raise BadInput(f"the exam {exam} has no section {section}", hint="Reload the page; its plan may have changed.")


def release_section(transaction: Transaction, exam: str, section: int, *, by: str) -> None:
    """Give a section out to everybody (M99): one after the other, and none before the exam opens. Again is no news."""
    check_section(transaction, exam, section)
    row, plan = state.exam(transaction.connection, exam), planning.plan(transaction.connection, exam)
    if not plan.one_by_one:
        raise NotAllowed("the sections of this exam are all given out when it opens", hint="Nothing is to be released.")
    opens_at = plan.opens_at(row.starts_at)
    if transaction.now < opens_at:
        raise NotAllowed(
            f"the exam opens at {datetime.fromtimestamp(opens_at):%H:%M:%S}", hint="Nothing is given out before that."
        )
    released = planning.released(transaction.connection, exam)
    missing = [number for number in range(1, section) if number not in released]
    if missing:
        raise NotAllowed(f"section {missing[0]} comes first", hint="Sections are released one after the other.")
    if section not in released:
        _append(transaction, exam, SectionReleased(exam=exam, section=section, by=by), by)


def delegate(transaction: Transaction, exam: str, user: str, *, active: bool, by: str) -> None:
    """Let a proctor act as lead of this exam, or no more (M96). Only somebody who signs in on this box as a proctor."""
    open_exam(transaction, exam)
    roles = {row.user: row.role for row in state.users(transaction.connection)}
    if active and roles.get(user) != Role.PROCTOR.value:
        raise BadInput(
            f"{user[:64]!r} is no proctor of this box",
            hint="Only a proctor with an account here can act as lead; a lead is one everywhere.",
        )
    if active != (user in planning.delegates(transaction.connection, exam)):
        _append(transaction, exam, ExamDelegated(exam=exam, user=user, active=active, by=by), by)


def reseat(transaction: Transaction, attempt: str, *, seat: str, reason: str, by: str) -> None:
    """The candidate goes on at another seat that is free; the record goes on under the same attempt (M10)."""
    row = state.attempt(transaction.connection, attempt)
    check(Act.RESEAT, row.stage, planning.plan(transaction.connection, row.exam).mode)
    _check_reason(reason)
    seat = roster.seat(seat)
    taken = {a.seat.casefold(): a for a in state.attempts(transaction.connection, row.exam)}
    if (there := taken.get(seat.casefold())) is not None:
        who = "this candidate's own" if there.attempt == attempt else f"taken by {there.name}"
        raise NotAllowed(f"seat {seat} is {who}", hint="Choose a seat that is free in this exam.")
    said = AttemptReseated(seat=seat, reason=reason.strip(), by=by)
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))
    names = {user.user: user.name for user in state.users(transaction.connection)}
    muting.lift(transaction, attempt, by=by, by_name=names.get(by, by))


def withdraw(transaction: Transaction, attempt: str, *, reason: str, by: str) -> None:
    """Take somebody off the roster who never came in. The record says so; the seat stays theirs."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage is not Stage.INVITED:
        over = row.stage in CLOSED
        raise NotAllowed(
            "this attempt is over already" if over else f"{row.name} has come in already",
            hint="Reload the page." if over else "Whoever watches can refuse admission, or end the session.",
        )
    _check_reason(reason)
    said = AttemptEnded(by=by, reason=reason.strip(), warnings=0, overridden=False)
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))


def _check_reason(reason: str) -> None:
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise BadInput(f"a reason of at most {LONGEST_REASON} characters is needed", hint="It stands in the report.")


def _append(transaction: Transaction, exam: str, said: Payload, by: str) -> None:
    transaction.append(Draft(payload=said, chain=BOX, exam=exam, actor=by))
