"""The phone as a second camera: the code on the candidate's page, the phone's own page, and the proctor's word."""

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import segno
from flask import Blueprint, jsonify, make_response, render_template, request
from limits import parse
from werkzeug.wrappers import Response

from appliance.box import health
from appliance.box.token import Claim
from appliance.errors import NotAllowed, NotFound
from appliance.exam import phone
from appliance.exam.feed import Feed, Kind
from appliance.exam.permissions import Action
from appliance.exam.phone import State
from appliance.exam.stage import RECORDED
from appliance.ledger import planning, state
from appliance.ledger.actions import phones
from appliance.ledger.state import AttemptRow, PairingRow
from appliance.web import auth, checkout
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.security import failed, limiter, phone_limit
from appliance.web.visible import attempt_for

bp = Blueprint("phone", __name__)

_INVITATIONS = parse("12/minute")

# --- the candidate's page ---


@bp.post("/api/me/phone")
@needs(Action.TAKE_EXAM)
def invite() -> Response:
    """A new code: a picture to scan, and the same to type. It is good once, for two minutes."""
    attempt = person().person
    if not limiter.limiter.hit(_INVITATIONS, "phone", attempt):
        raise NotAllowed(t("server.many_codes"), hint=t("server.many_codes_hint"))
    made, token = services().writer.transact(lambda transaction: phones.invite(transaction, attempt, by="candidate"))
    base, here = origin()
    link = f"{base}/phone/join#{token}"
    said = {
        "pairing": made.pairing,
        "expires_at": made.expires_at,
        "now": time.time(),
        "link": link,
        "address": f"{base}/phone/join",
        "code": phone.shown(token),
        "picture": qr(link),
        "here": here,
    }
    return make_response(jsonify(said), 201)


def qr(link: str) -> str:
    """A QR code as a data URI of SVG: dark on light whatever the page's theme, with its quiet zone."""
    return segno.make_qr(link, error="m").svg_data_uri(scale=1, border=4, dark="#000", light="#fff", omitsize=True)


def origin() -> tuple[str, bool]:
    """-> the address by which a phone reaches the box, and whether that is this very computer: then the phone's page
    can only be a second window."""
    name, _, port = request.host.rpartition(":") if not request.host.endswith("]") else (request.host, "", "")
    name = name or request.host
    if not _loopback(name):
        return f"{request.scheme}://{request.host}", False
    lan = _lan_address()
    if lan is None:
        return f"{request.scheme}://{request.host}", True
    return f"{request.scheme}://{lan}" + (f":{port}" if port else ""), False


def _loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _lan_address() -> str | None:
    """The box's address in the lab, where the door listens there (`appliance run --lan`)."""
    said = health.read(services().paths.health, "door", now=time.time())
    found = [ipaddress.ip_address(address) for address in said.get("addresses", [])] if said["healthy"] else []
    reached = sorted((a for a in found if not a.is_loopback and not a.is_link_local), key=lambda a: a.version)
    if not reached:
        return None
    return f"[{reached[0]}]" if reached[0].version == 6 else str(reached[0])


# --- the phone's page ---


@bp.get("/phone/join")
@needs(Action.PUBLIC)
def join_page() -> str:
    """Where the code leads: the page's script takes the token out of the fragment, which no log and no preview of the
    link has seen, and posts it."""
    return render_template("phone.html", boot={"step": "join"})


@bp.post("/phone/join")
@needs(Action.PUBLIC)
@limiter.limit(phone_limit, deduct_when=failed)
def join() -> Response:
    """Use the code: the phone gets its cookie, and waits for the proctor."""
    token, browser = phone.normalise(Fields().text("token", longest=100)), request.user_agent.string
    _, cookie = services().writer.transact(lambda transaction: phones.scan(transaction, token, browser=browser))
    return auth.hand_out(jsonify(joined=True), cookie, cookie=auth.PHONE_COOKIE, path="/phone")


@bp.get("/phone")
@needs(Action.SHOW_PHONE)
def page() -> str:
    """The phone's page; it asks `/phone/state` what it may do."""
    return render_template("phone.html", boot={"step": "camera"})


@bp.get("/phone/state")
@needs(Action.SHOW_PHONE)
def its_state() -> Response:
    """Whose second camera this is, and once a proctor has confirmed it, where to publish."""
    who = person()
    with services().reader.connect() as connection:
        row = state.attempt(connection, who.person)
        exam = state.exam(connection, row.exam)
        mine = next((p for p in state.pairings(connection, attempt=who.person) if p.pairing == who.device), None)
        handing_in = checkout.for_candidate(connection, row, planning.plan(connection, row.exam))
    if mine is None:
        raise NotFound(t("server.no_such_phone"), hint=t("server.no_such_phone_hint"))
    return jsonify(
        seat=row.seat,
        exam=exam.title,
        stage=row.stage.value,
        state=mine.state.value,
        now=time.time(),
        bitrate=services().settings.capture.webcam_bitrate,
        feeds=_feeds(row, mine),
        checkout=handing_in if mine.state is State.CONFIRMED else None,
    )


def _feeds(row: AttemptRow, mine: PairingRow) -> dict[str, dict[str, str]]:
    if mine.state is not State.CONFIRMED or row.stage not in RECORDED:
        return {}
    kind = Kind.PHONE
    claim = Claim("publish", Feed(row.attempt, kind), row.exam, row.seat, mine.pairing)
    return {kind.value: {"url": f"/whip/{row.attempt}/{kind.value}", "token": services().tokens.mint(claim)}}


# --- the proctor ---


@bp.post("/api/attempts/<attempt>/phones/<pairing>/confirm")
@needs(Action.CONFIRM_PHONE)
def confirm(attempt: str, pairing: str) -> Response:
    """It is the candidate's phone: it may publish."""
    row, by = attempt_for(attempt, Action.CONFIRM_PHONE), person().person
    services().writer.transact(lambda transaction: phones.confirm(transaction, row.attempt, pairing, by=by))
    return jsonify(confirmed=pairing)


@bp.post("/api/attempts/<attempt>/phones/<pairing>/refuse")
@needs(Action.CONFIRM_PHONE)
def refuse(attempt: str, pairing: str) -> Response:
    """Refuse a phone that waits, or remove one that is in."""
    row, by = attempt_for(attempt, Action.CONFIRM_PHONE), person().person
    reason = Fields().text("reason", longest=phones.LONGEST_REASON)
    services().writer.transact(
        lambda transaction: phones.refuse(transaction, row.attempt, pairing, by=by, reason=reason)
    )
    return jsonify(refused=pairing)


# --- what other pages show of it ---


def for_candidate(pairings: Sequence[PairingRow]) -> dict[str, Any] | None:
    """The phone that the candidate's own page speaks of."""
    known = phone.current(pairings)
    return None if known is None else {"pairing": known.pairing, "state": known.state, "state_at": known.state_at}


def for_staff(pairings: Sequence[PairingRow], attempt: str) -> list[dict[str, Any]]:
    """The phones of one attempt that wait or are in."""
    return [asdict(p) for p in pairings if p.attempt == attempt and p.state in phone.PRESENT]
