"""Media that are deleted by their date: those of practice runs, and clips of rooms.

What is to go is written down first (`deleting/` in the data folder), then it is unlinked, then the ledger is told;
after a kill at any point the next process goes on from what was written down, and nothing is said twice. Nothing of an
attempt that is open is ever touched. The ledger keeps every event; only media go.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from appliance.box.paths import Paths
from appliance.errors import StorageFull
from appliance.exam.events import MediaDeleted
from appliance.exam.plan import ExamPlan
from appliance.ledger import checkin, planning, state, tables
from appliance.ledger.checkin import ScanRow
from appliance.ledger.reader import Reader
from appliance.ledger.record import SELECT, Event
from appliance.sync import disk
from appliance.sync.binder import Ledger
from appliance.sync.owner import Owner, owners

PRACTICE, SCAN = "practice", "scan"

MOST_FILES = 2_000
"""Named by one event: it must fit into a message to the ledger. The rest is due at the next look."""

_ANSWER_SECONDS = 10.0
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to go of one attempt or room. `what`: "practice" (every file of it) or "scan" (`files`, relative to the
    media folder)."""

    attempt: str
    exam: str
    what: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Written down before the first file is touched. `bytes`: of all of them."""

    attempt: str
    exam: str
    what: str
    files: tuple[str, ...]
    bytes: int


def due(owner: Owner, plan: ExamPlan, scans: Sequence[ScanRow], *, now: float) -> Due | None:
    """What of this attempt (or room) is past its date at `now` (wall seconds). Nothing while it is open."""
    if not owner.closed:
        return None
    if plan.practice:
        over = owner.stage_at + plan.practice_hours * _HOUR <= now
        return Due(attempt=owner.attempt, exam=owner.exam, what=PRACTICE) if over else None
    past = (scan.path for scan in scans if scan.path and scan.delete_at is not None and scan.delete_at <= now)
    files = tuple(sorted(past))
    return Due(attempt=owner.attempt, exam=owner.exam, what=SCAN, files=files) if files else None


class Retention:
    """Belongs to one thread. `turn` may raise StorageFull and Unavailable: nothing is lost, it is tried again."""

    def __init__(self, paths: Paths, reader: Reader, ledger: Ledger) -> None:
        self._media, self._notes = paths.media, paths.data / "deleting"
        self._reader, self._ledger = reader, ledger
        self.deleted_files = 0
        self.deleted_bytes = 0

    def turn(self, *, now: float) -> None:
        """Go on with what an earlier process had begun, then with what is due."""
        try:
            for note in sorted(self._notes.glob("*.json")):
                self._finish(note)
            with self._reader.connect() as connection:
                found = list(_all_due(connection, now=now))
            for one in found:
                if (going := self._going(one)) is not None:
                    self._finish(self._write_down(going))
        except OSError as error:
            raise StorageFull(
                f"{error.filename or self._media} cannot be deleted by its date: {error.strerror}",
                hint="Check that the data disk is mounted and not read-only.",
            ) from error

    def _going(self, one: Due) -> Going | None:
        """The files that are there; None when none is. What is no file of this attempt's folder is left alone."""
        root = self._media / one.exam / one.attempt
        if one.what == PRACTICE:
            there = (path for path in sorted(root.rglob("*")) if path.is_symlink() or path.is_file())
        else:
            there = (self._media / file for file in one.files)
        files = [path for path in there if path.parent.resolve().is_relative_to(root.resolve())][:MOST_FILES]
        if not files:
            return None
        return Going(
            attempt=one.attempt,
            exam=one.exam,
            what=one.what,
            files=tuple(path.relative_to(self._media).as_posix() for path in files),
            bytes=sum(path.lstat().st_size for path in files if path.is_symlink() or path.exists()),
        )

    def _write_down(self, going: Going) -> Path:
        note = self._notes / f"{going.attempt}-{going.what}.json"
        passing = note.with_suffix(".new")
        disk.write(passing, json.dumps(asdict(going)).encode())
        passing.rename(note)
        disk.sync_folder(self._notes)
        return note

    def _finish(self, note: Path) -> None:
        """Unlink, tell, forget."""
        said = json.loads(note.read_text(encoding="utf-8"))
        going = Going(**{**said, "files": tuple(said["files"])})
        folders = {(self._media / file).parent for file in going.files}
        for file in going.files:
            (self._media / file).unlink(missing_ok=True)
        for folder in folders:
            if folder.is_dir():
                disk.sync_folder(folder)
        _clear(self._media / going.exam / going.attempt)
        if not self._told(going):
            deleted = MediaDeleted(what=going.what, files=list(going.files), bytes=going.bytes)
            self._ledger.append_and_wait(deleted, chain=going.attempt, exam=going.exam, seconds=_ANSWER_SECONDS)
        self.deleted_files += len(going.files)
        self.deleted_bytes += going.bytes
        note.unlink()

    def _told(self, going: Going) -> bool:
        """Did the ledger hear of it before the process that told it was gone?"""
        event = tables.event.c
        query = SELECT.where(event.chain == going.attempt, event.type == MediaDeleted.TYPE)
        with self._reader.connect() as connection:
            said = [Event.from_row(row).payload for row in connection.execute(query)]
        return any(isinstance(one, MediaDeleted) and tuple(one.files) == going.files for one in said)


def _all_due(connection: sa.Connection, *, now: float) -> Iterator[Due]:
    for exam in state.exams(connection):
        plan = planning.plan(connection, exam.exam)
        scans = checkin.scans(connection, exam=exam.exam)
        if not plan.practice and not any(scan.path for scan in scans):
            continue
        for owner in owners(connection, exam.exam):
            own = [scan for scan in scans if scan.attempt == owner.attempt]
            if (one := due(owner, plan, own, now=now)) is not None:
                yield one


def _clear(folder: Path) -> None:
    """Folders that are empty now, the innermost first, and the attempt's own last."""
    inside = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for path in [*inside, folder]:
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
