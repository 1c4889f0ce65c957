"""`/box/certificate`: whose certificate the box shows. Central IT asks for one, installs it, has it
fetched, or goes back."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.box import errand
from appliance.box.authority import own_names
from appliance.certificates import chain, chosen, current, renewal, site
from appliance.certificates.chain import Chain
from appliance.certificates.current import Certified
from appliance.errors import ApplianceError, BadInput
from appliance.exam.events import BOX, CertificateChanged
from appliance.exam.permissions import Action
from appliance.ledger.record import Draft
from appliance.web import auth
from appliance.web.context import services, t
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.refusals import status_of
from appliance.web.trust.pages import groups

bp = Blueprint("certificate", __name__)

MOST_BYTES = 3 * chain.MOST_BYTES
PAGE = "/box/certificate"
_DONE = ("names", "install", "incomplete", "acme", "back", "own")


@bp.get(PAGE)
@needs(Action.MANAGE_CERTIFICATE)
def page() -> str:
    """What is shown now, and what can be done about it."""
    return _page()


@bp.post("/box/certificate/names")
@needs(Action.MANAGE_CERTIFICATE)
def names() -> Response:
    """What the box is called."""

    def save() -> str:
        said = Fields()
        domain, further = said.text("domain", longest=253, default=""), said.text("names", longest=1000, default="")
        chosen.write(services().paths, domain=domain.lower(), names=further.lower())
        return "names"

    return _tried(save)


@bp.get("/box/certificate/request.csr")
@needs(Action.MANAGE_CERTIFICATE)
def signing_request() -> Response:
    """For the site's authority; the key stays here."""
    answer = make_response(site.request(services().paths, services().settings))
    answer.content_type = "application/pkcs10"
    answer.headers["Content-Disposition"] = 'attachment; filename="exam-box.csr"'
    return answer


@bp.post("/box/certificate/install")
@takes(MOST_BYTES)
@needs(Action.MANAGE_CERTIFICATE)
def install() -> Response:
    """The site's certificate from now on, if it holds."""

    def use() -> str:
        here, files = services(), [file.read() for file in request.files.values()]
        if not any(files):
            raise BadInput(t("certificate.no_file"), hint=t("certificate.no_file_hint"))
        handed = chain.read(*filter(None, files), password=Fields().text("password", longest=200, default=""))
        made = site.install(here.paths, here.settings, handed)
        return "install" if chain.is_complete(made) else "incomplete"

    return _tried(use)


@bp.post("/box/certificate/acme")
@takes(MOST_BYTES)
@needs(Action.MANAGE_CERTIFICATE)
def acme() -> Response:
    """Fetch one now, and from now on by itself."""

    def fetch() -> str:
        here, said = services(), Fields()
        values = {
            "acme_directory": said.text("directory", longest=500),
            "acme_email": said.text("email", longest=200, default=""),
        }
        ca = request.files.get("ca")
        if ca is not None and (content := ca.read()):
            values["acme_ca_file"] = str(renewal.keep_ca(here.paths, content))
        chosen.write(here.paths, **values, mode="acme")
        done = renewal.fetch(here.paths, chosen.of(here.paths, here.settings))
        if done.trouble:
            raise BadInput(done.trouble, hint=done.hint)
        return "acme"

    return _tried(fetch)


@bp.post("/box/certificate/back")
@needs(Action.MANAGE_CERTIFICATE)
def back() -> Response:
    """The site's certificate before this one."""

    def use() -> str:
        site.back(services().paths, services().settings)
        return "back"

    return _tried(use)


@bp.post("/box/certificate/own")
@needs(Action.MANAGE_CERTIFICATE)
def own() -> Response:
    """The box's own."""

    def use() -> str:
        chosen.write(services().paths, mode="own")
        return "own"

    return _tried(use)


def _tried(change: Any) -> Response:
    """Do it; then what HTTPS shows is what the page says. What was wrong is said on the page."""
    here = services()
    before = current.current(here.paths, here.settings)
    try:
        done = change()
    except ApplianceError as error:
        return make_response(_page(error), status_of(error))
    shown = current.current(here.paths, here.settings)
    if shown.mark != before.mark:
        _changed(shown)
    return redirect(f"{PAGE}?done={done}", 303)


def _changed(shown: Certified) -> None:
    """The front shows it from now on, and the ledger says who did it."""
    here, who = services(), auth.person().person
    until = shown.until.timestamp()
    said = CertificateChanged(mode=shown.mode, fingerprint=shown.fingerprint, until=until, by=who)
    here.writer.append(Draft(payload=said, chain=BOX, exam=None, actor=who))
    if errand.has_steward():
        errand.ask(here.paths, errand.Verb.FRONT, by=who)


def _page(error: ApplianceError | None = None) -> str:
    here = services()
    shown, https = current.current(here.paths, here.settings), chosen.of(here.paths, here.settings)
    done = request.args.get("done", "")
    return render_template(
        "certificate.html",
        shown=shown,
        https=https,
        host=own_names()[0],
        groups=groups(shown.fingerprint),
        until=shown.until.timestamp(),
        issuer=_top(here) if not shown.is_own else "",
        has_older=site.has_older(here.paths),
        can_request=bool(https.domain or https.all_names),
        done=done if done in _DONE and error is None else "",
        error=error,
    )


def _top(here: Any) -> str:
    """Whom devices have to trust for it."""
    installed: Chain | None = site.installed(here.paths)
    return installed.certificates[-1].issuer.rfc4514_string() if installed else ""
