"""`/trust`: what plain HTTP shows. It brings a device to the box: what to fetch, what to compare, how to install it on
this system, and whether it worked."""

import re
from collections.abc import Callable

from flask import Blueprint, Response, current_app, make_response, render_template, request

from appliance.box.authority import Authority
from appliance.certificates import chosen, current, site
from appliance.certificates.current import Certified
from appliance.errors import NotFound
from appliance.exam.permissions import Action
from appliance.web.context import services
from appliance.web.needs import needs
from appliance.web.phone import qr
from appliance.web.security import reaching
from appliance.web.setup import language
from appliance.web.trust import files, system, ways
from appliance.web.trust.system import System
from appliance.web.trust.ways import Ways

bp = Blueprint("trust", __name__)

_GROUP = 4
"""Bytes of a fingerprint that a person compares at once."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_COMPARE = {
    System.WINDOWS: ("certutil -hashfile exam-box.crt SHA256",),
    System.MACOS: ("shasum -a 256 exam-box.crt",),
    System.LINUX: ("openssl x509 -noout -fingerprint -sha256 -in exam-box.pem",),
    System.LAB: ("certutil -hashfile exam-box.crt SHA256", "sha256sum exam-box.crt"),
}
"""What shows the fingerprint of the file that was fetched."""

_SCRIPT = ("trust.works", "trust.works_not", "trust.checking")


@bp.get("/trust")
@needs(Action.PUBLIC)
def page() -> Response:
    """The page, for the system that asks or the one that was chosen."""
    shown = _shown()
    reached = ways.of(shown)
    said = language.words()
    asks = system.of(request.user_agent.string, request.args.get("on", ""))
    text = render_template(
        "trust.html",
        t=said,
        strings={key: said(key) for key in _SCRIPT},
        lang=language.chosen(),
        shown=shown,
        ways=reached,
        groups=groups(shown.fingerprint),
        issuer=_issuer(shown),
        system=asks,
        systems=list(System),
        qr=qr(reached.page) if reached.page else "",
        linux_file=files.LINUX_FILE,
        commands=_COMPARE.get(asks, ()),
    )
    answer = make_response(text)
    if reached.here:
        answer.headers["Content-Security-Policy"] = reaching(reached.here)
    answer.headers["Vary"] = "User-Agent, Accept-Language"
    return answer


@bp.get("/trust/probe")
@needs(Action.PUBLIC)
def probe() -> Response:
    """Whoever gets this by HTTPS trusts the box. It says nothing else, so any page may ask."""
    answer = current_app.response_class(status=204)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@bp.get("/trust/<name>")
@needs(Action.PUBLIC)
def file(name: str) -> Response:
    """What a device, or the central IT of many devices, takes from here."""
    made = _FILES.get(name)
    if made is None:
        raise NotFound(language.words()("trust.no_file"), hint=language.words()("trust.no_file_hint"))
    kind, content = made
    shown = _shown()
    der = b""
    if shown.is_own:
        authority = Authority(services().paths.keys, zones=_zones())
        authority.given()
        der = authority.der()
    elif name in _CERTIFICATES:
        said = language.words()
        raise NotFound(said("trust.site_file"), hint=said("trust.site_file_hint"))
    answer = make_response(content(der, ways.of(shown), shown))
    answer.content_type = kind
    answer.headers["Content-Disposition"] = f'attachment; filename="exam-{name}"'
    return answer


@bp.get("/.well-known/acme-challenge/<token>")
@needs(Action.PUBLIC)
def challenge(token: str) -> Response:
    """The site's ACME server asks whether this is the box (RFC 8555 8.3)."""
    try:
        if not _TOKEN.fullmatch(token):
            raise FileNotFoundError(token)
        text = (services().paths.acme / token).read_text(encoding="ascii")
    except OSError:
        raise NotFound("the box was not asked this", hint="Order the certificate again.") from None
    answer = make_response(text)
    answer.content_type = "text/plain"
    return answer


def groups(fingerprint: str) -> list[str]:
    """AB:CD:EF:01, AB:CD:EF:01, ...: so that a person can compare one after the other."""
    pairs = fingerprint.split(":")
    return [":".join(pairs[at : at + _GROUP]) for at in range(0, len(pairs), _GROUP)]


def _shown() -> Certified:
    return current.current(services().paths, services().settings)


def _zones() -> tuple[str, ...]:
    return chosen.of(services().paths, services().settings).zones


def _issuer(shown: Certified) -> str:
    """Who vouches for the site's certificate."""
    installed = None if shown.is_own else site.installed(services().paths)
    return installed.leaf.issuer.rfc4514_string() if installed else ""


def _pem(_der: bytes, _ways: Ways, _shown: Certified) -> bytes:
    return Authority(services().paths.keys, zones=_zones()).pem()


_Content = Callable[[bytes, Ways, Certified], bytes]
_CERTIFICATES = ("box.crt", "box.pem", "box.mobileconfig")
_FILES: dict[str, tuple[str, _Content]] = {
    "box.crt": ("application/x-x509-ca-cert", lambda der, _ways, _shown: der),
    "box.pem": ("application/x-pem-file", _pem),
    "box.mobileconfig": (
        "application/x-apple-aspen-config",
        lambda der, _ways, shown: files.profile(der, box=shown.names[0].partition(".")[0]),
    ),
    "chromium.json": ("application/json", lambda der, ways, _shown: files.chromium(der, ways.origins)),
    "windows.reg": ("text/plain; charset=utf-16", lambda der, ways, _shown: files.registry(der, ways.origins)),
    "firefox.json": ("application/json", lambda der, ways, _shown: files.firefox(der, ways.origins)),
}
