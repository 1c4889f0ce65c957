"""Planning: exams, rosters, join codes, who watches whom, the end."""

import calendar
import csv
import io
import time
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotFound
from appliance.exam import roster
from appliance.exam.permissions import Action, Role, may
from appliance.exam.policy import Admission, ExamPolicy
from appliance.ledger import detection, state
from appliance.ledger.actions import exams
from appliance.web import room
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("planner", __name__)

_ROSTER_REQUEST = roster.MAX_BYTES + 16_000
"""The file, and the form around it."""

_DEFAULTS = {
    "minutes": "90",
    "admission": Admission.PROCTOR.value,
    "warnings_before_end": "1",
    "ratio": "8",
    "retention_days": "30",
}


@bp.get("/exams")
@needs(Action.PLAN)
def index() -> str:
    """Every exam of this box."""
    with services().reader.connect() as connection:
        rows = [
            {**asdict(exam), "attempts": len(state.attempts(connection, exam.exam))} for exam in state.exams(connection)
        ]
    return render_template("exams.html", exams=rows)


@bp.get("/exams/new")
@needs(Action.PLAN)
def new() -> str:
    """The form."""
    starts = time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + 3600))
    return render_template("exam_new.html", form={**_DEFAULTS, "starts_at": starts}, errors={})


@bp.post("/exams")
@needs(Action.PLAN)
def create() -> Response:
    """Enter an exam."""
    errors: dict[str, str] = {}
    try:
        policy = _policy(Fields(), errors)
        by = person().person
        services().writer.transact(lambda transaction: exams.create_exam(transaction, policy, by=by))
    except BadInput as error:
        if wants_json():
            raise
        errors = errors or {"": f"{error.message}. {error.hint}".strip()}
        return make_response(render_template("exam_new.html", form=request.form, errors=errors), 400)
    if wants_json():
        return make_response(jsonify(exam=policy.exam), 201)
    return redirect(f"/exams/{policy.exam}", 303)


def _policy(fields: Fields, errors: dict[str, str]) -> ExamPolicy:
    """Every field that does not fit is named in `errors`; the last of them is raised."""
    values: dict[str, Any] = {}
    readers: dict[str, Any] = {
        "exam": lambda: fields.text("exam", longest=60),
        "title": lambda: fields.text("title", longest=200),
        "starts_at": lambda: _starts_at(fields),
        "minutes": lambda: int(fields.number("minutes", default=90)),
        "admission": lambda: _admission(fields),
        "link": lambda: fields.text("link", longest=500, default=""),
        "warnings_before_end": lambda: int(fields.number("warnings_before_end", default=1)),
        "ratio": lambda: int(fields.number("ratio", default=8)),
        "retention_days": lambda: int(fields.number("retention_days", default=30)),
    }
    wrong: BadInput | None = None
    for name, read in readers.items():
        try:
            values[name] = read()
        except BadInput as error:
            errors[name] = error.message
            wrong = error
    if wrong is not None:
        raise wrong
    return ExamPolicy(**values).checked()


def _starts_at(fields: Fields) -> float:
    """Wall seconds as a number, or the form's local date and time with JavaScript's getTimezoneOffset (minutes)."""
    said = fields.text("starts_at", longest=40) if not request.is_json else ""
    if request.is_json:
        return fields.number("starts_at")
    try:
        parsed = time.strptime(said[:16], "%Y-%m-%dT%H:%M")
    except ValueError:
        raise BadInput(t("server.not_a_date")) from None
    return calendar.timegm(parsed) + 60.0 * fields.number("zone_offset", default=0.0)


def _admission(fields: Fields) -> Admission:
    said = fields.text("admission", longest=20, default=Admission.PROCTOR.value)
    try:
        return Admission(said)
    except ValueError:
        raise BadInput(f"{said!r} is not a way of admission", hint="It is proctor or automatic.") from None


@bp.get("/exams/<exam>")
@needs(Action.PLAN)
def page(exam: str) -> Response:
    """One exam: roster, codes, assignments."""
    return _page(exam)


@bp.post("/exams/<exam>/roster")
@needs(Action.PLAN)
@takes(_ROSTER_REQUEST)
def import_roster(exam: str) -> Response:
    """Import a CSV file: the field `roster` of a form, or the body itself (text/csv). All of it or nothing."""
    by = person().person
    try:
        rows = roster.parse(_roster_file())
        added = services().writer.transact(lambda transaction: exams.import_roster(transaction, exam, rows, by=by))
    except (roster.RosterError, BadInput) as error:
        findings = error.findings if isinstance(error, roster.RosterError) else None
        if not wants_json():
            return _page(exam, error=error, findings=findings)
        said = {"error": error.message, "hint": error.hint, "findings": findings or []}
        return make_response(jsonify(said), status_of(error))
    if wants_json():
        return make_response(jsonify(added=len(added), room=_room(exam)), 201)
    return _page(exam, notice=t("server.roster_imported", count=len(added)))


def _room(exam: str) -> dict[str, Any]:
    with services().reader.connect() as connection:
        return room.of(state.exam(connection, exam), seats=len(state.attempts(connection, exam)))


def _roster_file() -> bytes:
    if request.mimetype == "text/csv":
        return request.get_data(cache=False)
    file = request.files.get("roster")
    if file is None or not file.filename:
        raise BadInput(t("server.no_roster_file"), hint=t("server.no_roster_file_hint"))
    with file.stream:
        content: bytes = file.read()
    return content


@bp.post("/exams/<exam>/codes")
@needs(Action.PLAN)
def codes(exam: str) -> Response:
    """New join codes, shown once: for everybody who is not here yet, or for one `attempt`. CSV if that is asked for."""
    by, key = person().person, services().code_key
    attempt = Fields().text("attempt", longest=40, default="") or None
    issued = services().writer.transact(
        lambda transaction: exams.issue_codes(transaction, exam, key=key, by=by, attempt=attempt)
    )
    rows = [{"seat": row.seat, "name": row.name, "code": code} for row, code in issued]
    asked = request.accept_mimetypes.best_match(["text/html", "application/json", "text/csv"])
    if asked == "text/csv":
        return _csv(rows, f"{exam}-codes.csv")
    if wants_json():
        return jsonify(codes=rows)
    return _page(exam, codes=rows, notice=None if rows else t("server.codes_none"))


def _csv(rows: list[dict[str, str]], name: str) -> Response:
    out = io.StringIO()
    writer = csv.DictWriter(out, ["seat", "name", "code"])
    writer.writeheader()
    writer.writerows({**row, "name": _inert(row["name"])} for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), mimetype="text/csv", headers=headers)


def _inert(text: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


@bp.post("/exams/<exam>/assign")
@needs(Action.PLAN)
def assign(exam: str) -> Response:
    """Let a proctor watch a candidate; an empty `proctor` takes it away."""
    fields, by = Fields(), person().person
    attempt = fields.text("attempt", longest=40)
    proctor = fields.text("proctor", longest=64, default="") or None
    with services().reader.connect() as connection:
        if state.attempt(connection, attempt).exam != exam:
            raise NotFound(t("server.not_of_exam"))
    try:
        services().writer.transact(lambda transaction: exams.assign(transaction, attempt, proctor, by=by))
    except BadInput as error:
        if wants_json():
            raise
        return _page(exam, error=error)
    return jsonify(attempt=attempt, proctor=proctor) if wants_json() else redirect(f"/exams/{exam}", 303)


@bp.post("/exams/<exam>/end")
@needs(Action.END_EXAM)
def end(exam: str) -> Response:
    """End it for everybody."""
    who, reason = person(), Fields().text("reason", longest=500)
    services().writer.transact(lambda transaction: exams.end_exam(transaction, exam, reason=reason, by=who.person))
    if wants_json():
        return jsonify(ended=exam)
    return redirect(f"/exams/{exam}" if may(who.role, Action.PLAN) else f"/wall/{exam}", 303)


def _page(exam: str, *, error: ApplianceError | None = None, **more: Any) -> Response:
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
        attempts = state.attempts(connection, exam)
        granted = detection.grants(connection, exam)
        watching = [user for user in state.users(connection) if user.role in (Role.PROCTOR.value, Role.LEAD.value)]
    more["room"] = None if row.ended_at is not None else room.of(row, seats=len(attempts))
    context: dict[str, Any] = {"granted": granted, "codes": None, "findings": None, "notice": None, **more}
    page = render_template("exam.html", exam=row, attempts=attempts, proctors=watching, error=error, **context)
    return make_response(page, 200 if error is None else status_of(error))
