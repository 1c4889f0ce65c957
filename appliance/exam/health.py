"""How often a detector was wrong at a seat: what people made of its flags there. Pure.

A lamp that looks like a phone is wrong at one seat and nowhere else, in every exam (proctoring.md 6, idea 9).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.exam.flags import RULES, Decision, Dismissal, Source

ENOUGH = 3
"""Decided flags; fewer say nothing about a seat."""

MOSTLY = 0.75
"""Share dismissed from which a person should look at the seat."""

EARLIER = 10
"""Exams before this one that are looked at, newest first."""

DETECTION = "inference"
"""The source of flags that detection raised."""

_WRONG = frozenset({Dismissal.DETECTOR, Dismissal.INNOCENT})
_NOT_THE_SEAT = frozenset({Dismissal.ACCOMMODATED, Dismissal.ROOM, Dismissal.DUPLICATE})
"""Dismissed for a reason that says nothing about the detector at this seat."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A seat of a room; the room "" is the lab itself."""

    room: str
    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A flag that detection raised at a place, and what people made of it. `reason`: of a dismissal."""

    place: Place
    code: str
    decision: Decision
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Of the `decided` flags of a code at a place `dismissed` were, because the detector was wrong or the action
    innocent; `detector_errors` of them for the former. `open`: not decided yet."""

    place: Place
    code: str
    dismissed: int
    decided: int
    detector_errors: int
    open: int

    @property
    def share(self) -> float:
        """Of those decided."""
        return self.dismissed / self.decided if self.decided else 0.0

    @property
    def is_trouble(self) -> bool:
        """Should a person look at the seat?"""
        return self.decided >= ENOUGH and self.share >= MOSTLY


def can_be_wrong(code: str) -> bool:
    """Is it a rule that the box itself judges by, and so may be wrong about at a seat?"""
    return code in RULES and RULES[code].source is Source.BOX


def rates(flags: Iterable[Judged]) -> list[Rate]:
    """By place and code, what troubles most first."""
    counts: dict[tuple[Place, str], Counter[str]] = {}
    for flag in flags:
        if can_be_wrong(flag.code):
            counts.setdefault((flag.place, flag.code), Counter()).update(_counted(flag))
    found = [_rate(place, code, count) for (place, code), count in counts.items()]
    return sorted(found, key=_trouble)


def _counted(flag: Judged) -> list[str]:
    if flag.decision is Decision.OPEN:
        return ["open"]
    if flag.decision is not Decision.DISMISSED:
        return ["decided"]
    if flag.reason in _NOT_THE_SEAT:
        return []
    errors = ["detector_errors"] if flag.reason == Dismissal.DETECTOR else []
    return ["decided", *(["dismissed"] if flag.reason in _WRONG else []), *errors]


def _rate(place: Place, code: str, count: Counter[str]) -> Rate:
    return Rate(
        place=place,
        code=code,
        dismissed=count["dismissed"],
        decided=count["decided"],
        detector_errors=count["detector_errors"],
        open=count["open"],
    )


def _trouble(rate: Rate) -> tuple[bool, int, float, Place, str]:
    return (not rate.is_trouble, -rate.dismissed, -rate.share, rate.place, rate.code)
