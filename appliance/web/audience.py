"""Which event of the ledger reaches whose page, and what of it: staff by what they see, candidates by their own.

A page is told to look when something has changed that it may not read here: it asks the server again then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam.events import (
    BOX,
    AttemptAccommodated,
    CapacityRefused,
    ContentStored,
    ErasureAsked,
    ExamAnnounced,
    ExamChanged,
    ExamPlanned,
    HoldLifted,
    HoldPlaced,
    InquiryAnswered,
    InquiryMade,
    Payload,
    SampleDrawn,
    SampleJudged,
    SectionReleased,
    StaffSaid,
    TimeSet,
)
from appliance.exam.permissions import ALL_SEATS, Action, Role, may
from appliance.exam.plan import ExamPlan
from appliance.ledger import planning, state
from appliance.ledger.record import Event
from appliance.ledger.state import AttemptRow
from appliance.web.auth import Viewer
from appliance.web.day import INQUIRIES_OF_ALL

CANDIDATE_TYPES = frozenset(
    {
        "attempt.moved",
        "attempt.time_set",
        "attempt.time_warned",
        "attempt.refused",
        "attempt.reseated",
        "break.begun",
        "break.ended",
        "scan.asked",
        "scan.recorded",
        "scan.reviewed",
        "sections.ordered",
        "section.opened",
        "announcement.read",
        "inquiry.made",
        "inquiry.answered",
        "page.photographed",
        "page.accepted",
        "paper.uploaded",
        "paper.counted",
        "checkout.ticked",
        "attempt.signed",
        "attempt.equipped",
        "attempt.admitted",
        "attempt.started",
        "attempt.finished",
        "attempt.ended",
        "message.sent",
        "message.read",
        "warning.acknowledged",
        "call.started",
        "call.ended",
        "phone.scanned",
        "phone.confirmed",
        "phone.refused",
        "identity.pictured",
        "identity.declined",
        "identity.decided",
        "challenge.asked",
        "challenge.answered",
    }
)
"""What a candidate is told of the own attempt: steps, messages, warnings, calls, the own ID; never flags, never who
watches."""

_NEVER_SHOWN = frozenset({"by", "reason", "warnings", "overridden", "note", "seen", "attempts", "plan", "path", "link"})
"""Fields of events that are for staff."""

_NOT_OF_WATCHERS = frozenset(
    {
        AttemptAccommodated.TYPE,
        ContentStored.TYPE,
        SampleDrawn.TYPE,
        SampleJudged.TYPE,
        HoldPlaced.TYPE,
        HoldLifted.TYPE,
        ErasureAsked.TYPE,
    }
)
"""What nobody who watches is told: which rules are not applied is said where they would be, and never why; what the
exam asks; which minutes somebody watches blind; what is held, and who asked to be erased."""

_OF_THE_EXAM = frozenset(
    {
        "exam.ended",
        "exam.detection_set",
        "exam.planned",
        "exam.changed",
        "exam.delegated",
        "section.released",
        "room.noticed",
        "upstream.exam_stored",
    }
)
"""Of the box's chain, what concerns a wall."""

_OF_EVERY_CANDIDATE = frozenset({ExamPlanned.TYPE, ExamChanged.TYPE, SectionReleased.TYPE})
"""Of the box's chain, what concerns everybody who takes the exam."""


@dataclass(frozen=True, slots=True)
class View:
    """What one exam looks like during one round: read once for all of its pages."""

    exam: str
    attempts: dict[str, AttemptRow]
    delegates: frozenset[str]
    plan: ExamPlan

    @classmethod
    def of(cls, connection: sa.Connection, exam: str) -> "View":
        """As the ledger says now."""
        rows = {row.attempt: row for row in state.attempts(connection, exam)}
        return cls(exam, rows, planning.delegates(connection, exam), planning.plan(connection, exam))

    def sees(self, viewer: Viewer, attempt: str) -> bool:
        """Is it a candidate of this exam whom the person sees?"""
        row = self.attempts.get(attempt)
        return row is not None and viewer.sees(row, self.delegates)

    def seen_by(self, viewer: Viewer) -> dict[str, AttemptRow]:
        """The candidates that somebody sees."""
        return {name: row for name, row in self.attempts.items() if viewer.sees(row, self.delegates)}

    def takes_part(self, viewer: Viewer) -> bool:
        """Is the exam this person's business? A proctor's by a candidate of it."""
        return viewer.role in ALL_SEATS or bool(self.seen_by(viewer))


def shown(viewer: Viewer, found: Iterable[Event], view: View) -> Iterable[dict[str, Any]]:
    """Those of the events that the person may know, as the person may know them. An erased one says nothing."""
    for event in found:
        if event.payload is None:
            continue
        if viewer.role is Role.CANDIDATE:
            if _concerns(viewer.person, event):
                yield for_candidate(event)
        elif _reaches(viewer, event, view):
            yield _for_staff(viewer, event, view)


def _concerns(attempt: str, event: Event) -> bool:
    """Is a candidate told? What is said among staff never is."""
    if event.chain == attempt:
        return event.type in CANDIDATE_TYPES
    if isinstance(event.payload, ExamAnnounced):
        return attempt in event.payload.attempts
    return event.chain == BOX and event.type in _OF_EVERY_CANDIDATE


def _reaches(viewer: Viewer, event: Event, view: View) -> bool:
    if event.type in _NOT_OF_WATCHERS:
        return False
    if event.chain != BOX:
        there = event.chain in view.attempts
        return there and (view.sees(viewer, event.chain) or event.type == "attempt.assigned")
    if isinstance(event.payload, CapacityRefused):
        return view.sees(viewer, event.payload.attempt)
    if isinstance(event.payload, ExamAnnounced):
        return any(view.sees(viewer, attempt) for attempt in event.payload.attempts)
    if event.type == StaffSaid.TYPE:
        return may(viewer.role, Action.STAFF_CHAT) and view.takes_part(viewer)
    return event.type in _OF_THE_EXAM


def _for_staff(viewer: Viewer, event: Event, view: View) -> dict[str, Any]:
    said, payload = event.to_json(), event.payload
    if isinstance(payload, ExamPlanned | ExamChanged):  # links to the content: a wall asks again for what it may know
        said["payload"] = {"exam": payload.exam, "by": payload.by}
    elif isinstance(payload, ExamAnnounced):
        said["payload"]["attempts"] = [attempt for attempt in payload.attempts if view.sees(viewer, attempt)]
    elif isinstance(payload, TimeSet) and payload.cause == "granted":  # the new time, and not who granted it
        said["actor"] = "institution"
        said["payload"].pop("by")
    elif _between_others(viewer, payload):
        said["payload"]["text"] = ""
    return said


def _between_others(viewer: Viewer, payload: Payload | None) -> bool:
    """Words between a candidate and the institution that are not this person's: pages ask again for what they may
    read."""
    if may(viewer.role, Action.ANSWER_INQUIRY):
        return False
    if isinstance(payload, InquiryMade):
        return payload.kind not in INQUIRIES_OF_ALL
    return isinstance(payload, InquiryAnswered)


def for_candidate(event: Event) -> dict[str, Any]:
    """The event without what is for staff: names of accounts, reasons."""
    said = event.to_json()
    said["actor"] = "candidate" if event.actor == "candidate" else "staff"
    payload = {name: value for name, value in (said["payload"] or {}).items() if name not in _NEVER_SHOWN}
    for name in ("sender", "reader"):
        if name in payload and payload[name] != "candidate":
            payload[name] = "staff"
    said["payload"] = payload
    return said
