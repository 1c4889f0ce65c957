"""What every answer carries and every request must: headers, CSRF token, size, rate."""

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect

from appliance.web.needs import limit_of

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), usb=()",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""The policy of a file that somebody gave the box and a browser shows, as a PDF: what is in it reaches nothing."""


def posting_to(origin: str) -> str:
    """The policy of a page with one form that goes to another site, and on from there."""
    return _POLICY.replace("form-action 'self'", f"form-action {origin} https:")


def reaching(origin: str) -> str:
    """The policy of a page whose script asks another origin of the box."""
    return f"{_POLICY}; connect-src 'self' {origin}"


limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", default_limits=[])
"""Counts in memory: one process answers, and a restart may forget."""

csrf = CSRFProtect()


class _Cookies(SecureCookieSessionInterface):
    """The form cookie is Secure exactly when the page came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def failed(response: Response) -> bool:
    """Only failures count against who tries codes and passwords: a whole lab may join from one address."""
    return 400 <= response.status_code < 500


def join_limit() -> str:
    """Failed joins of one address."""
    limit: str = current_app.config["JOIN_LIMIT"]
    return limit


def phone_limit() -> str:
    """Failed codes of phones of one address."""
    limit: str = current_app.config["PHONE_LIMIT"]
    return limit


def sign_in_limit() -> str:
    """Failed sign-ins of one address."""
    limit: str = current_app.config["SIGN_IN_LIMIT"]
    return limit


def register(app: Flask, *, key: bytes) -> None:
    """Everything that does not depend on who asks. Its hooks run before those of `auth`."""
    app.secret_key = key
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_NAME="form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_FORM_PARTS=40,
    )
    app.config.setdefault("JOIN_LIMIT", "10/minute")
    app.config.setdefault("SIGN_IN_LIMIT", "10/minute")
    app.config.setdefault("PHONE_LIMIT", "10/minute")

    @app.before_request
    def bound() -> None:
        g.view = app.view_functions.get(request.endpoint) if request.endpoint else None
        request.max_content_length = limit_of(g.view if g.view is not None else bound)

    csrf.init_app(app)
    limiter.init_app(app)

    @app.after_request
    def dress(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        elif request.path.startswith("/static/dist/assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
