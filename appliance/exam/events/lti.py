"""LTI Proctoring Services: which links are which exam, launches, and what was asked of the platform. Chain: the
attempt, unless said otherwise."""

from dataclasses import dataclass

from appliance.exam.events.catalogue import Payload, event


@event("exam.linked")
@dataclass(frozen=True, kw_only=True)
class ExamLinked(Payload):
    """Chain: box. A resource link of a platform is this exam from now on; `active` False: of no exam any more."""

    exam: str
    platform: str
    resource_link: str
    active: bool
    by: str


@event("lti.launched")
@dataclass(frozen=True, kw_only=True)
class LtiLaunched(Payload):
    """The platform sent the candidate here to start proctoring. `subject`: who that is there; `actions`: what the
    platform lets the box ask for (assessment control), none where it offers no such service."""

    platform: str
    resource_link: str
    subject: str
    attempt_number: int
    actions: list[str]


@event("lti.launch_refused")
@dataclass(frozen=True, kw_only=True)
class LtiLaunchRefused(Payload):
    """Chain: box. A message that the platform did sign led nowhere; `reason`: "link", "roster", "browser", "over" or
    "message". Who it was about is not written down."""

    platform: str
    resource_link: str
    reason: str


@event("lti.assessment_started")
@dataclass(frozen=True, kw_only=True)
class LtiAssessmentStarted(Payload):
    """The candidate was handed back to the platform to take the exam. `verified`: with the word that a person had
    checked who it is."""

    platform: str
    attempt_number: int
    verified: bool


@event("lti.assessment_ended")
@dataclass(frozen=True, kw_only=True)
class LtiAssessmentEnded(Payload):
    """The platform says that the exam is submitted there; `troubled`: that it ended with an error, of which `message`
    are the words."""

    platform: str
    attempt_number: int
    troubled: bool
    message: str


@event("lti.control_sent", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class LtiControlSent(Payload):
    """The platform took an action (pause, resume, terminate, update, flag) because of the event `cause`. `status`: what
    it says of the assessment then: "running", "paused", "terminated", "complete", "none" or ""."""

    platform: str
    cause: str
    action: str
    status: str
    seconds: float


@event("lti.control_failed", by=("sync",))
@dataclass(frozen=True, kw_only=True)
class LtiControlFailed(Payload):
    """The platform will never take this action: it refused it (`http`), does not offer it (`reason` "not_offered"),
    or it was given up for newer ones ("too_many")."""

    platform: str
    cause: str
    action: str
    reason: str
    http: int
