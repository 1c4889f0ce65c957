"""The candidate's own page and API. Every path says "me": there is no id to change."""

import time
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request, session
from limits import parse
from werkzeug.wrappers import Response

from appliance.box.token import Claim
from appliance.errors import NotAllowed, Unavailable
from appliance.exam.feed import Feed, Kind
from appliance.exam.permissions import Action
from appliance.exam.plan import ExamPlan
from appliance.exam.stage import CLOSED, RECORDED, Stage
from appliance.ledger import board, detection, planning, state
from appliance.ledger import lti as platforms
from appliance.ledger.actions import attempts, lti, messages
from appliance.ledger.actions import checkin as entering
from appliance.ledger.actions import identity as identities
from appliance.ledger.state import AttemptRow, ExamRow
from appliance.ledger.writer import Transaction
from appliance.web import checkin, checkout, identity, phone, public, sitting, status, visible
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.security import limiter
from appliance.web.statement import statement

bp = Blueprint("candidate", __name__)

_OPENED_AGAIN = parse("6/minute")
_MESSAGES = parse("20/minute")


@bp.get("/exam")
@needs(Action.TAKE_EXAM)
def page() -> Response:
    """The candidate's page; it asks `/api/me` which step comes."""
    attempt = person().person
    if not session.pop("arrived", False) and limiter.limiter.hit(_OPENED_AGAIN, "opened", attempt):
        _note_opened_again(attempt)
    capture = services().settings.capture
    settings = {"webcam_bitrate": capture.webcam_bitrate, "screen_bitrate": capture.screen_bitrate}
    return make_response(render_template("candidate.html", boot={"attempt": attempt, "settings": settings}))


def _note_opened_again(attempt: str) -> None:
    with services().reader.connect() as connection:
        if state.attempt(connection, attempt).stage in CLOSED:
            return
    browser = request.user_agent.string
    services().writer.transact(lambda transaction: public.rejoined(transaction, attempt, browser))


@bp.get("/api/me")
@needs(Action.TAKE_EXAM)
def me() -> Response:
    """Where the candidate stands, and what the page needs for the next step."""
    return _me()


@bp.post("/api/me/confirm")
@needs(Action.TAKE_EXAM)
def confirm() -> Response:
    """The name and the seat are right."""
    attempt = person().person
    services().writer.transact(lambda transaction: attempts.confirm(transaction, attempt))
    return _me()


@bp.post("/api/me/sign")
@needs(Action.TAKE_EXAM)
def sign() -> Response:
    """Sign the statement in force by typing one's name; with it, if wanted, say no to the comparison of faces."""
    attempt, fields, text = person().person, Fields(), statement()
    signature, declines = fields.text("signature", longest=120), fields.flag("decline_matching")

    def work(transaction: Transaction) -> None:
        attempts.sign(
            transaction, attempt, signature=signature, statement_version=text.version, statement_sha256=text.sha256
        )
        if declines:
            identities.decline(transaction, attempt)

    services().writer.transact(work)
    return _me()


@bp.post("/api/me/equip")
@needs(Action.TAKE_EXAM)
def equip() -> Response:
    """What this exam wants to be shared is shared: all of it must arrive at the box, the screen as a whole."""
    attempt, fields = person().person, Fields()
    camera = fields.text("camera", longest=200, default="")
    microphone = fields.text("microphone", longest=200, default="")
    surface = fields.text("surface", longest=40, default="")
    _all_arrive(attempt, surface)
    services().writer.transact(
        lambda transaction: attempts.equip(transaction, attempt, camera=camera, microphone=microphone, surface=surface)
    )
    return _me()


def _all_arrive(attempt: str, surface: str) -> None:
    with services().reader.connect() as connection:
        wanted = planning.plan(connection, state.attempt(connection, attempt).exam).feeds
    if not wanted:
        return
    if Kind.SCREEN in wanted and surface not in ("", "monitor"):  # "": the browser does not say
        raise NotAllowed(t("server.equip_part"), hint=t("server.equip_part_hint"))
    said = status.feeds(services().paths.health, now=time.time())
    if said is None:
        raise Unavailable(t("server.equip_unknown"), hint=t("server.equip_unknown_hint"))
    missing = [kind.value for kind in wanted if not status.arrives(said.get(str(Feed(attempt, kind))))]
    if missing:
        which = missing[0] if len(missing) == 1 else "both"
        raise NotAllowed(t(f"server.equip_{which}"), hint=t("server.equip_hint"))


@bp.post("/api/me/identify")
@needs(Action.TAKE_EXAM)
def identify() -> Response:
    """The ID was shown, or declined: to the next step."""
    attempt = person().person
    services().writer.transact(lambda transaction: entering.identify(transaction, attempt))
    return _me()


@bp.post("/api/me/position")
@needs(Action.TAKE_EXAM)
def take_position() -> Response:
    """I sit as I will sit. The box looks again, whatever the page saw."""
    attempt, where = person().person, Fields().text("phone", longest=20)
    seen = checkin.seen_now(attempt)
    services().writer.transact(lambda transaction: entering.take_position(transaction, attempt, seen=seen, phone=where))
    return _me()


@bp.post("/api/me/brief")
@needs(Action.TAKE_EXAM)
def brief() -> Response:
    """The rules were read: those with this SHA-256."""
    attempt, digest = person().person, Fields().text("sha256", longest=64)
    services().writer.transact(lambda transaction: entering.brief(transaction, attempt, text_sha256=digest))
    return _me()


@bp.post("/api/me/start")
@needs(Action.TAKE_EXAM)
def start() -> Response:
    """Open the exam: the time runs."""
    attempt = person().person
    services().writer.transact(lambda transaction: attempts.start(transaction, attempt))
    return _me()


@bp.post("/api/me/finish")
@needs(Action.TAKE_EXAM)
def finish() -> Response:
    """Hand in."""
    attempt = person().person

    def work(transaction: Transaction) -> None:
        attempts.finish(transaction, attempt)
        lti.confirm_submitted(transaction, attempt)

    services().writer.transact(work)
    return _me()


@bp.post("/api/me/messages")
@needs(Action.TAKE_EXAM)
def write() -> Response:
    """A message to the proctor."""
    who, text = person(), Fields().text("text", longest=messages.LONGEST)
    if not limiter.limiter.hit(_MESSAGES, "chat", who.person):
        raise NotAllowed(t("server.many_messages"), hint=t("server.many_messages_hint"))
    message = services().writer.transact(
        lambda transaction: messages.send(
            transaction, who.person, kind="chat", sender=messages.CANDIDATE, sender_name=who.name, text=text
        )
    )
    return make_response(jsonify(message=message), 201)


@bp.post("/api/me/messages/<message>/acknowledge")
@needs(Action.TAKE_EXAM)
def acknowledge(message: str) -> Response:
    """Confirm a warning."""
    attempt = person().person
    services().writer.transact(lambda transaction: messages.acknowledge(transaction, attempt, message=message))
    return jsonify(acknowledged=message)


@bp.post("/api/me/read")
@needs(Action.TAKE_EXAM)
def read() -> Response:
    """Everything up to this message was on the screen."""
    attempt, message = person().person, Fields().text("message", longest=64)
    services().writer.transact(
        lambda transaction: messages.mark_read(transaction, attempt, message=message, reader=messages.CANDIDATE)
    )
    return jsonify(read=message)


def _me() -> Response:
    attempt = person().person
    with services().reader.connect() as connection:
        head = visible.head(connection)
        row = state.attempt(connection, attempt)
        exam = state.exam(connection, row.exam)
        said = [visible.message_for_candidate(m) for m in state.messages(connection, attempt=attempt)]
        calls = state.calls(connection, attempt=attempt, going_on=True)
        pairings = state.pairings(connection, attempt=attempt)
        known = detection.identity(connection, attempt)
        policy, granted = detection.policy(connection, row.exam), detection.granted(connection, attempt)
        asked = detection.challenges(connection, attempt)
        held = planning.plan(connection, row.exam)
        sat = sitting.for_candidate(connection, row, now=time.time())
        checked = checkin.for_candidate(connection, row)
        handing_in = checkout.for_candidate(connection, row, held)
        launched = platforms.launch(connection, attempt)
        machine_seat = board.machine_seat(connection, attempt)
    return jsonify(
        attempt=row.attempt,
        seat=row.seat,
        machine_seat=machine_seat,
        name=row.name,
        stage=row.stage.value,
        stage_at=row.stage_at,
        ends_at=row.ends_at,
        now=time.time(),
        seq=head,
        exam=_exam(row, exam, held, launched=launched is not None),
        statement=statement().to_json(),
        feeds=_feeds(row, held),
        messages=said,
        call=visible.call_for_candidate(calls[-1]) if calls else None,
        phone=phone.for_candidate(pairings),
        identity=identity.for_candidate(policy, granted, known),
        challenge=None if row.stage in CLOSED else identity.challenge_for_candidate(asked),
        plan=checkin.plan_for_candidate(row, exam, held),
        checkin=checked,
        refused=checkin.refused(attempt) if row.stage is Stage.REFUSED else None,
        sitting=sat,
        checkout=handing_in,
    )


def _exam(row: AttemptRow, exam: ExamRow, held: ExamPlan, *, launched: bool) -> dict[str, Any]:
    """The link is the exam's content: not before it is opened, and by its sections where it has any. Who came from a
    platform (`launched`) goes back there."""
    link = "/lti/start" if launched else exam.link
    return {
        "title": exam.title,
        "minutes": exam.minutes,
        "starts_at": exam.starts_at,
        "link": link if row.stage is Stage.IN_EXAM and not held.sections else "",
    }


def _feeds(row: AttemptRow, held: ExamPlan) -> dict[str, dict[str, str]]:
    """Where to publish what this exam wants, and the token for it: only between the signature and the end."""
    if row.stage not in RECORDED:
        return {}
    found = {}
    for kind in held.feeds:
        claim = Claim("publish", Feed(row.attempt, kind), row.exam, row.seat)
        found[kind.value] = {"url": f"/whip/{row.attempt}/{kind.value}", "token": services().tokens.mint(claim)}
    return found
