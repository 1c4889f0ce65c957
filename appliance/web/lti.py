"""LTI 1.3 Proctoring Services, this box as the tool: login, launch, back to the platform, and what its admin copies.

The platform's messages come as a POST from another site, which carries no SameSite=Strict cookie: `lti`, a random value
that says only "the same browser", is SameSite=None where the page is protected. The page that a launch is answered with
leads on by itself, since a redirect would count as the other site's and leave the cookie `box` behind.
"""

import re
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from limits import parse
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam.permissions import Action
from appliance.exam.stage import Stage
from appliance.ledger import state
from appliance.ledger.actions import lti as actions
from appliance.ledger.actions.lti import LaunchRefused
from appliance.standards.lti import messages, names
from appliance.standards.lti.messages import Message
from appliance.standards.lti.registry import Registry
from appliance.web import auth
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs, takes
from appliance.web.security import csrf, failed, limiter, posting_to

bp = Blueprint("lti", __name__)

COOKIE = "lti"
COOKIE_SECONDS = 16 * 3600
LARGEST_MESSAGE = 200_000
_REFUSALS = "120/minute"
_STARTS = parse("12/minute")
_KEPT = parse("60/minute")
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


@bp.route("/lti/login", methods=["GET", "POST"])
@csrf.exempt  # type: ignore[untyped-decorator]
@needs(Action.PUBLIC)
@limiter.limit(_REFUSALS, deduct_when=failed)
def login() -> Response:
    """The platform wants to launch somebody: off to it, to learn who."""
    said, registry = request.values, _registry()
    if not said.get("iss"):
        raise BadInput(t("server.lti_no_issuer"), hint=t("server.lti_from_platform"))
    platform = registry.meant(said["iss"], said.get("client_id", ""), said.get("lti_deployment_id", ""))[0]
    browser = request.cookies.get(COOKIE, "")
    if not _VALUE.fullmatch(browser):
        browser = secrets.token_urlsafe(32)
    where = registry.login(
        platform,
        redirect=f"{address()}/lti/launch",
        hint=said.get("login_hint", "")[:2000],
        message_hint=said.get("lti_message_hint", "")[:4000],
        browser=browser,
    )
    return _with_cookie(redirect(where, 302), browser)


@bp.post("/lti/launch")
@csrf.exempt  # type: ignore[untyped-decorator]
@needs(Action.PUBLIC)
@takes(LARGEST_MESSAGE)
@limiter.limit(_REFUSALS, deduct_when=failed)
def launch() -> Response:
    """A message of the platform about a candidate, signed by it."""
    said, registry = request.form, _registry()
    if said.get("error"):
        raise BadInput(t("server.lti_platform_error"), hint=t("server.lti_from_platform"))
    browser = request.cookies.get(COOKIE, "")
    message = registry.launch(
        state=said.get("state", ""), token=said.get("id_token", ""), browser=browser, now=time.time()
    )
    try:
        if message.type == names.START_PROCTORING:
            return _arrived(message, browser)
        if message.type == names.END_ASSESSMENT:
            return _ended(message)
        raise LaunchRefused("message", t("server.lti_other_message"), hint=t("server.lti_other_message_hint"))
    except LaunchRefused as error:
        _note(message, error.reason)
        raise


def _arrived(message: Message, browser: str) -> Response:
    agent, launched = request.user_agent.string, message.start()
    row, token = services().writer.transact(
        lambda transaction: actions.arrive(transaction, launched, browser=agent, cookie=browser)
    )
    with services().reader.connect() as connection:
        exam = state.exam(connection, row.exam)
    response = make_response(render_template("lti_launched.html", name=row.name, seat=row.seat, exam=exam))
    response.headers["Refresh"] = "0; url=/exam"
    return _with_cookie(auth.hand_out(response, token), browser)


def _ended(message: Message) -> Response:
    said = message.end()
    row = services().writer.transact(lambda transaction: actions.end_assessment(transaction, said))
    return make_response(
        render_template("lti_ended.html", troubled=said.troubled, checks_out=row.stage is Stage.CHECK_OUT)
    )


def _note(message: Message, reason: str) -> None:
    """For planners; bounded, since whoever may launch may do so often."""
    if limiter.limiter.hit(_KEPT, "lti", message.platform.name):
        link, name = message.resource_link, message.platform.name
        services().writer.transact(
            lambda transaction: actions.refused(transaction, platform=name, resource_link=link, reason=reason)
        )


@bp.get("/lti/start")
@needs(Action.TAKE_EXAM)
def start() -> Response:
    """Back to the platform, to take the exam: a page that posts the box's word there."""
    attempt, registry = person().person, _registry()
    if not limiter.limiter.hit(_STARTS, "lti start", attempt):
        raise NotAllowed(t("server.lti_often"), hint=t("server.lti_often_hint"))
    launched, name = services().writer.transact(lambda transaction: actions.start_assessment(transaction, attempt))
    platform = registry.named(launched.platform)
    if platform is None:
        raise NotFound(t("server.lti_no_platform"), hint=t("server.lti_no_platform_hint"))
    token = messages.start_assessment(
        platform,
        registry.key,
        resource_link=launched.resource_link,
        session_data=launched.session_data,
        attempt_number=launched.attempt_number,
        verified_name=name,
        now=time.time(),
    )
    response = make_response(render_template("lti_start.html", where=launched.start_url, token=token))
    parts = urlsplit(launched.start_url)
    response.headers["Content-Security-Policy"] = posting_to(f"{parts.scheme}://{parts.netloc}")
    return response


@bp.get("/lti/jwks")
@needs(Action.PUBLIC)
def jwks() -> Response:
    """The public key of this tool."""
    return jsonify(_registry().key.jwks())


@bp.get("/lti/config")
@needs(Action.PUBLIC)
def config() -> Response:
    """What the platform's administrator copies."""
    key = _registry().key
    return jsonify(**tool(), public_jwk=key.jwks()["keys"][0], public_key=key.pem())


def tool() -> dict[str, Any]:
    """Addresses, messages and scopes of this tool."""
    base = address()
    sent = [names.START_PROCTORING, names.END_ASSESSMENT]
    return {
        "title": "Exam appliance",
        "description": "Proctoring in a testing lab (LTI 1.3, Proctoring Services 1.0)",
        "oidc_initiation_url": f"{base}/lti/login",
        "target_link_uri": f"{base}/lti/launch",
        "redirect_uris": [f"{base}/lti/launch"],
        "public_jwk_url": f"{base}/lti/jwks",
        "scopes": [names.SCOPE],
        "messages": [{"type": name, "target_link_uri": f"{base}/lti/launch"} for name in sent],
        "claims": ["iss", "sub", "name", "email"],
    }


def address() -> str:
    """How browsers and platforms reach this box."""
    return (services().settings.lti.address or request.host_url).rstrip("/")


def _registry() -> Registry:
    found = services().lti
    if found is None:
        raise NotFound(t("server.lti_none"), hint=t("server.lti_none_hint"))
    return found


def _with_cookie(response: Response, browser: str) -> Response:
    response.set_cookie(
        COOKIE,
        browser,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="None" if request.is_secure else "Lax",
        secure=request.is_secure,
        path="/lti",
    )
    return response
