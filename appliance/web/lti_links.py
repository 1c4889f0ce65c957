"""The planner's page of LTI: which links of platforms are this exam, and what the platform's administrator copies."""

import time
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, redirect, render_template
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed
from appliance.exam.events import LtiLaunchRefused
from appliance.exam.permissions import Action
from appliance.ledger import lti, state
from appliance.ledger.actions import lti as actions
from appliance.web import lti as tool
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.refusals import status_of, wants_json

bp = Blueprint("lti_links", __name__)

SEEN_SECONDS = 24 * 3600
SEEN, READ = 20, 500


@bp.get("/exams/<exam>/lti")
@needs(Action.PLAN)
def page(exam: str) -> Response:
    """What leads to this exam."""
    return _page(exam)


@bp.post("/exams/<exam>/lti")
@needs(Action.PLAN)
def link(exam: str) -> Response:
    """`{platform, resource_link, active}`: this link is the exam from now on, or of none any more."""
    fields, who = Fields(), person()
    try:
        platform = fields.text("platform", longest=40)
        if platform not in {one.name for one in services().settings.platform}:
            raise BadInput(t("server.lti_no_platform"), hint=t("server.lti_no_platform_hint"))
        resource_link = fields.text("resource_link", longest=actions.LONGEST_LINK)
        active = not fields.flag("remove")
        services().writer.transact(
            lambda transaction: actions.link(
                transaction, exam, platform=platform, resource_link=resource_link, active=active, by=who.person
            )
        )
    except (BadInput, NotAllowed) as error:
        if wants_json():
            raise
        return _page(exam, error=error)
    if wants_json():
        return jsonify(exam=exam, platform=platform, resource_link=resource_link, active=active)
    return redirect(f"/exams/{exam}/lti", 303)


def _page(exam: str, *, error: BadInput | None = None) -> Response:
    with services().reader.connect() as connection:
        row, links, seen = state.exam(connection, exam), lti.links(connection, exam=exam), _seen(connection)
    text = render_template(
        "lti.html",
        exam=row,
        links=links,
        seen=seen,
        platforms=services().settings.platform,
        tool=tool.tool(),
        error=error,
    )
    return make_response(text, 200 if error is None else status_of(error))


def _seen(connection: sa.Connection) -> list[dict[str, Any]]:
    """Links of the last day that led nowhere, newest first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for event in lti.refusals(connection, since=time.time() - SEEN_SECONDS, limit=READ):
        said = event.payload
        if isinstance(said, LtiLaunchRefused) and said.reason == "link":
            one = {"platform": said.platform, "resource_link": said.resource_link}
            if lti.exam_of(connection, **one) is None:
                found.setdefault((said.platform, said.resource_link), {**one, "at": event.wall})
    return list(found.values())[:SEEN]
