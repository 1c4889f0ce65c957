"""Trying what is to be detected on earlier sessions: before and after, and activation where it is not refused."""

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import BadInput
from appliance.exam.detection import DetectionPolicy
from appliance.exam.permissions import Action
from appliance.exam.trial import LIMIT
from appliance.ledger import detection, state
from appliance.web import trials
from appliance.web.context import services, t
from appliance.web.detection_form import form_of, policy_of
from appliance.web.needs import needs, takes
from appliance.web.refusals import wants_json

bp = Blueprint("thresholds", __name__)

_FORM_BYTES = 200_000
_AGAIN_SECONDS = 2


@bp.get("/plan/<exam>/thresholds")
@needs(Action.PLAN)
def page(exam: str) -> Response:
    """The newest trial of an exam: how far it is, or what came of it."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        now = detection.policy(connection, exam)
    run = services().trials.newest(exam)
    if wants_json():
        return jsonify(_said(run))
    context = {
        "exam": row,
        "run": run,
        "stored": trials.stored(services().paths),
        "form": {} if run is None else form_of(run.policy),
        "same": run is not None and run.policy == now,
        "limit": f"{LIMIT:g}",
    }
    answer = make_response(render_template("thresholds.html", **context))
    if run is not None and not run.over:
        answer.headers["Refresh"] = str(_AGAIN_SECONDS)
    return answer


@bp.post("/plan/<exam>/thresholds")
@needs(Action.PLAN)
@takes(_FORM_BYTES)
def begin(exam: str) -> Response:
    """Try the rules of a form (that of what is detected), or of `{policy}`."""
    with services().reader.connect() as connection:
        state.exam(connection, exam)
    run = services().trials.begin(services().paths, exam, _policy())
    return make_response(jsonify(_said(run)), 202) if wants_json() else redirect(f"/plan/{exam}/thresholds", 303)


def _policy() -> DetectionPolicy:
    if request.is_json:
        said = request.get_json()
        policy = said.get("policy") if isinstance(said, dict) else None
        if not isinstance(policy, dict):
            raise BadInput(t("server.missing", field="policy"))
        return DetectionPolicy.from_json(policy)
    found, wrong = policy_of(request.form.to_dict())
    if found is None:
        raise BadInput(next(iter(wrong.values())))
    return found


def _said(run: trials.Run | None) -> dict[str, object]:
    if run is None:
        return {"state": "none"}
    if not run.over:
        return {"state": "running", "done": run.done, "of": run.of}
    if run.trial is None:
        return {"state": "failed", "reason": run.failure}
    rates = {"false_per_hour_before": run.trial.rate_before, "false_per_hour_after": run.trial.rate_after}
    return {"state": "done", "too_many": run.trial.too_many, "limit": LIMIT, **rates, **run.trial.to_json()}
