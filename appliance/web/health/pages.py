"""`/box` for lab staff, planners and leads; its buttons for lab staff and administrators."""

import hashlib
import socket
import time

from flask import Blueprint, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from appliance.box import errand
from appliance.box.errand import Verb
from appliance.errors import NotAllowed, NotFound, Unavailable
from appliance.exam.events import BOX, BoxStopping, IssueFixAsked, Payload
from appliance.exam.permissions import Action
from appliance.ledger import fleet
from appliance.ledger.record import Draft
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.health import fixes, view
from appliance.web.needs import needs
from appliance.web.parse import Fields

bp = Blueprint("health", __name__)

POWER = {"power_off": Verb.POWEROFF, "restart": Verb.REBOOT}


@bp.get("/box")
@needs(Action.SEE_BOX)
def box() -> str:
    """All of it."""
    return render_template("box.html", **view.page(services(), now=time.time()))


@bp.get("/box/now")
@needs(Action.SEE_BOX)
def moment() -> Response:
    """The part of the page that changes; 304 while it does not."""
    answer = make_response(render_template("_box.html", **view.page(services(), now=time.time())))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer


@bp.post("/api/box/fix")
@needs(Action.MEND_BOX)
def fix() -> Response:
    """{code, about, wall?}: mend one issue that stands now. -> {sentence} when it is done, {errand} when root does
    it."""
    fields, here, who = Fields(), services(), person()
    code, about = fields.text("code", longest=60), fields.text("about", longest=60, default="")
    found = here.looking.look(here.paths, here.settings, now=time.time()).issues
    issue = next((one for one in found if (one.code, one.about) == (code, about)), None)
    if issue is None:
        raise NotAllowed(t("condition.no_such_issue"), hint=t("condition.no_such_issue_hint"))
    came = fixes.mend(here, issue, by=who.person, wall=fields.optional("wall"))
    _tell(IssueFixAsked(code=code, about=about, fix=issue.fix.value if issue.fix else "", by=who.person))
    here.looking.forget()
    return jsonify(sentence=came.sentence, errand=came.errand)


@bp.get("/api/box/errands/<errand_id>")
@needs(Action.MEND_BOX)
def came(errand_id: str) -> Response:
    """What came of an errand: {done: null} while nothing did."""
    said = errand.outcome(services().paths, errand_id)
    if said is None:
        if errand_id not in {one.id for one in errand.waiting(services().paths)}:
            raise NotFound(t("server.http_404"))
        return jsonify(done=None)
    if said.under_way:
        return jsonify(done=None)
    services().looking.forget()
    return jsonify(done=said.done, sentence=said.sentence, hint=said.hint)


@bp.post("/api/box/power")
@needs(Action.MEND_BOX)
def power() -> Response:
    """{what: power_off | restart, name?}: while candidates are here only with the box's name typed."""
    fields, here, who = Fields(), services(), person()
    what = fields.text("what", longest=20)
    if what not in POWER:
        raise NotFound(t("server.http_404"))
    with here.reader.connect() as connection:
        present = sum(one.present for one in fleet.sittings(connection) if one.runs(time.time()))
    said = fields.text("name", longest=80, default="")
    if present and said.casefold() != socket.gethostname().casefold():
        raise NotAllowed(t("condition.exam_runs", n=present), hint=t("condition.exam_runs_hint"))
    if not errand.has_steward():
        raise Unavailable(t("condition.not_installed"))
    _tell(BoxStopping(what=what, by=who.person, candidates=present))
    asked = errand.ask(here.paths, POWER[what], by=who.person)
    return jsonify(errand=asked, sentence=t("condition.going_off" if what == "power_off" else "condition.going_round"))


def _tell(payload: Payload) -> None:
    services().writer.append(Draft(payload=payload, chain=BOX, exam=None, actor=person().person))
