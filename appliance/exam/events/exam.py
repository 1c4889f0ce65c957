"""An exam as a whole. Chain: box."""

from dataclasses import dataclass
from typing import Any

from appliance.exam.events.catalogue import Payload, event


@event("exam.created")
@dataclass(frozen=True, kw_only=True)
class ExamCreated(Payload):
    """A planner made an exam. `admission` is "proctor" or "automatic"; `link` is where the exam content is."""

    exam: str
    title: str
    minutes: int
    starts_at: float
    admission: str
    link: str
    warnings_before_end: int
    ratio: int
    retention_days: int


@event("exam.changed")
@dataclass(frozen=True, kw_only=True)
class ExamChanged(Payload):
    """A planner changed what every exam has, all of it: fields as in `exam.created`."""

    exam: str
    title: str
    minutes: int
    starts_at: float
    admission: str
    link: str
    warnings_before_end: int
    ratio: int
    retention_days: int
    by: str


@event("exam.detection_set")
@dataclass(frozen=True, kw_only=True)
class DetectionSet(Payload):
    """What is detected in the exam from now on: `policy` as `exam.detection.DetectionPolicy.to_json`. `override`: why
    it was activated although the bench had found more false alerts than the limit; "" where it had not."""

    exam: str
    policy: dict[str, Any]
    by: str
    override: str


@event("exam.ended", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class ExamEnded(Payload):
    """The exam is over: every attempt still open is ended with it."""

    exam: str
    reason: str
