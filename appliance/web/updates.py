"""`GET /healthz/update`: what a commit hook asks before the box is updated or started again. It names no exam and no
time: everybody in the lab's network may ask."""

from flask import Blueprint, Response, jsonify

from appliance.exam.permissions import Action
from appliance.web import readings
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.readings import Readings

bp = Blueprint("updates", __name__)

AGAIN_SECONDS = 60

SENTENCES = {
    "exam_running": "server.update_exam_running",
    "exam_soon": "server.update_exam_soon",
    "exam_closing": "server.update_exam_closing",
    "deleting": "server.update_deleting",
    "exporting": "server.update_exporting",
    "ledger_away": "server.update_ledger_away",
    "process_unhealthy": "server.update_process_unhealthy",
    "disk_low": "server.update_disk_low",
}
"""What is said to people of each reason."""


@bp.get("/healthz/update")
@needs(Action.PUBLIC)
def update() -> Response:
    """200 when nothing speaks against it."""
    here = services()
    found = reasons(readings.read(here), quiet_seconds=here.settings.fleet.quiet_minutes * 60)
    answer = jsonify(allowed=not found, reasons=found, sentences=[t(SENTENCES[reason]) for reason in found])
    if found:
        answer.status_code = 503
        answer.headers["Retry-After"] = str(AGAIN_SECONDS)
    return answer


def reasons(found: Readings, *, quiet_seconds: float) -> list[str]:
    """What speaks against it, the most telling first. Pure. An upload under way does not: it goes on after a restart
    where it was, and a backlog may take days."""
    now, ledger = found.now, found.ledger
    sittings = ledger.sittings if ledger else ()
    said = {
        "exam_running": any(one.runs(now) for one in sittings),
        "exam_soon": any(one.expected and 0 <= one.starts_at - now <= quiet_seconds for one in sittings),
        "exam_closing": any(now - at < quiet_seconds for at in (ledger.ended if ledger else ())),
        "deleting": found.deleting,
        "exporting": bool(found.processes["sync"].get("exports_waiting")),
        "ledger_away": ledger is None,
        "process_unhealthy": bool(found.unwell),
        "disk_low": "data" not in found.disks or found.disks["data"].free < found.low_water,
    }
    return [reason for reason, holds in said.items() if holds]
