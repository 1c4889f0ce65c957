"""One candidate's recording under review: the page, what it draws, the parts of files, and what was played."""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from limits import parse
from werkzeug.wrappers import Response

from appliance.errors import BadInput, Unavailable
from appliance.exam.feed import Kind
from appliance.exam.flags import RULES
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.ledger.actions import watching
from appliance.ledger.actions.watching import Played
from appliance.ledger.state import AttemptRow
from appliance.recording.name import OPEN, Name
from appliance.web import proctor, trail
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.media import missing
from appliance.web.needs import needs
from appliance.web.parse import Fields, kind_of
from appliance.web.review import timeline
from appliance.web.security import limiter
from appliance.web.visible import attempt_for

bp = Blueprint("recording", __name__)

MOST_SPANS = 50
"""Of one report of what was played. A page says it every 20 s, and merges what touches."""

SLOWEST, FASTEST = 0.1, 16.0
_OUTSIDE_SECONDS = 5.0
"""What was played may begin or end so much outside of what is recorded: the timeline rounds."""

_OFTEN = parse("12/minute")
"""Reports of one person; more are refused (503) and counted, and the page says it again later."""


@bp.get("/review/<exam>/<attempt>")
@needs(Action.REVIEW)
def page(exam: str, attempt: str) -> str:
    """The player, the timeline, the flags; `?at=` wall seconds to begin at, `?sample=` a random minute."""
    row = attempt_for(attempt, Action.REVIEW)
    if row.exam != exam:
        raise missing()
    with services().reader.connect() as connection:
        found = state.exam(connection, exam)
    boot = {
        **proctor.boot(found),
        "attempt": row.attempt,
        "sample": request.args.get("sample", "")[:64] or None,
        "zone": _ahead_of_utc(found.starts_at),
        "choices": [
            {"code": rule.code, "severity": rule.severity.value, "channel": rule.channel.value}
            for rule in RULES.values()
        ],
    }
    return render_template("review.html", attempt=row, exam=found, boot=boot)


def _ahead_of_utc(at: float) -> float:
    """Seconds that the lab's clock is ahead of UTC at that moment."""
    offset = datetime.fromtimestamp(at).astimezone().utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


@bp.get("/api/review/<attempt>")
@needs(Action.REVIEW)
def review_json(attempt: str) -> Response:
    """Everything that the page draws (`Review` of `frontend/src/review/types.ts`)."""
    row = attempt_for(attempt, Action.REVIEW)
    return jsonify(timeline.of(row, person(), sample=request.args.get("sample", "")[:64]))


@bp.get("/api/review/<attempt>/<kind>/parts/<file>")
@needs(Action.REVIEW)
def parts(attempt: str, kind: str, file: str) -> Response:
    """Where each part of a recording file lies. 404 where the file is not on the disk; one that cannot be read has no
    parts and a `problem`."""
    row, feed = attempt_for(attempt, Action.REVIEW), kind_of(kind)
    name = Name.parse(file)
    if name is None or name.kind is not feed or "/" in file:
        raise missing()
    look(row, feed)
    folder = services().paths.media / row.exam / row.attempt / feed.value
    closed = file.removesuffix(OPEN)
    for there in (closed, closed + OPEN, closed):  # it may be closed, and so renamed, in this very moment
        if (said := _parts(folder / there)) is not None:
            problem = said.get("problem")
            return jsonify({**said, "problem": t(f"review_recording.{problem}")} if problem else said)
    raise missing()


def _parts(file: Path) -> dict[str, Any] | None:
    if file.is_symlink():
        return None
    try:
        return services().parts.of(file)
    except OSError:
        return None


def look(row: AttemptRow, kind: Kind) -> None:
    """The first look of a person at a recording is in the ledger, whichever address it is taken by."""
    who = person().person
    if services().seen.first(who, row.attempt, kind.value, "recording"):
        trail.log_view(row, kind=kind.value, by=who, what="recording")


@bp.post("/api/review/<attempt>/watched")
@needs(Action.REVIEW)
def watched(attempt: str) -> Response:
    """What was played since the page last said so; `written`: how much of it was new."""
    row, by = attempt_for(attempt, Action.REVIEW), person().person
    spans = _played(row, Fields().rows("spans", most=MOST_SPANS))
    if not limiter.limiter.hit(_OFTEN, "watched", by):
        services().reviewing.watched_refused += 1
        raise Unavailable(t("review_recording.too_often"), hint=t("review_recording.too_often_hint"))
    written = services().writer.transact(
        lambda transaction: watching.watched(transaction, row.attempt, spans=spans, by=by)
    )
    return jsonify(written=written)


def _played(row: AttemptRow, said: list[Fields]) -> list[Played]:
    """Within what is recorded, of feeds that are recorded, at a speed there is."""
    if not said:
        return []
    recorded = timeline.recorded(row)
    found = []
    for fields in said:
        kinds, speed = fields.words("kinds", most=len(Kind)), fields.number("speed", default=1.0)
        starts_at, ends_at = fields.number("starts_at"), fields.number("ends_at")
        low, high = recorded.starts_at - _OUTSIDE_SECONDS, recorded.ends_at + _OUTSIDE_SECONDS
        if not (low <= starts_at < ends_at <= high):
            raise BadInput(t("review_recording.outside"), hint=t("review_recording.outside_hint"))
        if not SLOWEST <= speed <= FASTEST:
            raise BadInput(t("review_recording.no_such_speed", low=SLOWEST, high=FASTEST))
        if not kinds or not set(kinds) <= recorded.kinds:
            raise BadInput(t("server.no_such_feed"), hint=t("server.no_such_feed_hint"))
        found.append(Played(starts_at=starts_at, ends_at=ends_at, kinds=frozenset(kinds), speed=round(speed, 2)))
    return found
