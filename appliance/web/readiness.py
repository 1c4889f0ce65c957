"""Whether an exam is ready for its day: what the planner still has to do, in numbers; the page has the words."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import sqlalchemy as sa

from appliance.exam.plan import ExamPlan, Mode
from appliance.exam.sections import ONLY
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import planning, state, tables
from appliance.ledger.planning import ContentRow
from appliance.ledger.state import AttemptRow, ExamRow


@dataclass(frozen=True, slots=True)
class Place:
    """Where content belongs: a section (number, title), or the whole exam (title ""). It is `link`, or `file`."""

    section: int
    title: str
    link: str
    file: ContentRow | None

    @property
    def missing(self) -> bool:
        """Candidates would find nothing here."""
        return not self.link and self.file is None


def of(connection: sa.Connection, exam: ExamRow, attempts: list[AttemptRow]) -> list[dict[str, Any]]:
    """`{what, ready, n, of}` for each thing to be done: the page says it by `plan.ready.WHAT`. Empty where the exam is
    over."""
    if exam.ended_at is not None:
        return []
    plan = planning.plan(connection, exam.exam)
    open_ones = [row for row in attempts if row.stage not in CLOSED]
    found = [_point("candidates", bool(attempts), len(attempts))]
    if plan.mode is Mode.LIVE and open_ones:
        unwatched = [row for row in open_ones if row.proctor is None]
        needed = proctors_needed(len(open_ones), exam.ratio)
        there = len({row.proctor for row in open_ones if row.proctor})
        found.append(_point("proctors", there >= needed and not unwatched, len(unwatched), there=there, needed=needed))
    missing = [place for place in places(connection, exam, plan) if place.missing]
    found.append(_point("content", not missing, len(missing)))
    coded = set(connection.execute(sa.select(tables.join_code.c.attempt)).scalars())
    without = [row for row in open_ones if row.stage is Stage.INVITED and row.attempt not in coded]
    if attempts:
        found.append(_point("codes", not without, len(without)))
    if not plan.contact:
        found.append(_point("contact", False, 0))
    return found


def proctors_needed(candidates: int, ratio: int) -> int:
    """So many proctors for so many candidates."""
    return ceil(candidates / ratio)


def places(connection: sa.Connection, exam: ExamRow, plan: ExamPlan) -> list[Place]:
    """Where content belongs, in the order of the plan."""
    files = planning.content(connection, exam.exam)
    if not plan.sections:
        return [Place(ONLY, "", exam.link, files.get(ONLY))]
    return [
        Place(number, section.title, section.link, files.get(number))
        for number, section in enumerate(plan.sections, start=1)
    ]


def notices(connection: sa.Connection, exam: str | None = None) -> list[dict[str, Any]]:
    """That recordings are ready (M15), newest first, once for each exam."""
    titles = {row.exam: row.title for row in state.exams(connection)}
    told: dict[str, dict[str, Any]] = {}
    for row in planning.notices(connection):
        if exam in (None, row.exam) and row.exam in titles:
            told.setdefault(row.exam, {"exam": row.exam, "title": titles[row.exam], "given_at": row.given_at})
    return list(told.values())


def _point(what: str, ready: bool, n: int, **more: int) -> dict[str, Any]:
    return {"what": what, "ready": ready, "n": n, **more}
