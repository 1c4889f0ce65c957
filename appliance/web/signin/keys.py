"""Passkeys: added and removed on the page of the own account, and the way in by one, alone or as the second step."""

from typing import Any

from flask import Blueprint, jsonify, redirect, request, session
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed
from appliance.exam.permissions import Action, Role
from appliance.exam.signin import How
from appliance.ledger.actions import passkeys, users
from appliance.web import proof
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.public import HOME
from appliance.web.refusals import wants_json
from appliance.web.security import failed, limiter, sign_in_limit
from appliance.web.signin import ceremony, finishing, own
from appliance.web.signin.sign_in import own_path

bp = Blueprint("keys", __name__)

_ASKED = "passkey"
_OFTEN = "60/minute"


@bp.post("/account/passkeys/options")
@needs(Action.OWN_ACCOUNT)
def to_add() -> Response:
    """`{password}` -> what the browser is asked for a new passkey."""
    who = person()
    proof.check(Fields(), path=request.path, action="passkey")
    with services().reader.connect() as connection:
        have = passkeys.of(connection, who.person)
    options, challenge = ceremony.to_register(who.person, who.name, have)
    session[_ASKED] = services().pending.ask("add", challenge=challenge, user=who.person)
    return jsonify(options)


@bp.post("/account/passkeys")
@needs(Action.OWN_ACCOUNT)
def add() -> Response:
    """`{name, credential}`: the browser's answer."""
    fields, who = Fields(), person()
    name = fields.text("name", longest=60)
    asked = _asked("add")
    if asked["user"] != who.person:
        raise _late()
    new = ceremony.registered(_credential(), asked["challenge"], user=who.person, name=name)
    services().writer.transact(lambda transaction: passkeys.add(transaction, new))
    answer = jsonify(passkey=new.passkey, name=new.name)
    answer.status_code = 201
    return answer


@bp.post("/account/passkeys/remove")
@needs(Action.OWN_ACCOUNT)
def remove() -> Response:
    """`{passkey, password}`."""
    fields, who = Fields(), person()
    try:
        passkey = fields.text("passkey", longest=1400)
        proof.check(fields, path=request.path, action="passkey")
    except (BadInput, NotAllowed) as error:
        return own.refuse(error)
    services().writer.transact(
        lambda transaction: passkeys.remove(transaction, passkey, user=who.person, by=who.person)
    )
    return jsonify(removed=True) if wants_json() else redirect("/account#passkeys", 303)


@bp.post("/sign-in/passkey/options")
@needs(Action.PUBLIC)
@limiter.limit(_OFTEN)
def to_prove() -> Response:
    """What the browser is asked for: any passkey of this box, or in the second step one of that person."""
    found = finishing.second()
    here = [] if found is None else [one for one in found.passkeys if one.host == ceremony.host()]
    options, challenge = ceremony.to_prove(here)
    session[_ASKED] = services().pending.ask("prove", challenge=challenge, user="" if found is None else found.user)
    return jsonify(options)


@bp.post("/sign-in/passkey")
@needs(Action.PUBLIC)
@limiter.limit(sign_in_limit, deduct_when=failed)
def prove() -> Response:
    """`{credential, next}`: the browser's answer -> a cookie and `{user, role, next}`. Guesses at passwords close this
    way to nobody: it is not one that can be guessed."""
    fields = Fields()
    where = own_path(fields.text("next", longest=200, default=""))
    answer, asked = _credential(), _asked("prove")
    with services().reader.connect() as connection:
        passkey = passkeys.named(connection, ceremony.named(answer))
        found = None if passkey is None else users.standing(connection, passkey.user)
    if passkey is None or found is None or asked["user"] not in ("", passkey.user):
        raise NotAllowed(t("signin.passkey_unknown"), hint=t("signin.passkey_unknown_hint"))
    count = ceremony.proved(answer, asked["challenge"], passkey)
    services().writer.transact(lambda transaction: passkeys.use(transaction, passkey.passkey, count=count))
    step = finishing.second()
    how = How.SECOND_PASSKEY if asked["user"] else How.PASSKEY
    goes = where or (step.next if step is not None else "") or HOME[Role(found[0].role)]
    return finishing.finish(jsonify(user=passkey.user, role=found[0].role, next=goes), passkey.user, how)


def _asked(what: str) -> dict[str, Any]:
    said = services().pending.take(session.pop(_ASKED, ""), what)
    if said is None:
        raise _late()
    return said


def _credential() -> Any:
    said = request.get_json(silent=True)
    found = said.get("credential") if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise BadInput(t("server.missing", field="credential"))
    return found


def _late() -> NotAllowed:
    return NotAllowed(t("signin.passkey_late"), hint=t("signin.passkey_late_hint"))
