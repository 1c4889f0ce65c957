"""Which events are an action of the Assessment Control Service, and what it says. Pure.

The reason is a code and a sentence of ours: nothing that staff wrote goes along.
"""

from dataclasses import dataclass
from typing import Any

from appliance.config_standards import LtiSettings, PlatformSettings
from appliance.exam.events import (
    AttemptEnded,
    AttemptMoved,
    AttemptRefused,
    BreakBegun,
    BreakEnded,
    FlagDecided,
    FlagRaised,
    Payload,
    TimeSet,
)
from appliance.exam.stage import Step
from appliance.ledger.lti import LaunchRow
from appliance.standards.scene import moment

CAUSES = frozenset(
    cls.TYPE
    for cls in (
        AttemptEnded, AttemptMoved, AttemptRefused, BreakBegun, BreakEnded, FlagDecided, FlagRaised, TimeSet,
    )
)  # fmt: skip

FLAG, TERMINATE = "flag", "terminate"

_RANK = {"low": 0, "medium": 1, "high": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """What is known of a flag."""

    code: str
    severity: str
    onset_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One action. `severity` 0.0 to 1.0; `extra_minutes` are to be added (`update` only)."""

    action: str
    at: float
    severity: float
    code: str
    message: str
    extra_minutes: int = 0


def of(
    said: Payload | None, *, wall: float, settings: LtiSettings, flag: Flagged | None = None, minutes_before: int = 0
) -> Control | None:
    """The action; None where there is none. `flag`: the one that the event names; `minutes_before`: the extra minutes
    that were granted until then."""
    return _clock(said, wall, minutes_before) or _over(said, wall, settings) or _flagged(said, flag, settings)


def _clock(said: Payload | None, wall: float, minutes_before: int) -> Control | None:
    """What stops the candidate's clock, lets it run, or adds to it."""
    if isinstance(said, AttemptMoved) and said.step in (Step.PAUSE, Step.RESUME):
        words = "The proctor stopped the clock" if said.step == Step.PAUSE else "The proctor lets the clock run again"
        return Control(action=said.step, at=wall, severity=0.0, code=f"{said.step}d", message=words)
    if isinstance(said, BreakBegun):
        return Control(action="pause", at=wall, severity=0.0, code="break", message="An authorised break began")
    if isinstance(said, BreakEnded):
        return Control(action="resume", at=wall, severity=0.0, code="break_over", message="The break is over")
    if isinstance(said, TimeSet) and said.cause == "granted" and said.extra_minutes > minutes_before:
        more = said.extra_minutes - minutes_before
        words = f"{more} minutes more were granted"
        return Control(action="update", at=wall, severity=0.0, code="extra_time", message=words, extra_minutes=more)
    return None


def _over(said: Payload | None, wall: float, settings: LtiSettings) -> Control | None:
    ends = {
        AttemptEnded: ("session_ended", "The session was ended by staff"),
        AttemptRefused: ("admission_refused", "The candidate was not admitted"),
    }
    if said is None or type(said) not in ends:
        return None
    code, words = ends[type(said)]
    return Control(action=TERMINATE, at=wall, severity=settings.severity_high, code=code, message=words)


def _flagged(said: Payload | None, flag: Flagged | None, settings: LtiSettings) -> Control | None:
    if flag is None:
        return None
    if isinstance(said, FlagDecided):
        wanted = settings.flags == "confirmed" and said.decision == "confirmed"
        words = "A person has confirmed it"
    else:
        wanted = (
            isinstance(said, FlagRaised)
            and settings.flags in _RANK
            and _RANK.get(flag.severity, 0) >= _RANK[settings.flags]
        )
        words = "A note, not a verdict: nobody has looked at it yet"
    if not wanted:
        return None
    severity = settings.severity(flag.severity)
    return Control(action=FLAG, at=flag.onset_at, severity=severity, code=flag.code, message=words)


def body(control: Control, launch: LaunchRow, platform: PlatformSettings) -> dict[str, Any]:
    """As the service wants it: severities are text there, as in the specification's example."""
    user = {"sub": launch.subject}
    made: dict[str, Any] = {
        "user": {"iss": platform.issuer, **user} if platform.user_issuer else user,
        "resource_link": {"id": launch.resource_link},
        "attempt_number": launch.attempt_number,
        "action": control.action,
        "incident_time": moment(control.at),
        "incident_severity": f"{control.severity:g}" if control.severity else "0.0",
        "reason_code": control.code,
        "reason_msg": control.message,
    }
    return {**made, "extra_time": control.extra_minutes} if control.extra_minutes else made
