"""One's own account: the second factor. An admin removes one that was lost, on the page of users."""

import re

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed
from appliance.exam import totp
from appliance.exam.permissions import Action
from appliance.ledger.actions import factors
from appliance.web import proof
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.phone import qr
from appliance.web.refusals import Forbidden, status_of, wants_json

bp = Blueprint("account", __name__)

_LONGEST_CODE = 20
_LONGEST_USER = 64


@bp.get("/account")
@needs(Action.OWN_ACCOUNT)
def page() -> str:
    """Is a second factor set up? If not: a fresh secret to set one up with, kept nowhere until it is confirmed."""
    return _page(totp.new_secret(), None)


@bp.post("/account/factor")
@needs(Action.OWN_ACCOUNT)
def set_up() -> Response:
    """The secret that the app has read, a code of it, and the password."""
    fields, who = Fields(), person()
    secret = fields.text("secret", longest=64, default="")
    try:
        code = fields.text("code", longest=_LONGEST_CODE)
        proof.check(fields, path=request.path)
        services().writer.transact(
            lambda transaction: factors.set_up(transaction, user=who.person, secret=secret, code=code)
        )
    except (BadInput, NotAllowed) as error:
        return _again(error, secret if totp.is_secret(secret) else totp.new_secret())
    return jsonify(factor=True) if wants_json() else redirect("/account", 303)


@bp.post("/account/factor/remove")
@needs(Action.OWN_ACCOUNT)
def remove() -> Response:
    """With the password and a code."""
    fields, who = Fields(), person()
    try:
        code = fields.text("code", longest=_LONGEST_CODE)
        proof.check(fields, path=request.path)
        services().writer.transact(lambda transaction: factors.use(transaction, user=who.person, code=code))
    except (BadInput, NotAllowed) as error:
        if isinstance(error, NotAllowed) and not isinstance(error, Forbidden):
            error = proof.denied(request.path, error)
        return _again(error, totp.new_secret())
    services().writer.transact(lambda transaction: factors.remove(transaction, user=who.person, by=who.person))
    services().proofs.forget(who.token)
    return jsonify(factor=False) if wants_json() else redirect("/account", 303)


@bp.post("/users/<user>/factor/remove")
@needs(Action.MANAGE_USERS)
def remove_lost(user: str) -> Response:
    """A person's second factor was lost: an admin takes it away, and that stands in the ledger."""
    by = person().person
    services().writer.transact(lambda transaction: factors.remove(transaction, user=user[:_LONGEST_USER], by=by))
    return jsonify(factor=False) if wants_json() else redirect("/users", 303)


def _again(error: ApplianceError, secret: str) -> Response:
    if wants_json():
        raise error
    return make_response(_page(secret, error), status_of(error))


def _page(secret: str, error: ApplianceError | None) -> str:
    who, upstream = person(), services().settings.upstream
    address = totp.address(secret, user=who.person, issuer=f"{t('meta.product')} {upstream.box}")
    return render_template(
        "account.html",
        factor=proof.has_factor(),
        needs_factor=proof.needs_factor(),
        secret=secret,
        shown=" ".join(re.findall(".{4}", secret)),
        picture=qr(address),
        address=address,
        error=error,
    )
