"""Keeping a moment: a still in full resolution and the clip around it, out of the recording.

Who asks is answered at once: half of the clip lies in the future. What waits stands in the ledger (`ledger.keeping`),
so a web process that starts anew goes on with it; there are at most `MOST_WAITING` at a time, and what is asked for
beyond is refused and counted. One at a time is cut by a child process (`appliance.capture.excerpt`), which may die of a
hostile recording, and is killed when it takes too long. Nothing is tried twice: what failed is said, with its reason.
"""

import json
import logging
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, make_response
from werkzeug.wrappers import Response

from appliance.box import picture
from appliance.exam.events import EvidenceFailed, EvidenceKept
from appliance.exam.feed import Feed, Kind
from appliance.exam.permissions import Action
from appliance.ledger import keeping, sitting, state
from appliance.ledger.actions import keeping as actions
from appliance.ledger.keeping import KeepingRow
from appliance.web.auth import person
from appliance.web.context import Services, services
from appliance.web.media import evidence, missing
from appliance.web.needs import needs
from appliance.web.parse import Fields
from appliance.web.repeated import repeated
from appliance.web.visible import attempt_for

log = logging.getLogger(__name__)

bp = Blueprint("keeping", __name__)

AROUND_SECONDS = 15.0
"""Of the clip, on either side of the moment."""

SETTLE_SECONDS = 3.0
"""Until the last of it is on the disk: the longest part, and the flush."""

CHILD_SECONDS = 30.0
_EVERY_SECONDS = 1.0
_FRESH_SECONDS = 10.0
_COMMAND = (sys.executable, "-m", "appliance.capture.excerpt")
_FOLDER = "kept"
_LONGEST_ANSWER = 4_000


# --- who asks ---


@bp.post("/api/attempts/<attempt>/keep")
@needs(Action.KEEP)
def keep(attempt: str) -> Response:
    """Keep what a feed shows now, or at a position of its recording; `evidence.kept` or `evidence.failed` follows."""
    row, by, fields = attempt_for(attempt, Action.KEEP), person().person, Fields()
    kind, said = fields.kind(), fields.number("position", default=-1.0)
    position, moment_at = _moment(Feed(row.attempt, kind), said if said >= 0 else None)
    counted = services().keeping
    try:
        kept = services().writer.transact(
            lambda transaction: actions.ask(
                transaction, row.attempt, kind=kind, position=position, moment_at=moment_at, by=by
            )
        )
    except actions.QueueFull:
        counted.refused += 1
        raise
    return make_response(jsonify(kept=kept, ready_at=moment_at + AROUND_SECONDS + SETTLE_SECONDS), 202)


def _moment(feed: Feed, position: float | None) -> tuple[float | None, float]:
    """The newest picture is what a person sees: its place on the timeline, and when that is. Without one, now."""
    now = time.time()
    newest = picture.read_header(services().paths.pictures, feed)
    if newest is None or now - newest.taken_at > _FRESH_SECONDS:
        return position, now
    if position is None:
        return newest.position, newest.taken_at
    return position, min(now, newest.taken_at - newest.position + position)


@bp.get("/api/attempts/<attempt>/kept/<kept>/still")
@needs(Action.REVIEW)
def still(attempt: str, kept: str) -> Response:
    """The picture (PNG), with all its pixels."""
    return _shown(attempt, kept, "still")


@bp.get("/api/attempts/<attempt>/kept/<kept>/clip")
@needs(Action.REVIEW)
def clip(attempt: str, kept: str) -> Response:
    """The clip around it, as it was recorded (with Range)."""
    return _shown(attempt, kept, "clip")


def _shown(attempt: str, kept: str, what: str) -> Response:
    row = attempt_for(attempt, Action.REVIEW)
    with services().reader.connect() as connection:
        found = next((one for one in sitting.kept(connection, attempt=row.attempt) if one.kept == kept), None)
    path = getattr(found, what, "")
    if found is None or not path:
        raise missing()
    return evidence(Path(path), row, kind=found.kind, what=f"kept {what}")


# --- who works ---


class Keeper:
    """Belongs to one thread. `command`: the child process."""

    def __init__(self, services: Services, stopping: threading.Event, *, command: tuple[str, ...] = _COMMAND) -> None:
        self._services, self._stopping, self._command = services, stopping, command

    def look(self, *, now: float) -> bool:
        """Do what is due the longest (`now`: wall seconds); False when there is nothing to do yet."""
        with self._services.reader.connect() as connection:
            waiting = keeping.waiting(connection)
        self._services.keeping.waiting = len(waiting)
        due = next((row for row in waiting if row.moment_at + AROUND_SECONDS + SETTLE_SECONDS <= now), None)
        if due is None:
            return False
        outcome: EvidenceKept | EvidenceFailed | None
        try:
            outcome = self._keep(due)
        except OSError as error:  # no process can be started, or there is no room for it
            log.error("%s cannot be kept: %s", due.kept, error)
            outcome = EvidenceFailed(kept=due.kept, kind=due.kind, reason="disk")
        if outcome is not None:
            self._tell(due, outcome)
        return True

    def _keep(self, row: KeepingRow) -> EvidenceKept | EvidenceFailed | None:
        """None: the process stops before it is done; the next one begins again."""
        with self._services.reader.connect() as connection:
            attempt = state.attempt(connection, row.attempt)
        place = f"{attempt.exam}/{row.attempt}"
        said = self._cut(row, self._services.paths.media / place / Kind(row.kind).value)
        if said is None:
            return None
        if reason := said.get("failed"):
            return EvidenceFailed(kept=row.kept, kind=row.kind, reason=str(reason))
        files = {what: f"{place}/{_FOLDER}/{said[what]}" if said[what] else "" for what in ("still", "clip")}
        return EvidenceKept(kept=row.kept, kind=row.kind, by=row.by, **{**said, **files})

    def _cut(self, row: KeepingRow, feed: Path) -> dict[str, Any] | None:
        """What the child says, or `failed`."""
        job = {
            "feed": str(feed),
            "kept": row.kept,
            "position": row.position,
            "moment_at": row.moment_at,
            "around": AROUND_SECONDS,
        }
        with subprocess.Popen(
            [*self._command, json.dumps(job)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as child:
            ended = self._wait(child)
            answer = child.stdout.read(_LONGEST_ANSWER) if ended and child.stdout else b""
        if ended is None:
            return None
        try:
            said: dict[str, Any] = json.loads(answer)
            return said
        except ValueError:
            log.warning("%s: the excerpt ended with %s and said nothing", row.kept, child.returncode)
            return {"failed": "unreadable" if ended else "too_slow"}

    def _wait(self, child: "subprocess.Popen[bytes]") -> bool | None:
        """True: it ended; False: it took too long; None: this process stops. It is gone then in any case."""
        deadline = time.monotonic() + CHILD_SECONDS
        while child.poll() is None:
            if self._stopping.wait(0.05) or time.monotonic() > deadline:
                child.kill()
                return None if self._stopping.is_set() else False
        return True

    def _tell(self, row: KeepingRow, outcome: EvidenceKept | EvidenceFailed) -> None:
        self._services.writer.transact(lambda transaction: actions.done(transaction, row, outcome))
        counts = self._services.keeping
        if isinstance(outcome, EvidenceKept):
            counts.kept += 1
        else:
            counts.failed += 1
        counts.waiting -= 1


def kept(services: Services) -> AbstractContextManager[None]:
    """Looked at each second, and at once again while something waits."""
    stopping = threading.Event()
    keeper = Keeper(services, stopping)
    return repeated(lambda: keeper.look(now=time.time()), name="keeper", seconds=_EVERY_SECONDS, stopping=stopping)
