"""The way in through the site's own sign-in. The browser comes back from another site and brings no SameSite=Strict
cookie: `oidc` (Lax, for this path alone) says only that it is the same browser. The page that it is answered with leads
on by itself, since a redirect would count as the other site's and leave the cookie `box` behind."""

from typing import Any

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.config_signin import OidcSettings
from appliance.errors import ApplianceError, NotAllowed, NotFound
from appliance.exam.permissions import Action, Role
from appliance.exam.signin import How
from appliance.ledger.actions import accounts, users
from appliance.ledger.actions.accounts import Account
from appliance.ledger.writer import Transaction
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.public import HOME
from appliance.web.refusals import status_of
from appliance.web.security import limiter
from appliance.web.signin import finishing, guard
from appliance.web.signin.provider import Claims, Provider, role_of, user_of
from appliance.web.signin.sign_in import own_path

bp = Blueprint("oidc", __name__)

COOKIE = "oidc"
_PATH = "/sign-in/oidc"
_OFTEN = "30/minute"


@bp.get("/sign-in/oidc")
@needs(Action.PUBLIC)
@limiter.limit(_OFTEN)
def begin() -> Response:
    """Off to the provider; `?next=/path`."""
    provider, where = _provider(), own_path(request.args.get("next", ""))
    try:
        guard.check([guard.from_here()])
        trip = provider.begin(_back())
    except ApplianceError as error:
        return _refused(error, where)
    name = services().pending.ask("oidc", state=trip.state, nonce=trip.nonce, verifier=trip.verifier, next=where)
    response = redirect(trip.url, 302)
    response.set_cookie(COOKIE, name, max_age=300, httponly=True, samesite="Lax", secure=request.is_secure, path=_PATH)
    return response


@bp.get("/sign-in/oidc/back")
@needs(Action.PUBLIC)
@limiter.limit(_OFTEN)
def back() -> Response:
    """From the provider: `code` and `state`, each good once."""
    provider = _provider()
    asked = services().pending.take(request.cookies.get(COOKIE, "")[:100], "oidc")
    try:
        row = _came(provider, asked)
    except ApplianceError as error:
        return _refused(error, "" if asked is None else asked["next"])
    where = (asked or {}).get("next") or HOME[Role(row.role)]
    response = make_response(render_template("sign_in_done.html", name=row.name, where=where))
    response.headers["Refresh"] = f"0; url={where}"
    response.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="Lax", secure=request.is_secure)
    return finishing.finish(response, row.user, How.OIDC, strict=False)


@bp.get("/sign-in/oidc/status")
@needs(Action.PUBLIC)
@limiter.limit(_OFTEN)
def status() -> Response:
    """Is the provider there? The sign-in page asks after it is shown, so nobody waits for it."""
    return jsonify(up=_provider().answers())


def entered(transaction: Transaction, claims: Claims, settings: OidcSettings) -> Account:
    """Who this is here: known from before, expected by an administrator, or (with `create`) new. NotAllowed for anybody
    else; a local account of the same name is never taken over."""
    subject = f"{settings.issuer} {claims['sub']}"
    user, role = user_of(claims, settings), role_of(claims, settings)
    found = accounts.with_subject(transaction.connection, subject)
    if found is None:
        found = _first_time(transaction, claims, settings, user=user, role=role)
        accounts.link(transaction, user=found.user, issuer=settings.issuer, subject=subject)
    if found.disabled_at is not None:
        raise NotAllowed("this account is switched off", hint="An administrator of this box can switch it on again.")
    if role and role != found.role:
        accounts.set_role(transaction, user=found.user, role=Role(role), by="oidc")
    return accounts.account(transaction.connection, found.user)


def _first_time(transaction: Transaction, claims: Claims, settings: OidcSettings, *, user: str, role: str) -> Account:
    known = {one.user: one for one in accounts.all_of(transaction.connection)}
    if user in known and known[user].subject == "":
        return known[user]
    role = role or settings.default_role
    if user in known or not settings.create or not role:
        raise NotAllowed(
            "you are signed in there, but nobody has let you into this box",
            hint="Ask an administrator of this box to add you on its page of people.",
        )
    said = claims.get("name")
    name = said.strip()[:120] if isinstance(said, str) and said.strip() else user
    users.create_user(transaction, user=user, name=name, role=Role(role), password_hash=users.NO_PASSWORD, by="oidc")
    return accounts.account(transaction.connection, user)


def _came(provider: Provider, asked: dict[str, Any] | None) -> Account:
    if asked is None or request.args.get("state", "") != asked["state"]:
        raise NotAllowed(t("signin.oidc_late"), hint=t("signin.oidc_late_hint"))
    code = request.args.get("code", "")
    if not code or len(code) > 4_000:
        raise NotAllowed(t("signin.oidc_not", name=provider.settings.name), hint=t("signin.oidc_not_hint"))
    claims = provider.finish(code, back=_back(), nonce=asked["nonce"], verifier=asked["verifier"])
    return services().writer.transact(lambda transaction: entered(transaction, claims, provider.settings))


def _provider() -> Provider:
    found = services().provider
    if found is None:
        raise NotFound(t("signin.no_provider"), hint=t("signin.no_provider_hint"))
    return found


def _back() -> str:
    return f"{request.host_url.rstrip('/')}{_PATH}/back"


def _refused(error: ApplianceError, where: str) -> Response:
    """The sign-in page, with why; the way in by a password stands below it."""
    page = render_template(
        "sign_in.html",
        error=error,
        next=where,
        passkeys=False,
        provider=_provider().settings.name,
        entries=["sign-in"],
    )
    return make_response(page, status_of(error))
