"""Planning: exams and how they are held, from the form to the end. Rosters and content have files of their own."""

import time
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed
from appliance.exam.detection import DetectionPolicy, Stake
from appliance.exam.permissions import Action, may
from appliance.exam.plan import CHOICES, MOST_SECTIONS, ExamKind, ExamPlan, Sight
from appliance.exam.policy import Admission, ExamPolicy
from appliance.exam.trial import Refused
from appliance.ledger import detection, planning, state
from appliance.ledger.actions import exams, plans
from appliance.ledger.writer import Transaction
from appliance.web import exam_page, plan_form, readiness
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.detection import check_trial
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.plan_form import Asked
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("planner", __name__)

_FORM_BYTES = 200_000
"""A long briefing, and twenty sections with their links."""


@bp.get("/exams")
@needs(Action.PLAN)
def index() -> str:
    """Every exam of this box, with what is told of recordings."""
    with services().reader.connect() as connection:
        held = planning.plans(connection)
        rows = [
            {
                **asdict(exam),
                "attempts": len(state.attempts(connection, exam.exam)),
                "plan": held.get(exam.exam, ExamPlan()),
            }
            for exam in state.planned(connection)
        ]
        told = readiness.notices(connection)
    return render_template("exams.html", exams=rows, recordings=told)


@bp.get("/exams/new")
@needs(Action.PLAN)
def new() -> Response:
    """The form."""
    return _form(plan_form.form_of(plan_form.usual(time.time(), days=_days())))


@bp.post("/exams")
@needs(Action.PLAN)
@takes(_FORM_BYTES)
def create() -> Response:
    """Enter an exam, with its plan."""
    wrong: dict[str, str] = {}
    asked = _asked(_usual_json(), wrong) if request.is_json else plan_form.read(request.form.to_dict(), wrong)
    if asked is None:
        return _form(request.form.to_dict(), wrong=wrong)
    by = person().person

    def work(transaction: Transaction) -> None:
        exams.create_exam(transaction, asked.policy, by=by)
        _detect(transaction, asked, by=by)
        plans.change(transaction, asked.policy, asked.plan, by=by)

    try:
        services().writer.transact(work)
    except ApplianceError as error:
        if wants_json():
            raise
        return _form(request.form.to_dict(), error=error)
    if wants_json():
        return make_response(jsonify(exam=asked.policy.exam), 201)
    return redirect(f"/exams/{asked.policy.exam}", 303)


@bp.get("/exams/<exam>/plan")
@needs(Action.PLAN)
def plan(exam: str) -> Response:
    """How the exam is held: the form, or `{settings, plan, stake, identity}`."""
    now = _now(exam)
    if wants_json():
        return jsonify(_json_of(now))
    return _form(plan_form.form_of(now), exam=exam)


@bp.post("/exams/<exam>/plan")
@needs(Action.PLAN)
@takes(_FORM_BYTES)
def change(exam: str) -> Response:
    """Hold it in another way, until it has ended. JSON says what changes; the form says all of it."""
    now, wrong = _now(exam), dict[str, str]()
    form = request.form.to_dict()
    asked = _asked(now, wrong) if request.is_json else plan_form.read(form, wrong, exam=exam)
    if asked is None:
        return _form(form, exam=exam, wrong=wrong)
    asked, by = replace(asked, policy=replace(asked.policy, exam=exam)), person().person

    def work(transaction: Transaction) -> None:
        if detects:
            _detect(transaction, asked, by=by)
        plans.change(transaction, asked.policy, asked.plan, by=by)

    try:
        if detects := (asked.stake, asked.identity, asked.plan.kind) != (now.stake, now.identity, now.plan.kind):
            _check_trial(exam, asked)
        services().writer.transact(work)
    except ApplianceError as error:
        if wants_json():
            raise
        return _form(form, exam=exam, error=error)
    return jsonify(_json_of(_now(exam))) if wants_json() else redirect(f"/exams/{exam}", 303)


@bp.get("/exams/<exam>")
@needs(Action.PLAN)
def page(exam: str) -> Response:
    """One exam: whether it is ready, roster, content, codes, assignments."""
    return exam_page.page(exam)


@bp.post("/exams/<exam>/end")
@needs(Action.END_EXAM)
def end(exam: str) -> Response:
    """End it for everybody."""
    who, reason = person(), Fields().text("reason", longest=500)
    services().writer.transact(lambda transaction: exams.end_exam(transaction, exam, reason=reason, by=who.person))
    if wants_json():
        return jsonify(ended=exam)
    return redirect(f"/exams/{exam}" if may(who.role, Action.PLAN) else f"/wall/{exam}", 303)


def _now(exam: str) -> Asked:
    """How it is held now."""
    with services().reader.connect() as connection:
        policy = plans.policy_of(state.exam(connection, exam))
        detects = detection.policy(connection, exam)
        held = planning.plan(connection, exam)
    return Asked(policy=policy, plan=held, stake=detects.stake, identity=detects.identity)


def _json_of(asked: Asked) -> dict[str, Any]:
    settings = {**asdict(asked.policy), "admission": asked.policy.admission.value}
    return {"settings": settings, "plan": asked.plan.to_json(), "stake": asked.stake.value, "identity": asked.identity}


def _usual_json() -> Asked:
    """What a script's exam begins with: the least."""
    return Asked(policy=ExamPolicy(exam="", title="", starts_at=0.0), plan=ExamPlan.of(_days()))


def _days() -> dict[str, int]:
    """For how long this lab keeps what, unless whoever plans says otherwise."""
    return services().settings.retention.of_plan


def _asked(now: Asked, wrong: dict[str, str]) -> Asked:
    """What a script says, on top of what is; BadInput names the field that does not fit."""
    del wrong  # a script is told of one fault at a time
    said = Fields()
    settings: dict[str, Any] = {"admission": plan_form.one_of(said, "admission", now.policy.admission)}
    for name in ("exam", "title", "link"):
        before = getattr(now.policy, name)
        settings[name] = said.text(name, longest=500, default=before if before or name == "link" else None)
    for name in ("minutes", "warnings_before_end", "ratio", "retention_days"):
        settings[name] = int(said.number(name, default=getattr(now.policy, name)))
    settings["starts_at"] = said.number("starts_at", default=now.policy.starts_at or None)
    changed = request.get_json().get("plan", {})
    if not isinstance(changed, dict):
        raise BadInput(t("server.missing", field="plan"))
    if unknown := sorted(set(changed) - {field.name for field in fields(ExamPlan)}):
        raise BadInput(f"{str(unknown[0])[:60]!r} is no setting of a plan")
    return Asked(
        policy=ExamPolicy(**settings).checked(),
        plan=ExamPlan.of({**now.plan.to_json(), **changed}).checked(),
        stake=plan_form.one_of(said, "stake", now.stake),
        identity=said.flag("identity") if "identity" in request.get_json() else now.identity,
    )


def _check_trial(exam: str, asked: Asked) -> None:
    """Another stake switches detectors on: what holds for the page of detection holds here."""
    with services().reader.connect() as connection:
        before = detection.policy(connection, exam)
    try:
        check_trial(exam, before, _detected(before, asked), override="")
    except Refused as error:
        raise NotAllowed(error.message, hint=t("server.stake_needs_trial_hint")) from None


def _detected(before: DetectionPolicy, asked: Asked) -> DetectionPolicy:
    """The stake and the ID check are settings of detection; paper is looked at in another way."""
    return replace(before, stake=asked.stake, identity=asked.identity, paper=asked.plan.kind is ExamKind.PAPER)


def _detect(transaction: Transaction, asked: Asked, *, by: str) -> None:
    before = detection.policy(transaction.connection, asked.policy.exam)
    then = _detected(before, asked)
    exams.set_detection(transaction, asked.policy.exam, then, by=by)


def _form(
    form: Mapping[str, str],
    *,
    exam: str | None = None,
    wrong: Mapping[str, str] | None = None,
    error: ApplianceError | None = None,
) -> Response:
    """The form; `exam`: of one that is there."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam) if exam else None
        seats = len(state.attempts(connection, exam)) if exam else 0
        titles = {one.exam: one.title for one in state.exams(connection)}
        taken = [
            {"title": titles[one], "room": room, "begins": _local(begins), "over": _local(over)}
            for one, room, begins, over in planning.windows(connection)
            if one != exam
        ]
    context = {
        "exam": row,
        "seats": seats,
        "taken": taken,
        "form": form,
        "errors": wrong or {},
        "error": error,
        "rows": plan_form.rows_of(form),
        "most_rows": MOST_SECTIONS,
        "sights": [sight.value for sight in Sight],
        "stakes": [stake.value for stake in Stake],
        "admissions": [admission.value for admission in Admission],
        "choices": {name: [one.value for one in kind] for name, kind in CHOICES.items()},
    }
    return make_response(
        render_template("exam_new.html", **context), 400 if wrong else status_of(error) if error else 200
    )


def _local(at: float) -> str:
    """The lab's date and time, as the form's script compares it."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%dT%H:%M")
