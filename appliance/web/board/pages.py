"""The seat board: the room as a grid, what is to be done where, the plan of the room, desk cards."""

import hashlib
import time
from typing import Any

import segno
from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput
from appliance.exam import codes, seating
from appliance.exam.permissions import Action
from appliance.ledger import board
from appliance.ledger.actions import board as actions
from appliance.web.auth import person
from appliance.web.board import machine, view
from appliance.web.board.seat import cards_key
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.phone import origin
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("board", __name__)


@bp.get("/seats")
@needs(Action.SEE_SEATS)
def page() -> str:
    """All of it."""
    return render_template("board.html", **_now())


@bp.get("/seats/now")
@needs(Action.SEE_SEATS)
def moment() -> Response:
    """The part of the page that changes each second; 304 while it does not."""
    answer = make_response(render_template("_board.html", **_now()))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer


@bp.get("/seats/arrange")
@needs(Action.ARRANGE_SEATS)
def plan() -> Response:
    """The room as text."""
    with services().reader.connect() as connection:
        return _plan(seating.drawn(view.places(connection)))


@bp.post("/seats/arrange")
@needs(Action.ARRANGE_SEATS)
def arrange() -> Response:
    """These are the lab's seats from now on."""
    raw, by = request.get_json() if request.is_json else request.form.to_dict(), person().person
    said = str(raw.get("room", "")) if isinstance(raw, dict) else ""
    try:
        Fields({"room": said.replace("\r\n", "\n")}).text("room", longest=seating.LONGEST, default="")
        places = seating.parse(said)
        services().writer.transact(lambda transaction: actions.arrange(transaction, places, by=by))
    except BadInput as error:
        if wants_json():
            raise
        return _plan(said, error)
    return redirect("/seats", 303)


@bp.post("/seats/unbind")
@needs(Action.ARRANGE_SEATS)
def unbind() -> Response:
    """No computer stands at this seat any more."""
    seat, by = Fields().text("seat", longest=16), person().person
    services().writer.transact(lambda transaction: actions.unbind(transaction, seat, by=by))
    return redirect("/seats", 303)


@bp.get("/seats/cards")
@needs(Action.ARRANGE_SEATS)
def cards() -> str:
    """A desk card for each seat, and the test card: to be printed."""
    with services().reader.connect() as connection:
        names, edition = [place.seat for place in view.places(connection)], board.edition(connection)
    base, here = origin()
    made = []
    for seat in names:
        code = codes.shown(machine.code_of(cards_key(), seat, edition))
        link = f"{base}/seat/{code}"
        picture = segno.make_qr(link, error="m").svg_data_uri(
            scale=1, border=4, dark="#000", light="#fff", omitsize=True
        )
        made.append({"seat": seat, "code": code, "link": link, "picture": picture})
    return render_template("board_cards.html", cards=made, edition=edition, address=f"{base}/seat", here=here)


@bp.post("/seats/cards/renew")
@needs(Action.ARRANGE_SEATS)
def renew() -> Response:
    """Cards printed before lead nowhere any more. Computers stay where they are."""
    by = person().person
    services().writer.transact(lambda transaction: actions.renew_cards(transaction, by=by))
    return redirect("/seats/cards", 303)


def _plan(text: str, error: ApplianceError | None = None) -> Response:
    page = render_template("board_plan.html", text=text, error=error)
    return make_response(page, 200 if error is None else status_of(error))


def _now() -> dict[str, Any]:
    now = time.time()
    with services().reader.connect() as connection:
        found = view.seats(connection, services().seats, now=now)
        arranged = bool(board.places(connection))
    worst_first = sorted(found, key=lambda seat: ("red", "amber", "busy", "open", "green").index(seat.tone))
    return {
        "seats": found,
        "todo": [seat for seat in worst_first if seat.needs_somebody],
        "sums": view.sums(found),
        "signs": view.SIGNS,
        "rows": max((seat.row for seat in found), default=0),
        "columns": max((seat.column for seat in found), default=0),
        "arranged": arranged,
        "sentence": _sentence(found),
    }


def _sentence(found: list[view.Seat]) -> tuple[str, str]:
    """The verdict on the room: its tone, and one sentence."""
    sums = view.sums(found)
    if not found:
        return "open", t("seat_board.sum.none")
    if sums["red"]:
        return "red", t("seat_board.sum.red", n=sums["red"], all=len(found))
    if sums["amber"]:
        return "amber", t("seat_board.sum.amber", n=sums["amber"], all=len(found))
    if sums["green"] == len(found):
        return "green", t("seat_board.sum.green", all=len(found))
    return "open", t("seat_board.sum.open", n=sums["green"], all=len(found))
