"""Calls: a proctor speaks with one candidate. The proctor's voice is a feed of the attempt (WHIP), played by the
candidate's page (WHEP); the candidate's voice is the sound of the webcam."""

from flask import Blueprint, jsonify, make_response
from werkzeug.wrappers import Response

from appliance.box.token import Claim, Purpose
from appliance.errors import NotAllowed
from appliance.exam.call import Ending
from appliance.exam.feed import Feed, Kind
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.ledger.actions import calls
from appliance.ledger.state import AttemptRow
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.visible import attempt_for

bp = Blueprint("call", __name__)


@bp.post("/api/attempts/<attempt>/call")
@needs(Action.CALL)
def start(attempt: str) -> Response:
    """Call the candidate, or go on with one's own call; -> where to publish the voice."""
    row, who = attempt_for(attempt, Action.CALL), person()
    call = services().writer.transact(
        lambda transaction: calls.start(transaction, row.attempt, by=who.person, by_name=who.name)
    )
    return make_response(jsonify(call=call, **_door(row, "publish")), 201)


@bp.post("/api/attempts/<attempt>/call/end")
@needs(Action.CALL)
def end(attempt: str) -> Response:
    """Hang up. `leaving`: because the page is being closed."""
    row, who, fields = attempt_for(attempt, Action.CALL), person(), Fields()
    call = fields.text("call", longest=64)
    reason = Ending.PAGE_CLOSED if fields.flag("leaving") else Ending.HUNG_UP
    services().writer.transact(
        lambda transaction: calls.end(transaction, row.attempt, call=call, by=who.person, reason=reason)
    )
    return jsonify(ended=call)


@bp.post("/api/me/call")
@needs(Action.TAKE_EXAM)
def listen() -> Response:
    """Where a candidate who is called hears the proctor."""
    attempt = person().person
    with services().reader.connect() as connection:
        row = state.attempt(connection, attempt)
        going_on = state.calls(connection, attempt=attempt, going_on=True)
    if not going_on:
        raise NotAllowed(t("server.no_call"), hint=t("server.no_call_hint"))
    return jsonify(call=going_on[-1].call, **_door(row, "view"))


def _door(row: AttemptRow, purpose: Purpose) -> dict[str, str]:
    feed = Feed(row.attempt, Kind.CALL)
    token = services().tokens.mint(Claim(purpose, feed, row.exam, row.seat))
    return {"url": f"/{'whip' if purpose == 'publish' else 'whep'}/{feed}", "token": token}
