"""What a candidate's page reports of itself: focus, paste, screen, share, devices. Never a text, only its length."""

import time

from flask import Blueprint, jsonify
from limits import parse
from werkzeug.wrappers import Response

from appliance.errors import BadInput, NotAllowed
from appliance.exam.page import Fact
from appliance.exam.permissions import Action
from appliance.ledger.actions import page
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.security import limiter

bp = Blueprint("page", __name__)

AT_ONCE = 50
LONGEST = 200
OLDEST_SECONDS = 6 * 3600.0
"""A page without a line keeps its reports; none is older than an exam."""

_FACTS = parse("240/minute")


@bp.post("/api/me/page")
@needs(Action.TAKE_EXAM)
def report() -> Response:
    """Facts of the own page. The page's clock may be wrong: only how long ago something was is taken from it."""
    attempt, fields, now = person().person, Fields(), time.time()
    sent_at = fields.number("now")
    said = [_fact(row, sent_at=sent_at, now=now) for row in fields.rows("facts", most=AT_ONCE)]
    if said and not limiter.limiter.hit(_FACTS, "page", attempt, cost=len(said)):
        raise NotAllowed(t("server.many_reports"), hint=t("server.many_reports_hint"))
    services().writer.transact(lambda transaction: page.report(transaction, attempt, said))
    return jsonify(reported=len(said))


def _fact(row: Fields, *, sent_at: float, now: float) -> page.Said:
    try:
        fact = Fact(row.text("fact", longest=40))
    except ValueError:
        raise BadInput(t("server.no_such_fact")) from None
    ago = min(max(0.0, sent_at - row.number("at")), OLDEST_SECONDS)
    value = row.text("value", longest=LONGEST, default="")
    return page.Said(mark=row.text("mark", longest=40), fact=fact, value=value, happened_at=now - ago)
