"""Exams that the box holds for itself: checks of seats, rehearsals. They are practice runs that nobody planned, so no
list of exams shows them, nothing of them leaves the box, and what they recorded is deleted as soon as they are over."""

import re
import time
from enum import StrEnum


class OwnRun(StrEnum):
    """What for."""

    SEAT_CHECK = "seat-check"
    REHEARSAL = "rehearsal"


_NAME = re.compile(rf"({'|'.join(OwnRun)})-[0-9]{{14}}-[0-9a-f]{{8}}")

PERSON = "the box itself"
"""Who does what an own run needs, in the ledger."""


def name_of(what: OwnRun, *, now: float, mark: str) -> str:
    """The short name of a new one. `mark`: 8 hexadecimal digits that no other has."""
    return f"{what.value}-{time.strftime('%Y%m%d%H%M%S', time.gmtime(now))}-{mark}"


def is_own_run(exam: str) -> bool:
    """Is this none that a person planned?"""
    return _NAME.fullmatch(exam) is not None
