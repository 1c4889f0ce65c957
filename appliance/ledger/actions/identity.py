"""Who sits there: the candidate's pictures or no, a person's decision, and the head-turn challenge."""

import secrets
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import challenge
from appliance.exam.challenge import Step
from appliance.exam.events import (
    ChallengeAsked,
    IdentityDecided,
    IdentityDeclined,
    IdentityPictured,
    Payload,
)
from appliance.exam.identity import GOES_ON, Ruling
from appliance.exam.stage import CLOSED, OPTIONAL, WATCHED, Stage
from appliance.exam.stage import Step as Onward
from appliance.ledger import detection, planning, state
from appliance.ledger.actions import attempts
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST_NOTE = 500

SHOWN_IN = frozenset({Stage.EQUIPMENT, *OPTIONAL, Stage.WAITING})
"""The camera is on, and nobody has been admitted."""


def decline(transaction: Transaction, attempt: str) -> None:
    """The candidate does not want faces compared by the box: from here on none is."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage in CLOSED or row.stage is Stage.INVITED:
        raise NotAllowed("this can be said from the agreement on, until the exam is over")
    if detection.identity(transaction.connection, attempt).declined_at is None:
        _append(transaction, row, IdentityDeclined(), "candidate")


def picture(
    transaction: Transaction, attempt: str, *, photo: str, photo_sha256: str, face: str, face_sha256: str
) -> None:
    """The candidate has shown an ID: where its picture and that of the face are. Newer ones replace those before."""
    row = can_show(transaction.connection, attempt)
    said = IdentityPictured(photo=photo, photo_sha256=photo_sha256, face=face, face_sha256=face_sha256)
    _append(transaction, row, said, "candidate")


def can_show(connection: sa.Connection, attempt: str) -> state.AttemptRow:
    """The attempt, if an ID can be shown now; NotAllowed otherwise."""
    row = state.attempt(connection, attempt)
    if not detection.policy(connection, row.exam).identity:
        raise NotAllowed("no ID is asked for in this exam")
    if row.stage not in SHOWN_IN:
        raise NotAllowed("an ID is shown while the camera is on, before you are admitted")
    if detection.identity(connection, attempt).decision in GOES_ON:
        raise NotAllowed("your proctor has decided already", hint="Nothing more is needed.")
    return row


def decide(transaction: Transaction, attempt: str, *, decision: str, note: str, by: str) -> None:
    """What a person made of it. Where the exam admits by itself, whoever waits for this is admitted with it."""
    row = state.attempt(transaction.connection, attempt)
    if decision not in [ruling.value for ruling in Ruling]:
        raise BadInput(
            f"{decision[:20]!r} is not a decision", hint="It is matched, known to me, unverified or refused."
        )
    ruling, note = Ruling(decision), note.strip()
    if ruling is Ruling.KNOWN and not planning.plan(transaction.connection, row.exam).known_allowed:
        raise NotAllowed("this exam wants an ID of everybody", hint="Ask for the ID, and decide when you have seen it.")
    if ruling is Ruling.REFUSED and not note:
        raise BadInput("refusing needs a note", hint="Say what you saw: the candidate is told that you refused.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note)} characters; at most {LONGEST_NOTE} fit")
    if row.stage not in SHOWN_IN | WATCHED:
        raise NotAllowed("this is decided while the candidate is here")
    known = detection.identity(transaction.connection, attempt)
    if (known.decision, known.note) == (ruling, note):
        return
    _append(transaction, row, IdentityDecided(decision=ruling.value, by=by, note=note), by)
    if row.stage is Stage.IDENTIFICATION and ruling in GOES_ON:  # known to who decides: no ID has to be shown (M46)
        attempts.go_on(transaction, attempt, Onward.IDENTIFY, by=by)
    attempts.admit_by_itself(transaction, attempt)


def ask_challenge(
    transaction: Transaction, attempt: str, *, by: str, choose: Callable[[Sequence[Step]], Step] = secrets.choice
) -> str:
    """Ask the candidate to turn the head and blink, in an order that nobody can know before; -> the challenge."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage not in WATCHED:
        raise NotAllowed("the candidate is not watched now", hint="A challenge can be asked from the waiting room on.")
    if any(
        challenge.is_open(asked_at=one.asked_at, answered=one.seen is not None, now=transaction.now)
        for one in detection.challenges(transaction.connection, attempt)
    ):
        raise NotAllowed("the candidate has just been asked", hint="Wait for what the box saw of it.")
    name = secrets.token_hex(8)
    steps = [step.value for step in challenge.pick(choose)]
    _append(transaction, row, ChallengeAsked(challenge=name, steps=steps, by=by), by)
    return name


def _append(transaction: Transaction, row: state.AttemptRow, said: Payload, actor: str) -> None:
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=actor))
