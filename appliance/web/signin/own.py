"""One's own account: the page, the password, recovery codes, where one is signed in."""

import re
import time

from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed
from appliance.exam import totp
from appliance.exam.permissions import Action
from appliance.ledger.actions import accounts, factors, logins, passkeys, recovery, users
from appliance.web import proof
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.phone import qr
from appliance.web.refusals import status_of, wants_json
from appliance.web.signin import ceremony, devices

bp = Blueprint("own", __name__)


@bp.post("/account/password")
@needs(Action.OWN_ACCOUNT)
def change_password() -> Response:
    """`{password, new, again}`: every other sign-in of the person ends."""
    fields, who = Fields(), person()
    try:
        new, again = fields.text("new", longest=200), fields.text("again", longest=200, default="")
        with services().reader.connect() as connection:
            account = accounts.account(connection, who.person)
        if not account.local:
            raise NotAllowed(t("signin.no_password"), hint=t("signin.no_password_hint"))
        proof.check(fields, path=request.path, action="password")
        if again and again != new:
            raise BadInput(t("signin.not_the_same"), hint=t("signin.not_the_same_hint"))
        if new == fields.text("password", longest=200):
            raise BadInput(t("signin.same_as_before"), hint=t("signin.same_as_before_hint"))
        with services().hashing:
            digest = users.hash_password(new, user=who.person, name=who.name)
    except (BadInput, NotAllowed) as error:
        return refuse(error)
    services().writer.transact(
        lambda transaction: accounts.set_password(
            transaction, user=who.person, password_hash=digest, by=who.person, once=False, token=who.token
        )
    )
    close_pages()
    return jsonify(changed=True) if wants_json() else redirect("/account?changed=1", 303)


@bp.post("/account/recovery")
@needs(Action.OWN_ACCOUNT)
def make_recovery() -> Response:
    """`{password}`: ten new codes, shown this once."""
    fields, who, key = Fields(), person(), services().code_key
    try:
        with services().reader.connect() as connection:
            has = factors.has(connection, who.person) or bool(passkeys.of(connection, who.person))
        if not has:
            raise NotAllowed(t("signin.recovery_for_nothing"), hint=t("signin.recovery_for_nothing_hint"))
        proof.check(fields, path=request.path, action="recovery")
    except (BadInput, NotAllowed) as error:
        return refuse(error)
    codes = services().writer.transact(lambda transaction: recovery.make(transaction, user=who.person, key=key))
    if wants_json():
        return jsonify(codes=codes)
    box = services().settings.upstream.box
    return make_response(
        render_template("recovery.html", codes=codes, box=box, host=request.host, now=time.time(), entries=["account"])
    )


@bp.post("/account/sessions/end")
@needs(Action.OWN_ACCOUNT)
def end_sessions() -> Response:
    """`{session}`: that one; without it every other one."""
    fields, who = Fields(), person()
    session = fields.text("session", longest=20, default="")
    if session == logins.session_of(who.token):
        raise BadInput(t("signin.session_own"), hint=t("signin.session_own_hint"))
    ended = end(who.person, session, by=who.person, but=who.token)
    return jsonify(ended=ended) if wants_json() else redirect("/account#sessions", 303)


def end(user: str, session: str, *, by: str, but: str = "") -> int:
    """One sign-in of a person, or all; their open pages end with it. -> how many."""
    if session:
        services().writer.transact(lambda transaction: logins.end(transaction, user=user, session=session, by=by))
        ended = 1
    else:
        ended = services().writer.transact(lambda transaction: logins.end_all(transaction, user=user, by=by, but=but))
    close_pages()
    return ended


def close_pages() -> None:
    """Live connections of who was signed out end at once."""
    current_app.extensions["follower"].recheck()


def sessions(user: str) -> list[dict[str, object]]:
    """Where a person is signed in, in plain words."""
    with services().reader.connect() as connection:
        found = logins.of(connection, user, now=time.time(), limits=services().limits)
    here = logins.session_of(person().token)
    return [
        {
            "session": one.session,
            "device": devices.named(one.browser, t),
            "how": t(f"signin.how.{one.how or 'password'}"),
            "address": one.address,
            "created_at": one.created_at,
            "seen_at": one.seen_at,
            "here": one.session == here,
        }
        for one in found
    ]


def refuse(error: ApplianceError) -> Response:
    """The page again, with what was wrong; a script gets it as it is."""
    if wants_json():
        raise error
    return page(error)


def page(error: ApplianceError | None = None, *, secret: str = "") -> Response:
    """`/account`. Where no app is set up there is a fresh secret to set one up with, kept nowhere until it is
    confirmed."""
    who, secret = person(), secret or totp.new_secret()
    address = totp.address(secret, user=who.person, issuer=f"{t('meta.product')} {services().settings.upstream.box}")
    with services().reader.connect() as connection:
        account = accounts.account(connection, who.person)
        left = recovery.left(connection, who.person)
        keys = passkeys.of(connection, who.person)
    text = render_template(
        "account.html",
        error=error,
        account=account,
        provider=services().provider_name,
        factor=proof.has_factor(),
        needs_factor=proof.needs_factor(),
        keys=keys,
        key_possible=ceremony.possible(),
        key_host=ceremony.host(),
        recovery=left,
        recovered="recovered" in request.args,
        changed="changed" in request.args,
        sessions=sessions(who.person),
        secret=secret,
        shown=" ".join(re.findall(".{4}", secret)),
        picture=qr(address),
        address=address,
        entries=["account"],
    )
    return make_response(text, 200 if error is None else status_of(error))
