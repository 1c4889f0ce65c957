"""A seat's own page, on the lab's computer that stands there: bind it by the desk card, check it, see what to do."""

import time
from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.box.secret import secret_from
from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound
from appliance.exam import codes
from appliance.exam.permissions import Action
from appliance.exam.seat_check import Step, Trouble
from appliance.ledger import board
from appliance.ledger.actions import board as actions
from appliance.ledger.board import MachineRow
from appliance.web.board import checks, machine, view
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json
from appliance.web.security import failed, join_limit, limiter

bp = Blueprint("seat", __name__)

_LONGEST_TAB = 40


class NoSeatHere(NotAllowed):
    """This computer stands at no seat."""


def cards_key() -> bytes:
    """What desk cards are made with."""
    return secret_from(services().paths.keys / "seats")


@bp.get("/seat")
@needs(Action.PUBLIC)
def page() -> Response:
    """The seat of this computer; or, where it has none, the way to one."""
    here = _here()
    if here is None:
        return make_response(render_template("board_card.html", error=None, code=""))
    response = make_response(render_template("board_seat.html", seat=here.seat, before=here.moved_from))
    return machine.hand_out(response, request.cookies[machine.COOKIE])


@bp.get("/seat/<code>")
@needs(Action.PUBLIC)
@limiter.limit(join_limit, deduct_when=failed)
def card(code: str) -> Response:
    """The link of a desk card. It asks before it binds: a link alone changes nothing."""
    try:
        seat = _seat_of(code)
    except (BadInput, NotFound) as error:
        return make_response(render_template("board_card.html", error=error, code=code[:20]), status_of(error))
    here = _here()
    if here is not None and here.seat == seat:
        return redirect("/seat", 303)
    with services().reader.connect() as connection:
        there = board.machines(connection).get(seat)
    before = here.seat if here is not None else ""
    return make_response(render_template("board_bind.html", seat=seat, code=code, before=before, there=there))


@bp.post("/seat/bind")
@needs(Action.PUBLIC)
@limiter.limit(join_limit, deduct_when=failed)
def bind() -> Response:
    """This computer stands at the seat of this card."""
    said = Fields().text("code", longest=64)
    try:
        seat = _seat_of(said)
    except (BadInput, NotFound) as error:
        if wants_json():
            raise
        return make_response(render_template("board_card.html", error=error, code=said[:20]), status_of(error))
    token = request.cookies.get(machine.COOKIE, "") if machine.asking() else machine.new_token()
    browser = request.user_agent.string
    services().writer.transact(
        lambda transaction: actions.bind(transaction, machine=machine.known_as(token), seat=seat, browser=browser)
    )
    response = jsonify(seat=seat) if wants_json() else redirect("/seat", 303)
    return machine.hand_out(response, token)


@bp.get("/api/seat")
@needs(Action.PUBLIC)
def api() -> Response:
    """What this seat's page has to do and to say now."""
    here = _bound()
    tab, takes = request.args.get("tab", "")[:_LONGEST_TAB], request.args.get("takes") == "1"
    if not services().seats.asks(here.machine, tab, takes=takes, now=time.monotonic()):
        return jsonify(seat=here.seat, elsewhere=True)
    return jsonify(_state(here))


@bp.post("/api/seat/check")
@needs(Action.PUBLIC)
@limiter.limit("30/minute")
def check() -> Response:
    """Begin; the answer says where to publish."""
    here, fields = _bound(), Fields()
    width, height = (max(0, min(20_000, fields.whole(name))) for name in ("width", "height"))
    checks.begin(
        services(),
        machine=here.machine,
        seat=here.seat,
        width=width,
        height=height,
        microphone=fields.flag("microphone"),
    )
    return make_response(jsonify(_state(here)), 201)


@bp.post("/api/seat/trouble")
@needs(Action.PUBLIC)
@limiter.limit("30/minute")
def trouble() -> Response:
    """The page has no camera, or may not have it: that is what the board shows then."""
    here, said = _bound(), Fields().text("trouble", longest=20)
    if said not in _TOLD:
        raise BadInput(t("server.seat_no_such_trouble"))
    checks.trouble(services(), machine=here.machine, seat=here.seat, what=Trouble(said))
    return jsonify(_state(here))


_TOLD = frozenset(trouble.value for trouble in (Trouble.DENIED, Trouble.MISSING, Trouble.BUSY, Trouble.INSECURE,
                                                Trouble.FULL, Trouble.NO_LINE, Trouble.NO_MICROPHONE))  # fmt: skip


@bp.post("/api/seat/skip")
@needs(Action.PUBLIC)
def skip() -> Response:
    """Neither a test card nor a phone is at hand."""
    here = _bound()
    checks.skip(services(), machine=here.machine)
    return jsonify(_state(here))


def _here() -> MachineRow | None:
    asking = machine.asking()
    if not asking:
        return None
    with services().reader.connect() as connection:
        return board.machine(connection, asking)


def _bound() -> MachineRow:
    here = _here()
    if here is None:
        raise NoSeatHere(t("server.seat_unbound"), hint=t("server.seat_unbound_hint"))
    return here


def _seat_of(said: str) -> str:
    try:
        code = codes.normalise(said)
    except ApplianceError:
        raise BadInput(t("server.seat_card_odd"), hint=t("server.seat_card_odd_hint")) from None
    with services().reader.connect() as connection:
        names, edition = [place.seat for place in view.places(connection)], board.edition(connection)
    found = machine.seat_of(cards_key(), code, names, edition)
    if found is not None:
        return found
    if any(machine.seat_of(cards_key(), code, names, older) for older in range(1, edition)):
        raise NotFound(t("server.seat_card_old"), hint=t("server.seat_card_old_hint"))
    raise NotFound(t("server.seat_card_unknown"), hint=t("server.seat_card_unknown_hint"))


def _state(here: MachineRow) -> dict[str, Any]:
    now, running = time.time(), services().seats.check_of(here.machine)
    with services().reader.connect() as connection:
        last = board.checks(connection).get(here.seat)
    said: dict[str, Any] = {"seat": here.seat, "elsewhere": False, "now": now, "step": "idle", "door": None}
    if running is not None and running.run.step is not Step.OVER:
        said |= {"step": running.run.step.value, "left": running.run.left(now), "task": "check", "run": running.exam}
        said["door"] = checks.door(services(), running)
    elif (task := services().rehearsals.task(here.seat, now=now)) is not None:
        door = checks.door_of(services(), exam=task.exam, attempt=task.attempt, seat=here.seat)
        said |= {"step": "rehearsal", "left": task.left, "task": "rehearsal", "run": task.exam, "door": door}
    if last is not None and last.machine == here.machine:
        stale = view.is_stale(last, now=now)
        said |= {"checked_at": last.checked_at, "stale": stale}
        points = view.said(last.findings, last.facts)
        said["points"] = [{name: getattr(one, name) for name in one.__slots__} for one in points]
    return said
