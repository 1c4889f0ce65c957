"""Accommodations, as neutral switches: which rules do not hold for a candidate, never why (proctoring.md 4.1 point 5).

The institution grants them with the roster. They act before a flag exists; a proctor is told at most that a rule is not
applied.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from appliance.errors import BadInput


class Switch(StrEnum):
    """What is granted, named by what it allows and not by a reason."""

    READING_ALOUD = "reading_aloud"  # speaks while working
    ASSISTANT = "assistant"  # somebody sits beside the candidate
    COVERING = "covering"  # part of the face is covered
    GAZE = "gaze"  # eyes and head move freely
    MOVEMENT = "movement"  # stands up, moves, leaves the picture
    BREAKS = "breaks"  # breaks at will
    HEARING_AID = "hearing_aid"  # wears something in or on the ear, or on the wrist
    ASSISTIVE_SOFTWARE = "assistive_software"  # works with more than the exam's own window
    EXTRA_TIME = "extra_time"
    NO_MATCHING = "no_matching"  # no face is compared by the box: a person looks
    PAPER = "paper"  # works on paper: looking down is fine


def read(text: str) -> frozenset[Switch]:
    """Names separated by spaces or |, in any case; BadInput naming one that is not known."""
    return of(name for name in re.split(r"[\s|]+", text.casefold()) if name)


def of(names: Iterable[str]) -> frozenset[Switch]:
    """The switches of these names; BadInput naming one that is not known."""
    known = {switch.value: switch for switch in Switch}
    found = set()
    for name in names:
        if name not in known:
            raise BadInput(f"the accommodation {name[:40]!r} is not known", hint=f"Known are {', '.join(known)}.")
        found.add(known[name])
    return frozenset(found)
