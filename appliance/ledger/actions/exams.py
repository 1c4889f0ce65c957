"""Planning an exam: settings, roster, codes, who watches whom, the end."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed
from appliance.exam import codes
from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import (
    BOX,
    AttemptAccommodated,
    AttemptAssigned,
    AttemptCreated,
    CodeIssued,
    DetectionSet,
    ExamCreated,
    ExamEnded,
    TimeSet,
)
from appliance.exam.permissions import Role
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import MOST_EXTRA_MINUTES, RosterError, RosterRow, extra_time_fault
from appliance.exam.stage import CLOSED
from appliance.ledger import detection, state, tables
from appliance.ledger.actions import timetable
from appliance.ledger.record import Draft
from appliance.ledger.writer import Transaction

LONGEST_OVERRIDE = 500


def create_exam(transaction: Transaction, policy: ExamPolicy, *, by: str) -> None:
    """Enter an exam."""
    policy.checked()
    taken = sa.select(tables.exam.c.exam).where(tables.exam.c.exam == policy.exam)
    if transaction.connection.execute(taken).first():
        raise BadInput(f"there is already an exam {policy.exam}", hint="Choose another short name.")
    said = ExamCreated(
        exam=policy.exam,
        title=policy.title.strip(),
        minutes=policy.minutes,
        starts_at=policy.starts_at,
        admission=policy.admission.value,
        link=policy.link,
        warnings_before_end=policy.warnings_before_end,
        ratio=policy.ratio,
        retention_days=policy.retention_days,
    )
    transaction.append(Draft(payload=said, chain=BOX, exam=policy.exam, actor=by))


def import_roster(transaction: Transaction, exam: str, rows: Sequence[RosterRow], *, by: str) -> list[str]:
    """Enter every row or none, also while the exam runs; -> the new attempts. RosterError names what does not fit with
    what is there already."""
    open_exam(transaction, exam)
    there = state.attempts(transaction.connection, exam)
    seats, candidates = {a.seat for a in there}, {a.candidate for a in there}
    proctors = _proctors(transaction)
    findings = []
    for position, new in enumerate(rows, start=2):
        number = new.line or position
        if new.seat in seats:
            findings.append((number, f"seat {new.seat} is already taken in this exam"))
        if new.candidate in candidates:
            findings.append((number, f"candidate {new.candidate} is already on the roster"))
        if new.proctor is not None and new.proctor not in proctors:
            findings.append((number, f"there is no proctor {new.proctor} on this box"))
    findings += timetable.misfits(transaction, exam, rows)
    if findings:
        raise RosterError(sorted(findings))
    return [_enter(transaction, exam, new, by) for new in rows]


def issue_codes(
    transaction: Transaction, exam: str, *, key: bytes, by: str, attempt: str | None = None
) -> list[tuple[state.AttemptRow, str]]:
    """New codes for everybody who has not come in yet, or for one attempt (whose browser is then signed out: the way
    to another computer). Returned once, as shown to people; the box keeps only a keyed hash."""
    open_exam(transaction, exam)
    chosen = [
        row
        for row in state.attempts(transaction.connection, exam)
        if (row.attempt == attempt if attempt else row.stage.value == "invited") and row.stage not in CLOSED
    ]
    if attempt and not chosen:
        raise NotAllowed("this attempt is over or not of this exam", hint="Reload the page.")
    issued = []
    for row in chosen:
        code = codes.generate(secrets.token_bytes(codes.RANDOM_BYTES))
        code_rows, logins = tables.join_code, tables.login
        transaction.connection.execute(sa.delete(code_rows).where(code_rows.c.attempt == row.attempt))
        own = sa.and_(logins.c.attempt == row.attempt, logins.c.device.is_(None))  # a confirmed phone stays where it is
        transaction.connection.execute(sa.delete(logins).where(own))
        values = {"code": hash_code(code, key), "attempt": row.attempt, "used_at": None}
        transaction.connection.execute(sa.insert(tables.join_code).values(**values))
        transaction.append(Draft(payload=CodeIssued(), chain=row.attempt, exam=exam, actor=by))
        issued.append((row, codes.shown(code)))
    return issued


def hash_code(code: str, key: bytes) -> str:
    """What is stored of a code: codes are short, so the hash needs the box's key."""
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()


def assign(transaction: Transaction, attempt: str, proctor: str | None, *, by: str) -> None:
    """Let a proctor watch a candidate; None takes it away. Refused over the planner's ratio."""
    row = state.attempt(transaction.connection, attempt)
    exam = state.exam(transaction.connection, row.exam)
    if proctor is not None and proctor not in _proctors(transaction):
        raise BadInput(f"there is no proctor {proctor[:64]} on this box")
    if row.proctor != proctor:
        said = AttemptAssigned(proctor=proctor)
        transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))
        if proctor is not None and exam.ended_at is None:
            timetable.check_proctors(transaction, row.exam)


def accommodate(
    transaction: Transaction,
    attempt: str,
    switches: Collection[Switch],
    *,
    by: str,
    extra_minutes: int | None = None,
) -> None:
    """Which accommodations a candidate has from now on, all of them; `extra_minutes` None leaves the extra time as it
    is. They act on what is seen from then on: a flag that was raised stays, and a person decides about it. BadInput
    where extra time has no minutes, or minutes have no accommodation."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage in CLOSED:
        raise NotAllowed("this attempt is over", hint="What was noted stays; decide about its flags.")
    minutes = row.extra_minutes if extra_minutes is None else extra_minutes
    new = minutes != row.extra_minutes or Switch.EXTRA_TIME in switches
    if not 0 <= minutes <= MOST_EXTRA_MINUTES:
        raise BadInput(f"{minutes} extra minutes", hint=f"Use 0 to {MOST_EXTRA_MINUTES}.")
    if new and (fault := extra_time_fault(switches, minutes)):  # time granted for a lost line needs none
        raise BadInput(fault, hint="Say both, or neither.")
    if minutes != row.extra_minutes:
        ends_at = None if row.ends_at is None else row.ends_at + 60.0 * (minutes - row.extra_minutes)
        said = TimeSet(ends_at=ends_at, extra_minutes=minutes, cause="granted", by=by)
        transaction.append(Draft(payload=said, chain=attempt, exam=row.exam, actor=by))
        timetable.check_rooms(transaction, row.exam)
    if detection.granted(transaction.connection, attempt) != frozenset(switches):
        said_too = AttemptAccommodated(switches=sorted(switches))
        transaction.append(Draft(payload=said_too, chain=attempt, exam=row.exam, actor=by))


def set_detection(transaction: Transaction, exam: str, policy: DetectionPolicy, *, by: str, override: str = "") -> None:
    """What is detected in an exam from now on, also while it runs. `override`: why it is activated although false
    alerts rise above the limit, for the ledger; the caller has found that they do."""
    open_exam(transaction, exam)
    if len(override) > LONGEST_OVERRIDE:
        raise BadInput(f"the reason has {len(override)} characters; at most {LONGEST_OVERRIDE} fit")
    if detection.policy(transaction.connection, exam) != policy.checked():
        said = DetectionSet(exam=exam, policy=policy.to_json(), by=by, override=override.strip())
        transaction.append(Draft(payload=said, chain=BOX, exam=exam, actor=by))


def end_exam(transaction: Transaction, exam: str, *, reason: str, by: str) -> None:
    """End it, and with it every attempt that is still open."""
    open_exam(transaction, exam)
    transaction.append(Draft(payload=ExamEnded(exam=exam, reason=reason[:500]), chain=BOX, exam=exam, actor=by))


def _enter(transaction: Transaction, exam: str, new: RosterRow, by: str) -> str:
    attempt = secrets.token_hex(8)
    said = AttemptCreated(
        exam=exam,
        seat=new.seat,
        name=new.name,
        candidate=new.candidate,
        room=new.room,
        extra_minutes=new.extra_minutes,
    )
    transaction.append(Draft(payload=said, chain=attempt, exam=exam, actor=by))
    if new.proctor is not None:
        transaction.append(Draft(payload=AttemptAssigned(proctor=new.proctor), chain=attempt, exam=exam, actor=by))
    if new.accommodations:
        said_too = AttemptAccommodated(switches=sorted(new.accommodations))
        transaction.append(Draft(payload=said_too, chain=attempt, exam=exam, actor=by))
    return attempt


def open_exam(transaction: Transaction, exam: str) -> state.ExamRow:
    """An exam that has not ended; NotAllowed otherwise."""
    row = state.exam(transaction.connection, exam)
    if row.ended_at is not None:
        raise NotAllowed(f"the exam {exam} has ended", hint="Make a new exam.")
    return row


def _proctors(transaction: Transaction) -> set[str]:
    watching = {Role.PROCTOR.value, Role.LEAD.value}
    return {user.user for user in state.users(transaction.connection) if user.role in watching}
