"""How an exam is held, as the planner decides it: mode, kind, times, sections, check-in, check-out. Pure.

What every exam has (title, start, length, ratio, warnings, retention) is `exam.policy`; what is detected is
`exam.detection`. An exam without a plan of its own has the least: no stage that can be left out, no check-out.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any

from appliance.errors import BadInput
from appliance.exam.feed import Kind
from appliance.exam.stage import Stage

MOST_SECTIONS = 20
LONGEST_BRIEFING = 6_000
LONGEST_ITEM = 80
MOST_ITEMS = 40


class Mode(StrEnum):
    """Is somebody watching while it goes on?"""

    LIVE = "live"
    RECORD_REVIEW = "record_review"


class ExamKind(StrEnum):
    """How it is worked on."""

    COMPUTER = "computer"
    PAPER = "paper"


class Level(StrEnum):
    """How much is recorded, from the lowest (proctoring.md M2)."""

    NONE = "none"  # no picture, no sound: chat and times only
    CAMERA = "camera"  # camera and microphone
    FULL = "full"  # and the screen


class Release(StrEnum):
    """When the content may be opened (proctoring.md I9)."""

    CHECKS = "checks"  # as soon as a candidate is admitted, not before the exam's start
    TIME = "time"  # not before the end of the onboarding either


class Order(StrEnum):
    """In which order a candidate works on the sections."""

    FIXED = "fixed"
    SHUFFLED = "shuffled"  # for each candidate, by a seed


class CheckOut(StrEnum):
    """Who says that a candidate may go."""

    NONE = "none"  # handing in is the end
    CANDIDATE = "candidate"  # the candidate's own tick
    PROCTOR = "proctor"


class Second(StrEnum):
    """The phone as a second camera."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Sight(StrEnum):
    """What has to be in the picture at check-in (proctoring.md M32)."""

    FACE = "face"
    HANDS = "hands"
    SCREEN = "screen"
    WORKSPACE = "workspace"
    MATERIALS = "materials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the exam. `link` or a stored PDF is its content; `minutes` 0: no time of its own; `break_minutes`: the
    break that may follow it."""

    title: str
    link: str = ""
    minutes: int = 0
    break_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamPlan:
    """Of one exam. Minutes are minutes, days are days; `room` "" is the lab itself; `seed` shuffles sections;
    `known_allowed`: "known to me" may stand for an ID; `required`: what the position check must see; `items`: what may
    lie on the desk, in words; `spot_check_minutes`: how often somebody listens in, 0 never; `plagiarism_link`: where
    the institution checks submitted work, with {exam} and {candidate} filled in; `evidence_days` (0: as long as the
    recordings), `identity_days`, `personal_days`: see `exam.retention`; `blind_minutes`: how many minutes without a
    flag a person should watch."""

    mode: Mode = Mode.LIVE
    kind: ExamKind = ExamKind.COMPUTER
    level: Level = Level.FULL
    room: str = ""
    onboarding_minutes: int = 30
    buffer_minutes: int = 30
    release: Release = Release.CHECKS
    sections: tuple[Section, ...] = ()
    order: Order = Order.FIXED
    seed: str = ""
    one_by_one: bool = False
    print_minutes: int = 0
    second: Second = Second.OPTIONAL
    known_allowed: bool = True
    room_scan: bool = False
    scan_retention_days: int = 7
    evidence_days: int = 180
    identity_days: int = 14
    personal_days: int = 365
    blind_minutes: int = 10
    position: bool = False
    required: frozenset[Sight] = frozenset({Sight.FACE})
    briefing: str = ""
    items: tuple[str, ...] = ()
    check_out: CheckOut = CheckOut.NONE
    pages: bool = False
    scratch: bool = False
    practice: bool = False
    practice_hours: int = 24
    attention_minutes: int = 10
    spot_check_minutes: int = 15
    contact: str = ""
    plagiarism_link: str = ""

    def checked(self) -> "ExamPlan":
        """Itself, or BadInput naming the setting that does not hold."""
        for name, (low, high) in BETWEEN.items():
            if not low <= (value := getattr(self, name)) <= high:
                raise BadInput(f"{name.replace('_', ' ')}: {value} is not from {low} to {high}")
        for name, longest in LONGEST.items():
            if len(getattr(self, name)) > longest:
                raise BadInput(f"{name.replace('_', ' ')} is longer than {longest} characters")
        if len(self.sections) > MOST_SECTIONS:
            raise BadInput(f"{len(self.sections)} sections; at most {MOST_SECTIONS} fit")
        for number, section in enumerate(self.sections, start=1):
            check_section(number, section)
        if len(self.items) > MOST_ITEMS or any(not 1 <= len(item) <= LONGEST_ITEM for item in self.items):
            raise BadInput(f"allowed items: at most {MOST_ITEMS}, each of 1 to {LONGEST_ITEM} characters")
        if self.plagiarism_link and not re.match(r"https?://[^\s]+$", self.plagiarism_link):
            raise BadInput("the link for submitted work is not a link", hint="It begins with http:// or https://.")
        for at_odds, said, hint in self._contradictions():
            if at_odds:
                raise BadInput(said, hint=hint)
        return self

    def _contradictions(self) -> list[tuple[bool, str, str]]:
        """(whether two settings exclude each other, what to say, what to do)."""
        blind, unwatched = self.level is Level.NONE, self.mode is Mode.RECORD_REVIEW
        return [
            (
                self.kind is ExamKind.COMPUTER and (self.print_minutes > 0 or self.pages),
                "printing and photographed pages belong to a paper exam",
                "Choose the kind paper.",
            ),
            (
                (self.pages or self.scratch) and self.check_out is CheckOut.NONE,
                "pages are photographed and scratch paper destroyed at check-out, and this exam has none",
                "Choose a check-out.",
            ),
            (
                blind and (self.position or self.room_scan or self.scratch or self.second is Second.REQUIRED),
                "without a camera there is no position check, no room scan, no second camera and no scratch paper",
                "Choose a higher level of monitoring, or switch them off.",
            ),
            (
                unwatched and (self.check_out is CheckOut.PROCTOR or self.one_by_one),
                "nobody watches an exam that is recorded and reviewed, so nobody can release sections or candidates",
                "Choose the mode live, or leave both to the candidate.",
            ),
        ]

    @property
    def feeds(self) -> tuple[Kind, ...]:
        """What every candidate's page sends; check-in is not complete without them."""
        if self.level is Level.NONE:
            return ()
        if self.level is Level.CAMERA or self.kind is ExamKind.PAPER:
            return (Kind.WEBCAM,)
        return (Kind.WEBCAM, Kind.SCREEN)

    @property
    def stages(self) -> frozenset[Stage]:
        """The stages of `stage.OPTIONAL` that this plan wants; whether an ID is asked for is the detection policy's."""
        wanted = {Stage.ROOM_SCAN: self.room_scan, Stage.POSITION: self.position, Stage.BRIEFING: bool(self.briefing)}
        return frozenset(stage for stage, on in wanted.items() if on)

    def opens_at(self, starts_at: float) -> float:
        """When the content may be opened (wall seconds)."""
        return starts_at + (60.0 * self.onboarding_minutes if self.release is Release.TIME else 0.0)

    def over_at(self, starts_at: float, minutes: int) -> float:
        """Until when the room is taken: onboarding, the exam, the buffer."""
        return starts_at + 60.0 * (self.onboarding_minutes + minutes + self.buffer_minutes)

    def order_for(self, attempt: str) -> list[int]:
        """The numbers of the sections, from 1, in this candidate's order. The same every time (M100)."""
        numbers = list(range(1, len(self.sections) + 1))
        if self.order is Order.SHUFFLED:
            digest = sha256(f"{self.seed}/{attempt}".encode()).digest()
            random.Random(digest).shuffle(numbers)  # noqa: S311  # an order that can be told again, not a secret
        return numbers

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **asdict(self),
            "required": sorted(self.required),
            "items": list(self.items),
            "sections": [asdict(s) for s in self.sections],
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "ExamPlan":
        """From plain values. What is missing is as usual; what is not known is left out: a newer box may know more."""
        known = {f.name: f for f in fields(cls)}
        values = {name: _value(name, value) for name, value in said.items() if name in known}
        return replace(cls(), **values)


BETWEEN = {
    "onboarding_minutes": (15, 60),
    "buffer_minutes": (0, 60),
    "print_minutes": (0, 60),
    "scan_retention_days": (1, 365),
    "practice_hours": (1, 168),
    "evidence_days": (0, 3650),
    "identity_days": (1, 365),
    "personal_days": (1, 3650),
    "blind_minutes": (0, 120),
    "attention_minutes": (2, 60),
    "spot_check_minutes": (0, 120),
}
"""The least and the most of each number."""

LONGEST = {"room": 60, "briefing": LONGEST_BRIEFING, "contact": 300, "plagiarism_link": 500, "seed": 64}
"""Characters, at most, of each text."""

CHOICES: Mapping[str, type[StrEnum]] = {
    "mode": Mode,
    "kind": ExamKind,
    "level": Level,
    "release": Release,
    "order": Order,
    "second": Second,
    "check_out": CheckOut,
}
"""What one of several can be chosen for."""


def check_section(number: int, section: Section) -> None:
    """BadInput naming what does not hold of the section of this number."""
    if not 1 <= len(section.title.strip()) <= 120:
        raise BadInput(f"section {number}: the title is empty or longer than 120 characters")
    if section.link and not re.match(r"https?://[^\s]{1,500}$", section.link):
        raise BadInput(
            f"section {number}: {section.link[:80]!r} is not a link", hint="It begins with http:// or https://."
        )
    if not 0 <= section.minutes <= 24 * 60 or not 0 <= section.break_minutes <= 120:
        raise BadInput(f"section {number}: minutes are from 0 to 1440, its break from 0 to 120")


def _value(name: str, value: Any) -> Any:
    """A plain value as the setting of this name; BadInput where it is of another kind."""
    usual = getattr(_USUAL, name)
    try:
        if name in CHOICES:
            return CHOICES[name](value)
        if name == "required":
            return frozenset(Sight(one) for one in value)
        if name == "sections":
            return tuple(_section(one) for one in value)
        if name == "items":
            return tuple(_text(one).strip() for one in value)
        if isinstance(usual, str):
            return _text(value).strip()
    except (ValueError, TypeError):
        raise BadInput(f"{name.replace('_', ' ')}: {str(value)[:60]!r} is not known") from None
    if type(value) is not type(usual):
        raise BadInput(f"{name.replace('_', ' ')}: {str(value)[:60]!r} is not a {type(usual).__name__}")
    return value


def _section(said: Mapping[str, Any]) -> Section:
    section = Section(**said)
    if type(section.minutes) is not int or type(section.break_minutes) is not int:
        raise TypeError
    return replace(section, title=_text(section.title).strip(), link=_text(section.link).strip())


def _text(value: Any) -> str:
    """Text that can be stored, shown and hashed."""
    if not isinstance(value, str) or any((c < " " and c not in "\r\n\t") or "\ud800" <= c <= "\udfff" for c in value):
        raise TypeError
    return value


_USUAL = ExamPlan()


def clash(
    windows: Sequence[tuple[str, str, float, float]], *, room: str, begins_at: float, over_at: float
) -> str | None:
    """The exam that takes the room at the same time. `windows`: (exam, room, begins at, over at); a room without a name
    clashes with none."""
    if not room:
        return None
    taken = (w for w in windows if w[1].casefold() == room.casefold() and w[2] < over_at and begins_at < w[3])
    return next((exam for exam, *_ in taken), None)
