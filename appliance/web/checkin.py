"""What the check-in rests on: the self-test, what the box sees of a position, the room scan; and what `/api/me` says of
it. The steps themselves are in `candidate`."""

import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa
from flask import Blueprint, jsonify, make_response, request
from limits import RateLimitItem, parse
from werkzeug.wrappers import Response

from appliance.box import clock, seen
from appliance.errors import ApplianceError, BadInput, NotAllowed, StorageFull
from appliance.exam.events import AttemptRefused
from appliance.exam.feed import Kind
from appliance.exam.permissions import Action
from appliance.exam.plan import ExamPlan, Sight
from appliance.exam.stage import CHECK_IN, Stage
from appliance.ledger import checkin, planning, state
from appliance.ledger.actions import attempts
from appliance.ledger.actions import checkin as actions
from appliance.ledger.state import AttemptRow, ExamRow
from appliance.web import clip, status
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs, takes
from appliance.web.security import limiter

bp = Blueprint("checkin", __name__)

PROBE_BYTES = 400_000
LONGEST_VALUE = 120

TESTS = frozenset(
    {
        "browser",
        "camera",
        "microphone",
        "light",
        "screen",
        "throughput",
        "loss",
        "round_trip",
        "clock",
        "battery",
        "link",
        "applications",
    }
)
"""What a page can say of its computer (`frontend/src/candidate/judge.ts`)."""

STATES = frozenset({"pass", "warn", "fail", "not_required", "not_assessable"})

_TESTS_A_MINUTE, _PROBES, _SCANS, _SCANS_A_DAY = (
    parse("12/minute"),
    parse("120/minute"),
    parse("6/minute"),
    parse("40/day"),
)

# --- position ---


@bp.get("/api/me/position")
@needs(Action.TAKE_EXAM)
def position() -> Response:
    """What the box sees of the candidate now, and what is still missing."""
    with services().reader.connect() as connection:
        row = state.attempt(connection, person().person)
        held, posture = planning.plan(connection, row.exam), checkin.posture(connection, row.attempt)
        second = attempts.second_camera(connection, row.attempt)
    known, found = seen.read(services().paths.seen, row.attempt, time.time()), seen_now(row.attempt)
    ticked = actions.ticked_for(posture, row)
    return jsonify(
        seen=found,
        ticked=sorted(ticked),
        missing=actions.missing(held, found, ticked),
        box=known.get(Kind.WEBCAM.value, {}).get("box"),
        second=second,
    )


def seen_now(attempt: str) -> dict[str, str]:
    """Sight -> "seen" by any camera of the candidate, "not_seen", or "not_assessable" where nothing looks for it."""
    said = seen.read(services().paths.seen, attempt, time.time()).values()
    found: dict[str, str] = {}
    for sight in Sight:
        states = {facts.get(sight.value, "not_assessable") for facts in said}
        best = (one for one in ("seen", "not_seen") if one in states)
        found[sight.value] = next(best, "not_assessable")
    return found


# --- the self-test ---


@bp.post("/api/me/probe")
@needs(Action.TAKE_EXAM)
@takes(PROBE_BYTES)
def probe() -> Response:
    """Takes some bytes and says what time it is: so the page measures its way to the box."""
    _limited("server.many_probes", "probe", _PROBES)
    size = 0
    while piece := request.stream.read(65_536):
        size += len(piece)
    return jsonify(bytes=size, now=time.time())


@bp.post("/api/me/selftest")
@needs(Action.TAKE_EXAM)
def selftest() -> Response:
    """What the page measured of its computer, with what the box knows of itself."""
    attempt = person().person
    _limited("server.many_probes", "selftest", _TESTS_A_MINUTE)
    said = request.get_json()
    results = _checked(said.get("results") if isinstance(said, dict) else None) | _loss(attempt) | of_the_box()
    services().writer.transact(lambda transaction: actions.selftest(transaction, attempt, results=results))
    return jsonify(results=results)


def _checked(said: object) -> dict[str, dict[str, Any]]:
    if not isinstance(said, dict) or not said.keys() <= TESTS:
        raise BadInput(t("server.selftest_odd"), hint=t("server.selftest_odd_hint"))
    return {name: _result(result) for name, result in said.items()}


def _result(said: object) -> dict[str, Any]:
    known = said if isinstance(said, dict) else {}
    verdict, value = known.get("state"), known.get("value", "")
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    fits = number or (isinstance(value, str) and len(value) <= LONGEST_VALUE and value.isprintable())
    if verdict not in STATES or not fits:
        raise BadInput(t("server.selftest_odd"), hint=t("server.selftest_odd_hint"))
    return {"state": verdict, "value": value}


def _loss(attempt: str) -> dict[str, dict[str, Any]]:
    """What of the candidate's packets did not come, in percent, of the feed that loses most: only the box knows."""
    feeds = status.feeds(services().paths.health, now=time.time()) or {}
    shares = [facts["loss"] for name, facts in feeds.items() if name.startswith(f"{attempt}/") and "loss" in facts]
    if not shares:
        return {}
    percent = round(100 * max(map(float, shares)), 1)
    return {"loss": {"state": "pass" if percent < 2 else "warn" if percent < 10 else "fail", "value": percent}}


def of_the_box() -> dict[str, dict[str, Any]]:
    """The box's part of the test (M9): room on its disk (gigabytes), and whether its clock is set by others."""
    usage, mark = shutil.disk_usage(services().paths.data), services().settings.capture.low_water_bytes
    room = "fail" if usage.free < mark else "warn" if usage.free < max(2 * mark, usage.total // 10) else "pass"
    set_by_others = clock.now().synchronised
    return {
        "disk": {"state": room, "value": round(usage.free / 1e9, 1)},
        "box_clock": {"state": "pass" if set_by_others else "warn", "value": "set" if set_by_others else "not set"},
    }


# --- the room scan ---


@bp.post("/api/me/scan")
@needs(Action.TAKE_EXAM)
@takes(clip.LARGEST)
def scan() -> Response:
    """The room, as a clip of its own: the body is WebM or MP4."""
    try:
        return _scan(person().person)
    except ApplianceError:
        while request.stream.read(65_536):  # else the door is cut off while it sends, and the sentence is lost
            pass
        raise


def _scan(attempt: str) -> Response:
    with services().reader.connect() as connection:
        row, number = actions.can_scan(connection, attempt)
    _limited("server.many_scans", "scan", _SCANS, _SCANS_A_DAY)
    kept = _kept(row, number)
    try:
        said = services().writer.transact(
            lambda transaction: actions.record_scan(
                transaction, attempt, path=kept.path, sha256=kept.sha256, size=kept.bytes, seconds=kept.seconds
            )
        )
    except ApplianceError:
        clip.forget(services().paths.media, kept)
        raise
    return make_response(jsonify(scan=said.scan, number=said.number, seconds=said.seconds), 201)


def _kept(row: AttemptRow, number: int) -> clip.Clip:
    media = services().paths.media
    if shutil.disk_usage(media).free < services().settings.capture.low_water_bytes:
        raise StorageFull(t("server.clip_disk"), hint=t("server.clip_disk_hint"))
    folder = Path(row.exam) / row.attempt / "scan"
    try:
        return clip.receive(cast(BinaryIO, request.stream), media, folder, number=number, kind=request.mimetype)
    except OSError as error:
        raise StorageFull(t("server.clip_disk"), hint=t("server.clip_disk_hint")) from error


def _limited(key: str, what: str, *limits: RateLimitItem) -> None:
    if not all(limiter.limiter.hit(limit, what, person().person) for limit in limits):
        raise NotAllowed(t(key), hint=t("server.slower_hint"))


# --- what `/api/me` says of it ---


def plan_for_candidate(row: AttemptRow, exam: ExamRow, held: ExamPlan) -> dict[str, Any]:
    """`plan` of `/api/me`: what the candidate's page needs to know of how the exam is held. The rules only when their
    turn has come."""
    told = row.stage not in CHECK_IN or CHECK_IN.index(row.stage) >= CHECK_IN.index(Stage.BRIEFING)
    briefing = {"text": held.briefing, "sha256": actions.digest(held.briefing)}
    return {
        "kind": held.kind,
        "mode": held.mode,
        "level": held.level,
        "feeds": held.feeds,
        "second": held.second,
        "items": held.items,
        "required": [sight for sight in Sight if sight in held.required] if held.position else [],
        "contact": held.contact,
        "print_minutes": held.print_minutes,
        "check_out": held.check_out,
        "pages": held.pages,
        "scratch": held.scratch,
        "practice": held.practice,
        "practice_hours": held.practice_hours,
        "opens_at": held.opens_at(exam.starts_at),
        "room_scan": held.room_scan,
        "scan_days": held.scan_retention_days,
        "position": held.position,
        "briefed": bool(held.briefing),
        "briefing": briefing if held.briefing and told and row.stage is not Stage.INVITED else None,
    }


def for_candidate(connection: sa.Connection, row: AttemptRow) -> dict[str, Any]:
    """`checkin` of `/api/me`: what is to be done again, the room scan, the self-test. Neither who asked nor where files
    lie."""
    scans = checkin.scans(connection, attempt=row.attempt)
    asked, tested = actions.asked_scan(scans), checkin.selftest(connection, row.attempt)
    recorded = [one for one in scans if one.recorded_at is not None]
    again = checkin.returned(connection, attempt=row.attempt)
    return {
        "returned": [{"stage": one.stage, "reason": one.reason, "times": one.times} for one in again],
        "scan": {
            "asked": None if asked is None else {"reason": asked.reason},
            "number": len(recorded),
            "verdict": recorded[-1].verdict if recorded else None,
            "shortest": clip.SHORTEST,
            "longest": clip.LONGEST,
        },
        "selftest": None if tested is None else _told(tested.checked_at, tested.results),
    }


def refused(attempt: str) -> dict[str, str] | None:
    """`refused` of `/api/me`: what to do now. The reason is for staff (I15)."""
    found = services().reader.events(types=frozenset({AttemptRefused.TYPE}), chain=attempt)
    said = [event.payload for event in found if isinstance(event.payload, AttemptRefused)]
    return {"next_step": said[-1].next_step} if said else None


def _told(checked_at: float, results: Mapping[str, Any]) -> dict[str, Any]:
    """Of the own computer; what the box said of itself is for staff."""
    return {"checked_at": checked_at, "results": {name: said for name, said in results.items() if name in TESTS}}
