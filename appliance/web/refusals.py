"""What a request that fails is answered: `{"error", "hint"}` to scripts, `error.html` to people. Never a stack."""

import logging

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from appliance.errors import ApplianceError, BadInput, NotAllowed, NotFound, Unavailable
from appliance.web.context import services, t
from appliance.web.needs import limit_of

log = logging.getLogger(__name__)


class SignInNeeded(NotAllowed):
    """Nobody is signed in."""


class Forbidden(NotAllowed):
    """Not by this person."""


class MustFirst(Forbidden):
    """Something of the own account has to be done first: a new password, a second factor."""


class Wait(NotAllowed):
    """Not yet: in `seconds`."""

    def __init__(self, message: str, *, hint: str = "", seconds: int) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds


_STATUS: tuple[tuple[type[ApplianceError], int], ...] = (
    (SignInNeeded, 401),
    (Forbidden, 403),
    (Wait, 429),
    (NotAllowed, 409),
    (BadInput, 400),
    (NotFound, 404),
    (Unavailable, 503),
)

_DOORS = {"phone": "/phone/join", "setup": "/setup"}
"""Where somebody whom the box does not know yet comes in, by the first part of the path; else to sign in."""

_SAID = {400, 403, 404, 405, 413, 415, 429}
"""Statuses of HTTP itself that the catalogue has a sentence for (`server.http_404`)."""


def status_of(error: ApplianceError) -> int:
    """The HTTP status of an error."""
    return next((status for cls, status in _STATUS if isinstance(error, cls)), 500)


def wants_json() -> bool:
    """Does a script ask, or a person?"""
    if request.path.startswith(("/api/", "/whip/", "/whep/", "/media/", "/metrics")) or request.is_json:
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def answer(status: int, error: str, hint: str) -> Response:
    """The same sentence for a script or for a person."""
    response = jsonify(error=error, hint=hint) if wants_json() else make_response(_page(status, error, hint))
    response.status_code = status
    return response


def _page(status: int, error: str, hint: str) -> str | Response:
    key = f"server.title_{status}"
    title = t(key if key in services().words else "server.title_500")
    try:
        return render_template("error.html", code=status, title=title, sentence=error, hint=hint)
    except Exception:  # the last resort: whatever is wrong with the page, the sentence gets through
        log.exception("error.html cannot be rendered")
        return Response(f"{error}\n{hint}\n", mimetype="text/plain")


def register(app: Flask) -> None:
    """Answer for everything that can go wrong."""

    @app.errorhandler(ApplianceError)
    def known(error: ApplianceError) -> AnyResponse:
        status = status_of(error)
        if status >= 500:
            log.warning("%s %s: %s", request.method, request.path, error)
        if isinstance(error, MustFirst) and request.method == "GET" and not wants_json():
            return redirect("/account", 303)
        if isinstance(error, SignInNeeded) and request.method == "GET" and not wants_json():
            return redirect(_DOORS.get(request.path.split("/")[1], "/sign-in"), 303)
        response = answer(status, error.message, error.hint)
        if isinstance(error, Wait):
            response.headers["Retry-After"] = str(error.seconds)
        return response

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> Response:
        return answer(400, t("server.form_expired"), t("server.form_expired_hint"))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> AnyResponse:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        if status not in _SAID:
            return answer(status, t("server.broken"), t("server.broken_hint"))
        limit = f"{_limit() // 1000} kB"
        response = answer(status, t(f"server.http_{status}", limit=limit), t(f"server.http_{status}_hint"))
        for name in ("Allow", "Retry-After"):
            if value := error.get_response().headers.get(name):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def unknown(_error: Exception) -> Response:
        log.exception("%s %s failed", request.method, request.path)
        return answer(500, t("server.broken"), t("server.broken_hint"))


def _limit() -> int:
    view = g.get("view")
    return limit_of(view) if view is not None else limit_of(_limit)
