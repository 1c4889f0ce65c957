"""The steps of an attempt, from the join code to the end."""

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import codes, identity
from appliance.exam.conduct import Act, check
from appliance.exam.events import (
    AttemptAdmitted,
    AttemptArrived,
    AttemptEnded,
    AttemptEquipped,
    AttemptFinished,
    AttemptMoved,
    AttemptRefused,
    AttemptRejoined,
    AttemptSigned,
    AttemptStarted,
    Payload,
    SectionsOrdered,
)
from appliance.exam.phone import State
from appliance.exam.plan import Level, Mode, Second
from appliance.exam.policy import Admission
from appliance.exam.stage import CLOSED, Stage, Step, after, back_to
from appliance.ledger import checkin, detection, planning, state, tables
from appliance.ledger.actions import positions, users
from appliance.ledger.actions.exams import hash_code
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

CANDIDATE = "candidate"
LONGEST_REASON = 500


def arrive(transaction: Transaction, code: str, *, key: bytes, browser: str) -> tuple[state.AttemptRow, str]:
    """Use a join code; -> the attempt and the token for the browser's cookie. A code works in one browser."""
    stored = tables.join_code.c
    row = transaction.connection.execute(
        sa.select(stored.attempt, stored.used_at).where(stored.code == hash_code(codes.normalise(code), key))
    ).one_or_none()
    if row is None:
        raise NotAllowed(
            "this code is not known", hint="Read it again from your card, or ask the proctor for a new one."
        )
    attempt = state.attempt(transaction.connection, row.attempt)
    if attempt.stage in CLOSED:
        raise NotAllowed("this exam is over for you", hint="If that is a mistake, speak to the proctor.")
    if row.used_at is not None:
        raise NotAllowed(
            "this code is in use on another computer or in another browser",
            hint="Go on there, or ask the proctor for a new code.",
        )
    used = sa.update(tables.join_code).where(stored.attempt == row.attempt).values(used_at=transaction.now)
    transaction.connection.execute(used)
    first = attempt.stage is Stage.INVITED
    said = AttemptArrived(browser=browser[:200]) if first else AttemptRejoined(browser=browser[:200])
    append(transaction, attempt, said, CANDIDATE)
    token = users.open_login(transaction, attempt=attempt.attempt)
    return state.attempt(transaction.connection, attempt.attempt), token


def confirm(transaction: Transaction, attempt: str) -> None:
    """ "This is me": the name and the seat are right."""
    row = _at(transaction, attempt, Step.CONFIRM)
    _move(transaction, row, Step.CONFIRM, by=CANDIDATE)


def sign(
    transaction: Transaction, attempt: str, *, signature: str, statement_version: str, statement_sha256: str
) -> None:
    """Consent and integrity statement, signed by typing one's name."""
    row = _at(transaction, attempt, Step.SIGN)
    if not 1 <= len(signature.strip()) <= 120:
        raise BadInput("the signature is empty or longer than 120 characters", hint="Type your full name.")
    said = AttemptSigned(
        statement_version=statement_version, statement_sha256=statement_sha256, signature=signature.strip()
    )
    append(transaction, row, said, CANDIDATE)


def equip(transaction: Transaction, attempt: str, *, camera: str, microphone: str, surface: str) -> None:
    """Camera, microphone and screen arrive at the box (the caller has seen to that); -> the next stage of the check-in,
    or straight on where the exam admits by itself and nobody has to decide anything."""
    row = _at(transaction, attempt, Step.EQUIP)
    stage = after(row.stage, Step.EQUIP, planning.route(transaction.connection, row))
    said = AttemptEquipped(camera=camera[:200], microphone=microphone[:200], surface=surface[:40], stage=stage.value)
    append(transaction, row, said, CANDIDATE)
    positions.as_planned(transaction, attempt)
    if stage is Stage.IDENTIFICATION and _identity(transaction, row)[1].decision in identity.GOES_ON:
        go_on(transaction, attempt, Step.IDENTIFY)  # known to who decides: no ID has to be shown
    admit_by_itself(transaction, attempt)


def go_on(transaction: Transaction, attempt: str, step: Step, *, by: str = CANDIDATE) -> None:
    """One stage of the check-in is done: identification, room scan, position or briefing. What has to be there first is
    the caller's question."""
    row = _at(transaction, attempt, step)
    _move(transaction, row, step, by=by)
    admit_by_itself(transaction, attempt)


def send_back(transaction: Transaction, attempt: str, goal: Stage, *, reason: str, by: str) -> None:
    """The candidate does a stage of the check-in again; what was shown before is kept (I13, I14)."""
    row = state.attempt(transaction.connection, attempt)
    back_to(row.stage, goal, planning.route(transaction.connection, row))
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise BadInput(f"a reason of at most {LONGEST_REASON} characters is needed", hint="The candidate reads it.")
    said = AttemptMoved(stage=goal.value, step=Step.SEND_BACK.value, by=by, reason=reason.strip())
    append(transaction, row, said, by)


def admit(transaction: Transaction, attempt: str, *, by: str) -> None:
    """Let a waiting candidate in; where an ID or a room scan is asked for, after a person's decision about it."""
    row = allowed(transaction, attempt, Act.ADMIT)
    wanted, known = _identity(transaction, row)
    identity.check_admission(wanted=wanted, ruling=known.decision)
    if waits := _unready(transaction, row):
        raise NotAllowed(waits[0], hint=waits[1])
    append(transaction, row, AttemptAdmitted(by=by), by)


def admit_by_itself(transaction: Transaction, attempt: str) -> None:
    """Where the exam says so, or nobody watches it, whoever waits is admitted as soon as nobody has anything to
    decide."""
    connection = transaction.connection
    row = state.attempt(connection, attempt)
    unwatched = planning.plan(connection, row.exam).mode is not Mode.LIVE
    automatic = state.exam(connection, row.exam).admission == Admission.AUTOMATIC.value
    if not (automatic or unwatched) or row.stage is not Stage.WAITING:
        return
    wanted, known = _identity(transaction, row)
    if unwatched or ((not wanted or known.decision in identity.GOES_ON) and not _unready(transaction, row)):
        append(transaction, row, AttemptAdmitted(by="exam setting"), "exam setting")


def refuse(transaction: Transaction, attempt: str, *, reason: str, next_step: str, by: str) -> None:
    """Not admitted (I15): the candidate is told `next_step`; the reason is for staff."""
    row = _at(transaction, attempt, Step.REFUSE)
    for name, text in (("reason", reason), ("next step", next_step)):
        if not 1 <= len(text.strip()) <= LONGEST_REASON:
            raise BadInput(
                f"refusing needs a {name} of at most {LONGEST_REASON} characters",
                hint="The reason is for the report; the candidate is told what to do now.",
            )
    append(transaction, row, AttemptRefused(by=by, reason=reason.strip(), next_step=next_step.strip()), by)


def start(transaction: Transaction, attempt: str, *, by: str = CANDIDATE) -> None:
    """The candidate opens the exam. On paper the content is printed first; the time runs from the work on. `by`:
    "candidate", or "exam setting" where the time for printing is over."""
    row = state.attempt(transaction.connection, attempt)
    route = planning.route(transaction.connection, row)
    step = Step.PRINT if route.prints and row.stage is Stage.ADMITTED else Step.START
    after(row.stage, step, route)
    exam = state.exam(transaction.connection, row.exam)
    held = planning.plan(transaction.connection, row.exam)
    if exam.ended_at is not None:
        raise NotAllowed("the exam has ended")
    if transaction.now < held.opens_at(exam.starts_at):
        raise NotAllowed("the exam has not begun yet", hint="Stay here; the button works as soon as it begins.")
    if held.sections and row.stage is Stage.ADMITTED:
        order = held.order_for(attempt)
        append(transaction, row, SectionsOrdered(order=order, seed=held.seed), "exam setting")
    if step is Step.PRINT:
        _move(transaction, row, step, by=CANDIDATE)
        return
    ends_at = transaction.now + 60.0 * (exam.minutes + row.extra_minutes)
    append(transaction, row, AttemptStarted(ends_at=ends_at), by)


def finish(transaction: Transaction, attempt: str) -> None:
    """The candidate hands in: to the check-out, where the exam has one; else it is over."""
    row = state.attempt(transaction.connection, attempt)
    route = planning.route(transaction.connection, row)
    step = Step.HAND_IN if route.checks_out else Step.FINISH
    after(row.stage, step, route)
    if step is Step.HAND_IN:
        _move(transaction, row, step, by=CANDIDATE)
    else:
        append(transaction, row, AttemptFinished(), CANDIDATE)


def end(transaction: Transaction, attempt: str, *, by: str, reason: str, override: bool) -> None:
    """End an attempt: only after the planner's number of acknowledged warnings, or with an override and a reason (I36).
    Who may override at all is the caller's question; whoever watches this candidate is no second person."""
    row = _at(transaction, attempt, Step.END)
    if not 1 <= len(reason.strip()) <= 500:
        raise BadInput("ending a session needs a reason of at most 500 characters")
    needed = state.exam(transaction.connection, row.exam).warnings_before_end
    acknowledged = warnings_acknowledged(transaction.connection, attempt)
    if acknowledged < needed and not override:
        raise NotAllowed(
            f"{acknowledged} of {needed} warnings acknowledged", hint="Send a warning first, or ask the lead proctor."
        )
    overridden = acknowledged < needed
    if overridden and row.proctor == by:
        raise NotAllowed(
            f"{acknowledged} of {needed} warnings acknowledged, and an override is a second person's",
            hint="You watch this candidate yourself: send a warning first, or ask another lead.",
        )
    append(
        transaction, row, AttemptEnded(by=by, reason=reason.strip(), warnings=acknowledged, overridden=overridden), by
    )


def warnings_acknowledged(connection: sa.Connection, attempt: str) -> int:
    """How many warnings the candidate has confirmed."""
    said = state.messages(connection, attempt=attempt)
    return sum(message.kind == "warning" and message.acknowledged_at is not None for message in said)


def allowed(transaction: Transaction, attempt: str, act: Act) -> state.AttemptRow:
    """The attempt, if staff can do this to it now; NotAllowed, in words, otherwise."""
    row = state.attempt(transaction.connection, attempt)
    check(act, row.stage, planning.plan(transaction.connection, row.exam).mode)
    return row


def _at(transaction: Transaction, attempt: str, step: Step) -> state.AttemptRow:
    row = state.attempt(transaction.connection, attempt)
    after(row.stage, step, planning.route(transaction.connection, row))  # raises when it does not fit
    return row


def _move(transaction: Transaction, row: state.AttemptRow, step: Step, *, by: str) -> None:
    stage = after(row.stage, step, planning.route(transaction.connection, row))
    append(transaction, row, AttemptMoved(stage=stage.value, step=step.value, by=by, reason=""), by)


def _identity(transaction: Transaction, row: state.AttemptRow) -> tuple[bool, detection.IdentityRow]:
    """-> whether the exam asks for an ID, and what is known of this candidate."""
    connection = transaction.connection
    return detection.policy(connection, row.exam).identity, detection.identity(connection, row.attempt)


def _unready(transaction: Transaction, row: state.AttemptRow) -> tuple[str, str] | None:
    """What keeps the candidate out beside the ID, and what to do; None where nothing does (I12, M43)."""
    connection = transaction.connection
    held = planning.plan(connection, row.exam)
    if held.room_scan:
        scans = checkin.scans(connection, attempt=row.attempt)
        if not scans or scans[-1].verdict != "clear":
            return "nobody has looked at the room scan yet", "Look at the scan first: clear, or once more."
    if held.second is Second.REQUIRED and held.level is not Level.NONE and not second_camera(connection, row.attempt):
        return "the second camera is not there yet", "Ask for the phone, and confirm it when it is there."
    return None


def second_camera(connection: sa.Connection, attempt: str) -> bool:
    """Has a phone been let in as the second camera?"""
    return any(pairing.state is State.CONFIRMED for pairing in state.pairings(connection, attempt=attempt))


def append(transaction: Transaction, row: state.AttemptRow, said: Payload, actor: str) -> None:
    """An event of this attempt."""
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=actor))
