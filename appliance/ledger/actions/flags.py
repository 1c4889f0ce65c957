"""Flags by people: raising one's own, deciding about any, and notes on them."""

import secrets

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import FlagClosed, FlagDecided, FlagNoted, FlagRaised
from appliance.exam.feed import Kind
from appliance.exam.flags import (
    AGAIN,
    CODES,
    MANUAL,
    REASONS,
    RULES,
    RULES_VERSION,
    Category,
    Decision,
    Severity,
    Source,
)
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import detection, review, state, tables
from appliance.ledger.actions.words import written
from appliance.ledger.record import Draft
from appliance.ledger.stages import stage_at, stages
from appliance.ledger.writer import Transaction

LONGEST_NOTE = 2_000
FARTHEST_BACK = 600.0

MOST_NOTES = 200
"""On one flag."""

REVIEWED = (Kind.WEBCAM, Kind.SCREEN, Kind.PHONE)
"""What a flag of a reviewer can be about."""

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
    severity = Severity.MEDIUM if code == MANUAL else RULES[code].severity
    return _raise(
        transaction, row, by=by, code=code, severity=severity, kind=Kind.WEBCAM, onset=onset, stage=row.stage, note=note
    )


def raise_at(
    transaction: Transaction,
    attempt: str,
    *,
    starts_at: float,
    ends_at: float | None = None,
    code: str = MANUAL,
    severity: str = Severity.MEDIUM,
    note: str = "",
    kind: str = Kind.WEBCAM,
    by: str,
) -> str:
    """A reviewer saw something at this place of the recording (I6), also after the end; -> the flag's id."""
    row = state.attempt(transaction.connection, attempt)
    begun = stages(transaction.connection, attempt)
    if not begun:
        raise NotAllowed("the candidate never arrived: there is nothing to raise a flag at")
    _check_kind_of_flag(transaction.connection, row, code)
    if severity not in list(Severity):
        raise BadInput(f"{severity[:20]!r} is not a severity", hint="It is low, medium or high.")
    if kind not in REVIEWED:
        raise BadInput(f"{kind[:20]!r} is not a feed to raise a flag at", hint="It is webcam, screen or phone.")
    note = written(note, what="note", longest=LONGEST_NOTE) if note.strip() else ""
    first, last = _there(transaction, row, begun[0][0])
    until = starts_at if ends_at is None else ends_at
    if not first <= starts_at <= last or not starts_at <= until <= last:
        raise BadInput(
            "a flag begins and ends while the attempt was going on, and not before it begins",
            hint="Choose the moment on the timeline.",
        )
    stage = stage_at(begun, starts_at)
    stage = begun[0][1] if stage is Stage.INVITED else stage  # recorded a moment before the ledger said so
    flag = _raise(
        transaction,
        row,
        by=by,
        code=code,
        severity=Severity(severity),
        kind=Kind(kind),
        onset=starts_at,
        stage=stage,
        note=note,
    )
    if ends_at is not None:
        over = FlagClosed(flag=flag, ended_at=ends_at, score=None, true=0, assessable=0, ticks=0, snapshots=[])
        transaction.append(Draft(payload=over, chain=attempt, exam=row.exam, actor=by))
    return flag


def _raise(
    transaction: Transaction,
    row: state.AttemptRow,
    *,
    by: str,
    code: str,
    severity: Severity,
    kind: Kind,
    onset: float,
    stage: Stage,
    note: str,
) -> str:
    flag = secrets.token_hex(8)
    said = FlagRaised(
        flag=flag,
        code=code,
        category=(Category.INTEGRITY if code == MANUAL else RULES[code].category).value,
        severity=severity.value,
        kind=kind.value,
        source=by,
        onset_at=onset,
        position=position_at(transaction.connection, row.attempt, onset, kind=kind),
        stage=stage.value,
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
    transaction.append(Draft(payload=said, chain=row.attempt, exam=row.exam, actor=by))
    return flag


def _there(transaction: Transaction, row: state.AttemptRow, arrived_at: float) -> tuple[float, float]:
    """From when to when there is something of the attempt: its time, and what was recorded of it."""
    segment = tables.segment.c
    first, last = transaction.connection.execute(
        sa.select(sa.func.min(segment.starts_at), sa.func.max(segment.starts_at + segment.duration)).where(
            segment.attempt == row.attempt
        )
    ).one()
    over_at = row.stage_at if row.stage in CLOSED else transaction.now
    return min(arrived_at, first or arrived_at), min(transaction.now, max(over_at, last or over_at))


def note_on(transaction: Transaction, flag: str, *, text: str, by: str, by_name: str) -> str:
    """A note on a flag, for everybody who may see it; -> the note's id. The flag stays as it is decided."""
    found = state.flag(transaction.connection, flag)
    note = secrets.token_hex(8)
    text = written(text, what="note", longest=LONGEST_NOTE)
    if sum(one.flag == flag for one in review.notes(transaction.connection, attempt=found.attempt)) >= MOST_NOTES:
        raise NotAllowed(
            f"this flag has {MOST_NOTES} notes; no more fit", hint="Decide about it, or talk to each other."
        )
    exam = state.attempt(transaction.connection, found.attempt).exam
    said = FlagNoted(note=note, flag=flag, text=text, by=by, by_name=by_name)
    transaction.append(Draft(payload=said, chain=found.attempt, exam=exam, actor=by))
    return note


_BECAME = {
    Decision.OPEN: "opened again",
    Decision.CONFIRMED: "confirmed",
    Decision.DISMISSED: "dismissed",
    Decision.INCONCLUSIVE: "left as inconclusive",
}
_NEEDS_REASON = {
    Decision.DISMISSED: ("dismissing needs a reason", "Choose one of the five reasons."),
    Decision.INCONCLUSIVE: ("inconclusive needs a reason", "Choose one of the four reasons."),
}


def decide(
    transaction: Transaction, flag: str, *, decision: str, reason: str, note: str, by: str, was: str | None = None
) -> None:
    """Confirm, dismiss or leave as inconclusive with a reason, or open again. Nothing is erased: each is an event of
    its own. `was`: what the page showed; NotAllowed when somebody has decided otherwise meanwhile. The same decision
    again changes nothing."""
    found = state.flag(transaction.connection, flag)
    if decision not in list(Decision):
        raise BadInput(f"{decision[:20]!r} is not a decision", hint="It is confirmed, dismissed, inconclusive or open.")
    reasons = REASONS.get(Decision(decision), ())
    if reasons and reason not in reasons:
        said_so, hint = _NEEDS_REASON[Decision(decision)]
        raise BadInput(said_so, hint=hint)
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note)} characters; at most {LONGEST_NOTE} fit")
    reason = reason if reasons else ""
    if (found.state, found.reason, found.note) == (decision, reason, note):
        return
    if was is not None and was != found.state:
        raise NotAllowed(
            f"this flag was {_BECAME[Decision(found.state)]} by {_name(transaction, found.decided_by)} meanwhile",
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


def _check_kind_of_flag(connection: sa.Connection, row: state.AttemptRow, code: str) -> None:
    """What is not applied to a candidate, nobody raises either (M39); a rule that is only silent here may be."""
    if code not in CODES:
        raise BadInput(f"{code[:60]!r} is not a kind of flag", hint="Choose one of the list.")
    if code == MANUAL:
        return
    policy, switches = detection.policy(connection, row.exam), detection.granted(connection, row.attempt)
    if code in policy.off or switches.intersection(RULES[code].off_by):
        raise NotAllowed(
            "this rule is not applied to this candidate",
            hint="If you saw something else, raise a flag of your own with a note.",
        )


def position_at(connection: sa.Connection, attempt: str, at: float, *, kind: Kind = Kind.WEBCAM) -> float | None:
    """Where `at` lies on a recording: a position is the wall time since the feed's first sample."""
    row = tables.segment.c
    start = connection.execute(
        sa.select(sa.func.min(row.starts_at - row.position)).where(row.attempt == attempt, row.kind == kind.value)
    ).scalar()
    return None if start is None else max(0.0, at - start)
