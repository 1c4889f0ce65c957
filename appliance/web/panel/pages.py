"""`/box/panel`: the front of the box as it is now, for everybody who may see the box; its buttons for those who may
mend it. What only a hand at the box may do (switch off by the button, reset) is not here."""

import hashlib
import time

from flask import Blueprint, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from appliance.box import light_card, panel
from appliance.box.panel import Ask
from appliance.errors import BadInput
from appliance.exam.permissions import Action
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.panel import view
from appliance.web.parse import Fields

bp = Blueprint("panel", __name__)

_SAID = {
    Ask.IDENTIFY: "panel_page.identified",
    Ask.PAIR: "panel_page.pair_opening",
    Ask.CLOSE_PAIRING: "panel_page.pair_closing",
}


@bp.get("/box/panel")
@needs(Action.SEE_BOX)
def front() -> str:
    """All of it."""
    return render_template("panel.html", **view.page(services(), now=time.time()))


@bp.get("/box/panel/now")
@needs(Action.SEE_BOX)
def moment() -> Response:
    """The part of the page that changes; 304 while it does not."""
    answer = make_response(render_template("_panel.html", **view.page(services(), now=time.time())))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer


@bp.get("/box/panel/card")
@needs(Action.SEE_BOX)
def card() -> str:
    """What each light means, on one page for the wall: the words and pictures of `appliance panel card`."""
    return render_template("panel_card.html", groups=light_card.rows(t), holds=light_card.holds(t))


@bp.post("/api/box/panel")
@needs(Action.MEND_BOX)
def ask() -> Response:
    """{what: identify | pair | close_pairing}: as the button does. 503 where nobody drives the front."""
    said = Fields().text("what", longest=20)
    if said not in set(Ask):
        raise BadInput(t("panel_page.no_such_wish"))
    panel.ask(services().paths.run, Ask(said), by=person().person)
    return jsonify(sentence=t(_SAID[Ask(said)]))
