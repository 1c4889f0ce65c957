"""What the wall and the look page are made of: tiles, flags, messages, health; for one person."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from appliance.exam.feed import Kind, Position
from appliance.exam.flags import Decision
from appliance.exam.permissions import ALL_SEATS
from appliance.exam.plan import ExamPlan
from appliance.ledger import detection, planning, sitting, state
from appliance.ledger.actions import flags as ticking
from appliance.ledger.state import AttemptRow, ExamRow, FlagRow, MessageRow, PairingRow
from appliance.web import day, identity, phone, status, visible
from appliance.web.auth import Viewer, person
from appliance.web.context import services
from appliance.web.day import Day


def snapshot(who: Viewer, exam: str) -> dict[str, Any]:
    """Everything on the wall of one exam as `who` sees it, and the sequence number from which to follow."""
    now = time.time()
    said = status.feeds(services().paths.health, now=now)
    with services().reader.connect() as connection:
        head = visible.head(connection)
        row = state.exam(connection, exam)
        attempts = visible.attempts_for(connection, who, exam)
        seen = {attempt.attempt for attempt in attempts}
        flags = [flag for flag in state.flags(connection, exam=exam) if flag.attempt in seen]
        messages = [message for message in state.messages(connection, exam=exam) if message.attempt in seen]
        calls = [call for call in state.calls(connection, going_on=True) if call.attempt in seen]
        pairings = state.pairings(connection, exam=exam)
        rooms = state.rooms(connection, exam) if attempts else []
        positions = {row.attempt: state.positions(connection, attempt=row.attempt) for row in attempts}
        noticed = detection.room_events(connection, exam) if attempts else []
        policy, known = detection.policy(connection, exam), detection.identities(connection, exam)
        held = Day.of(connection, exam)
        shared = {
            "plan": day.plan_of(connection, row, held.plan),
            "host": visible.leads(connection, who, exam),
            "announcements": day.announcements(connection, exam, seen),
            "staff_messages": day.staff_messages(connection, exam, who.role) if takes_part(who, attempts) else [],
            "attendance": held.attendance(row, attempts, now=now),
        }
    return {
        **shared,
        "exam": exam_of(row),
        "now": now,
        "seq": head,
        "attempts": [
            {
                **_tile(attempt, positions[attempt.attempt], flags, messages, pairings, said, held.plan),
                **held.tile(attempt, said),
                "identity": identity.for_staff(policy, known.get(attempt.attempt)),
            }
            for attempt in attempts
        ],
        "flags": [asdict(flag) for flag in flags if flag.state == Decision.OPEN.value],
        "messages": [asdict(message) for message in messages],
        "calls": [asdict(call) for call in calls],
        "rooms": [asdict(room) for room in rooms],
        "room_events": [asdict(event) for event in noticed],
    }


def attempt(row: AttemptRow) -> dict[str, Any]:
    """One candidate with everything that is known, as who asks may know it."""
    who, now = person(), time.time()
    said = status.feeds(services().paths.health, now=now)
    with services().reader.connect() as connection:
        head = visible.head(connection)
        row = state.attempt(connection, row.attempt)
        exam = state.exam(connection, row.exam)
        flags = state.flags(connection, attempt=row.attempt)
        messages = state.messages(connection, attempt=row.attempt)
        gaps = state.gaps(connection, attempt=row.attempt)
        segments = state.segments(connection, attempt=row.attempt)
        calls = state.calls(connection, attempt=row.attempt)
        pairings = state.pairings(connection, attempt=row.attempt)
        positions = state.positions(connection, attempt=row.attempt)
        policy, known = detection.policy(connection, row.exam), detection.identity(connection, row.attempt)
        challenges = detection.challenges(connection, row.attempt)
        tickable = ticking.tickable(connection, row)
        held = Day.of(connection, row.exam, attempt=row.attempt)
        shared = {
            "plan": day.plan_of(connection, exam, held.plan),
            "host": visible.leads(connection, who, row.exam),
            "announcements": [asdict(one) for one in planning.heard(connection, row.attempt)],
            "inquiries": [day.inquiry(one, who.role) for one in held.inquiries],
            "irregularities": [asdict(one) for one in sitting.irregularities(connection, attempt=row.attempt)],
            "kept": [day.kept(one) for one in sitting.kept(connection, attempt=row.attempt)],
        }
    return {
        **_tile(row, positions, flags, messages, pairings, said, held.plan),
        **held.tile(row, said),
        **shared,
        "exam": exam_of(exam),
        "now": now,
        "seq": head,
        "flags": [asdict(flag) for flag in flags],
        "messages": [asdict(message) for message in messages],
        "gaps": [asdict(gap) for gap in gaps],
        "segments": [asdict(segment) for segment in segments],
        "calls": [asdict(call) for call in calls],
        "identity": identity.for_staff(policy, known),
        "challenges": [asdict(challenge) for challenge in challenges],
        "tickable": tickable,
    }


def exam_of(row: ExamRow) -> dict[str, Any]:
    """The exam as those who watch see it: without its content (I32)."""
    return {name: value for name, value in asdict(row).items() if name != "link"}


def takes_part(who: Viewer, seen: Sequence[AttemptRow]) -> bool:
    """Is the exam this person's business? A proctor's by a candidate of it."""
    return bool(seen) or who.role in ALL_SEATS


def _tile(
    row: AttemptRow,
    positions: Mapping[Kind, Position | None],
    flags: Sequence[FlagRow],
    messages: Sequence[MessageRow],
    pairings: Sequence[PairingRow],
    said: dict[str, dict[str, Any]] | None,
    plan: ExamPlan,
) -> dict[str, Any]:
    return {
        "attempt": row.attempt,
        "seat": row.seat,
        "name": row.name,
        "candidate": row.candidate,
        "stage": row.stage.value,
        "stage_at": row.stage_at,
        "ends_at": row.ends_at,
        "proctor": row.proctor,
        "flags_open": sum(f.attempt == row.attempt and f.state == Decision.OPEN.value for f in flags),
        "unread": visible.unread(messages, row.attempt),
        "warnings_acknowledged": visible.acknowledged(messages, row.attempt),
        "positions": positions,
        "phones": phone.for_staff(pairings, row.attempt),
        "pictures": status.pictures(services().paths, row.attempt, plan.feeds),
        "health": status.health_of(said, row.attempt, plan.feeds),
    }
