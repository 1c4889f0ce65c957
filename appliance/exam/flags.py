"""The flags: code, category, severity and the default rule of each (proctoring.md 4.2).

A flag is a note, not a verdict. The words a person reads are in the catalogue of strings under `flag.<code>`.
"""

from dataclasses import dataclass
from enum import StrEnum

from appliance.exam.feed import Kind

RULES_VERSION = "2026.1"


class Category(StrEnum):
    """What kind of note it is."""

    INTEGRITY = "integrity"
    UNCERTAIN = "uncertain"
    TECHNICAL = "technical"
    NEUTRAL = "neutral"


class Severity(StrEnum):
    """How soon a person should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Decision(StrEnum):
    """What a person made of it."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Dismissal(StrEnum):
    """Why a flag was dismissed (proctoring.md 4.3)."""

    INNOCENT = "innocent_action"
    DETECTOR = "detector_error"
    ACCOMMODATED = "accommodated"
    ROOM = "room_event"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When ticks become a flag (proctoring.md 4.1).

    seconds: how long since the first true tick; share: of assessable ticks that must be true; hits: true ticks at
    least; coverage: share of ticks that must be assessable; threshold: the score that makes a tick true, in the
    detector's own unit.
    """

    code: str
    category: Category
    severity: Severity
    kind: Kind
    seconds: float
    threshold: float
    share: float = 0.70
    hits: int = 3
    coverage: float = 0.50
    clear_after: float = 2.5
    merge_within: float = 10.0
    longest: float = 600.0


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule(
            code="face_absent",
            category=Category.INTEGRITY,
            severity=Severity.MEDIUM,
            kind=Kind.WEBCAM,
            seconds=8.0,
            threshold=0.60,
        ),
        Rule(
            code="multiple_people",
            category=Category.INTEGRITY,
            severity=Severity.HIGH,
            kind=Kind.WEBCAM,
            seconds=1.0,
            threshold=0.70,
        ),
        Rule(
            code="phone_visible",
            category=Category.INTEGRITY,
            severity=Severity.HIGH,
            kind=Kind.WEBCAM,
            seconds=2.0,
            threshold=0.50,
            share=0.60,
        ),
        Rule(
            code="camera_covered",
            category=Category.INTEGRITY,
            severity=Severity.MEDIUM,
            kind=Kind.WEBCAM,
            seconds=4.0,
            threshold=0.30,
        ),
        Rule(
            code="camera_frozen",
            category=Category.TECHNICAL,
            severity=Severity.MEDIUM,
            kind=Kind.WEBCAM,
            seconds=6.0,
            threshold=0.002,
        ),
        Rule(
            code="camera_disconnected",
            category=Category.TECHNICAL,
            severity=Severity.MEDIUM,
            kind=Kind.WEBCAM,
            seconds=2.0,
            threshold=0.0,
            share=1.0,
            hits=1,
        ),
        Rule(
            code="lighting_poor",
            category=Category.TECHNICAL,
            severity=Severity.LOW,
            kind=Kind.WEBCAM,
            seconds=10.0,
            threshold=35.0,
        ),
    )
}

MANUAL = "manual_flag"
CODES = frozenset(RULES) | {MANUAL}
