"""The steps of an attempt, and its chat. Chain: the attempt."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("attempt.created")
@dataclass(frozen=True, kw_only=True)
class AttemptCreated(Payload):
    """A candidate is on the roster. `room`: where the seat is, where an exam has several; `extra_minutes`: granted."""

    exam: str
    seat: str
    name: str
    candidate: str
    room: str = ""
    extra_minutes: int = 0


@event("attempt.code_issued")
@dataclass(frozen=True, kw_only=True)
class CodeIssued(Payload):
    """A join code was handed out (the code itself is stored hashed, never here). An older one stops working."""


@event("attempt.assigned")
@dataclass(frozen=True, kw_only=True)
class AttemptAssigned(Payload):
    """A proctor watches this candidate; None takes the assignment away."""

    proctor: str | None


@event("attempt.accommodated")
@dataclass(frozen=True, kw_only=True)
class AttemptAccommodated(Payload):
    """Which switches (`exam.accommodation.Switch`) hold for this candidate, all of them. Never the reason; not shown to
    a proctor."""

    switches: list[str]


@event("attempt.arrived")
@dataclass(frozen=True, kw_only=True)
class AttemptArrived(Payload):
    """The join code was used."""

    browser: str


@event("attempt.rejoined")
@dataclass(frozen=True, kw_only=True)
class AttemptRejoined(Payload):
    """The candidate's page was opened again in the same browser."""

    browser: str


@event("attempt.signed")
@dataclass(frozen=True, kw_only=True)
class AttemptSigned(Payload):
    """Consent and integrity statement were signed."""

    statement_version: str
    statement_sha256: str
    signature: str


@event("attempt.equipped")
@dataclass(frozen=True, kw_only=True)
class AttemptEquipped(Payload):
    """Camera, microphone and screen are shared and arrive at the box. `stage`: what comes next."""

    camera: str
    microphone: str
    surface: str
    stage: str = "waiting"


@event("attempt.admitted")
@dataclass(frozen=True, kw_only=True)
class AttemptAdmitted(Payload):
    """The candidate may start; `by` is a user, or "exam setting"."""

    by: str


@event("attempt.started")
@dataclass(frozen=True, kw_only=True)
class AttemptStarted(Payload):
    """The candidate opened the exam; `ends_at` is when the time is up."""

    ends_at: float


@event("attempt.finished")
@dataclass(frozen=True, kw_only=True)
class AttemptFinished(Payload):
    """The candidate handed in, and checked out where the exam asks for it: it is over."""


@event("attempt.ended")
@dataclass(frozen=True, kw_only=True)
class AttemptEnded(Payload):
    """Staff ended the attempt, or the exam ended."""

    by: str
    reason: str
    warnings: int
    overridden: bool


@event("message.sent")
@dataclass(frozen=True, kw_only=True)
class MessageSent(Payload):
    """Chat in an attempt. `kind` is "chat", "warning" (to be acknowledged) or "phone" (staff ask for the phone as
    a second camera); `sender` is a user, or "candidate"."""

    message: str
    kind: str
    sender: str
    sender_name: str
    text: str


@event("message.read")
@dataclass(frozen=True, kw_only=True)
class MessageRead(Payload):
    """The other side saw every message up to this one."""

    message: str
    reader: str


@event("warning.acknowledged")
@dataclass(frozen=True, kw_only=True)
class WarningAcknowledged(Payload):
    """The candidate confirmed a warning."""

    message: str
