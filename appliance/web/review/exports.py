"""Evidence that leaves the box: asked for with the password given again, listed, and saved (M91).

What is asked for stands in the ledger, which is the queue of sync; sync says what came of it. Every file that is saved
is `export.taken` before its first byte leaves.
"""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, redirect, render_template, request, send_file
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput
from appliance.exam.events import ExportTaken
from appliance.exam.permissions import Action
from appliance.ledger import exports, state
from appliance.ledger.actions import exports as actions
from appliance.ledger.exports import ExportRow
from appliance.web import proof
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.media import missing
from appliance.web.needs import needs
from appliance.web.parse import Fields, kind_of
from appliance.web.refusals import Forbidden, status_of, wants_json
from appliance.web.visible import exam_for, recorded_for

bp = Blueprint("exports", __name__)

ZIP, CLIP, MASKED = "EXPORT.zip", "clip.mp4", "clip-masked.mp4"
"""As sync calls them."""

_TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".zip": "application/zip",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
_FIRST = (ZIP, CLIP, MASKED)
_MOST_TAKEN = 2_000
_MOST_KINDS = 4
_AGAIN_SECONDS = 600
"""So long what is asked for in pieces (by a download that is resumed) is one event."""


# --- who asks ---


@bp.post("/api/review/<attempt>/exports")
@needs(Action.EXPORT)
def ask(attempt: str) -> Response:
    """Cut these feeds from then to then; the password is given again, and a code where a second factor is set up."""
    row, who, fields = recorded_for(attempt, Action.EXPORT), person(), Fields()
    wish = actions.Wish(
        exam=row.exam,
        attempt=row.attempt,
        live=row.live,
        kinds=[kind_of(name) for name in fields.words("kinds", most=_MOST_KINDS)],
        starts_at=fields.number("starts_at"),
        ends_at=fields.number("ends_at"),
        masked=fields.flag("masked"),
        reason=fields.text("reason", longest=actions.LONGEST_REASON),
    )
    try:
        with services().reader.connect() as connection:
            actions.check(connection, wish, now=time.time())
        factor = proof.prove(fields, path=request.path)
        export = services().writer.transact(
            lambda transaction: actions.ask(transaction, wish, factor=factor, by=who.person, by_name=who.name)
        )
    except actions.QueueFull:
        services().exporting.refused += 1
        raise
    return make_response(jsonify(export=export), 202)


@bp.get("/api/review/<attempt>/exports")
@needs(Action.EXPORT)
def listed(attempt: str) -> Response:
    """All of this candidate with their state, and what is asked of whoever asks for one."""
    row = recorded_for(attempt, Action.EXPORT)
    with services().reader.connect() as connection:
        found = [_shown(connection, one) for one in exports.exports(connection, attempt=row.attempt)]
    return jsonify(
        exports=found,
        factor=proof.has_factor(),
        needs_factor=proof.needs_factor(),
        longest_s=actions.LONGEST,
        masked_longest_s=actions.MASKED_LONGEST,
    )


# --- who saves ---


@bp.get("/review/<exam>/exports")
@needs(Action.EXPORT)
def page(exam: str) -> str:
    """Every clip of an exam: who asked for it, why, what came of it, who saved it."""
    return _page(exam, None)


@bp.post("/review/<exam>/exports/proof")
@needs(Action.EXPORT)
def prove(exam: str) -> Response:
    """The password again, and a code: for ten minutes files can be saved."""
    row = exam_for(exam, Action.EXPORT)
    try:
        proof.prove(Fields(), path=request.path)
    except (BadInput, Forbidden) as error:
        if wants_json():
            raise
        return make_response(_page(row.exam, error), status_of(error))
    return jsonify(fresh=True) if wants_json() else redirect(f"/review/{row.exam}/exports", 303)


@bp.get("/review/<exam>/exports/<export>/<file>")
@needs(Action.EXPORT)
def save(exam: str, export: str, file: str) -> Response:
    """A file of a clip (with Range), for whoever gave the password within the last ten minutes."""
    exam_for(exam, Action.EXPORT)
    with services().reader.connect() as connection:
        row = exports.export(connection, export)
        seat = _seat(connection, row)
    if row.exam != exam or row.facts is None or file not in row.facts["files"]:
        raise missing()
    path = services().paths.data / str(row.facts["folder"]) / file
    if not path.is_file():
        raise missing()
    who = person()
    if not services().proofs.is_fresh(who.token):
        if wants_json():
            raise Forbidden(t("server.proof_needed"), hint=t("server.proof_needed_hint"))
        return redirect(f"/review/{exam}/exports", 303)
    if services().seen.first(who.person, "export", export, file, str(int(time.time() // _AGAIN_SECONDS))):
        services().writer.transact(lambda transaction: actions.take(transaction, row, file=file, by=who.person))
    name = f"{row.exam}-{seat}-{datetime.fromtimestamp(row.starts_at):%Y%m%d-%H%M%S}-{file}"
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    return send_file(path, mimetype=kind, conditional=True, as_attachment=True, download_name=name)


def _page(exam: str, error: ApplianceError | None) -> str:
    row = exam_for(exam, Action.EXPORT)
    with services().reader.connect() as connection:
        found = [_shown(connection, one) for one in exports.exports(connection, exam=row.exam)]
    return render_template(
        "exports.html",
        exam=row,
        exports=found[::-1],
        taken=_taken(row.exam),
        fresh=services().proofs.is_fresh(person().token),
        factor=proof.has_factor(),
        needs_factor=proof.needs_factor(),
        error=error,
    )


def _shown(connection: sa.Connection, row: ExportRow) -> dict[str, Any]:
    """One, with its state: "waiting", "ready", "failed" or "gone" (deleted by its date)."""
    files, state_ = [], "waiting"
    if row.trouble:
        state_ = "failed"
    elif row.facts is not None:
        folder = services().paths.data / str(row.facts["folder"])
        names = sorted(row.facts["files"], key=lambda name: (name not in _FIRST, name))
        sizes = {name: _size(folder / name) for name in names}
        files = [{"file": name, "bytes": size} for name, size in sizes.items() if size is not None]
        state_ = "ready" if files else "gone"
    return {
        "export": row.export,
        "attempt": row.attempt,
        "seat": _seat(connection, row),
        "kinds": row.kinds,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "masked": row.masked,
        "unmasked": row.masked and row.facts is not None and MASKED not in row.facts["files"],
        "reason": row.reason,
        "by_name": row.by_name,
        "asked_at": row.asked_at,
        "done_at": row.done_at,
        "state": state_,
        "trouble": row.trouble,
        "holes": len(row.facts["holes"]) if row.facts is not None else 0,
        "in_s": row.facts["in_s"] if row.facts is not None else None,
        "out_s": row.facts["out_s"] if row.facts is not None else None,
        "files": files,
        "url": f"/review/{row.exam}/exports/{row.export}/",
    }


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None


def _seat(connection: sa.Connection, row: ExportRow) -> str:
    room = state.find_room(connection, row.attempt)
    return state.attempt(connection, row.attempt).seat if room is None else room.camera


def _taken(exam: str) -> dict[str, list[dict[str, Any]]]:
    """Export -> who saved which file when, the newest last."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in services().reader.events(types=frozenset({ExportTaken.TYPE}), exam=exam, limit=_MOST_TAKEN):
        if isinstance(event.payload, ExportTaken):
            said = {"file": event.payload.file, "by": event.payload.by, "at": event.wall}
            found.setdefault(event.payload.export, []).append(said)
    return found
