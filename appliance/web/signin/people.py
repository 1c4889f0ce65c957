"""The administrator's page of people: who signs in, in which role, by what; and help for who cannot."""

import secrets
import time
from collections.abc import Callable

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed
from appliance.exam import codes
from appliance.exam.permissions import USERS, Action, Role
from appliance.ledger.actions import accounts, factors, guesses, passkeys, recovery, users
from appliance.ledger.writer import Transaction
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json
from appliance.web.signin import own

bp = Blueprint("people", __name__)

_ROLES = [role.value for role in USERS]


@bp.get("/users")
@needs(Action.MANAGE_USERS)
def people() -> Response:
    """Who may sign in."""
    return _people({}, {}, 200)


@bp.post("/users")
@needs(Action.MANAGE_USERS)
def add() -> Response:
    """Let somebody sign in: `{user, name, role, password, once, provider}`."""
    fields, by = Fields(), person().person
    try:
        user, name = fields.text("user", longest=64), fields.text("name", longest=120)
        role = _role(fields.text("role", longest=20))
        once, through = fields.flag("once"), services().provider is not None and fields.flag("provider")
        digest = users.NO_PASSWORD if through else _hashed(fields.text("password", longest=200), user, name)
        services().writer.transact(_entering(user, name, role, digest, by, once=once and not through))
    except BadInput as error:
        if wants_json():
            raise
        kept = {key: value for key, value in request.form.items() if key != "password"}
        return _people(kept, {"": f"{error.message}. {error.hint}".strip()}, 400)
    return make_response(jsonify(user=user), 201) if wants_json() else redirect("/users", 303)


@bp.get("/users/<user>")
@needs(Action.MANAGE_USERS)
def one(user: str) -> Response:
    """A person: state, second factors, sign-ins, and what can be done."""
    return _one(user, None)


@bp.post("/users/<user>/password")
@needs(Action.MANAGE_USERS)
def set_password(user: str) -> Response:
    """A password for one sign-in, made by the box and shown this once -> the page or `{password}`."""
    by = person().person
    with services().reader.connect() as connection:
        found = accounts.account(connection, user)
    if not found.local:
        raise NotAllowed(t("signin.no_password"), hint=t("signin.no_password_hint"))
    once = one_time()
    digest = _hashed(once, user, "")
    services().writer.transact(
        lambda transaction: accounts.set_password(transaction, user=user, password_hash=digest, by=by, once=True)
    )
    own.close_pages()
    return jsonify(password=once) if wants_json() else _one(user, None, once=once)


@bp.post("/users/<user>/role")
@needs(Action.MANAGE_USERS)
def set_role(user: str) -> Response:
    """`{role}`: other work from now on; the person is signed out."""
    by, said = person().person, Fields().text("role", longest=20)
    return _change(user, lambda transaction: accounts.set_role(transaction, user=user, role=_role(said), by=by))


@bp.post("/users/<user>/disable")
@needs(Action.MANAGE_USERS)
def disable(user: str) -> Response:
    """May not sign in any more, and is signed out."""
    by = person().person
    if user == by:
        return _again(user, NotAllowed(t("signin.not_yourself"), hint=t("signin.not_yourself_hint")))
    return _change(user, lambda transaction: accounts.disable(transaction, user=user, by=by))


@bp.post("/users/<user>/enable")
@needs(Action.MANAGE_USERS)
def enable(user: str) -> Response:
    """May sign in again."""
    by = person().person
    return _change(user, lambda transaction: accounts.enable(transaction, user=user, by=by))


@bp.post("/users/<user>/unlock")
@needs(Action.MANAGE_USERS)
def unlock(user: str) -> Response:
    """No wait after wrong guesses any more."""
    by = person().person

    def work(transaction: Transaction) -> None:
        accounts.account(transaction.connection, user)
        guesses.unlock(transaction, user=user, by=by)

    return _change(user, work)


@bp.post("/users/<user>/provider")
@needs(Action.MANAGE_USERS)
def through_provider(user: str) -> Response:
    """Signs in through the site's own sign-in from now on; a password of this box is good no more."""
    by = person().person
    if services().provider is None:
        return _again(user, NotAllowed(t("signin.no_provider"), hint=t("signin.no_provider_hint")))
    return _change(user, lambda transaction: accounts.expect(transaction, user=user, by=by))


@bp.post("/users/<user>/factor/remove")
@needs(Action.MANAGE_USERS)
def remove_factors(user: str) -> Response:
    """A person's second factors were lost: an admin takes them away, and that stands in the ledger."""
    by = person().person
    return _change(user, lambda transaction: accounts.remove_factors(transaction, user=user, by=by), factor=False)


@bp.post("/users/<user>/sessions/end")
@needs(Action.MANAGE_USERS)
def end_sessions(user: str) -> Response:
    """`{session}`: that sign-in of the person; without it all of them."""
    session = Fields().text("session", longest=20, default="")
    with services().reader.connect() as connection:
        accounts.account(connection, user)
    ended = own.end(user, session, by=person().person)
    return jsonify(ended=ended) if wants_json() else redirect(f"/users/{user}", 303)


def one_time() -> str:
    """A password for one sign-in that can be read out: XXXX-XXXX-XXXX."""
    text = "".join(secrets.choice(codes.ALPHABET) for _ in range(12))
    return "-".join(text[at : at + 4] for at in range(0, 12, 4))


def _hashed(password: str, user: str, name: str) -> str:
    with services().hashing:
        return users.hash_password(password, user=user, name=name)


def _entering(user: str, name: str, role: Role, digest: str, by: str, *, once: bool) -> Callable[[Transaction], None]:
    def work(transaction: Transaction) -> None:
        users.create_user(transaction, user=user, name=name, role=role, password_hash=digest, by=by, once=once)
        if digest == users.NO_PASSWORD:
            accounts.expect(transaction, user=user, by=by)

    return work


def _change(user: str, work: Callable[[Transaction], None], **said: object) -> Response:
    try:
        services().writer.transact(work)
    except (BadInput, NotAllowed) as error:
        return _again(user, error)
    own.close_pages()
    return jsonify(**(said or {"user": user})) if wants_json() else redirect(f"/users/{user}", 303)


def _again(user: str, error: ApplianceError) -> Response:
    if wants_json():
        raise error
    return _one(user, error)


def _role(name: str) -> Role:
    if name not in _ROLES:
        raise BadInput(t("server.no_such_role"))
    return Role(name)


def _one(user: str, error: ApplianceError | None, *, once: str = "") -> Response:
    with services().reader.connect() as connection:
        found = accounts.account(connection, user)
        app, keys, left = factors.has(connection, user), passkeys.of(connection, user), recovery.left(connection, user)
        waits = guesses.locked(connection, now=time.time()).get(user, 0.0)
    text = render_template(
        "user.html",
        error=error,
        person=found,
        once=once,
        app=app,
        keys=keys,
        recovery=left,
        waits=int(waits),
        sessions=own.sessions(user),
        roles=_ROLES,
        provider=services().provider_name,
        entries=["account"],
    )
    return make_response(text, 200 if error is None else status_of(error))


def _people(form: dict[str, str], errors: dict[str, str], code: int) -> Response:
    with services().reader.connect() as connection:
        rows = accounts.all_of(connection)
        having = factors.having(connection) | passkeys.having(connection)
        locked = guesses.locked(connection, now=time.time())
    text = render_template(
        "users.html",
        users=rows,
        having=having,
        locked=locked,
        roles=_ROLES,
        form=form,
        errors=errors,
        provider=services().provider_name,
    )
    return make_response(text, code)
