"""What is detected in an exam: the planner's page, its form, and the way back to the rules that are usual."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput
from appliance.exam import limits, trial
from appliance.exam.detection import PRESETS, DetectionPolicy, Prohibited, Stake, in_force, is_on
from appliance.exam.events import DetectionSet
from appliance.exam.flags import RULES, Channel, Rule, Source
from appliance.exam.permissions import Action
from appliance.ledger import detection, state
from appliance.ledger.actions import exams
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.detection_form import form_of, policy_of
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json
from appliance.web.trials import stored

bp = Blueprint("detection", __name__)

_FORM_BYTES = 200_000
"""Four lists of a hundred names, and every number of every rule."""


@bp.get("/exams/<exam>/detection")
@needs(Action.PLAN)
def page(exam: str) -> Response:
    """What is detected, by detector; the numbers in force beside the usual ones."""
    with services().reader.connect() as connection:
        policy = detection.policy(connection, state.exam(connection, exam).exam)
    return jsonify(policy=policy.to_json()) if wants_json() else _page(exam, form_of(policy))


@bp.post("/exams/<exam>/detection")
@needs(Action.PLAN)
@takes(_FORM_BYTES)
def change(exam: str) -> Response:
    """Set it, from the form or from `{policy, override}`; it holds for every candidate from now on."""
    if request.is_json:
        policy, fields = DetectionPolicy.from_json(_policy_said()), Fields()
        _set(exam, policy, override=fields.text("override", longest=exams.LONGEST_OVERRIDE, default=""))
        return jsonify(policy=policy.to_json())
    form = request.form.to_dict()
    if preset := PRESETS.get(form.get("preset", "")):
        return _page(exam, form | _numbers_of(preset), notice=t("server.preset_filled"))
    read, wrong = policy_of(form)
    if read is None:
        return _page(exam, form, wrong=wrong)
    try:
        _set(exam, read, override=form.get("override", ""))
    except ApplianceError as error:
        return _page(exam, form, error=error)
    return redirect(f"/exams/{exam}/detection?saved=1", 303)


def _policy_said() -> Mapping[str, Any]:
    said = request.get_json()
    policy = said.get("policy") if isinstance(said, dict) else None
    if not isinstance(policy, dict):
        raise BadInput(t("server.missing", field="policy"))
    return policy


def _set(exam: str, policy: DetectionPolicy, *, override: str) -> None:
    by = person().person
    with services().reader.connect() as connection:
        now = detection.policy(connection, exam)
    why = check_trial(exam, now, policy, override=override)
    services().writer.transact(lambda transaction: exams.set_detection(transaction, exam, policy, by=by, override=why))


def check_trial(exam: str, now: DetectionPolicy, then: DetectionPolicy, *, override: str) -> str:
    """-> the reason for the ledger, "" where none is needed; `trial.Refused` where the rules have to be tried first."""
    if not trial.needs_trial(in_force(now), in_force(then)):
        return ""
    return trial.check(services().trials.of(exam, then), stored=stored(services().paths), override=override)


def _numbers_of(preset: DetectionPolicy) -> dict[str, str]:
    return {name: value for name, value in form_of(preset).items() if name.startswith("number.") and value}


def _page(
    exam: str,
    form: Mapping[str, str],
    *,
    wrong: Mapping[str, str] | None = None,
    error: ApplianceError | None = None,
    notice: str = "",
) -> Response:
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        policy = detection.policy(connection, exam)
        running = any(attempt.stage.value == "in_exam" for attempt in state.attempts(connection, exam))
    said = services().reader.events(types=frozenset({DetectionSet.TYPE}), exam=exam)
    context = {
        "exam": row,
        "running": running,
        "form": form,
        "wrong": wrong or {},
        "error": error,
        "override_wanted": isinstance(error, trial.Refused),
        "notice": notice or (t("server.detection_saved") if "saved" in request.args else ""),
        "stakes": [stake.value for stake in Stake],
        "objects": [one.value for one in Prohibited],
        "sections": _sections(policy, wrong or {}),
        "on": len(in_force(policy).rules),
        "history": [{"at": event.wall, "said": event.payload} for event in reversed(said)],
    }
    code = 400 if wrong else status_of(error) if error else 200
    return make_response(render_template("exam_detection.html", **context), code)


def _sections(policy: DetectionPolicy, wrong: Mapping[str, str]) -> list[dict[str, Any]]:
    """A section for each detector, in the order of the rules."""
    sections = []
    for channel in Channel:
        rules = [_rule(rule, policy, wrong) for rule in RULES.values() if rule.channel is channel]
        sections.append(
            {
                "channel": channel.value,
                "rules": rules,
                "on": sum(rule["on"] for rule in rules),
                "open": any(rule["open"] for rule in rules),
            }
        )
    return sections


def _rule(rule: Rule, policy: DetectionPolicy, wrong: Mapping[str, str]) -> dict[str, Any]:
    numbers = [
        {
            "name": name,
            "field": f"number.{rule.code}.{name}",
            "limits": bounds,
            "usual": f"{limits.value(rule, name):g}",
        }
        for name, bounds in limits.of(rule).items()
    ]
    return {
        "code": rule.code,
        "source": rule.source.value,
        "on": is_on(rule, policy) or (rule.source is Source.PERSON and rule.code not in policy.off),
        "off_by": [switch.value for switch in rule.off_by],
        "numbers": numbers,
        "open": any(number["field"] in wrong for number in numbers),
    }
