"""The way into the setup: the code, the language, and what is said once setup is over."""

import math
import re
import time

from flask import Blueprint, make_response, redirect, request
from werkzeug.wrappers import Response

from appliance.errors import BadInput
from appliance.exam.permissions import Action
from appliance.provision import setup_code
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.security import limiter
from appliance.web.setup import gate, progress
from appliance.web.setup.language import COOKIE, LANGUAGES, page, words
from appliance.web.setup.workshop import workshop

bp = Blueprint("setup", __name__)

TRIES = "30/minute"
"""Codes of one address, right or wrong; wrong ones make it wait long before (`lockout`)."""

_OWN = re.compile(r"/setup(?:/[a-z]+)?")
_YEAR = 365 * 86_400


@bp.get("/setup")
@needs(Action.PUBLIC)
def front() -> Response:
    """Ask for the code; who typed it goes on where setup is."""
    paths = services().paths
    if not gate.is_open(paths):
        return make_response(page("setup_closed.html"), 404)
    if gate.holds():
        return redirect(onward(), 303)
    if not gate.is_private():
        return make_response(page("setup_line.html"), 409)
    return make_response(page("setup_code.html", error=None, wait=0))


@bp.post("/setup")
@needs(Action.PUBLIC)
@limiter.limit(TRIES)
def enter() -> Response:
    """The code: 303 to where setup is, with the cookie."""
    paths, lockout = services().paths, workshop().lockout
    if not gate.is_open(paths) or not gate.is_private():
        return front()
    who, now = request.remote_addr or "", time.monotonic()
    if wait := lockout.wait(who, now):
        return _refused(wait, 429)
    if not setup_code.matches(paths, Fields().text("code", longest=64)):
        lockout.wrong(who, now)
        return _refused(lockout.wait(who, now), 400)
    lockout.right(who)
    return gate.hand_out(redirect(onward(), 303))


def onward() -> str:
    """Where setup goes on."""
    done = progress.read(services().paths)
    if done.applied_at:
        return "/setup/card"
    return "/setup/finish" if done.complete else f"/setup/{done.next.value}"


def _refused(wait: float, status: int) -> Response:
    said, seconds = words(), math.ceil(wait)
    hint = said("setup.code.wait", seconds=seconds) if seconds else said("setup.code.wrong_hint")
    error = BadInput(said("setup.code.wrong" if status == 400 else "setup.code.too_many"), hint=hint)
    response = make_response(page("setup_code.html", error=error, wait=seconds), status)
    if seconds:
        response.headers["Retry-After"] = str(seconds)
    return response


@bp.post("/setup/language")
@needs(Action.PUBLIC)
def language() -> Response:
    """Another language, for this browser."""
    fields = Fields()
    chosen, back = fields.text("language", longest=5), fields.text("next", longest=40, default="")
    response = redirect(back if _OWN.fullmatch(back) else "/setup", 303)
    if chosen in LANGUAGES:
        response.set_cookie(COOKIE, chosen, max_age=_YEAR, samesite="Lax", secure=request.is_secure)
    return response
