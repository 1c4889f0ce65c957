"""The equipment of whoever watches: a page that checks itself (proctoring.md M4). Nothing of it leaves the browser."""

from flask import Blueprint, render_template

from appliance.exam.permissions import Action
from appliance.web.needs import needs

bp = Blueprint("own_check", __name__)


@bp.get("/own-check")
@needs(Action.WATCH)
def page() -> str:
    """Browser, line, clock, loudspeaker, microphone and window, before the exam."""
    return render_template("own_check.html")
