"""The check-in after the equipment: self-test, ID, room scan, position, briefing; and what staff say about them."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import conduct, identity
from appliance.exam.conduct import Act
from appliance.exam.events import (
    BriefingAcknowledged,
    EquipmentChecked,
    PositionChecked,
    ScanAsked,
    ScanRecorded,
    ScanReviewed,
)
from appliance.exam.plan import ExamPlan, Level, Mode, Sight
from appliance.exam.stage import CHECK_IN, RECORDED, Stage, Step
from appliance.ledger import checkin, detection, planning, state
from appliance.ledger.actions import attempts
from appliance.ledger.actions.attempts import CANDIDATE, append
from appliance.ledger.checkin import PostureRow, ScanRow
from appliance.ledger.state import AttemptRow
from appliance.ledger.writer import Transaction

PHONES = ("visible", "second_camera", "none")
"""Where a candidate's phone is (M27, M53): switched off and in the picture, the second camera, or not here at all."""

VERDICTS = ("clear", "again")
DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3_600.0

# --- the candidate ---


def selftest(transaction: Transaction, attempt: str, *, results: Mapping[str, Mapping[str, Any]]) -> None:
    """What the candidate's page measured of its computer (M9)."""
    row = state.attempt(transaction.connection, attempt)
    if row.stage not in RECORDED or row.stage not in CHECK_IN:
        raise NotAllowed("the equipment is tested at check-in", hint="Reload the page.")
    append(transaction, row, EquipmentChecked(results={name: dict(said) for name, said in results.items()}), CANDIDATE)


def identify(transaction: Transaction, attempt: str) -> None:
    """The ID has been shown, or will be shown to a person: to the next stage. Who was sent back shows it anew."""
    connection = transaction.connection
    known, again = detection.identity(connection, attempt), _sent_back_at(connection, attempt, Stage.IDENTIFICATION)
    decided = known.declined_at is not None or known.decision in identity.GOES_ON
    identity.check_shown(
        wanted=True, pictured=known.pictured_at is not None and known.pictured_at > again, declined=decided
    )
    attempts.go_on(transaction, attempt, Step.IDENTIFY)


def can_scan(connection: sa.Connection, attempt: str) -> tuple[AttemptRow, int]:
    """-> the attempt, and the number its next scan has; NotAllowed where none is to be recorded now."""
    row = state.attempt(connection, attempt)
    scans = checkin.scans(connection, attempt=attempt)
    asked = asked_scan(scans) is not None and row.stage in conduct.POSSIBLE[Act.ASK_SCAN]
    if row.stage is not Stage.ROOM_SCAN and not asked:
        raise NotAllowed("nobody asks for a room scan now", hint="Nothing was kept. Reload the page.")
    return row, 1 + sum(scan.recorded_at is not None for scan in scans)


def record_scan(
    transaction: Transaction, attempt: str, *, path: str, sha256: str, size: int, seconds: float
) -> ScanRecorded:
    """The room was shown: `path` is the clip, relative to the media folder, of `size` bytes."""
    row, number = can_scan(transaction.connection, attempt)
    held = planning.plan(transaction.connection, row.exam)
    asked = asked_scan(checkin.scans(transaction.connection, attempt=attempt))
    said = ScanRecorded(
        scan=asked.scan if asked is not None else secrets.token_hex(8),
        number=number,
        path=path,
        sha256=sha256,
        bytes=size,
        seconds=round(seconds, 2),
        delete_at=transaction.now + scan_kept_seconds(held),
    )
    append(transaction, row, said, CANDIDATE)
    if row.stage is Stage.ROOM_SCAN:
        attempts.go_on(transaction, attempt, Step.SCAN)
    return said


def scan_kept_seconds(held: ExamPlan) -> float:
    """How long a room scan is kept (M47); in a practice no longer than the rest of it."""
    own = DAY_SECONDS * held.scan_retention_days
    return min(own, HOUR_SECONDS * held.practice_hours) if held.practice else own


def take_position(transaction: Transaction, attempt: str, *, seen: Mapping[str, str], phone: str) -> None:
    """The candidate sits so that everything required is `seen` (sight -> "seen", "not_seen", "not_assessable"), or a
    person ticked it."""
    connection = transaction.connection
    row = state.attempt(connection, attempt)
    held = planning.plan(connection, row.exam)
    if phone not in PHONES:
        raise BadInput("say where your phone is", hint="Visible and switched off, the second camera, or not here.")
    if phone == "second_camera" and not attempts.second_camera(connection, attempt):
        raise NotAllowed("your phone is not connected as a second camera yet", hint="Connect it, or choose otherwise.")
    ticked = ticked_for(checkin.posture(connection, attempt), row)
    if absent := missing(held, seen, ticked):
        words = ", ".join(sight.replace("_", " ") for sight in absent)
        raise NotAllowed(f"not in the picture yet: {words}", hint="Move as the page says, or ask your proctor to look.")
    said = PositionChecked(seen=dict(seen), ticked=sorted(ticked), phone=phone)
    append(transaction, row, said, CANDIDATE)
    attempts.go_on(transaction, attempt, Step.TAKE_POSITION)


def missing(held: ExamPlan, seen: Mapping[str, str], ticked: Collection[str]) -> list[str]:
    """What is required and neither seen nor ticked. Where nobody watches, what no model can see is left to those who
    review."""
    goes = {"seen"} if held.mode is Mode.LIVE else {"seen", "not_assessable"}
    return [
        sight.value
        for sight in Sight
        if sight in held.required and seen.get(sight, "not_assessable") not in goes and sight not in ticked
    ]


def ticked_for(posture: PostureRow | None, row: AttemptRow) -> frozenset[str]:
    """What a person ticked since the candidate came to this stage."""
    if posture is None or posture.by == CANDIDATE or posture.checked_at < row.stage_at:
        return frozenset()
    return frozenset(posture.ticked)


def brief(transaction: Transaction, attempt: str, *, text_sha256: str) -> None:
    """The candidate has read the rules of this exam: those that hold now (M54)."""
    row = state.attempt(transaction.connection, attempt)
    held = planning.plan(transaction.connection, row.exam)
    if row.stage is Stage.BRIEFING and text_sha256 != digest(held.briefing):
        raise NotAllowed("the rules have been changed meanwhile", hint="Read them again; what changed is shown now.")
    if row.stage is Stage.BRIEFING:
        append(transaction, row, BriefingAcknowledged(text_sha256=text_sha256), CANDIDATE)
    attempts.go_on(transaction, attempt, Step.BRIEF)


def digest(text: str) -> str:
    """Hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- staff ---


def ask_scan(transaction: Transaction, attempt: str, *, reason: str, by: str) -> str:
    """Ask for the room to be shown, at check-in or during the exam (M25); the candidate reads `reason`. -> the scan."""
    row = state.attempt(transaction.connection, attempt)
    held = planning.plan(transaction.connection, row.exam)
    conduct.check(Act.ASK_SCAN, row.stage, held.mode)
    if held.level is Level.NONE:
        raise NotAllowed("this exam has no camera", hint="Ask the lab staff to look.")
    if asked_scan(checkin.scans(transaction.connection, attempt=attempt)) is not None:
        raise NotAllowed("the candidate has been asked already", hint="Wait for the scan.")
    said = ScanAsked(scan=secrets.token_hex(8), reason=_reason(reason), by=by)
    append(transaction, row, said, by)
    return said.scan


def review_scan(transaction: Transaction, attempt: str, *, scan: str, verdict: str, note: str, by: str) -> None:
    """A person looked at a scan: clear, or once more with a note that the candidate reads (I12, I14)."""
    connection = transaction.connection
    row = state.attempt(connection, attempt)
    conduct.check(Act.REVIEW_SCAN, row.stage, planning.plan(connection, row.exam).mode)
    if verdict not in VERDICTS:
        raise BadInput(f"{verdict[:20]!r} is not a verdict", hint="It is clear, or again.")
    found = next((one for one in checkin.scans(connection, attempt=attempt) if one.scan == scan), None)
    if found is None or found.recorded_at is None:
        raise NotFound("there is no such scan of this candidate")
    note = _reason(note) if verdict == "again" else note.strip()[: attempts.LONGEST_REASON]
    append(transaction, row, ScanReviewed(scan=scan, verdict=verdict, note=note, by=by), by)
    if verdict == "again":
        _once_more(transaction, row, note, by)
    else:
        attempts.admit_by_itself(transaction, attempt)


def _once_more(transaction: Transaction, row: AttemptRow, reason: str, by: str) -> None:
    """Back to the room scan, where the check-in has one and still goes on; else it is asked for beside what goes on."""
    wanted = Stage.ROOM_SCAN in planning.route(transaction.connection, row).wanted
    if row.stage in CHECK_IN and wanted:
        if row.stage is not Stage.ROOM_SCAN:
            attempts.send_back(transaction, row.attempt, Stage.ROOM_SCAN, reason=reason, by=by)
    elif asked_scan(checkin.scans(transaction.connection, attempt=row.attempt)) is None:
        ask_scan(transaction, row.attempt, reason=reason, by=by)


def tick_position(
    transaction: Transaction, attempt: str, *, ticked: Iterable[str], phone: str, seen: Mapping[str, str], by: str
) -> None:
    """What a person sees in the picture instead of the box, and where the phone is ("": the candidate says). With both
    the candidate goes on by itself."""
    connection = transaction.connection
    row = state.attempt(connection, attempt)
    held = planning.plan(connection, row.exam)
    conduct.check(Act.TICK_POSITION, row.stage, held.mode)
    names = sorted(set(ticked))
    if unknown := [name for name in names if name not in list(Sight)]:
        raise BadInput(f"{unknown[0][:20]!r} cannot be ticked", hint="It is face, hands, screen, workspace, materials.")
    if phone not in ("", *PHONES):
        raise BadInput(f"{phone[:20]!r} is no place for a phone")
    append(transaction, row, PositionChecked(seen=dict(seen), ticked=names, phone=phone, by=by), by)
    if phone and not missing(held, seen, names):
        attempts.go_on(transaction, attempt, Step.TAKE_POSITION, by=by)


# --- shared ---


def asked_scan(scans: Iterable[ScanRow]) -> ScanRow | None:
    """The scan that somebody asked for and that is not there yet."""
    return next((scan for scan in scans if scan.asked_at is not None and scan.recorded_at is None), None)


def _sent_back_at(connection: sa.Connection, attempt: str, stage: Stage) -> float:
    """When staff sent the candidate back to it; 0 where nobody did."""
    found = checkin.returned(connection, attempt=attempt)
    return next((one.returned_at for one in found if one.stage == stage), 0.0)


def _reason(text: str) -> str:
    if not 1 <= len(text.strip()) <= attempts.LONGEST_REASON:
        raise BadInput(
            f"a reason of at most {attempts.LONGEST_REASON} characters is needed", hint="The candidate reads it."
        )
    return text.strip()
