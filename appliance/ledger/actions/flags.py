"""Flags by people: raising one's own, and deciding about any."""

import secrets

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import FlagDecided, FlagRaised
from appliance.exam.feed import Kind
from appliance.exam.flags import AGAIN, MANUAL, RULES, RULES_VERSION, Category, Decision, Dismissal, Severity, Source
from appliance.exam.stage import Stage
from appliance.ledger import detection, state, tables
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST_NOTE = 2_000
FARTHEST_BACK = 600.0

TICKED = tuple(code for code, rule in RULES.items() if rule.source is Source.PERSON)
"""What no model here sees: a person ticks it, once for a candidate, or as often as it happens."""


def raise_flag(
    transaction: Transaction, attempt: str, *, by: str, note: str, back_seconds: float = 10.0, code: str = MANUAL
) -> str:
    """A person saw something, `back_seconds` ago (I26); -> the flag's id. `code`: anything, or one of `TICKED`."""
    row = state.attempt(transaction.connection, attempt)
    if code != MANUAL:
        _check_tick(transaction.connection, row, code)
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
        code=code,
        category=(Category.INTEGRITY if code == MANUAL else RULES[code].category).value,
        severity=(Severity.MEDIUM if code == MANUAL else RULES[code].severity).value,
        kind=Kind.WEBCAM.value,
        source=by,
        onset_at=onset,
        position=position_at(transaction.connection, attempt, onset),
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


def decide(
    transaction: Transaction, flag: str, *, decision: str, reason: str, note: str, by: str, was: str | None = None
) -> None:
    """Confirm, dismiss with a reason, or open again. Nothing is erased: each is an event of its own. `was`: what the
    page showed; NotAllowed when somebody has decided otherwise meanwhile. The same decision again changes nothing."""
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
    if was is not None and was != found.state:
        what = "opened again" if found.state == Decision.OPEN.value else found.state
        raise NotAllowed(
            f"this flag was {what} by {_name(transaction, found.decided_by)} meanwhile",
            hint="Look at it again; you can still decide otherwise.",
        )
    exam = state.attempt(transaction.connection, found.attempt).exam
    said = FlagDecided(flag=flag, decision=decision, reason=reason, note=note, by=by)
    transaction.append(Draft(payload=said, chain=found.attempt, exam=exam, actor=by))


def _name(transaction: Transaction, user: str | None) -> str:
    names = {row.user: row.name for row in state.users(transaction.connection)}
    return names.get(user or "", "somebody else")


def tickable(connection: sa.Connection, row: state.AttemptRow) -> list[str]:
    """What a person can still tick of a candidate: rules that hold, not ticked yet or that may be again."""
    policy, switches = detection.policy(connection, row.exam), detection.granted(connection, row.attempt)
    ticked = {flag.code for flag in state.flags(connection, attempt=row.attempt)} - AGAIN
    return [
        code for code in TICKED if code not in policy.off | ticked and not switches.intersection(RULES[code].off_by)
    ]


def _check_tick(connection: sa.Connection, row: state.AttemptRow, code: str) -> None:
    if code not in TICKED:
        raise BadInput(f"{code[:60]!r} is nothing that a person ticks", hint="Raise a flag of your own with a note.")
    if code not in tickable(connection, row):
        raise NotAllowed(
            "this was noted already, or the rule is not applied to this candidate",
            hint="If you saw something else, raise a flag of your own with a note.",
        )


def position_at(connection: sa.Connection, attempt: str, at: float) -> float | None:
    """Where `at` lies on the webcam's recording: a position is the wall time since the feed's first sample."""
    row = tables.segment.c
    start = connection.execute(
        sa.select(sa.func.min(row.starts_at - row.position)).where(
            row.attempt == attempt, row.kind == Kind.WEBCAM.value
        )
    ).scalar()
    return None if start is None else max(0.0, at - start)
