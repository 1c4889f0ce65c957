"""What staff do with one candidate while the exam goes on: breaks, pauses, another seat, extra time, notes, attention.
Whether it is possible now is decided in the transaction (`exam.conduct`)."""

from flask import Blueprint, jsonify, make_response
from werkzeug.wrappers import Response

from appliance.exam import irregularity
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.ledger.actions import notes, plans, sitting
from appliance.ledger.actions.attempts import LONGEST_REASON
from appliance.web.auth import person
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.visible import attempt_for

bp = Blueprint("conduct", __name__)

LONGEST_SEAT = 16


@bp.post("/api/attempts/<attempt>/break")
@needs(Action.CONDUCT)
def begin_break(attempt: str) -> Response:
    """An authorised break: the rules about the person rest and the time stands, so many minutes long."""
    row, by, minutes = attempt_for(attempt, Action.CONDUCT), person().person, Fields().whole("minutes")
    services().writer.transact(
        lambda transaction: sitting.begin_break(transaction, row.attempt, minutes=minutes, by=by)
    )
    return jsonify(minutes=minutes)


@bp.post("/api/attempts/<attempt>/break/end")
@needs(Action.CONDUCT)
def end_break(attempt: str) -> Response:
    """The candidate is back."""
    row, by = attempt_for(attempt, Action.CONDUCT), person().person
    services().writer.transact(lambda transaction: sitting.end_break(transaction, row.attempt, by=by))
    return jsonify(ended=row.attempt)


@bp.post("/api/attempts/<attempt>/pause")
@needs(Action.CONDUCT)
def pause(attempt: str) -> Response:
    """Stop the clock; the reason is for the report. Recording goes on."""
    row, by = attempt_for(attempt, Action.CONDUCT), person().person
    reason = Fields().text("reason", longest=LONGEST_REASON)
    services().writer.transact(lambda transaction: sitting.pause(transaction, row.attempt, reason=reason, by=by))
    return jsonify(paused=row.attempt)


@bp.post("/api/attempts/<attempt>/resume")
@needs(Action.CONDUCT)
def resume(attempt: str) -> Response:
    """The clock runs again."""
    row, by = attempt_for(attempt, Action.CONDUCT), person().person
    services().writer.transact(lambda transaction: sitting.resume(transaction, row.attempt, by=by))
    return jsonify(resumed=row.attempt)


@bp.post("/api/attempts/<attempt>/seat")
@needs(Action.CONDUCT)
def reseat(attempt: str) -> Response:
    """Go on at another seat; the record goes on as it is (M10)."""
    row, by, fields = attempt_for(attempt, Action.CONDUCT), person().person, Fields()
    seat, reason = fields.text("seat", longest=LONGEST_SEAT), fields.text("reason", longest=LONGEST_REASON)
    services().writer.transact(
        lambda transaction: plans.reseat(transaction, row.attempt, seat=seat, reason=reason, by=by)
    )
    return jsonify(seat=seat)


@bp.post("/api/attempts/<attempt>/attention")
@needs(Action.CONDUCT)
def attend(attempt: str) -> Response:
    """`kind` look: this candidate was opened; listen: the sound was played (M61). Once a minute and person."""
    row, by, kind = attempt_for(attempt, Action.CONDUCT), person().person, Fields().text("kind", longest=20)
    services().writer.transact(lambda transaction: notes.attend(transaction, row.attempt, kind=kind, by=by))
    return jsonify(kind=kind)


@bp.post("/api/attempts/<attempt>/irregularities")
@needs(Action.NOTE)
def note(attempt: str) -> Response:
    """Write down what happened, by category, with its moment and place in the recording (M63)."""
    row, who, fields = attempt_for(attempt, Action.NOTE), person(), Fields()
    category, text = fields.text("category", longest=60), fields.text("text", longest=irregularity.LONGEST)
    back = fields.number("back_seconds", default=0.0)
    written = services().writer.transact(
        lambda transaction: notes.note(
            transaction, row.attempt, category=category, text=text, back_seconds=back, by=who.person, by_name=who.name
        )
    )
    return make_response(jsonify(irregularity=written), 201)


@bp.post("/api/attempts/<attempt>/extra-time")
@needs(Action.GRANT_TIME)
def grant_time(attempt: str) -> Response:
    """More minutes, on top of what there is (I33: the institution's and the planner's, never a proctor's)."""
    by, minutes = person().person, Fields().whole("minutes")
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)  # a planner sees no candidate, and plans the time of all
    services().writer.transact(lambda transaction: sitting.grant_time(transaction, row.attempt, minutes=minutes, by=by))
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
    return jsonify(extra_minutes=row.extra_minutes, ends_at=row.ends_at)
