"""The flags: code, category, severity and the default rule of each (proctoring.md 4.2).

A flag is a note, not a verdict. The words a person reads are in the catalogue of strings under `flag.<code>`.
"""

from dataclasses import dataclass
from enum import StrEnum

from appliance.exam.feed import Kind, Position

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


ONE = (Position.FRONT, Position.OBLIQUE, Position.PAPER)
"""A camera that is placed to see one person."""

ANY = (*ONE, Position.ROOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When ticks become a flag (proctoring.md 4.1).

    seconds: how long since the first true tick; share: of assessable ticks that must be true; hits: true ticks at
    least; coverage: share of ticks that must be assessable; threshold: the score that makes a tick true, in the
    detector's own unit; positions: where a camera must stand for the rule to say anything about its picture.
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
    positions: tuple[Position, ...] = ONE


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
            positions=(Position.FRONT,),  # from the side and over paper a face turned away is as it should be
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
            positions=ANY,
        ),
        Rule(
            code="camera_frozen",
            category=Category.TECHNICAL,
            severity=Severity.MEDIUM,
            kind=Kind.WEBCAM,
            seconds=6.0,
            threshold=0.002,
            positions=ANY,
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
            positions=ANY,
        ),
        Rule(
            code="lighting_poor",
            category=Category.TECHNICAL,
            severity=Severity.LOW,
            kind=Kind.WEBCAM,
            seconds=10.0,
            threshold=35.0,
            positions=ANY,
        ),
    )
}

MANUAL = "manual_flag"
CODES = frozenset(RULES) | {MANUAL}


def applies(code: str, position: Position | None) -> bool:
    """Does the rule `code` look at the picture of a camera that stands so? None has no picture."""
    return position in RULES[code].positions
