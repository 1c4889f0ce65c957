"""Watching: the wall, one candidate, and what a proctor does. A proctor sees the assigned candidates only."""

import time
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from appliance.box import picture
from appliance.box.token import Claim
from appliance.errors import NotAllowed, NotFound
from appliance.exam.feed import Feed
from appliance.exam.flags import MANUAL, Decision
from appliance.exam.permissions import Action, may
from appliance.exam.stage import Stage
from appliance.ledger import planning, state
from appliance.ledger.actions import attempts, exams, flags, messages, positions
from appliance.web import day, status, trail, visible, wall
from appliance.web.auth import person, refuse
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields, kind_of
from appliance.web.visible import attempt_for, recorded_for

bp = Blueprint("proctor", __name__)

_OFFERED = frozenset(Action) - {Action.PUBLIC, Action.OWN_SESSION, Action.TAKE_EXAM, Action.SHOW_PHONE}
"""What a page asks about before it offers it."""


@bp.get("/wall")
@needs(Action.WATCH)
def index() -> str:
    """Which exam to watch: those with a candidate to see, open ones first."""
    who = person()
    rows = []
    with services().reader.connect() as connection:
        for exam in state.planned(connection):
            seen = {row.attempt for row in visible.attempts_for(connection, who, exam.exam)}
            if seen:
                found = state.flags(connection, exam=exam.exam)
                waiting = sum(f.state == Decision.OPEN.value and f.attempt in seen for f in found)
                rows.append({**asdict(exam), "attempts": len(seen), "open_flags": waiting})
    return render_template("wall_index.html", exams=sorted(rows, key=lambda row: row["ended_at"] is not None))


@bp.get("/wall/<exam>")
@needs(Action.WATCH)
def wall_page(exam: str) -> str:
    """The wall of one exam."""
    with services().reader.connect() as connection:
        row = state.exam(connection, exam)
    return render_template("wall.html", exam=row, boot=boot(row))


@bp.get("/look/<attempt>")
@needs(Action.REVIEW)
def look(attempt: str) -> str:
    """One candidate, on a page."""
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        exam = state.exam(connection, row.exam)
    return render_template("look.html", attempt=row, exam=exam, boot={**boot(exam), "attempt": row.attempt})


def boot(exam: state.ExamRow) -> dict[str, Any]:
    """What a page of this exam must know at once: who looks, and what they may do."""
    who, host = person(), _leads(exam.exam)
    return {
        "exam": wall.exam_of(exam),
        "viewer": {"user": who.person, "name": who.name, "role": who.role.value, "host": host},
        "may": {**{action.value: may(who.role, action) for action in _OFFERED}, "override_end": host},
    }


def _leads(exam: str) -> bool:
    with services().reader.connect() as connection:
        return visible.leads(connection, person(), exam)


@bp.get("/api/exams/<exam>/wall")
@needs(Action.WATCH)
def wall_json(exam: str) -> Response:
    """Everything on the wall, and the sequence number from which to follow."""
    return jsonify(wall.snapshot(person(), exam))


@bp.get("/api/attempts/<attempt>")
@needs(Action.REVIEW)
def attempt_json(attempt: str) -> Response:
    """One candidate with messages, flags, gaps, segments."""
    return jsonify(wall.attempt(attempt_for(attempt, Action.REVIEW)))


@bp.get("/api/attempts/<attempt>/picture/<kind>")
@needs(Action.WATCH)
def still(attempt: str, kind: str) -> Response:
    """The newest picture of a feed (JPEG). ETag is its number: 304 while there is no newer one."""
    row = recorded_for(attempt, Action.WATCH)
    found = picture.read_jpeg(services().paths.pictures, Feed(row.attempt, kind_of(kind)))
    if found is None:
        raise NotFound(t("server.no_picture"), hint=t("server.no_picture_hint"))
    header, jpeg = found
    response = make_response(jpeg)
    response.mimetype = "image/jpeg"
    response.headers["X-Taken-At"] = f"{header.taken_at:.3f}"
    response.headers["X-Position"] = f"{header.position:.3f}"
    response.set_etag(str(header.number))
    return response.make_conditional(request)


@bp.post("/api/attempts/<attempt>/admit")
@needs(Action.ADMIT)
def admit(attempt: str) -> Response:
    """Let a waiting candidate in, whose feeds are being recorded (M14)."""
    row, by = attempt_for(attempt, Action.ADMIT), person().person
    if row.stage is Stage.WAITING:
        _check_recorded(row)
    services().writer.transact(lambda transaction: attempts.admit(transaction, row.attempt, by=by))
    return jsonify(admitted=row.attempt)


def _check_recorded(row: state.AttemptRow) -> None:
    with services().reader.connect() as connection:
        held = planning.plan(connection, row.exam)
    missing = day.missing_feeds(held, row.attempt, status.feeds(services().paths.health, now=time.time()))
    if missing:
        raise NotAllowed(t("server.not_recorded", kinds=", ".join(missing)), hint=t("server.not_recorded_hint"))


@bp.post("/api/attempts/<attempt>/code")
@needs(Action.ADMIT)
def new_code(attempt: str) -> Response:
    """A new join code, shown once: the way to another computer. The old code and the old browser stop working."""
    row, by, key = attempt_for(attempt, Action.ADMIT), person().person, services().code_key
    issued = services().writer.transact(
        lambda transaction: exams.issue_codes(transaction, row.exam, key=key, by=by, attempt=row.attempt)
    )
    return make_response(jsonify(code=issued[0][1]), 201)


@bp.post("/api/attempts/<attempt>/position")
@needs(Action.ADMIT)
def position(attempt: str) -> Response:
    """What one of the candidate's cameras is placed to see: rules apply by it."""
    row, by, fields = attempt_for(attempt, Action.ADMIT), person().person, Fields()
    kind, place = fields.kind(), fields.position()
    services().writer.transact(
        lambda transaction: positions.place(transaction, row.attempt, kind=kind, position=place, by=by)
    )
    return jsonify(kind=kind.value, position=place.value)


@bp.post("/api/attempts/<attempt>/messages")
@needs(Action.MESSAGE)
def write(attempt: str) -> Response:
    """A message, a warning that the candidate must acknowledge, or the request for the phone as a second camera."""
    row, who, fields = attempt_for(attempt, Action.MESSAGE), person(), Fields()
    text, kind = fields.text("text", longest=messages.LONGEST), fields.text("kind", longest=20, default="chat")
    message = services().writer.transact(
        lambda transaction: messages.send(
            transaction, row.attempt, kind=kind, sender=who.person, sender_name=who.name, text=text
        )
    )
    return make_response(jsonify(message=message), 201)


@bp.post("/api/attempts/<attempt>/read")
@needs(Action.MESSAGE)
def read(attempt: str) -> Response:
    """Everything up to this message was on the screen."""
    row, by, message = attempt_for(attempt, Action.MESSAGE), person().person, Fields().text("message", longest=64)
    services().writer.transact(
        lambda transaction: messages.mark_read(transaction, row.attempt, message=message, reader=by)
    )
    return jsonify(read=message)


@bp.post("/api/attempts/<attempt>/flags")
@needs(Action.RAISE_FLAG)
def raise_flag(attempt: str) -> Response:
    """A flag of one's own, 10 s back unless said otherwise; or a tick for what no model sees (`code`)."""
    row, by, fields = attempt_for(attempt, Action.RAISE_FLAG), person().person, Fields()
    note = fields.text("note", longest=flags.LONGEST_NOTE, default="")
    code = fields.text("code", longest=40, default=MANUAL)
    back = fields.number("back_seconds", default=10.0)
    flag = services().writer.transact(
        lambda transaction: flags.raise_flag(transaction, row.attempt, by=by, note=note, back_seconds=back, code=code)
    )
    return make_response(jsonify(flag=flag), 201)


@bp.post("/api/flags/<flag>/decide")
@needs(Action.DECIDE_FLAG)
def decide(flag: str) -> Response:
    """Confirm, dismiss with a reason, or open again; `was` is what the page showed."""
    with services().reader.connect() as connection:
        found = state.flag(connection, flag)
    attempt_for(found.attempt, Action.DECIDE_FLAG)
    by, fields = person().person, Fields()
    decision = fields.text("decision", longest=20)
    reason = fields.text("reason", longest=40, default="")
    note = fields.text("note", longest=flags.LONGEST_NOTE, default="")
    was = fields.text("was", longest=20, default="") or None
    services().writer.transact(
        lambda transaction: flags.decide(transaction, flag, decision=decision, reason=reason, note=note, by=by, was=was)
    )
    return jsonify(flag=flag, decision=decision)


@bp.post("/api/attempts/<attempt>/end")
@needs(Action.END_ATTEMPT)
def end(attempt: str) -> Response:
    """End the attempt: after the acknowledged warnings; without them by the override of a second person, who leads the
    exam by role or by delegation (I36)."""
    row, who, fields = attempt_for(attempt, Action.END_ATTEMPT), person(), Fields()
    reason, override = fields.text("reason", longest=500), fields.flag("override")
    if override and not _leads(row.exam):
        raise refuse(who, Action.OVERRIDE_END.value)
    services().writer.transact(
        lambda transaction: attempts.end(transaction, row.attempt, by=who.person, reason=reason, override=override)
    )
    return jsonify(ended=row.attempt)


@bp.post("/api/attempts/<attempt>/view")
@needs(Action.WATCH)
def view(attempt: str) -> Response:
    """A short-lived token for the live stream; that somebody looked is in the ledger."""
    row, kind = recorded_for(attempt, Action.WATCH), Fields().kind()
    if not row.live:
        raise NotAllowed(t("server.not_live"), hint=t("server.not_live_hint"))
    trail.log_view(row, kind=kind.value, by=person().person, what="live")
    token = services().tokens.mint(Claim("view", Feed(row.attempt, kind), row.exam, row.seat))
    return jsonify(url=f"/whep/{row.attempt}/{kind.value}", token=token)
