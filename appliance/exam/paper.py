"""The worked paper at check-out: what is sharp and light enough to be read, and what a check-out still misses. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.exam.plan import CheckOut, ExamPlan

MOST_PAGES = 200

SHARP = 0.04
"""As `web.sheet.measure` says it. On drawn pages: in focus 0.4 and more, whatever the light and the ink; blurred by 2
pixels of 3000 0.1 to 0.2, by 4 (a third of a millimetre on A4, still to be read) 0.05, by 6 0.02."""

LIGHT = 80.0
"""Brightness of the paper, 0 to 255. What is darker shows a camera's noise as much as the writing."""


class Trouble(StrEnum):
    """Why a photo should be taken again."""

    BLURRED = "blurred"
    DARK = "dark"


class Tick(StrEnum):
    """One thing of a check-out that somebody says is done."""

    SUBMITTED = "submitted"  # handed in where the exam was taken
    SCRATCH = "scratch"  # scratch paper destroyed on camera
    RELEASED = "released"  # staff let the candidate go


class Need(StrEnum):
    """What a check-out needs, in the order in which it is done."""

    SUBMITTED = "submitted"
    PAPER = "paper"
    READABLE = "readable"
    COUNT = "count"
    SCRATCH = "scratch"


def troubles(sharpness: float, light: float) -> tuple[Trouble, ...]:
    """What is wrong with a photo; empty where it can be read."""
    found = {Trouble.DARK: light < LIGHT, Trouble.BLURRED: sharpness < SHARP}
    return tuple(trouble for trouble, there in found.items() if there)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What is there. `unreadable`: numbers of photographed pages that neither the measures nor a person call readable;
    `photos` of them in all; `pdf_pages`: of an uploaded PDF, which then stands for the photos; `counted`: what a person
    counted."""

    photos: int = 0
    unreadable: Sequence[int] = ()
    pdf_pages: int | None = None
    counted: int | None = None
    ticks: frozenset[str] = frozenset()

    @property
    def pages(self) -> int:
        """How many were handed in."""
        return self.photos if self.pdf_pages is None else self.pdf_pages


def needs(plan: ExamPlan) -> tuple[Need, ...]:
    """What a check-out of this exam consists of."""
    if plan.check_out is CheckOut.NONE:
        return ()
    paper = (Need.PAPER, Need.READABLE, Need.COUNT) if plan.pages else (Need.SUBMITTED,)
    return (*paper, Need.SCRATCH) if plan.scratch else paper


def missing(plan: ExamPlan, there: HandedIn) -> tuple[Need, ...]:
    """What still keeps the candidate from going."""
    lacks = {
        Need.SUBMITTED: Tick.SUBMITTED not in there.ticks,
        Need.PAPER: there.pages == 0,
        Need.READABLE: there.pdf_pages is None and bool(there.unreadable),
        Need.COUNT: there.counted is None or there.counted != there.pages,
        Need.SCRATCH: Tick.SCRATCH not in there.ticks,
    }
    return tuple(need for need in needs(plan) if lacks[need])
