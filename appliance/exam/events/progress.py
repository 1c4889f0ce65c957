"""How an attempt goes on: its steps where no other event says them, its time, its breaks. Chain: the attempt."""

from dataclasses import dataclass, field
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("attempt.moved")
@dataclass(frozen=True, kw_only=True)
class AttemptMoved(Payload):
    """The candidate is in another stage by a step (`exam.stage.Step`) that has no event of its own. `by`: a user,
    "candidate", or "exam setting"; `reason`: what staff said, "" where there is none."""

    stage: str
    step: str
    by: str
    reason: str


@event("attempt.refused")
@dataclass(frozen=True, kw_only=True)
class AttemptRefused(Payload):
    """Staff did not admit the candidate. `next_step` is what the candidate is told to do now."""

    by: str
    reason: str
    next_step: str


@event("attempt.time_set")
@dataclass(frozen=True, kw_only=True)
class TimeSet(Payload):
    """The candidate's time is another one. `extra_minutes`: all that is granted; `ends_at` None before the start;
    `cause`: "granted", "break", "pause", or "clock": the box's clock was set, and the time goes on as if it had not
    been."""

    ends_at: float | None
    extra_minutes: int
    cause: str
    by: str


@event("attempt.time_warned")
@dataclass(frozen=True, kw_only=True)
class TimeWarned(Payload):
    """The candidate was told how many minutes are left."""

    minutes: int
    ends_at: float


@event("attempt.reseated")
@dataclass(frozen=True, kw_only=True)
class AttemptReseated(Payload):
    """The candidate goes on at another seat."""

    seat: str
    reason: str
    by: str


@event("break.begun")
@dataclass(frozen=True, kw_only=True)
class BreakBegun(Payload):
    """An authorised break: rules about the person rest until it is over. `until` is when it should be."""

    minutes: int
    until: float
    by: str


@event("break.ended")
@dataclass(frozen=True, kw_only=True)
class BreakEnded(Payload):
    """The candidate is back. `overrun`: seconds over what was allowed."""

    overrun: float
    by: str


# --- check-in ---


@event("equipment.checked")
@dataclass(frozen=True, kw_only=True)
class EquipmentChecked(Payload):
    """The self-test of a candidate's computer. `results`: name -> {"state": "pass", "warn", "fail", "not_required" or
    "not_assessable", "value": a number or words}."""

    results: dict[str, Any]


@event("scan.asked")
@dataclass(frozen=True, kw_only=True)
class ScanAsked(Payload):
    """Staff ask for the room to be shown (again), at check-in or during the exam."""

    scan: str
    reason: str
    by: str


@event("scan.recorded")
@dataclass(frozen=True, kw_only=True)
class ScanRecorded(Payload):
    """The room was shown: a clip of its own, relative to the media folder. `number` counts the candidate's scans from
    1; `delete_at`: its own retention."""

    scan: str
    number: int
    path: str
    sha256: str
    bytes: int
    seconds: float
    delete_at: float


@event("scan.reviewed")
@dataclass(frozen=True, kw_only=True)
class ScanReviewed(Payload):
    """A person looked at it: `verdict` is "clear" or "again"."""

    scan: str
    verdict: str
    note: str
    by: str


@event("position.checked")
@dataclass(frozen=True, kw_only=True)
class PositionChecked(Payload):
    """What was in the picture when the candidate took position. `seen`: name -> "seen", "not_seen" or "not_assessable";
    `ticked`: what a person saw in the picture instead; `phone`: where the candidate's phone is: "visible",
    "second_camera", "none" or ""."""

    seen: dict[str, str]
    ticked: list[str] = field(default_factory=list)
    phone: str = ""
    by: str = "candidate"


@event("briefing.acknowledged")
@dataclass(frozen=True, kw_only=True)
class BriefingAcknowledged(Payload):
    """The candidate has read the rules of this exam."""

    text_sha256: str
