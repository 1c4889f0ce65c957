"""One's own account: codes of an app as the second factor. What else there is to it stands in `signin.own`."""

from flask import Blueprint, jsonify, redirect, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed
from appliance.exam import totp
from appliance.exam.permissions import Action
from appliance.ledger.actions import factors
from appliance.web import proof
from appliance.web.auth import person
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import Forbidden, wants_json
from appliance.web.signin import own

bp = Blueprint("account", __name__)

_LONGEST_CODE = 20


@bp.get("/account")
@needs(Action.OWN_ACCOUNT)
def page() -> Response:
    """Everything about the own account."""
    return own.page()


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


def _again(error: ApplianceError, secret: str) -> Response:
    if wants_json():
        raise error
    return own.page(error, secret=secret)
