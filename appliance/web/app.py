"""The Flask application: what every page shares."""

from datetime import datetime
from typing import Any

from flask import Flask

from appliance import __version__
from appliance.box.secret import secret_from
from appliance.exam.permissions import Action, may
from appliance.web import (
    accommodations,
    account,
    admission,
    announcements,
    auth,
    call,
    candidate,
    checkin,
    checkout,
    conduct,
    content,
    detection,
    flags,
    identity,
    inbox,
    judged,
    keeping,
    lti,
    lti_links,
    media,
    metrics,
    own_check,
    page,
    phone,
    planner,
    prepare,
    proctor,
    public,
    receipt,
    refusals,
    reports,
    retention,
    rosters,
    security,
    sitting,
    staff,
    thresholds,
    updates,
    upstream,
)
from appliance.web.board import pages as board_pages
from appliance.web.board import rehearsal as board_rehearsal
from appliance.web.board import seat as board_seat
from appliance.web.context import EXTENSION, Services
from appliance.web.health import pages as health_pages
from appliance.web.manifest import Manifest
from appliance.web.needs import needs
from appliance.web.panel import pages as panel_pages
from appliance.web.panel import pairing as panel_pairing
from appliance.web.review import decisions, exports, loudness, queue, recording, seats
from appliance.web.setup import checks as setup_checks
from appliance.web.setup import door as setup_door
from appliance.web.setup import finish as setup_finish
from appliance.web.setup import pages as setup_pages
from appliance.web.setup import seats as setup_seats
from appliance.web.setup import workshop
from appliance.web.signin import keys, oidc, own, people, sign_in
from appliance.web.trust import admin as certificate
from appliance.web.trust import pages as trust

_BLUEPRINTS = (
    public.bp,
    trust.bp,
    certificate.bp,
    candidate.bp,
    checkin.bp,
    sitting.bp,
    page.bp,
    phone.bp,
    checkout.bp,
    receipt.bp,
    identity.bp,
    proctor.bp,
    admission.bp,
    conduct.bp,
    announcements.bp,
    inbox.bp,
    judged.bp,
    own_check.bp,
    call.bp,
    planner.bp,
    rosters.bp,
    content.bp,
    prepare.bp,
    detection.bp,
    thresholds.bp,
    accommodations.bp,
    flags.bp,
    reports.bp,
    retention.bp,
    staff.bp,
    health_pages.bp,
    panel_pages.bp,
    panel_pairing.bp,
    sign_in.bp,
    keys.bp,
    oidc.bp,
    own.bp,
    people.bp,
    account.bp,
    exports.bp,
    media.bp,
    metrics.bp,
    updates.bp,
    upstream.bp,
    board_pages.bp,
    board_seat.bp,
    board_rehearsal.bp,
    keeping.bp,
    recording.bp,
    loudness.bp,
    decisions.bp,
    queue.bp,
    seats.bp,
    lti.bp,
    lti_links.bp,
    setup_door.bp,
    setup_finish.bp,
    setup_seats.bp,
    setup_checks.bp,
    setup_pages.bp,
)


def create_app(services: Services, **config: Any) -> Flask:
    """An app on these services. `config` overrides Flask's (tests, rate limits)."""
    app = Flask("appliance.web")
    app.config.update(config)
    app.extensions[EXTENSION] = services
    app.extensions[workshop.EXTENSION] = workshop.Workshop()
    security.register(app, key=secret_from(services.paths.keys / "web"))
    auth.register(app)
    refusals.register(app)
    _templates(app, services)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.view_functions["static"] = needs(Action.PUBLIC)(app.view_functions["static"])
    return app


def _templates(app: Flask, services: Services) -> None:
    manifest = Manifest()
    app.extensions["manifest"] = manifest
    app.jinja_env.globals.update(
        t=services.words, strings=services.words.to_json(), asset=manifest.asset, lang="en", version=__version__
    )
    app.jinja_env.filters.update(clock=_clock, day=_day)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def shared() -> dict[str, Any]:
        who = auth.viewer()
        role = who.role if who is not None else None
        return {
            "viewer": who,
            "may": lambda action: may(role, Action(action)),
            "inbox_open": _inbox_open(services) if may(role, Action.ANSWER_INQUIRY) else 0,
        }


def _inbox_open(services: Services) -> int:
    with services.reader.connect() as connection:
        return inbox.open_count(connection)


def _clock(at: float) -> str:
    """Wall seconds -> the lab's time of day, with seconds."""
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


def _day(at: float) -> str:
    """Wall seconds -> date and time of the lab."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
