"""What staff do for an exam as a whole: its plan, its content, announcements, talk among staff. Chain: box."""

from dataclasses import dataclass
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("exam.planned")
@dataclass(frozen=True, kw_only=True)
class ExamPlanned(Payload):
    """How the exam is held from now on: `plan` as `exam.plan.ExamPlan.to_json`."""

    exam: str
    plan: dict[str, Any]
    by: str


@event("content.stored")
@dataclass(frozen=True, kw_only=True)
class ContentStored(Payload):
    """A PDF that is given out with a section (number from 1), relative to the data folder."""

    exam: str
    section: int
    name: str
    path: str
    sha256: str
    bytes: int
    by: str


@event("section.released")
@dataclass(frozen=True, kw_only=True)
class SectionReleased(Payload):
    """A section may be opened by everybody in the exam."""

    exam: str
    section: int
    by: str


@event("exam.delegated")
@dataclass(frozen=True, kw_only=True)
class ExamDelegated(Payload):
    """A proctor acts as lead of this exam; `active` False takes it away."""

    exam: str
    user: str
    active: bool
    by: str


@event("exam.announced")
@dataclass(frozen=True, kw_only=True)
class ExamAnnounced(Payload):
    """Staff said something to everybody, or to the candidates of one proctor: `attempts` were there. `spoken`: read out
    loud by the candidates' pages as well."""

    announcement: str
    exam: str
    text: str
    spoken: bool
    by: str
    by_name: str
    attempts: list[str]


@event("staff.said")
@dataclass(frozen=True, kw_only=True)
class StaffSaid(Payload):
    """The back channel of an exam: staff among themselves, never shown to a candidate."""

    exam: str
    message: str
    text: str
    by: str
    by_name: str


@event("notice.given", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class NoticeGiven(Payload):
    """The owner of an exam was told that recordings are ready. `how`: "page" or "mail"."""

    exam: str
    how: str
    to: str
    trouble: str
