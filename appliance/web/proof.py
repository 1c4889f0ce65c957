"""Step-up: before evidence leaves the box a person proves again to be the one who signed in, by the password and, where
one is set up, a code of the second factor (M91)."""

import time

from flask import abort
from limits import parse

from appliance.errors import BadInput, NotAllowed
from appliance.ledger.actions import factors, users
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.parse import Fields
from appliance.web.proofs import FRESH_SECONDS
from appliance.web.refusals import Forbidden
from appliance.web.security import limiter, sign_in_limit
from appliance.web.trail import log_refusal

PASSWORD, TOTP, OIDC = "password", "totp", "oidc"

_LONGEST_CODE = 20


def needs_factor() -> bool:
    """Is a second factor asked of everybody who exports?"""
    return services().settings.web.export_needs_factor


def has_factor() -> bool:
    """Has whoever asks set one up?"""
    with services().reader.connect() as connection:
        return factors.has(connection, person().person)


def prove(fields: Fields, *, path: str, action: str = "export") -> str:
    """The fields `password` and `code` of the request -> how the person proved to be there. Forbidden (and in the
    ledger, as refused for `action`) where they are wrong, as often as at sign-in; then 429."""
    password, code = check(fields, path=path, action=action), fields.text("code", longest=_LONGEST_CODE, default="")
    who = person()
    if not has_factor():
        if needs_factor():
            raise Forbidden(t("server.factor_needed"), hint=t("server.factor_needed_hint"))
        services().proofs.give(who.token)
        return password
    if not code:
        raise BadInput(t("server.code_missing"), hint=t("server.code_missing_hint"))
    try:
        services().writer.transact(lambda transaction: factors.use(transaction, user=who.person, code=code))
    except NotAllowed as error:
        raise denied(path, error, action) from None
    services().proofs.give(who.token)
    return TOTP


def check(fields: Fields, *, path: str, action: str = "export") -> str:
    """The person's own password again. Errors as those of `prove`."""
    who, limit = person(), parse(sign_in_limit())
    if not _has_password():
        return _came_just_now(path, action)
    password = fields.text("password", longest=200)
    if not limiter.limiter.test(limit, "proof", who.person):
        abort(429)
    try:
        with services().hashing, services().reader.connect() as connection:
            users.verify_password(connection, who.person, password)
    except NotAllowed:
        wrong = NotAllowed(t("server.password_wrong"), hint=t("server.password_wrong_hint"))
        raise denied(path, wrong, action) from None
    return PASSWORD


def _has_password() -> bool:
    with services().reader.connect() as connection:
        return users.stored(connection, person().person) != users.NO_PASSWORD


def _came_just_now(path: str, action: str) -> str:
    """Who has no password of this box is asked to come in anew through the site's own sign-in."""
    now = time.time()
    with services().reader.connect() as connection:
        login = users.who(connection, person().token, now=now)
    if login is None or now - login.created_at > FRESH_SECONDS:
        raise denied(path, NotAllowed(t("signin.come_anew"), hint=t("signin.come_anew_hint")), action)
    return OIDC


def denied(path: str, error: NotAllowed, action: str = "export") -> Forbidden:
    """Counted, and in the ledger."""
    who = person()
    limiter.limiter.hit(parse(sign_in_limit()), "proof", who.person)
    services().exporting.denied += 1
    log_refusal(user=who.person, action=action, path=path)
    return Forbidden(error.message, hint=error.hint)
