"""The door for staff: name and password, then a second step for who has one; out again."""

import re

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed, Unavailable
from appliance.exam.permissions import Action, Role
from appliance.exam.signin import How
from appliance.ledger.actions import accounts, factors, recovery, users
from appliance.ledger.state import UserRow
from appliance.web import auth
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.public import HOME
from appliance.web.refusals import Wait, status_of, wants_json
from appliance.web.security import failed, limiter, sign_in_limit
from appliance.web.setup import fresh
from appliance.web.signin import ceremony, finishing, guard
from appliance.web.signin.finishing import Second
from appliance.web.signin.hashing import Busy

bp = Blueprint("sign_in", __name__)

_OWN_PATH = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9_/.-]*")
_LONGEST_CODE = 40


@bp.get("/sign-in")
@needs(Action.PUBLIC)
def page() -> Response:
    """The form for staff; the setup of a fresh box, where nobody could sign in."""
    if fresh.wanted():
        return redirect("/setup", 303)
    finishing.give_up()
    return _first(None, own_path(request.args.get("next", "")))


@bp.post("/sign-in")
@needs(Action.PUBLIC)
@limiter.limit(sign_in_limit, deduct_when=failed)
def sign_in() -> Response:
    """Name and password -> a cookie, or the second step."""
    fields = Fields()
    where = own_path(fields.text("next", longest=200, default=""))
    try:
        row = _checked(fields)
        found = finishing.ways(row, next=where)
        code = fields.text("code", longest=_LONGEST_CODE, default="")
        if found.app or found.passkeys:
            if not code:
                return _ask_second(row, found)
            return _done(found, _code(found, code))
    except (BadInput, NotAllowed, Unavailable) as error:
        if wants_json():
            raise
        return _first(error, where, user=fields.text("user", longest=64, default="") if request.form else "")
    return _done(found, How.PASSWORD)


@bp.get("/sign-in/second")
@needs(Action.PUBLIC)
def second_page() -> Response:
    """The second step, for a browser that took the first."""
    found = finishing.second()
    return redirect("/sign-in", 303) if found is None else _second(found, None)


@bp.post("/sign-in/second")
@needs(Action.PUBLIC)
@limiter.limit(sign_in_limit, deduct_when=failed)
def second() -> Response:
    """A code of the app, or a recovery code."""
    found = finishing.second()
    if found is None:
        if wants_json():
            raise NotAllowed(t("signin.second_gone"), hint=t("signin.second_gone_hint"))
        return redirect("/sign-in", 303)
    try:
        how = _code(found, Fields().text("code", longest=_LONGEST_CODE))
    except (BadInput, NotAllowed) as error:
        if wants_json():
            raise
        return _second(found, error)
    return _done(found, how)


@bp.post("/sign-out")
@needs(Action.OWN_SESSION)
def sign_out() -> Response:
    """The cookie stands for nobody any more."""
    who = auth.person()
    services().writer.transact(lambda transaction: users.sign_out(transaction, token=who.token))
    response = jsonify(signed_out=True) if wants_json() else redirect("/", 303)
    return auth.take_back(response)


def own_path(path: str) -> str:
    """Where to go after signing in: a path of this box, or nowhere."""
    return path if _OWN_PATH.fullmatch(path) else ""


def _checked(fields: Fields) -> UserRow:
    user = fields.text("user", longest=64).lower()
    password = fields.text("password", longest=200)
    subjects = guard.at_password(user)
    guard.check(subjects)
    upgraded = None
    try:
        with services().hashing, services().reader.connect() as connection:
            row = users.verify_password(connection, user, password)
            before = users.stored(connection, user)
            upgraded = users.upgraded(before, password)
    except Busy:
        raise Unavailable(t("signin.busy"), hint=t("signin.busy_hint")) from None
    except users.SwitchedOff:
        off = NotAllowed(t("signin.switched_off"), hint=t("signin.switched_off_hint"))
        raise guard.wrong(subjects, off, user=user) from None
    except NotAllowed:
        mismatch = NotAllowed(t("signin.wrong"), hint=t("signin.wrong_hint"))
        raise guard.wrong(subjects, mismatch, user=user) from None
    if upgraded is not None:
        now = upgraded
        services().writer.transact(
            lambda transaction: accounts.keep_password(transaction, user=user, before=before, password_hash=now)
        )
    return row


def _code(found: Second, code: str) -> How:
    """Six digits are the app's; anything else is a recovery code."""
    subjects = guard.at_factor(found.user)
    guard.check(subjects)
    plain = "".join(code.split())
    key, is_app = services().code_key, found.app and plain.isdecimal() and len(plain) <= 8
    try:
        if is_app:
            services().writer.transact(lambda transaction: factors.use(transaction, user=found.user, code=plain))
            return How.TOTP
        services().writer.transact(lambda transaction: recovery.use(transaction, user=found.user, code=plain, key=key))
    except NotAllowed:
        what = "code" if is_app else "recovery_code"
        refused = NotAllowed(t(f"signin.wrong_{what}"), hint=t(f"signin.wrong_{what}_hint"))
        raise guard.wrong(subjects, refused, user=found.user) from None
    return How.RECOVERY


def _ask_second(row: UserRow, found: Second) -> Response:
    finishing.wait_for_second(row.user, next=found.next)
    if wants_json():
        return jsonify(second={"app": found.app, "passkeys": len(found.passkeys), "recovery": found.recovery})
    return redirect("/sign-in/second", 303)


def _done(found: Second, how: How) -> Response:
    if wants_json():
        said = {"user": found.user, "role": found.role.value}
        if how is How.RECOVERY:
            said["recovery_left"] = str(max(0, found.recovery - 1))
        return finishing.finish(jsonify(said), found.user, how)
    where = "/account?recovered=1" if how is How.RECOVERY else found.next or HOME[Role(found.role)]
    return finishing.finish(redirect(where, 303), found.user, how)


def _first(error: ApplianceError | None, where: str, *, user: str = "") -> Response:
    page = render_template(
        "sign_in.html",
        error=error,
        user=user,
        next=where,
        passkeys=ceremony.possible(),
        provider=services().provider_name,
        entries=["sign-in"],
    )
    return _with_wait(make_response(page, 200 if error is None else status_of(error)), error)


def _second(found: Second, error: ApplianceError | None) -> Response:
    here = [one for one in found.passkeys if one.host == ceremony.host()]
    page = render_template(
        "sign_in_second.html",
        error=error,
        second=found,
        passkeys=here if ceremony.possible() else [],
        elsewhere=sorted({one.host for one in found.passkeys} - {one.host for one in here}),
        entries=["sign-in"],
    )
    return _with_wait(make_response(page, 200 if error is None else status_of(error)), error)


def _with_wait(response: Response, error: ApplianceError | None) -> Response:
    if isinstance(error, Wait):
        response.headers["Retry-After"] = str(error.seconds)
    return response
