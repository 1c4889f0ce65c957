"""The flags: code, category, severity and the usual rule of each (proctoring.md 4.2). The rules stand in `rules.toml`.

A flag is a note, not a verdict. The words a person reads are in the catalogue of strings under `flag.<code>`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from appliance.exam.accommodation import Switch
from appliance.exam.feed import Kind, Position

RULES_VERSION = "2026.3"


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
    INCONCLUSIVE = "inconclusive"


class Dismissal(StrEnum):
    """Why a flag was dismissed (proctoring.md 4.3)."""

    INNOCENT = "innocent_action"
    DETECTOR = "detector_error"
    ACCOMMODATED = "accommodated"
    ROOM = "room_event"
    DUPLICATE = "duplicate"


class Doubt(StrEnum):
    """Why it cannot be decided from what is recorded."""

    UNCLEAR = "unclear_picture"
    MISSING = "not_recorded"
    ONE_VIEW = "other_view_needed"
    CONTEXT = "context_needed"


REASONS: Mapping[Decision, tuple[str, ...]] = MappingProxyType(
    {Decision.DISMISSED: tuple(Dismissal), Decision.INCONCLUSIVE: tuple(Doubt)}
)
"""Decisions that need a reason, and which there are."""


class Sense(StrEnum):
    """What a rule judges by."""

    SIGHT = "sight"  # pictures of a camera
    HEARING = "hearing"
    SCREEN = "screen"  # pictures of the shared screen
    PAGE = "page"  # what the candidate's browser reports
    LINK = "link"  # whether streams arrive
    SESSION = "session"  # the schedule, and what people did
    PERSON = "person"  # nothing here sees it: a proctor ticks it


class Channel(StrEnum):
    """The detectors that an exam can switch on and off as one."""

    PRESENCE = "presence"
    IDENTITY = "identity"
    ATTENTION = "attention"
    HANDS = "hands"
    OBJECTS = "objects"
    CAMERA = "camera"
    SOUND = "sound"
    SCREEN = "screen"
    PAGE = "page"
    LINK = "link"
    SESSION = "session"
    PERSON = "person"


class Source(StrEnum):
    """Who can say that it is so."""

    BOX = "box"
    PLATFORM = "platform"  # only where the exam platform or a lockdown browser reports it
    PERSON = "person"


class Unit(StrEnum):
    """What a threshold counts in."""

    SCORE = "score"  # of a model, 0 to 1
    SHARE = "share"  # 0 to 1
    COSINE = "cosine"  # likeness of two faces or voices, -1 to 1
    DEGREES = "degrees"
    LUMA = "luma"  # 0 to 255
    DECIBELS = "decibels"  # above the base line
    LEVEL = "level"  # decibels below full scale
    SECONDS = "seconds"
    TIMES = "times"
    CHARACTERS = "characters"
    RATE = "rate"  # pictures a second
    NONE = "none"  # it has no threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When ticks become a flag (proctoring.md 4.1).

    seconds: how long since the first true tick; share: of assessable ticks that must be true; hits: true ticks at
    least; coverage: share of ticks that must be assessable; threshold: what makes a tick true, in its unit; numbers:
    what else its judge goes by, by name; kinds: the feeds it looks at; positions: where their camera must stand, empty
    where that does not matter; off_by: the accommodations that switch it off; usual: it is on unless an exam says
    otherwise.
    """

    code: str
    channel: Channel
    category: Category
    severity: Severity
    seconds: float
    threshold: float
    unit: Unit = Unit.SCORE
    sense: Sense = Sense.SIGHT
    source: Source = Source.BOX
    kinds: tuple[Kind, ...] = (Kind.WEBCAM,)
    positions: tuple[Position, ...] = (Position.FRONT, Position.OBLIQUE, Position.PAPER)
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)
    off_by: tuple[Switch, ...] = ()
    usual: bool = True
    share: float = 0.70
    hits: int = 3
    coverage: float = 0.50
    clear_after: float = 2.5
    merge_within: float = 10.0
    longest: float = 600.0

    def applies(self, kind: Kind, position: Position | None) -> bool:
        """Does it look at this feed, whose camera stands so? None has no picture."""
        return kind in self.kinds and (not self.positions or position in self.positions)


def read_rules(text: str) -> dict[str, Rule]:
    """The rules of a TOML text, by code; ValueError or TypeError where it does not hold."""
    return {code: _rule(code, said) for code, said in tomllib.loads(text).items()}


_CHOICES: Mapping[str, type[StrEnum]] = {
    "channel": Channel,
    "category": Category,
    "severity": Severity,
    "unit": Unit,
    "sense": Sense,
    "source": Source,
}


def _rule(code: str, said: dict[str, Any]) -> Rule:
    said = dict(said)
    for key, make in _CHOICES.items():
        if key in said:
            said[key] = make(said[key])
    for key, kind in (("kinds", Kind), ("positions", Position), ("off_by", Switch)):
        if key in said:
            said[key] = tuple(kind(value) for value in said[key])
    said |= {key: float(said[key]) for key in ("seconds", "threshold") if key in said}
    numbers = {name: float(value) for name, value in said.pop("numbers", {}).items()}
    return Rule(code=code, numbers=numbers, **said)


RULES: Mapping[str, Rule] = MappingProxyType(
    read_rules((files("appliance.exam") / "rules.toml").read_text(encoding="utf-8"))
)

AGAIN = frozenset({"distraction"})
"""What a person may tick of a candidate more than once: it happens. What is worn is ticked once."""

MANUAL = "manual_flag"
CODES = frozenset(RULES) | {MANUAL}
