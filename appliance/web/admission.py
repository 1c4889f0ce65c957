"""The check-in from the staff's side: send somebody back, refuse admission, ask for a scan and look at it, tick what a
person sees."""

import time
from pathlib import Path

from flask import Blueprint, jsonify, make_response, request
from werkzeug.wrappers import Response

from appliance.box import seen
from appliance.errors import BadInput
from appliance.exam.feed import Kind
from appliance.exam.permissions import Action
from appliance.exam.plan import Sight
from appliance.exam.stage import OPTIONAL, Stage
from appliance.ledger import checkin as known
from appliance.ledger.actions import attempts, checkin
from appliance.ledger.actions.attempts import LONGEST_REASON
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.media import evidence, missing
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.visible import attempt_for

bp = Blueprint("admission", __name__)


@bp.post("/api/attempts/<attempt>/back")
@needs(Action.CHECK_IN)
def back(attempt: str) -> Response:
    """Do a stage of the check-in again; the candidate reads the reason (I13, I14)."""
    row, by, fields = attempt_for(attempt, Action.CHECK_IN), person().person, Fields()
    goal, reason = _stage(fields.text("stage", longest=40)), fields.text("reason", longest=LONGEST_REASON)
    services().writer.transact(
        lambda transaction: attempts.send_back(transaction, row.attempt, goal, reason=reason, by=by)
    )
    return jsonify(stage=goal.value)


def _stage(name: str) -> Stage:
    if name not in [stage.value for stage in OPTIONAL]:
        raise BadInput(t("server.no_way_back"), hint=t("server.no_way_back_hint"))
    return Stage(name)


@bp.post("/api/attempts/<attempt>/refuse")
@needs(Action.REFUSE_ADMISSION)
def refuse(attempt: str) -> Response:
    """Not admitted: the reason is for the report, the next step for the candidate (I15)."""
    row, by, fields = attempt_for(attempt, Action.REFUSE_ADMISSION), person().person, Fields()
    reason = fields.text("reason", longest=LONGEST_REASON)
    next_step = fields.text("next_step", longest=LONGEST_REASON)
    services().writer.transact(
        lambda transaction: attempts.refuse(transaction, row.attempt, reason=reason, next_step=next_step, by=by)
    )
    return jsonify(refused=row.attempt)


@bp.post("/api/attempts/<attempt>/scan")
@needs(Action.CONDUCT)
def ask_scan(attempt: str) -> Response:
    """Ask for the room to be shown, also while the exam goes on (M25); the candidate reads the reason."""
    row, by = attempt_for(attempt, Action.CONDUCT), person().person
    reason = Fields().text("reason", longest=LONGEST_REASON)
    scan = services().writer.transact(
        lambda transaction: checkin.ask_scan(transaction, row.attempt, reason=reason, by=by)
    )
    return make_response(jsonify(scan=scan), 201)


@bp.post("/api/attempts/<attempt>/scans/<scan>/review")
@needs(Action.CHECK_IN)
def review_scan(attempt: str, scan: str) -> Response:
    """Clear, or once more with a note that the candidate reads (I12)."""
    row, by, fields = attempt_for(attempt, Action.CHECK_IN), person().person, Fields()
    verdict = fields.text("verdict", longest=20)
    note = fields.text("note", longest=LONGEST_REASON, default="")
    services().writer.transact(
        lambda transaction: checkin.review_scan(transaction, row.attempt, scan=scan, verdict=verdict, note=note, by=by)
    )
    return jsonify(verdict=verdict)


@bp.get("/api/attempts/<attempt>/scans/<scan>")
@needs(Action.REVIEW)
def scan_clip(attempt: str, scan: str) -> Response:
    """The clip of a room scan, with Range; 404 once it is deleted by its date. The first look is in the ledger."""
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        found = {one.scan: one.path for one in known.scans(connection, attempt=row.attempt)}.get(scan)
    if found is None:
        raise missing()
    return evidence(Path(found), row, kind=Kind.WEBCAM.value, what="scan")


@bp.post("/api/attempts/<attempt>/posture")
@needs(Action.CHECK_IN)
def posture(attempt: str) -> Response:
    """What a person sees in the picture instead of the box (M23, M32), and where the phone is (M53)."""
    row, by, fields = attempt_for(attempt, Action.CHECK_IN), person().person, Fields()
    ticked, phone = _ticked(), fields.text("phone", longest=20, default="")
    found = seen.read(services().paths.seen, row.attempt, time.time()).get(Kind.WEBCAM.value, {})
    now: dict[str, str] = {sight.value: str(found[sight.value]) for sight in Sight if sight.value in found}
    services().writer.transact(
        lambda transaction: checkin.tick_position(transaction, row.attempt, ticked=ticked, phone=phone, seen=now, by=by)
    )
    return jsonify(ticked=sorted(set(ticked)))


def _ticked() -> list[str]:
    """`ticked`: a list of names; the ticked boxes of a form."""
    said = request.get_json().get("ticked", []) if request.is_json else request.form.getlist("ticked")
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        raise BadInput(t("server.not_a_list", field="ticked", limit=len(Sight)))
    return said
