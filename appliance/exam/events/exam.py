"""An exam as a whole. Chain: box."""

from dataclasses import dataclass

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


@event("exam.ended", by=("cli",))
@dataclass(frozen=True, kw_only=True)
class ExamEnded(Payload):
    """The exam is over: every attempt still open is ended with it."""

    exam: str
    reason: str
