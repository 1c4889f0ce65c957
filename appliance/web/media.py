"""Evidence on disk: recordings and snapshots, for who may review that candidate."""

import re
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from appliance.errors import NotFound
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.web import trail
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.needs import needs
from appliance.web.parse import kind_of
from appliance.web.visible import attempt_for, recorded_for

bp = Blueprint("media", __name__)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".pdf": "application/pdf",
}


@bp.get("/media/<exam>/<attempt>/<kind>/<file>")
@needs(Action.REVIEW)
def recording(exam: str, attempt: str, kind: str, file: str) -> Response:
    """A playlist, or a piece of a recording (with Range)."""
    row = recorded_for(attempt, Action.REVIEW)
    feed = kind_of(kind)
    if row.exam != exam:
        raise missing()
    return evidence(Path(exam) / attempt / feed.value / file, row, kind=feed.value, what="recording")


@bp.get("/api/flags/<flag>/snapshots/<moment>")
@needs(Action.REVIEW)
def snapshot(flag: str, moment: str) -> Response:
    """The picture of a flag at its onset, peak or last moment."""
    with services().reader.connect() as connection:
        found = state.flag(connection, flag)
    row = attempt_for(found.attempt, Action.REVIEW)
    for picture in found.facts.get("snapshots", []):
        if picture["moment"] == moment:
            return evidence(Path(picture["path"]), row, kind=found.kind, what="snapshot")
    raise missing()


def evidence(path: Path, row: trail.Recorded, *, kind: str, what: str) -> Response:
    """A file of this attempt's media folder; `path` is relative to the media folder. The first view is logged."""
    if not _NAME.fullmatch(path.name):
        raise missing()
    root = (services().paths.media / row.exam / row.attempt).resolve()
    file = _there(services().paths.media / path).resolve()
    suffix = Path(path.name.removesuffix(".open")).suffix
    if suffix not in _TYPES or not file.is_relative_to(root) or not file.is_file():
        raise missing()
    who = person().person
    if services().seen.first(who, row.attempt, kind, what):
        trail.log_view(row, kind=kind, by=who, what=what)
    try:
        response = send_file(file, mimetype=_TYPES[suffix], conditional=True, etag=True, max_age=None)
    except FileNotFoundError:  # closed, and so renamed, in this very moment: the player asks again
        raise missing() from None
    if request.args.get("download") is not None:
        response.headers["Content-Disposition"] = f'attachment; filename="{path.name.removesuffix(".open")}"'
    return response


def _there(file: Path) -> Path:
    """The piece that is being written is called `NAME.open`, and `NAME` once it is closed: a player that read the
    playlist a moment before, or after, asks by the other name."""
    if file.exists():
        return file
    return file.with_name(file.name.removesuffix(".open") if file.suffix == ".open" else f"{file.name}.open")


def missing() -> NotFound:
    """No such file, or not one of this candidate: the two look the same."""
    return NotFound(t("server.no_such_file"), hint=t("server.no_such_file_hint"))
