"""How loud a recording is, for the line under the player. Who asks is answered at once with what is known; the rest is
worked out by a child process (`appliance.recording.loudness`), one at a time on the whole box, which may die of a
hostile recording. What it found is kept for each closed file, so a recording that grows only adds to it.
"""

import base64
import contextlib
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from appliance.exam.feed import Kind
from appliance.exam.permissions import Action
from appliance.ledger import state
from appliance.ledger.state import SegmentRow
from appliance.recording import loudness
from appliance.web.context import Services, services
from appliance.web.needs import needs
from appliance.web.parse import kind_of
from appliance.web.repeated import repeated
from appliance.web.review.recording import look
from appliance.web.review.waiting import Place
from appliance.web.visible import attempt_for

log = logging.getLogger(__name__)

bp = Blueprint("loudness", __name__)

CHILD_SECONDS = 1_200.0
_EVERY_SECONDS = 0.25
_MOST_SECONDS = 86_400
"""Of a feed: a day. What stands beyond is left out."""

_APART = 2 * loudness.PER_SECOND
"""Tenths that levels may begin beside the file they belong to: sound may be a little earlier than the picture."""

_COMMAND = (sys.executable, "-m", "appliance.recording.loudness")


# --- who asks ---


@bp.get("/api/review/<attempt>/<kind>/loudness")
@needs(Action.REVIEW)
def levels(attempt: str, kind: str) -> Response:
    """`Loudness` of `frontend/src/review/types.ts`: what is known by now."""
    row, feed = attempt_for(attempt, Action.REVIEW), kind_of(kind)
    look(row, feed)
    with services().reader.connect() as connection:
        segments = [one for one in state.segments(connection, attempt=row.attempt) if one.kind == feed.value]
    place = (row.exam, row.attempt, feed.value)
    found, missing = _known(services().paths.loudness.joinpath(*place), segments)
    there = services().paths.media.joinpath(*place)
    done = not any((there / name).exists() for name in missing)  # what is deleted is never measured
    if not done and not services().loudness.add(place):
        services().reviewing.loudness_refused += 1
    said: dict[str, Any] = {"per_second": loudness.PER_SECOND, "levels": base64.b64encode(found).decode(), "done": done}
    return jsonify(said)


def _known(folder: Path, segments: Sequence[SegmentRow]) -> tuple[bytes, list[str]]:
    """-> the levels from position 0 on, and the files that nothing is known of."""
    last = max((one.position + one.duration for one in segments), default=0.0)
    line, missing = bytearray(int(min(last, _MOST_SECONDS) * loudness.PER_SECOND) + 1 if segments else 0), []
    for one in segments:
        name = one.path.rsplit("/", 1)[-1]
        try:
            begin, said = loudness.read(folder / (name + loudness.SUFFIX))
        except (OSError, ValueError):
            missing.append(name)
            continue
        if abs(begin - one.position * loudness.PER_SECOND) <= _APART:
            for tenth, level in enumerate(said[: len(line) - begin], begin):
                line[tenth] = max(line[tenth], level)
    return bytes(line), missing


# --- who works ---


class Measurer:
    """Belongs to one thread. `command`: the child process."""

    def __init__(self, services: Services, stopping: threading.Event, *, command: tuple[str, ...] = _COMMAND) -> None:
        self._services, self._stopping, self._command = services, stopping, command

    def look(self) -> bool:
        """Measure the feed that waits the longest; False when none does."""
        waiting = self._services.loudness
        place = waiting.next()
        self._services.reviewing.loudness_waiting = len(waiting)
        if place is None:
            return False
        try:
            failed = not self._measure(place)
        except OSError as error:  # no process can be started, or there is no room for it
            log.error("the sound of %s cannot be measured: %s", "/".join(place), error)
            failed = True
        if self._stopping.is_set():
            return False
        waiting.done(place, failed=failed)
        self._services.reviewing.loudness_failed += failed
        self._services.reviewing.loudness_waiting = len(waiting)
        return True

    def _measure(self, place: Place) -> bool:
        exam, attempt, kind = place
        folder = self._services.paths.media / exam / attempt / Kind(kind).value
        if not folder.is_dir():
            return True  # it was deleted meanwhile
        out = self._services.paths.loudness / exam / attempt / kind
        with _child((*self._command, str(folder), str(out))) as child:
            for _ in range(int(CHILD_SECONDS / _EVERY_SECONDS)):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return child.wait(timeout=_EVERY_SECONDS) == 0
                if self._stopping.is_set():
                    return False
        log.error("the sound of %s takes too long", "/".join(place))
        return False


@contextlib.contextmanager
def _child(command: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """It is gone when the block ends, whatever it does."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def measured(services: Services) -> AbstractContextManager[None]:
    """A thread measures what waits, until the block ends."""
    stopping = threading.Event()
    measurer = Measurer(services, stopping)
    return repeated(measurer.look, name="loudness", seconds=_EVERY_SECONDS, stopping=stopping)
