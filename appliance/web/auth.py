"""Who asks: a cookie with a random token, of which the ledger's file holds only the hash (`ledger.actions.users`)."""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass

from flask import Flask, g, request
from werkzeug.wrappers import Response

from appliance.errors import Unavailable
from appliance.exam.permissions import USERS, Action, Role, leads, may, may_see
from appliance.ledger.actions import logins, users
from appliance.ledger.state import AttemptRow
from appliance.web.context import services, t
from appliance.web.needs import action_of, is_open
from appliance.web.refusals import Forbidden, MustFirst, SignInNeeded
from appliance.web.trail import log_refusal

COOKIE = "box"

PHONE_COOKIE = "phone"
"""A phone's, sent to `/phone` only: on loopback the phone is a second window of the candidate's own browser."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person. `person` is the user's name, or for a candidate the attempt; `token` is the cookie's;
    `device` is the pairing of a candidate's phone; `must`: what has to be done before anything else."""

    role: Role
    person: str
    name: str
    token: str
    device: str = ""
    must: str = ""
    """password: it was given by somebody else; factor: the role needs a second one."""

    @property
    def kind(self) -> str:
        """user, or candidate for whoever holds an attempt."""
        return "user" if self.role in USERS else "candidate"

    def sees(self, row: AttemptRow, delegates: Collection[str]) -> bool:
        """May this person see that candidate? `delegates`: who acts as lead of the exam (`planning.delegates`)."""
        return may_see(self.role, person=self.person, assigned_to=row.proctor, holder=row.attempt, delegates=delegates)

    def leads(self, delegates: Collection[str]) -> bool:
        """Does this person act as lead of the exam whose `delegates` these are?"""
        return leads(self.role, person=self.person, delegates=delegates)


def viewer() -> Viewer | None:
    """Who asks this request, or None."""
    found: Viewer | None = g.get("viewer")
    return found


def person() -> Viewer:
    """Who asks; SignInNeeded when nobody is signed in."""
    found = viewer()
    if found is None:
        raise SignInNeeded(t("server.sign_in"), hint=t("server.sign_in_hint"))
    return found


def identify(token: str) -> Viewer | None:
    """Whom a token stands for now."""
    if not token or len(token) > 100:
        return None
    now = time.time()
    with services().reader.connect() as connection:
        login = users.who(connection, token, now=now, limits=services().limits)
    if login is None:
        return None
    if login.attempt is None and now - login.seen_at > logins.TOUCH_SECONDS:
        _touch(token)
    return Viewer(login.role, login.person, login.name, token, login.device, _must(login))


def _must(login: users.Login) -> str:
    if login.must_change:
        return "password"
    return "" if login.factor or login.role not in services().settings.sign_in.with_factor else "factor"


def _touch(token: str) -> None:
    """Nobody waits for it: the page is answered all the same."""
    try:
        services().writer.submit(lambda transaction: logins.touch(transaction, [token]))
    except Unavailable as error:
        services().signing_in.touch_failed += 1
        log.warning("that a sign-in is in use could not be noted: %s", error)


def hand_out(
    response: Response, token: str, *, cookie: str = COOKIE, path: str = "/", seconds: float = users.LOGIN_SECONDS
) -> Response:
    """Give the browser its cookie."""
    response.set_cookie(
        cookie,
        token,
        max_age=int(seconds),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path=path,
    )
    return response


def take_back(response: Response) -> Response:
    """Forget the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict", secure=request.is_secure, path="/")
    return response


def refuse(who: Viewer, action: str) -> Forbidden:
    """The error for somebody who may not; it stands in the ledger."""
    log_refusal(user=who.person, action=action, path=request.path)
    return Forbidden(t("server.forbidden"), hint=t("server.forbidden_hint"))


_ALWAYS = (Action.PUBLIC, Action.OWN_SESSION, Action.OWN_ACCOUNT)
"""What may be done although something has to be done first."""


def _first(who: Viewer) -> Forbidden:
    return MustFirst(t(f"signin.must_{who.must}"), hint=t("signin.must_hint"))


def register(app: Flask) -> None:
    """Deny by default: a view that names no Action answers nobody."""

    @app.before_request
    def guard() -> None:
        if g.view is None:
            return  # no such page: the answer is 404 or 405
        action = action_of(g.view)
        if action is None:
            raise Forbidden(t("server.forbidden"), hint=t("server.forbidden_hint"))
        if request.endpoint == "static":
            return
        cookie = PHONE_COOKIE if PHONE_COOKIE in request.cookies else COOKIE
        g.viewer = identify(request.cookies.get(cookie, ""))
        if may(g.viewer.role if g.viewer is not None else None, action) or is_open(g.view):
            if g.viewer is not None and g.viewer.must and action not in _ALWAYS and not is_open(g.view):
                raise _first(g.viewer)
            return
        if g.viewer is None:
            raise SignInNeeded(t("server.sign_in"), hint=t("server.sign_in_hint"))
        raise refuse(g.viewer, action.value)
