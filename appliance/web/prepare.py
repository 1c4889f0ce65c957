"""Before the day: what a candidate may know in advance of an exam (proctoring.md M21, M104). Public, so nothing secret
is on it: no content, no roster, no name."""

from typing import Any

from flask import Blueprint, render_template

from appliance.exam.permissions import Action
from appliance.exam.plan import ExamPlan, Level, Mode
from appliance.ledger import detection, planning, state
from appliance.web.context import services
from appliance.web.needs import needs

bp = Blueprint("prepare", __name__)


@bp.get("/prepare/<exam>")
@needs(Action.PUBLIC)
def page(exam: str) -> str:
    """Times, rules, what is recorded and how long it is kept, what may lie on the desk, what to bring, whom to ask."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        plan = planning.plan(connection, exam)
        identity = detection.policy(connection, exam).identity
    return render_template(
        "prepare.html",
        title=row.title,
        starts_at=row.starts_at,
        opens_at=plan.opens_at(row.starts_at),
        minutes=row.minutes,
        over=row.ended_at is not None,
        retention_days=row.retention_days,
        plan=plan,
        live=plan.mode is Mode.LIVE,
        feeds=[kind.value for kind in plan.feeds],
        steps=_steps(plan, identity=identity),
        recorded=_recorded(plan, identity=identity),
        equipment=_equipment(plan, identity=identity),
    )


def _steps(plan: ExamPlan, *, identity: bool) -> list[str]:
    """The steps of the check-in, in order; the page has the words."""
    wanted = {
        "consent": True,
        "equipment": True,
        "identification": identity,
        "room_scan": plan.room_scan,
        "position": plan.position,
        "briefing": bool(plan.briefing),
        "printing": plan.print_minutes > 0,
        "check_out": plan.check_out != "none",
    }
    return [step for step, on in wanted.items() if on]


def _recorded(plan: ExamPlan, *, identity: bool) -> list[str]:
    found: dict[str, Any] = {
        "camera": plan.level is not Level.NONE,
        "screen": "screen" in [kind.value for kind in plan.feeds],
        "phone": plan.second != "none" and plan.level is not Level.NONE,
        "id": identity,
        "scan": plan.room_scan,
        "pages": plan.pages,
        "chat": True,
    }
    return [what for what, on in found.items() if on]


def _equipment(plan: ExamPlan, *, identity: bool) -> list[str]:
    found = {
        "computer": True,
        "camera": plan.level is not Level.NONE,
        "network": True,
        "close_apps": "screen" in [kind.value for kind in plan.feeds],
        "phone_required": plan.second == "required",
        "phone_optional": plan.second == "optional" and plan.level is not Level.NONE,
        "phone_pages": plan.pages,
        "printer": plan.print_minutes > 0,
        "id": identity,
        "code": True,
    }
    return [what for what, on in found.items() if on]
