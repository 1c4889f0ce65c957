"""Accommodations of one candidate: the planner's page. Nobody who watches ever sees it."""

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import accommodation
from appliance.exam.accommodation import Switch
from appliance.exam.flags import RULES
from appliance.exam.permissions import Action
from appliance.ledger import detection, state
from appliance.ledger.actions import exams
from appliance.ledger.state import AttemptRow
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("accommodations", __name__)


@bp.get("/exams/<exam>/accommodations/<attempt>")
@needs(Action.PLAN)
def page(exam: str, attempt: str) -> Response:
    """What is granted, with the rules that each switches off."""
    return _page(_row(exam, attempt))


@bp.post("/exams/<exam>/accommodations/<attempt>")
@needs(Action.PLAN)
def grant(exam: str, attempt: str) -> Response:
    """All that are granted from now on: `{switches: [name, ...]}`, or the ticked ones of the form."""
    row, by, switches = _row(exam, attempt), person().person, accommodation.of(_said())
    try:
        services().writer.transact(lambda transaction: exams.accommodate(transaction, row.attempt, switches, by=by))
    except NotAllowed as error:
        if wants_json():
            raise
        return _page(row, error=error)
    return jsonify(switches=sorted(switches)) if wants_json() else redirect(f"/exams/{row.exam}", 303)


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


def _page(row: AttemptRow, *, error: NotAllowed | None = None) -> Response:
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
