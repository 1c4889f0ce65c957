"""Wrong guesses cost waits: at an account and from an address alike, except for a browser that the person has signed in
with before. That one has guesses of its own, so that nobody keeps a person out by guessing from elsewhere."""

import hashlib
import math
import secrets
import time
from collections.abc import Sequence

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from appliance.errors import NotAllowed
from appliance.ledger.actions import guesses
from appliance.ledger.actions.guesses import Subject
from appliance.web.context import services, t
from appliance.web.refusals import Wait

COOKIE = "known"
COOKIE_SECONDS = 400 * 24 * 3600
_MOST = 5


def at_password(user: str) -> list[Subject]:
    """Whom a wrong password counts against."""
    device, users = _known()
    if _mark(user) in users:
        return [Subject("known", f"{device} {user}")]
    return [Subject("password", user), from_here()]


def at_factor(user: str) -> list[Subject]:
    """Whom a wrong code counts against: the password was right already."""
    device, users = _known()
    return [Subject("known", f"{device} {user} factor") if _mark(user) in users else Subject("factor", user)]


def from_here() -> Subject:
    """The address that asks."""
    return Subject("address", address())


def address() -> str:
    """Who asks, by address."""
    return (request.remote_addr or "")[:64]


def check(subjects: Sequence[Subject]) -> None:
    """Wait, where a guess is not taken now; it is not even looked at."""
    with services().reader.connect() as connection:
        seconds = guesses.waits(connection, subjects, now=time.time())
    if seconds:
        services().signing_in.waits += 1
        raise waiting(seconds)


def wrong(subjects: Sequence[Subject], error: NotAllowed, *, user: str) -> NotAllowed:
    """One more; -> what to answer: `error`, or how long to wait."""
    services().signing_in.wrong += 1
    here = address()
    seconds = services().writer.transact(
        lambda transaction: guesses.wrong(transaction, subjects, user=user, address=here)
    )
    return waiting(seconds) if seconds else error


def waiting(seconds: float) -> Wait:
    """How long, in words."""
    whole = math.ceil(seconds)
    span = t("signin.wait_minutes", n=math.ceil(whole / 60)) if whole > 90 else t("signin.wait_seconds", n=whole)
    return Wait(t("signin.wait", span=span), hint=t("signin.wait_hint"), seconds=whole)


def remember(response: Response, user: str) -> None:
    """This browser is one that the person signs in with."""
    device, users = _known()
    others = [mark for mark in users if mark != _mark(user)]
    marks = [*others[-(_MOST - 1) :], _mark(user)]
    response.set_cookie(
        COOKIE,
        _signed().dumps([device, marks]),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path="/sign-in",
    )


def _known() -> tuple[str, list[str]]:
    try:
        device, users = _signed().loads(request.cookies.get(COOKIE, "")[:1000])
        return str(device), list(users)
    except (BadSignature, ValueError, TypeError):
        return secrets.token_urlsafe(12), []


def _mark(user: str) -> str:
    return hashlib.sha256(user.encode()).hexdigest()[:12]


def _signed() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt="known browser")
