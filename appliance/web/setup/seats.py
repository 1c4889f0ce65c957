"""The last step's live tests: how many seats the box carries, and a camera from any lab computer."""

import dataclasses
import time

from flask import Blueprint, Response, jsonify, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from appliance.box import capacity
from appliance.errors import NotAllowed, NotFound
from appliance.exam.permissions import Action
from appliance.web.context import services
from appliance.web.needs import needs, opens
from appliance.web.phone import origin, qr
from appliance.web.setup import gate, progress
from appliance.web.setup.language import page, words
from appliance.web.setup.trial import SENDING_SECONDS
from appliance.web.setup.workshop import workshop

bp = Blueprint("setup_seats", __name__)

TOKEN = "X-Camera-Token"


def invited() -> bool:
    """Does a lab's computer ask that the setup page has invited?"""
    return gate.is_private() and workshop().camera.holds(request.headers.get(TOKEN, ""), time.time())


# --- capacity ---


@bp.post("/api/setup/capacity")
@opens(gate.holds)
@needs(Action.SET_UP)
def measure() -> Response:
    """Measure now; under a minute. One measurement at a time."""
    workshop().measuring.start(services().paths.data)
    return measured()


@bp.get("/api/setup/capacity")
@opens(gate.holds)
@needs(Action.SET_UP)
def measured() -> Response:
    """`{state: idle, running, done or failed; seats, sentence, known: was it measured?}`."""
    found, state = capacity.current(services().paths.capacity, services().settings), workshop().measuring.state
    known = found.source in ("measured", "settings")
    return jsonify(state=state, seats=found.seats, sentence=said(found), known=known)


def said(found: capacity.Capacity) -> str:
    """How many seats, in the page's language."""
    by = words()(f"setup.part.{found.limited_by}") if found.limited_by else ""
    return words()(f"setup.capacity.{found.source}", seats=found.seats, by=by)


# --- the camera ---


@bp.post("/api/setup/camera")
@opens(gate.holds)
@needs(Action.SET_UP)
def invite() -> Response:
    """-> `{link, picture}` for a computer of the lab; the invitation before is worth nothing any more."""
    token = workshop().camera.invite(services().writer, time.time())
    link = f"{origin()[0]}/setup/camera#{token}"
    return jsonify(link=link, picture=qr(link))


@bp.get("/api/setup/camera")
@opens(gate.holds)
@needs(Action.SET_UP)
def look() -> Response:
    """`{state: none, waiting, arriving, seen or nothing; seen, heard, number, sentence}`."""
    return _look()


def _look() -> Response:
    paths = services().paths
    found = workshop().camera.look(services().writer, paths, time.time())
    if found.state == "seen":
        done = progress.read(paths)
        if not done.camera:
            progress.write(paths, dataclasses.replace(done, camera=True))
    state = f"{found.state}_seen" if found.state == "nothing" and found.seen else found.state
    return jsonify(**dataclasses.asdict(found), sentence=words()(f"setup.camera.state_{state}"))


@bp.get("/api/setup/camera/picture")
@opens(gate.holds)
@needs(Action.SET_UP)
def picture() -> AnyResponse:
    """The newest picture that arrived, JPEG."""
    found = workshop().camera.picture(services().paths)
    if found is None:
        raise NotFound(words()("setup.camera.no_picture"))
    return make_response(found, {"Content-Type": "image/jpeg"})


@bp.get("/setup/camera")
@needs(Action.PUBLIC)
def camera_page() -> AnyResponse:
    """On a computer of the lab: the token is in the link's fragment."""
    if not gate.is_open(services().paths):
        return make_response(page("setup_closed.html"), 404)
    return make_response(page("setup_camera.html", boot={"seconds": SENDING_SECONDS}))


@bp.post("/api/setup/camera/begin")
@opens(invited)
@needs(Action.SET_UP)
def begin() -> Response:
    """-> `{url, token, bitrate}`: where the picture goes."""
    if not gate.is_open(services().paths):
        raise NotAllowed(words()("setup.closed.title"))
    door = workshop().camera.begin(services().writer, services().tokens, time.time())
    return jsonify(**door, bitrate=services().settings.capture.webcam_bitrate)


@bp.get("/api/setup/camera/arrived")
@opens(invited)
@needs(Action.SET_UP)
def arrived() -> Response:
    """The same as the setup page sees, for the computer that sends."""
    return _look()
