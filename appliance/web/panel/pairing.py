"""`/pair`: while the pair window is open, a computer of the lab is bound to its seat by the code on the box's display,
as by a desk card. Public, as desk cards are: whoever has the code stands at the box, or was told by who does."""

import contextlib
import time
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.box import pairing, panel
from appliance.box.pairing import Window
from appliance.box.panel import Ask
from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound, Unavailable
from appliance.exam.permissions import Action
from appliance.ledger import board
from appliance.ledger.actions import board as actions
from appliance.ledger.board import MachineRow
from appliance.ledger.writer import Transaction
from appliance.web.board import machine, view
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json
from appliance.web.security import failed, join_limit, limiter

bp = Blueprint("pairing", __name__)


class NoWindow(NotAllowed):
    """The box takes no codes now."""


@bp.get("/pair")
@needs(Action.PUBLIC)
def page() -> Response:
    """The form; or, where no window is open, how to open one."""
    return _page({})


@bp.post("/pair")
@needs(Action.PUBLIC)
@limiter.limit(join_limit, deduct_when=failed)
def pair() -> Response:
    """{code, seat, sure}: this computer stands there. A form without `sure` is asked first, with what it changes."""
    said: dict[str, str] = {}
    try:
        fields = Fields()
        window = _open()
        for name, longest in (("code", 64), ("seat", 16)):
            said[name] = fields.text(name, longest=longest)
        _match(window, said["code"])
        seat = _seat(said["seat"])
        here = _here()
        if here is not None and here.seat == seat:
            return jsonify(seat=seat) if wants_json() else redirect("/seat", 303)
        if not wants_json() and not fields.text("sure", longest=1, default=""):
            return _asked(seat, said["code"], here)
        return _bound(seat)
    except (BadInput, NotAllowed, NotFound) as error:
        if wants_json():
            raise
        return _page(said, error)


def _bound(seat: str) -> Response:
    """By the same action, and with the same cookie, as by a desk card; not under a candidate who sits there."""
    token = request.cookies.get(machine.COOKIE, "") if machine.asking() else machine.new_token()
    known_as, browser = machine.known_as(token), request.user_agent.string

    def work(transaction: Transaction) -> tuple[str, str] | None:
        sat = _sat_at(transaction, known_as, seat)
        if sat is None:
            actions.bind(transaction, machine=known_as, seat=seat, browser=browser)
        return sat

    if (sat := services().writer.transact(work)) is not None:
        raise NotAllowed(t(f"panel_pair.{sat[0]}", seat=sat[1]), hint=t("panel_pair.sits_hint"))
    services().guesses.took()
    return machine.hand_out(jsonify(seat=seat) if wants_json() else redirect("/seat", 303), token)


def _sat_at(transaction: Transaction, known_as: str, seat: str) -> tuple[str, str] | None:
    """A candidate in an exam keeps the computer, and the seat that the record says. -> (which sentence, the seat)."""
    here = board.machine(transaction.connection, known_as)
    for said, where in (("sits_here", here.seat if here else ""), ("sits_there", seat)):
        if where and board.is_sat_at(transaction.connection, where):
            return said, where
    return None


def _open() -> Window:
    """The window that takes codes now."""
    window = _window()
    if window is None:
        raise NoWindow(t("panel_pair.closed_now"), hint=t("panel_pair.closed_hint"))
    return window


def _window() -> Window | None:
    window = pairing.window(services().paths.run, now=time.time())
    return window if window is not None and services().guesses.left(window.id) else None


def _match(window: Window, code: str) -> None:
    """After too many wrong ones the panel is asked to close the window; here it is closed at once."""
    if window.matches(code):
        return
    left = services().guesses.missed(window.id)
    if left:
        raise BadInput(t("panel_pair.wrong"), hint=t("panel_pair.wrong_hint", left=left))
    with contextlib.suppress(Unavailable):  # where the panel is away: `_window` takes none, and its time ends it
        panel.ask(services().paths.run, Ask.CLOSE_PAIRING, by=pairing.GUESSES)
    raise NoWindow(t("panel_pair.too_many"), hint=t("panel_pair.closed_hint"))


def _seats() -> list[str]:
    with services().reader.connect() as connection:
        return [place.seat for place in view.places(connection)]


def _seat(said: str) -> str:
    found = next((seat for seat in _seats() if seat.casefold() == said.casefold()), None)
    if found is None:
        raise NotFound(t("panel_pair.no_seat", seat=said), hint=t("panel_pair.no_seat_hint"))
    return found


def _here() -> MachineRow | None:
    asking = machine.asking()
    if not asking:
        return None
    with services().reader.connect() as connection:
        return board.machine(connection, asking)


def _asked(seat: str, code: str, here: MachineRow | None) -> Response:
    """What this would change."""
    with services().reader.connect() as connection:
        there = board.machines(connection).get(seat)
    shown: dict[str, Any] = {"seat": seat, "code": code, "before": here.seat if here else "", "there": there}
    return make_response(render_template("pair_sure.html", **shown))


def _page(said: dict[str, str], error: ApplianceError | None = None) -> Response:
    window, here = _window(), _here()
    shown = render_template(
        "pair.html",
        window=window,
        until="" if window is None else time.strftime("%H:%M", time.localtime(window.until)),
        seats=_seats(),
        here="" if here is None else here.seat,
        said=said,
        error=error,
    )
    return make_response(shown, 200 if error is None else status_of(error))
