"""The page of one exam: whether it is ready, its roster, content, codes. Several routes answer with it."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from flask import make_response, render_template
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError
from appliance.exam.accommodation import Switch
from appliance.exam.flags import Decision
from appliance.exam.permissions import Role
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import detection, planning, state
from appliance.web import readiness, room, upstream_facts
from appliance.web.context import services
from appliance.web.refusals import status_of


def page(exam: str, *, error: ApplianceError | None = None, **more: Any) -> Response:
    """`error`, or what is said in `more`: `findings`, `codes`, `notice`."""
    lock_days = services().settings.upstream.lock_days
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        attempts = state.attempts(connection, exam)
        plan = planning.plan(connection, exam)
        held = next((one for one in planning.schedule(connection) if one.exam == exam), None)
        users = [user for user in state.users(connection) if user.role in (Role.PROCTOR.value, Role.LEAD.value)]
        context: dict[str, Any] = {
            "granted": detection.grants(connection, exam),
            "policy": detection.policy(connection, exam),
            "delegates": planning.delegates(connection, exam),
            "places": readiness.places(connection, row, plan),
            "ready": readiness.of(connection, row, attempts),
            "recordings": readiness.notices(connection, exam),
            "outlived": upstream_facts.locked(connection, row, lock_days=lock_days),
            "to_review": sum(flag.state == Decision.OPEN for flag in state.flags(connection, exam=exam)),
        }
    context |= {
        "exam": row,
        "lock_days": lock_days,
        "plan": plan,
        "attempts": attempts,
        "seats": [_seat(asdict(attempt), plan.plagiarism_link) for attempt in attempts],
        "rooms": sorted({attempt.room for attempt in attempts if attempt.room}),
        "proctors": users,
        "switches": [switch.value for switch in Switch],
        "opens_at": plan.opens_at(row.starts_at),
        "over_at": held.over_at if held else None,
        "room": None if row.ended_at is not None else room.of(row, seats=len(attempts)),
        "error": error,
    }
    usual: dict[str, Any] = {"codes": None, "findings": None, "notice": None}
    text = render_template("exam.html", **{**usual, **context, **more})
    return make_response(text, 200 if error is None else status_of(error))


def _seat(attempt: dict[str, Any], link: str) -> dict[str, Any]:
    """A row of the roster, with what a planner can do with it. `work`: where the institution checks what was submitted,
    once it was (M102)."""
    closed = attempt["stage"] in CLOSED
    filled = link.replace("{exam}", quote(attempt["exam"])).replace("{candidate}", quote(attempt["candidate"], safe=""))
    return {
        **attempt,
        "invited": attempt["stage"] is Stage.INVITED,
        "closed": closed,
        "work": filled if attempt["stage"] is Stage.SUBMITTED else "",
    }
