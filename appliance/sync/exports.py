"""Clips that leave the box, made one at a time: the ledger is the queue (`ledger.exports.waiting`).

Each is cut by a child process (`appliance.evidence`), which may die of a hostile recording and is killed when it takes
too long, into a folder under a passing name; that appears as `exports/EXAM/EXPORT/` when everything lies in it, and the
ledger is told last. After a kill at any moment the next process begins that clip anew. Nothing is tried twice: what
failed is said, with its reason, and can be asked for again.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.box import disk, parent
from appliance.box.paths import Paths, models_folder
from appliance.bundle.keys import BoxKey
from appliance.config import Settings
from appliance.errors import ApplianceError, NotFound
from appliance.exam.events import BOX, ExportFailed, ExportMade
from appliance.ledger import detection, exports, holding, state, tables
from appliance.ledger.exports import ExportRow
from appliance.ledger.reader import Reader
from appliance.sync import clip
from appliance.sync.binder import Ledger
from appliance.sync.owner import owner_of

log = logging.getLogger(__name__)

FOLDER = "exports"
"""In the data folder: exports/EXAM/EXPORT/."""

EVERY_SECONDS = 1.0
SETTLE_SECONDS = 5.0
"""After the longest a file of a recording is open, until it stands in the ledger."""

MOST_BYTES = 16_000_000_000
"""Of recordings in one clip."""

_LEAD_SECONDS = 15.0
_PLAIN_SECONDS, _PLAIN_FACTOR, _MASKED_FACTOR = 120.0, 0.5, 10.0
"""How long a child may take: for each second of each feed, plain or with a masked copy."""

_HOLES_TOLD = 200
_ANSWER_SECONDS = 10.0
_COMMAND = (sys.executable, "-m", "appliance.evidence")

_Outcome = ExportMade | ExportFailed


@dataclass(slots=True)
class _Counts:
    made: int = 0
    failed: int = 0
    waiting: int = 0


class Exports:
    """`run` belongs to one thread, `status` and `trouble` to any. `command`: the child process."""

    def __init__(
        self,
        *,
        paths: Paths,
        settings: Settings,
        key: BoxKey,
        reader: Reader,
        ledger: Ledger,
        command: Sequence[str] = _COMMAND,
    ) -> None:
        self._paths, self._settings, self._key = paths, settings, key
        self._reader, self._ledger, self._command = reader, ledger, tuple(command)
        self._folder = paths.data / FOLDER
        self._counts = _Counts()
        self._failing = ""
        self._untold: tuple[ExportRow, _Outcome] | None = None

    @property
    def trouble(self) -> str:
        """What does not work just now, or ""."""
        return self._failing

    def status(self) -> dict[str, Any]:
        """For the health file."""
        counts = self._counts
        return {"exports_made": counts.made, "exports_failed": counts.failed, "exports_waiting": counts.waiting}

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            try:
                busy = self.turn(stopping, now=time.time())
                self._failing = ""
            except ApplianceError as error:  # the ledger is away: it is asked again
                log.warning("%s %s", error.message, error.hint)
                self._failing, busy = error.message, False
            except Exception as error:
                log.exception("a clip could not be made")
                self._failing, busy = f"a clip could not be made: {error}", False
            if not busy:
                stopping.wait(EVERY_SECONDS)

    def turn(self, stopping: threading.Event, *, now: float) -> bool:
        """Make the one that has waited longest and can be made at `now` (wall seconds); False when there is none."""
        if self._untold is not None:
            self._tell(*self._untold)
        with self._reader.connect() as connection:
            waiting = exports.waiting(connection)
            row = next((one for one in waiting if self._is_due(connection, one, now)), None)
        self._counts.waiting = len(waiting)
        if row is None:
            return False
        outcome: _Outcome | None
        try:
            outcome = self._make(row, stopping, now=now)
        except OSError as error:  # no room, or a disk that is away
            log.error("the clip %s cannot be made: %s", row.export, error)
            outcome = ExportFailed(export=row.export, reason="disk")
        except (ValueError, KeyError, TypeError):  # what the child said makes no sense: the next one is not held up
            log.exception("the clip %s cannot be made", row.export)
            outcome = ExportFailed(export=row.export, reason="unreadable")
        finally:
            self._sweep(row.exam)
        if outcome is not None:
            self._untold = row, outcome
            self._tell(row, outcome)
        return outcome is not None

    def _tell(self, row: ExportRow, outcome: _Outcome) -> None:
        """What came of it. While the ledger is away it is told again, not made again."""
        self._ledger.append_and_wait(outcome, chain=row.attempt, exam=row.exam, seconds=_ANSWER_SECONDS)
        self._untold = None
        self._counts.waiting -= 1
        self._counts.made += isinstance(outcome, ExportMade)
        self._counts.failed += isinstance(outcome, ExportFailed)

    def _is_due(self, connection: sa.Connection, row: ExportRow, now: float) -> bool:
        """Every file that holds something of it is closed."""
        settled = row.ends_at + self._settings.capture.segment_seconds + SETTLE_SECONDS <= now
        return settled or owner_of(connection, row.attempt).closed

    # --- one clip ---

    def _make(self, row: ExportRow, stopping: threading.Event, *, now: float) -> _Outcome | None:
        """None: the process stops before it is done; the next one begins again."""
        with self._reader.connect() as connection:
            feeds, size = _feeds(connection, row)
            origin = _origin(connection, row, self._settings)
            gone = _is_to_go(connection, row.attempt)
        if gone:
            return ExportFailed(export=row.export, reason="deleted")
        if reason := self._no_room(size, masked=row.masked):
            return ExportFailed(export=row.export, reason=reason)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        exam = self._folder / row.exam
        exam.mkdir(mode=0o700, exist_ok=True)
        passing = exam / f".{row.export}"
        shutil.rmtree(passing, ignore_errors=True)
        passing.mkdir(mode=0o700)
        made = self._cut(row, feeds, passing, stopping)
        if made is None:
            return None
        if failed := made.get("failed"):
            return ExportFailed(export=row.export, reason=str(failed))
        files = clip.seal(passing, row, made, origin, self._key, now=now)
        with self._reader.connect() as connection:
            if _is_to_go(connection, row.attempt):
                return ExportFailed(export=row.export, reason="deleted")
        target = exam / row.export
        if target.exists():  # made before, and killed before the ledger heard of it
            disk.remove(target)
        disk.publish(passing, target)
        return ExportMade(
            export=row.export,
            folder=f"{FOLDER}/{row.exam}/{row.export}",
            files=files,
            bytes=sum(file.stat().st_size for file in target.iterdir()),
            in_s=clip.in_s(row, made),
            out_s=clip.out_s(row, made),
            holes=made["holes"][:_HOLES_TOLD],
        )

    def _no_room(self, size: int, *, masked: bool) -> str:
        """Why there is no place for it, or "". The clip lies there twice (in the ZIP, too), a masked copy as well."""
        if size > MOST_BYTES:
            return "too_large"
        free = shutil.disk_usage(self._paths.data).free
        return "disk" if free - size * (4 if masked else 2) < self._settings.capture.low_water_bytes else ""

    def _cut(
        self, row: ExportRow, feeds: list[dict[str, Any]], passing: Path, stopping: threading.Event
    ) -> dict[str, Any] | None:
        """What the child says, or `failed`."""
        job = {
            "media": str(self._paths.media),
            "out": str(passing),
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "masked": row.masked,
            "models": str(models_folder()),
            "feeds": feeds,
        }
        asked, result = passing / "job.json", passing / "result.json"
        asked.write_text(json.dumps(job), encoding="utf-8")
        span = (row.ends_at - row.starts_at) * len(feeds)
        limit = _PLAIN_SECONDS + span * (_MASKED_FACTOR if row.masked else _PLAIN_FACTOR)
        ended = self._wait(asked, limit, stopping)
        if ended is None:
            return None
        asked.unlink()
        try:
            said: dict[str, Any] = json.loads(result.read_bytes())
            result.unlink()
            return said
        except (OSError, ValueError):
            log.warning("%s: the child process said nothing", row.export)
            return {"failed": "unreadable" if ended else "too_large"}

    def _wait(self, job: Path, limit: float, stopping: threading.Event) -> bool | None:
        """True: it ended; False: it took too long; None: this process stops. The child is gone then in any case."""
        deadline = time.monotonic() + limit
        environment = {**os.environ, parent.VARIABLE: str(os.getpid())}
        with subprocess.Popen([*self._command, str(job)], stdin=subprocess.DEVNULL, env=environment) as child:
            while child.poll() is None:
                if stopping.wait(0.05) or time.monotonic() > deadline:
                    child.kill()
                    return None if stopping.is_set() else False
        return True

    def _sweep(self, exam: str) -> None:
        """Take away what is not whole."""
        for passing in (self._folder / exam).glob(".*"):
            shutil.rmtree(passing, ignore_errors=True)


def _feeds(connection: sa.Connection, row: ExportRow) -> tuple[list[dict[str, Any]], int]:
    """As `evidence.job.FeedJob` has them, and how many bytes of recordings they are."""
    segments = state.segments(connection, attempt=row.attempt)
    gaps = state.gaps(connection, attempt=row.attempt)
    gone = holding.deleted_files(connection, row.attempt)
    bases = {one.kind: one.values for one in detection.baselines(connection, row.attempt)}
    near = [
        one
        for one in segments
        if one.kind in row.kinds
        and one.starts_at < row.ends_at
        and one.starts_at + one.duration > row.starts_at - _LEAD_SECONDS
    ]
    feeds = [
        {
            "kind": kind,
            "sources": [
                {
                    "path": one.path,
                    "sha256": one.sha256,
                    "starts_at": one.starts_at,
                    "position": one.position,
                    "duration": one.duration,
                    "deleted": one.path in gone,
                }
                for one in near
                if one.kind == kind
            ],
            "gaps": [
                {"starts_at": gap.starts_at, "ends_at": gap.ends_at, "cause": gap.cause}
                for gap in gaps
                if gap.kind == kind
            ],
            "base": bases.get(kind, {}),
        }
        for kind in row.kinds
    ]
    return feeds, sum(one.bytes for one in near)


def _origin(connection: sa.Connection, row: ExportRow, settings: Settings) -> clip.Origin:
    try:
        seat = state.attempt(connection, row.attempt).seat
    except NotFound:
        seat = state.room(connection, row.attempt).camera
    heads = {chain: head for chain in (row.attempt, BOX) if (head := _head(connection, chain)) is not None}
    return clip.Origin(site=settings.upstream.site, box=settings.upstream.box, seat=seat, heads=heads)


def _head(connection: sa.Connection, chain: str) -> tuple[int, str] | None:
    event = tables.event.c
    query = sa.select(event.position, event.hash).where(event.chain == chain).order_by(event.position.desc()).limit(1)
    found = connection.execute(query).first()
    return None if found is None else (found.position, found.hash.hex())


def _is_to_go(connection: sa.Connection, attempt: str) -> bool:
    """Is everything of the attempt to be erased?"""
    return bool(holding.erasures(connection, attempt=attempt))
