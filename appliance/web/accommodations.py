"""Accommodations of one candidate: the page of planner and institution. Nobody who watches ever sees it."""

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import accommodation
from appliance.exam.accommodation import Switch
from appliance.exam.flags import RULES
from appliance.exam.permissions import Action, may
from appliance.ledger import detection, state
from appliance.ledger.actions import exams
from appliance.ledger.state import AttemptRow
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("accommodations", __name__)


@bp.get("/exams/<exam>/accommodations/<attempt>")
@needs(Action.ACCOMMODATE)
def page(exam: str, attempt: str) -> Response:
    """What is granted, with the rules that each switches off."""
    return _page(_row(exam, attempt))


@bp.post("/exams/<exam>/accommodations/<attempt>")
@needs(Action.ACCOMMODATE)
def grant(exam: str, attempt: str) -> Response:
    """All that are granted from now on: `{switches: [name, ...], extra_minutes}`, or the ticked ones of the form.
    Without `extra_minutes` the extra time stays as it is."""
    row, who, switches = _row(exam, attempt), person(), accommodation.of(_said())
    minutes = _minutes()
    try:
        services().writer.transact(
            lambda transaction: exams.accommodate(
                transaction, row.attempt, switches, extra_minutes=minutes, by=who.person
            )
        )
    except (NotAllowed, BadInput) as error:
        if wants_json():
            raise
        return _page(row, error=error)
    if wants_json():
        return jsonify(switches=sorted(switches), extra_minutes=_row(exam, attempt).extra_minutes)
    return redirect(f"/exams/{row.exam}" if may(who.role, Action.PLAN) else request.path, 303)


def _minutes() -> int | None:
    said = request.get_json() if request.is_json else request.form
    if "extra_minutes" not in said:
        return None
    return int(Fields().number("extra_minutes")) if said["extra_minutes"] != "" else 0


def _said() -> list[str]:
    if not request.is_json:
        return request.form.getlist("switches")
    said = request.get_json()
    names = said.get("switches") if isinstance(said, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInput(t("server.missing", field="switches"))
    return names


def _row(exam: str, attempt: str) -> AttemptRow:
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
    if row.exam != exam:
        raise NotFound(t("server.not_of_exam"))
    return row


def _page(row: AttemptRow, *, error: NotAllowed | BadInput | None = None) -> Response:
    with services().reader.connect() as connection:
        exam = state.exam(connection, row.exam)
        granted = detection.granted(connection, row.attempt)
    switches = [
        {
            "switch": switch.value,
            "granted": switch in granted,
            "rules": [code for code, rule in RULES.items() if switch in rule.off_by],
        }
        for switch in Switch
    ]
    text = render_template("accommodations.html", exam=exam, attempt=row, switches=switches, error=error)
    return make_response(text, 200 if error is None else status_of(error))
