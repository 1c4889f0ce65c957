"""The box itself: health, the ledger."""

import time

from flask import Blueprint, jsonify, render_template, request
from werkzeug.wrappers import Response

from appliance import __version__
from appliance.exam.permissions import Action
from appliance.ledger import tables
from appliance.ledger.record import SELECT, Event
from appliance.web import status
from appliance.web.context import services
from appliance.web.needs import needs

bp = Blueprint("staff", __name__)

_PAGE = 200


@bp.get("/api/status")
@needs(Action.SEE_BOX)
def api_status() -> Response:
    """Health of each process with its counters, versions, queues."""
    found = status.processes(services().paths.health, needed=services().needed, now=time.time())
    writer = services().writer
    return jsonify(
        version=__version__,
        now=time.time(),
        healthy=all(found[name]["healthy"] for name in services().needed),
        processes=found,
        ledger={"head": writer.head, "waiting": writer.waiting, "refused": writer.refused, "failure": writer.failure},
    )


@bp.get("/ledger")
@needs(Action.READ_LEDGER)
def ledger() -> str:
    """Events, newest first, 200 a page; `?before=SEQ` goes on."""
    before = request.args.get("before", type=int)
    query = SELECT.order_by(tables.event.c.seq.desc()).limit(_PAGE)
    if before is not None:
        query = query.where(tables.event.c.seq < before)
    with services().reader.connect() as connection:
        found = [Event.from_row(row).to_json() for row in connection.execute(query)]
    older = f"/ledger?before={found[-1]['seq']}" if len(found) == _PAGE else None
    return render_template("ledger.html", events=found, older=older)
