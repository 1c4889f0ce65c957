"""The parts of an exam as one candidate has them: their order, and which may be opened now. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from appliance.errors import NotAllowed, NotFound
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import AT_WORK, Stage

ONLY = 1
"""The number of the whole, where an exam has no sections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section for one candidate. `link` is its content, or "" where that is a PDF; `open`: it may be opened now;
    `opened_at`: wall seconds, None before."""

    number: int
    title: str
    link: str
    minutes: int
    break_minutes: int
    released: bool
    open: bool
    opened_at: float | None


def parts(
    plan: ExamPlan,
    *,
    title: str,
    link: str,
    stored: Collection[int],
    order: Sequence[int],
    released: Collection[int],
    opened: Mapping[int, float],
    stage: Stage,
    open_from: float,
    now: float,
) -> list[Part]:
    """In the candidate's order. An exam without sections is one, with the exam's `title` and `link`; the link is also
    that of a section which has neither its own nor a PDF (`stored` ones have). Where sections come one by one, only
    released ones open, and only the next of them that this candidate has not begun (M99)."""
    works = stage in AT_WORK and now >= open_from
    if not plan.sections:
        whole = {"title": title, "link": link, "minutes": 0, "break_minutes": 0}
        return [Part(number=ONLY, **whole, released=now >= open_from, open=works, opened_at=opened.get(ONLY))]  # type: ignore[arg-type]
    numbers = _ordered(order, len(plan.sections))
    out = [n for n in numbers if now >= open_from and (not plan.one_by_one or n in released)]
    ahead = next((n for n in out if n not in opened), None)
    return [
        Part(
            number=number,
            title=(one := plan.sections[number - 1]).title,
            link=one.link or ("" if number in stored else link),
            minutes=one.minutes,
            break_minutes=one.break_minutes,
            released=number in out,
            open=works and number in out and (not plan.one_by_one or number in opened or number == ahead),
            opened_at=opened.get(number),
        )
        for number in numbers
    ]


def openable(found: Sequence[Part], number: int, stage: Stage) -> Part:
    """The part of this number, if it may be opened now; NotFound or NotAllowed in words."""
    part = next((one for one in found if one.number == number), None)
    if part is None:
        raise NotFound("this exam has no such part", hint="Reload the page to see the parts.")
    if part.open:
        return part
    if stage not in AT_WORK:
        where = stage.value.replace("_", " ")
        raise NotAllowed(
            f"the exam's content cannot be opened now: you are in the stage {where}",
            hint="The page shows what comes next.",
        )
    if not part.released:
        raise NotAllowed("this part is not released yet", hint="The page says so as soon as it is.")
    raise NotAllowed("another part comes before this one", hint="Open the parts in the order of the page.")


def _ordered(order: Sequence[int], count: int) -> list[int]:
    """The stored order; sections that were planned later come last, those that are gone are left out."""
    there = [n for n in order if 1 <= n <= count]
    return there + [n for n in range(1, count + 1) if n not in there]
