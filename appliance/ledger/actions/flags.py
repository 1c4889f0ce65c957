"""Flags by people: raising one's own, and deciding about any."""

import secrets

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import FlagDecided, FlagRaised
from appliance.exam.feed import Kind
from appliance.exam.flags import MANUAL, RULES_VERSION, Category, Decision, Dismissal, Severity
from appliance.exam.stage import Stage
from appliance.ledger import state, tables
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST_NOTE = 2_000
FARTHEST_BACK = 600.0


def raise_flag(transaction: Transaction, attempt: str, *, by: str, note: str, back_seconds: float = 10.0) -> str:
    """A person saw something, `back_seconds` ago (I26); -> the flag's id."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage is Stage.INVITED:
        raise NotAllowed("the candidate has not arrived yet")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note)} characters; at most {LONGEST_NOTE} fit")
    if not 0 <= back_seconds <= FARTHEST_BACK:
        raise BadInput(f"a flag begins at most {FARTHEST_BACK:.0f} seconds back")
    onset = transaction.now - back_seconds
    flag = secrets.token_hex(8)
    said = FlagRaised(
        flag=flag,
        code=MANUAL,
        category=Category.INTEGRITY.value,
        severity=Severity.MEDIUM.value,
        kind=Kind.WEBCAM.value,
        source=by,
        onset_at=onset,
        position=_position(transaction.connection, attempt, onset),
        stage=row.stage.value,
        rules=RULES_VERSION,
        models={},
        threshold=0.0,
        score=None,
        true=0,
        assessable=0,
        ticks=0,
        light=None,
        snapshots=[],
        note=note.strip(),
    )
    transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))
    return flag


def decide(transaction: Transaction, flag: str, *, decision: str, reason: str, note: str, by: str) -> None:
    """Confirm, dismiss with a reason, or open again. Nothing is erased: each is an event of its own."""
    found = state.flag(transaction.connection, flag)
    if decision not in [d.value for d in Decision]:
        raise BadInput(f"{decision[:20]!r} is not a decision", hint="It is confirmed, dismissed or open.")
    if decision == Decision.DISMISSED.value and reason not in [d.value for d in Dismissal]:
        raise BadInput("dismissing needs a reason", hint="Choose one of the five reasons.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note)} characters; at most {LONGEST_NOTE} fit")
    reason = reason if decision == Decision.DISMISSED.value else ""
    if (found.state, found.reason, found.note) == (decision, reason, note):
        return
    exam = state.attempt(transaction.connection, found.attempt).exam
    said = FlagDecided(flag=flag, decision=decision, reason=reason, note=note, by=by)
    transaction.append(Draft(payload=said, chain=found.attempt, exam=exam, actor=by))


def _position(connection: sa.Connection, attempt: str, at: float) -> float | None:
    """Where `at` lies on the webcam's recording: a position is the wall time since the feed's first sample."""
    row = tables.segment.c
    start = connection.execute(
        sa.select(sa.func.min(row.starts_at - row.position)).where(
            row.attempt == attempt, row.kind == Kind.WEBCAM.value
        )
    ).scalar()
    return None if start is None else max(0.0, at - start)
