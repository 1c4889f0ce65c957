"""What concerns an exam as a whole while it goes on: announcements, the back channel, sections, who acts as lead."""

from dataclasses import asdict

from flask import Blueprint, jsonify, make_response
from werkzeug.wrappers import Response

from appliance.exam.permissions import Action
from appliance.ledger import planning
from appliance.ledger.actions import announcements, plans
from appliance.ledger.actions.words import LONGEST
from appliance.web import visible
from appliance.web.auth import person
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.visible import exam_for

bp = Blueprint("announcements", __name__)


@bp.post("/api/exams/<exam>/announcements")
@needs(Action.ANNOUNCE)
def announce(exam: str) -> Response:
    """To all candidates of the exam that one sees, as text and, if wanted, read out loud (M57)."""
    row, who, fields = exam_for(exam, Action.ANNOUNCE), person(), Fields()
    text, spoken = fields.text("text", longest=LONGEST), fields.flag("spoken")
    with services().reader.connect() as connection:
        seen = [one.attempt for one in visible.attempts_for(connection, who, row.exam)]
    announcement = services().writer.transact(
        lambda transaction: announcements.announce(
            transaction, row.exam, text=text, spoken=spoken, by=who.person, by_name=who.name, attempts=seen
        )
    )
    return make_response(jsonify(announcement=announcement), 201)


@bp.get("/api/exams/<exam>/staff")
@needs(Action.STAFF_CHAT)
def staff_said(exam: str) -> Response:
    """The back channel of an exam, oldest first (M94). No candidate has a way to it."""
    row = exam_for(exam, Action.STAFF_CHAT)
    with services().reader.connect() as connection:
        said = planning.staff_messages(connection, row.exam)
    return jsonify(messages=[asdict(one) for one in said])


@bp.post("/api/exams/<exam>/staff")
@needs(Action.STAFF_CHAT)
def staff_say(exam: str) -> Response:
    """Say something to the other staff of this exam."""
    row, who, text = exam_for(exam, Action.STAFF_CHAT), person(), Fields().text("text", longest=LONGEST)
    message = services().writer.transact(
        lambda transaction: announcements.staff_say(transaction, row.exam, text=text, by=who.person, by_name=who.name)
    )
    return make_response(jsonify(message=message), 201)


@bp.post("/api/exams/<exam>/sections/<int:section>/release")
@needs(Action.RELEASE)
def release(exam: str, section: int) -> Response:
    """Give a section out, to everybody in the exam (M99)."""
    row, by = exam_for(exam, Action.RELEASE), person().person
    services().writer.transact(lambda transaction: plans.release_section(transaction, row.exam, section, by=by))
    return jsonify(released=section)


@bp.post("/api/exams/<exam>/delegates")
@needs(Action.DELEGATE)
def delegate(exam: str) -> Response:
    """Let a proctor of this box act as lead of this exam, or (`active` false) no more (M96)."""
    row, by, fields = exam_for(exam, Action.DELEGATE), person().person, Fields()
    user, active = fields.text("user", longest=64), fields.flag("active")
    services().writer.transact(lambda transaction: plans.delegate(transaction, row.exam, user, active=active, by=by))
    return jsonify(user=user, active=active)
