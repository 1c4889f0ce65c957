"""The queue of review: which exams have something waiting, and in each of them what comes first."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from appliance.exam.flags import REASONS, Decision, Severity
from appliance.exam.permissions import Action, may
from appliance.exam.plan import Level
from appliance.exam.review import Standing
from appliance.exam.stage import Stage
from appliance.ledger import planning, review, state, tables
from appliance.ledger.review import RecommendationRow
from appliance.ledger.state import AttemptRow
from appliance.web import visible
from appliance.web.auth import Viewer, person
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.review import due
from appliance.web.review.due import Due, Wanted
from appliance.web.visible import exam_for

bp = Blueprint("queue", __name__)

PAGE, MOST = 30, 300
"""Flags that a page shows at first, and at most; how many more there are is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Blind minutes of an exam: asked for, watched; `waits`: one is open for who looks."""

    asked: int
    watched: int
    waits: bool
    missed: dict[str, Any]


@bp.get("/review")
@needs(Action.REVIEW)
def index() -> str:
    """Every exam with a candidate to see that arrived; those where something waits first."""
    who = person()
    with services().reader.connect() as connection:
        plans = planning.plans(connection)
        rows = [
            {**asdict(exam), **waiting, "mode": plans[exam.exam].mode.value if exam.exam in plans else "live"}
            for exam in state.planned(connection)
            if (waiting := _waiting(connection, who, exam.exam))
        ]
    rows.sort(key=lambda row: (-row["high"], -row["open"], -row["seconds"], -row["starts_at"]))
    return render_template("review_index.html", exams=rows)


def _waiting(connection: sa.Connection, who: Viewer, exam: str) -> dict[str, int]:
    """How much waits in an exam for this person; nothing where there is no candidate to see."""
    seen = _seen(connection, who, exam)
    if not seen:
        return {}
    flag = tables.flag.c
    query = sa.select(flag.attempt, flag.state, flag.severity, flag.category)
    flags = list(connection.execute(query.where(flag.attempt.in_(list(seen)))))
    opened = [row for row in flags if row.state == Decision.OPEN]
    return {
        "candidates": len(seen),
        "open": len(opened),
        "high": sum(row.severity == Severity.HIGH and row.category != "technical" for row in opened),
        "inconclusive": sum(row.state == Decision.INCONCLUSIVE for row in flags),
        "seconds": len(_waits_for_second(connection, exam, seen)),
    }


@bp.get("/review/<exam>")
@needs(Action.REVIEW)
def page(exam: str) -> Response | str:
    """Flags by urgency, who waits for a second reviewer, blind minutes, and what was never looked at."""
    who, row, now = person(), exam_for(exam, Action.REVIEW), time.time()
    wanted = _wanted()
    with services().reader.connect() as connection:
        head = visible.head(connection)
        seen = _seen(connection, who, row.exam)
        plan = planning.plan(connection, row.exam)
        every = due.flags(connection, row.exam, seen, now=now)
        looked = due.candidates(connection, row.exam, seen, every)
        seconds = _waits_for_second(connection, row.exam, seen)
        sampling = _sampling(connection, row.exam, who, plan.blind_minutes) if may(who.role, Action.SAMPLE) else None
    shown = [one for one in every if wanted.takes(one)]
    most = min(MOST, max(PAGE, request.args.get("show", PAGE, type=int)))
    return render_template(
        "review_queue.html",
        exam=row,
        plan=plan,
        recorded=plan.level is not Level.NONE,
        wanted=wanted,
        flags=shown[:most],
        more=len(shown) - most,
        next=most + PAGE if most < MOST else None,
        counts=_counts(every),
        looked=looked,
        never=sum(one.never for one in looked),
        seconds=[(one, seen[one.attempt], one.by == who.person) for one in seconds],
        sampling=sampling,
        reasons={decision.value: list(reasons) for decision, reasons in REASONS.items()},
        strip=due.STRIP,
        now=now,
        boot={"exam": row.exam, "seq": head, "may": {"decide": may(who.role, Action.DECIDE_FLAG)}},
    )


def _wanted() -> Wanted:
    """What the page's filter asks for; what it does not know is left out."""
    asked = request.args
    states = {decision.value for decision in Decision}
    state_of = asked.get("state", Decision.OPEN.value)
    signs = {*(severity.value for severity in Severity), "technical"}
    return Wanted(
        state=state_of if state_of in states else "" if state_of == "all" else Decision.OPEN.value,
        sign=asked["sign"] if asked.get("sign") in signs else "",
        seat=asked.get("seat", "")[:60],
    )


def _counts(every: list[Due]) -> dict[str, int]:
    return {decision.value: sum(one.flag.state == decision for one in every) for decision in Decision}


def _seen(connection: sa.Connection, who: Viewer, exam: str) -> dict[str, AttemptRow]:
    """The candidates that the person sees and who came."""
    rows = visible.attempts_for(connection, who, exam)
    return {row.attempt: row for row in rows if row.stage is not Stage.INVITED}


def _waits_for_second(connection: sa.Connection, exam: str, seen: dict[str, AttemptRow]) -> list[RecommendationRow]:
    found = review.recommendations(connection, exam=exam)
    return [one for one in found if one.standing is Standing.WAITS and one.attempt in seen]


def _sampling(connection: sa.Connection, exam: str, who: Viewer, asked: int) -> Sampling:
    drawn = review.current(review.samples(connection, exam))
    return Sampling(
        asked=asked,
        watched=sum(one.verdict is not None for one in drawn),
        waits=any(one.verdict is None and one.by == who.person for one in drawn),
        missed=asdict(review.summary(connection, exam)),
    )
