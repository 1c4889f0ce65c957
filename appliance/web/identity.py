"""Who sits there: the candidate shows an ID or says no to it; a proctor decides, or asks for a turn of the head."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, make_response, request
from limits import parse
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, NotAllowed, StorageFull
from appliance.exam import challenge
from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.identity import Ruling
from appliance.exam.permissions import Action
from appliance.ledger import detection
from appliance.ledger.actions import identity
from appliance.ledger.detection import ChallengeRow, IdentityRow
from appliance.ledger.state import AttemptRow
from appliance.web import photo
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.media import evidence, missing
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.photo import Photo
from appliance.web.security import limiter
from appliance.web.visible import attempt_for

bp = Blueprint("identity", __name__)

_A_MINUTE, _A_DAY = parse("6/minute"), parse("30/day")
"""Pictures of one candidate: what the ledger names stays, so there is an end to it."""

# --- the candidate's page ---


@bp.post("/api/me/identity")
@needs(Action.TAKE_EXAM)
@takes(2 * photo.LARGEST_FILE + 10_000)
def show() -> Response:
    """The ID, and the face that was taken with it: two JPEGs in one form."""
    attempt = person().person
    with services().reader.connect() as connection:
        row = identity.can_show(connection, attempt)
    if not all(limiter.limiter.hit(limit, "identity", attempt) for limit in (_A_MINUTE, _A_DAY)):
        raise NotAllowed(t("server.many_photos"), hint=t("server.many_photos_hint"))
    renewed = {name: photo.renew(_file(name)) for name in ("photo", "face")}
    card, face = _keep(row, renewed)
    try:
        services().writer.transact(
            lambda transaction: identity.picture(
                transaction,
                attempt,
                photo=card.path,
                photo_sha256=card.sha256,
                face=face.path,
                face_sha256=face.sha256,
            )
        )
    except ApplianceError:
        photo.forget(services().paths.media, card, face)
        raise
    return make_response(jsonify(shown=True), 201)


def _file(name: str) -> bytes:
    sent = request.files.get(name)
    if sent is None:
        raise BadInput(t("server.missing", field=name))
    return sent.stream.read(photo.LARGEST_FILE + 1)


def _keep(row: AttemptRow, renewed: dict[str, bytes]) -> list[Photo]:
    kept: list[Photo] = []
    media = services().paths.media
    try:
        for name, jpeg in renewed.items():
            kept.append(photo.keep(media, exam=row.exam, attempt=row.attempt, name=name, jpeg=jpeg))
    except OSError as error:
        photo.forget(media, *kept)
        raise StorageFull(t("server.photo_disk"), hint=t("server.photo_disk_hint")) from error
    return kept


@bp.post("/api/me/identity/decline")
@needs(Action.TAKE_EXAM)
def decline() -> Response:
    """The box shall not compare my face: a person decides, and no template is made."""
    attempt = person().person
    services().writer.transact(lambda transaction: identity.decline(transaction, attempt))
    return jsonify(declined=True)


# --- the proctor ---


@bp.post("/api/attempts/<attempt>/identity")
@needs(Action.DECIDE_IDENTITY)
def decide(attempt: str) -> Response:
    """Matched, known to me, unverified, or refused with a note."""
    row, by, fields = attempt_for(attempt, Action.DECIDE_IDENTITY), person().person, Fields()
    decision = fields.text("decision", longest=20)
    note = fields.text("note", longest=identity.LONGEST_NOTE, default="")
    services().writer.transact(
        lambda transaction: identity.decide(transaction, row.attempt, decision=decision, note=note, by=by)
    )
    return jsonify(decision=decision)


@bp.post("/api/attempts/<attempt>/challenge")
@needs(Action.CHALLENGE)
def ask(attempt: str) -> Response:
    """Ask the candidate to turn the head and blink, in an order that the box chooses."""
    row, by = attempt_for(attempt, Action.CHALLENGE), person().person
    name = services().writer.transact(lambda transaction: identity.ask_challenge(transaction, row.attempt, by=by))
    return make_response(jsonify(challenge=name), 201)


@bp.get("/api/attempts/<attempt>/identity/<picture>")
@needs(Action.REVIEW)
def shown(attempt: str, picture: str) -> Response:
    """`photo`: the ID; `face`: the face taken with it. The newest; that somebody looked is in the ledger."""
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        known = detection.identity(connection, attempt)
    path = {"photo": known.photo, "face": known.face}.get(picture)
    if path is None:
        raise missing()
    return evidence(Path(path), row, kind="webcam", what="identity")


# --- what other pages show of it ---


def for_candidate(policy: DetectionPolicy, switches: frozenset[Switch], known: IdentityRow) -> dict[str, Any]:
    """What the candidate's own page speaks of: `wanted`: an ID is asked for; `compares`: the box holds faces against
    each other in this exam, and would for this candidate."""
    compares = policy.identity or "identity_mismatch" in in_force(policy)
    return {
        "wanted": policy.identity,
        "compares": compares and Switch.NO_MATCHING not in switches,
        "shown": known.photo is not None,
        "declined": known.declined_at is not None,
        "decided": known.decision is not None and known.decision is not Ruling.REFUSED,
        "refused": known.decision is Ruling.REFUSED,
    }


def challenge_for_candidate(asked: Sequence[ChallengeRow]) -> dict[str, Any] | None:
    """The challenge that the page shows now."""
    now = time.time()
    for one in reversed(asked):
        if challenge.is_open(asked_at=one.asked_at, answered=one.seen is not None, now=now):
            pace = {"ready": challenge.READY_SECONDS, "step": challenge.STEP_SECONDS}
            return {"challenge": one.challenge, "steps": one.steps, "seconds": pace}
    return None


def for_staff(policy: DetectionPolicy, known: IdentityRow | None) -> dict[str, Any]:
    """What the wall and the look show; pictures are asked for by their own address."""
    known = known or IdentityRow(attempt="")
    return {
        "wanted": policy.identity,
        "declined_at": known.declined_at,
        "photo_sha256": known.photo_sha256,
        "pictured_at": known.pictured_at,
        "score": known.score,
        "limit": known.score_limit,
        "reason": known.reason or "",
        "compared_at": known.compared_at,
        "decision": known.decision,
        "note": known.note or "",
        "decided_by": known.decided_by,
        "decided_at": known.decided_at,
    }
