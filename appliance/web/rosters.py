"""Who takes an exam: rosters, single candidates, join codes, who watches whom, other seats, who does not come."""

import csv
import io
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotFound
from appliance.exam import roster
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.ledger.actions import exams, plans
from appliance.web import room
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.exam_page import page
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("rosters", __name__)

_ROSTER_REQUEST = roster.MAX_BYTES + 16_000
"""The file, and the form around it."""

_COLUMNS = ("seat", "candidate", "name", "proctor", "accommodations", "extra_minutes", "room")


@bp.post("/exams/<exam>/roster")
@needs(Action.PLAN)
@takes(_ROSTER_REQUEST)
def import_roster(exam: str) -> Response:
    """Import a CSV file: the field `roster` of a form, or the body itself (text/csv). All of it or nothing."""
    return _enter(exam, _roster_file)


@bp.post("/exams/<exam>/candidates")
@needs(Action.PLAN)
def add(exam: str) -> Response:
    """One candidate more, by the fields that a roster has as columns."""
    return _enter(exam, _one_row)


def _enter(exam: str, said: Any) -> Response:
    by = person().person
    try:
        rows = roster.parse(said())
        added = services().writer.transact(lambda transaction: exams.import_roster(transaction, exam, rows, by=by))
    except (roster.RosterError, BadInput) as error:
        findings = error.findings if isinstance(error, roster.RosterError) else None
        if not wants_json():
            return page(exam, error=error, findings=findings)
        refused = {"error": error.message, "hint": error.hint, "findings": findings or []}
        return make_response(jsonify(refused), status_of(error))
    if wants_json():
        return make_response(jsonify(added=len(added), room=_room(exam)), 201)
    return page(exam, notice=t("server.roster_imported", count=len(added)))


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


def _one_row() -> str:
    """The fields as a roster of one line, so that it is checked like one."""
    fields = Fields()
    said = {name: fields.text(name, longest=400, default="") for name in _COLUMNS}
    if not request.is_json:
        said["accommodations"] = " ".join(request.form.getlist("switches"))
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS)
    writer.writeheader()
    writer.writerow(said)
    return out.getvalue()


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
    return page(exam, codes=rows, notice=None if rows else t("server.codes_none"))


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
    attempt = _of_exam(exam, fields)
    proctor = fields.text("proctor", longest=64, default="") or None
    return _done(
        exam,
        lambda: services().writer.transact(lambda transaction: exams.assign(transaction, attempt, proctor, by=by)),
        attempt=attempt,
        proctor=proctor,
    )


@bp.post("/exams/<exam>/seat")
@needs(Action.PLAN)
def reseat(exam: str) -> Response:
    """Another seat that is free, with a reason."""
    fields, by = Fields(), person().person
    attempt, seat = _of_exam(exam, fields), fields.text("seat", longest=40)
    reason = fields.text("reason", longest=plans.LONGEST_REASON)
    return _done(
        exam,
        lambda: services().writer.transact(lambda t_: plans.reseat(t_, attempt, seat=seat, reason=reason, by=by)),
        attempt=attempt,
        seat=seat,
    )


@bp.post("/exams/<exam>/withdraw")
@needs(Action.PLAN)
def withdraw(exam: str) -> Response:
    """Somebody who never came in does not take the exam."""
    fields, by = Fields(), person().person
    attempt, reason = _of_exam(exam, fields), fields.text("reason", longest=plans.LONGEST_REASON)
    return _done(
        exam,
        lambda: services().writer.transact(lambda t_: plans.withdraw(t_, attempt, reason=reason, by=by)),
        attempt=attempt,
        withdrawn=True,
    )


@bp.post("/exams/<exam>/delegates")
@needs(Action.PLAN)
def delegate(exam: str) -> Response:
    """A proctor acts as lead of this exam; `active` false takes it away."""
    fields, by = Fields(), person().person
    user, active = fields.text("user", longest=64), fields.flag("active")
    return _done(
        exam,
        lambda: services().writer.transact(lambda t_: plans.delegate(t_, exam, user, active=active, by=by)),
        user=user,
        active=active,
    )


def _of_exam(exam: str, fields: Fields) -> str:
    """The field `attempt`, if it is one of this exam."""
    attempt = fields.text("attempt", longest=40)
    with services().reader.connect() as connection:
        if state.attempt(connection, attempt).exam != exam:
            raise NotFound(t("server.not_of_exam"))
    return attempt


def _done(exam: str, work: Any, **said: Any) -> Response:
    try:
        work()
    except ApplianceError as error:
        if wants_json():
            raise
        return page(exam, error=error)
    return jsonify(said) if wants_json() else redirect(f"/exams/{exam}", 303)
