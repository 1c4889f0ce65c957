"""The steps of an attempt, from the join code to the end."""

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import codes, identity
from appliance.exam.events import (
    AttemptAdmitted,
    AttemptArrived,
    AttemptEnded,
    AttemptEquipped,
    AttemptFinished,
    AttemptRejoined,
    AttemptSigned,
    AttemptStarted,
    Payload,
)
from appliance.exam.policy import Admission
from appliance.exam.stage import CLOSED, Stage, Step, after
from appliance.ledger import detection, state, tables
from appliance.ledger.actions import users
from appliance.ledger.actions.exams import hash_code
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction


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
    _append(transaction, attempt, said, "candidate")
    token = users.open_login(transaction, attempt=attempt.attempt)
    return state.attempt(transaction.connection, attempt.attempt), token


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
    _append(transaction, row, said, "candidate")


def equip(transaction: Transaction, attempt: str, *, camera: str, microphone: str, surface: str) -> None:
    """Camera, microphone and screen arrive at the box (the caller has seen to that); -> waiting, or straight on where
    the exam admits by itself and nobody has to decide who this is."""
    row = _at(transaction, attempt, Step.EQUIP)
    wanted, known = _identity(transaction, row)
    identity.check_shown(wanted=wanted, pictured=known.photo is not None, declined=known.declined_at is not None)
    said = AttemptEquipped(camera=camera[:200], microphone=microphone[:200], surface=surface[:40])
    _append(transaction, row, said, "candidate")
    automatic = state.exam(transaction.connection, row.exam).admission == Admission.AUTOMATIC.value
    if automatic and not wanted:
        _append(transaction, row, AttemptAdmitted(by="exam setting"), "exam setting")


def admit(transaction: Transaction, attempt: str, *, by: str) -> None:
    """Let a waiting candidate in; where an ID is asked for, after a person's decision about it."""
    row = _at(transaction, attempt, Step.ADMIT)
    wanted, known = _identity(transaction, row)
    identity.check_admission(wanted=wanted, ruling=known.decision)
    _append(transaction, row, AttemptAdmitted(by=by), by)


def start(transaction: Transaction, attempt: str) -> None:
    """The candidate opens the exam; the time runs from here."""
    row = _at(transaction, attempt, Step.START)
    exam = state.exam(transaction.connection, row.exam)
    if exam.ended_at is not None:
        raise NotAllowed("the exam has ended")
    if transaction.now < exam.starts_at:
        raise NotAllowed("the exam has not begun yet", hint="Stay here; the button works as soon as it begins.")
    _append(transaction, row, AttemptStarted(ends_at=transaction.now + exam.minutes * 60), "candidate")


def finish(transaction: Transaction, attempt: str) -> None:
    """The candidate hands in."""
    row = _at(transaction, attempt, Step.FINISH)
    _append(transaction, row, AttemptFinished(), "candidate")


def end(transaction: Transaction, attempt: str, *, by: str, reason: str, override: bool) -> None:
    """End an attempt: only after the planner's number of acknowledged warnings, or with an override and a reason (I36).
    Who may override is the caller's question."""
    row = _at(transaction, attempt, Step.END)
    if not 1 <= len(reason.strip()) <= 500:
        raise BadInput("ending a session needs a reason of at most 500 characters")
    needed = state.exam(transaction.connection, row.exam).warnings_before_end
    acknowledged = warnings_acknowledged(transaction.connection, attempt)
    if acknowledged < needed and not override:
        raise NotAllowed(
            f"{acknowledged} of {needed} warnings acknowledged", hint="Send a warning first, or ask the lead proctor."
        )
    said = AttemptEnded(
        by=by, reason=reason.strip(), warnings=acknowledged, overridden=override and acknowledged < needed
    )
    _append(transaction, row, said, by)


def warnings_acknowledged(connection: sa.Connection, attempt: str) -> int:
    """How many warnings the candidate has confirmed."""
    said = state.messages(connection, attempt=attempt)
    return sum(message.kind == "warning" and message.acknowledged_at is not None for message in said)


def _at(transaction: Transaction, attempt: str, step: Step) -> state.AttemptRow:
    row = state.attempt(transaction.connection, attempt)
    after(row.stage, step)  # raises when it does not fit
    return row


def _identity(transaction: Transaction, row: state.AttemptRow) -> tuple[bool, detection.IdentityRow]:
    """-> whether the exam asks for an ID, and what is known of this candidate."""
    connection = transaction.connection
    return detection.policy(connection, row.exam).identity, detection.identity(connection, row.attempt)


def _append(transaction: Transaction, row: state.AttemptRow, said: Payload, actor: str) -> None:
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=actor))
