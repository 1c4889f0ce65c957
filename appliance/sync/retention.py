"""What is past its date goes: the one module of the box that deletes what was recorded.

What is to go is written down first (`deleting/` in the data folder), then it is unlinked, then the ledger is told;
after a kill at any point the next process goes on from what was written down, and nothing is said twice. Nothing of an
attempt that is open or held is ever touched, and nothing that the store does not have: what the ledger says of that is
not enough, the store itself is asked anew right before (`sync.afresh`). While it is away, what waits for it waits;
where it has not got what it had, nothing of that attempt goes, and the ledger is told. The ledger keeps every event;
words about a person are erased in it last of all (`ledger.projection.erased`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from appliance.box import disk, lying
from appliance.box.paths import Paths
from appliance.errors import BadInput, NotFound, StorageFull
from appliance.exam.events import MediaDeleted, PersonalErased
from appliance.exam.own_runs import is_own_run
from appliance.exam.retention import MEDIA, Data, Keeping
from appliance.ledger import checkin, dates, exports, holding, planning, state, tables
from appliance.ledger.reader import Reader
from appliance.ledger.record import SELECT, Event
from appliance.stores.port import ObjectStore
from appliance.sync.afresh import Afresh, SendAgain, nobody
from appliance.sync.binder import Ledger
from appliance.sync.due import Due, due
from appliance.sync.owner import owner_of, owners
from appliance.sync.receipt import Receipts

MOST_FILES = 2_000
"""Named by one event: it must fit into a message to the ledger. The rest goes right after."""

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Written down before the first file is touched. `files` are relative to the data folder; `bytes`: of all; `after`:
    the ledger's newest event then."""

    attempt: str
    exam: str
    what: str
    files: tuple[str, ...]
    bytes: int
    why: str
    due_at: float
    after: int

    def said(self) -> MediaDeleted:
        """As the ledger is told."""
        files = [file.removeprefix("media/") for file in self.files]
        return MediaDeleted(what=self.what, files=files, bytes=self.bytes, why=self.why, due_at=self.due_at)


class Retention:
    """Belongs to one thread. `turn` may raise StorageFull and Unavailable: nothing is lost, it is tried again. `site`
    and `box`: its names in the store; `send_again` is handed what is gone there and still here."""

    def __init__(
        self,
        paths: Paths,
        reader: Reader,
        ledger: Ledger,
        *,
        store: ObjectStore,
        site: str,
        box: str,
        send_again: SendAgain = nobody,
    ) -> None:
        self._paths, self._notes = paths, paths.data / "deleting"
        self._reader, self._ledger = reader, ledger
        receipts = Receipts(store=store, site=site, box=box, paths=paths)
        self.afresh = Afresh(receipts, reader, ledger, send_again=send_again)
        self._clean: dict[str, int] = {}  # attempt -> head of its chain when nothing in it was left to be erased
        self.deleted_files = 0
        self.deleted_bytes = 0
        self.erased = 0

    def turn(self, *, now: float, dates_rest: bool = False) -> None:
        """Go on with what an earlier process had begun, then with what is due. `dates_rest`: the clock cannot be
        believed, so only what the box held for itself goes: no date is asked for that."""
        self.afresh.begin(now=now)
        try:
            for note in sorted(self._notes.glob("*.json")):
                if not dates_rest or is_own_run(_read(note).exam):
                    self._finish(note, allowed=self._may_go_on(note))
            with self._reader.connect() as connection:
                found = list(_all_due(connection, self._clean, now=now))
            for one in found:
                if not dates_rest or is_own_run(one.exam):
                    self._erase(one) if one.what == Data.PERSONAL else self._delete(one)
            if not dates_rest:
                self.afresh.go_round()
                self.afresh.look_again()
        except OSError as error:
            raise StorageFull(
                f"{error.filename or self._paths.data} cannot be deleted by its date: {error.strerror}",
                hint="Check that the data disk is mounted and not read-only.",
            ) from error

    def _delete(self, one: Due) -> None:
        """Every file of it, `MOST_FILES` at a time."""
        there = self._files(one)
        if not there or (one.waits_for_store and not self.afresh.has(one.exam, one.attempt, there)):
            return
        for files in _batches(there):
            self._finish(self._write_down(self._going(one, files)))

    def _erase(self, one: Due) -> None:
        """Reports, then names and words, once all that was recorded is gone and nothing is on its way to the store."""
        with self._reader.connect() as connection:
            head = dates.heads(connection, [one.attempt])[one.attempt]
            left = dates.words_left(connection, one.attempt)
            practice = planning.plan(connection, one.exam).practice
        if not left:
            self._clean[one.attempt] = head
            return
        recorded = any(self._files(replace(one, what=what, files=None)) for what in MEDIA)
        if recorded or (self._paths.outbox / one.exam / one.attempt).exists():
            return
        if not practice and not self.afresh.has(one.exam, one.attempt):
            return
        for files in _batches(self._files(one)):
            self._finish(self._write_down(self._going(one, files)))
        with self._reader.connect() as connection:
            head = dates.heads(connection, [one.attempt])[one.attempt]
        said = PersonalErased(position=head, why=one.why, due_at=one.due_at)
        try:
            self._ledger.append_and_wait(said, chain=one.attempt, exam=one.exam, seconds=_ANSWER_SECONDS)
        except BadInput:
            return  # somebody placed a hold just now: the ledger said no
        self.erased += 1

    def _may_go_on(self, note: Path) -> bool:
        """What an earlier process wrote down: the store may have changed since."""
        going = _read(note)
        one = Due(attempt=going.attempt, exam=going.exam, what=going.what, why=going.why, due_at=going.due_at)
        left = [path for file in going.files if _there(path := self._paths.data / file)]
        if not one.waits_for_store or one.what == Data.PERSONAL or not left:
            return True
        return self.afresh.has(one.exam, one.attempt, left)

    def _files(self, one: Due) -> list[Path]:
        if one.files is not None:
            return list(lying.named(self._paths, one.exam, one.attempt, one.files))
        there = any(folder.exists() for folder in lying.folders(self._paths, one.exam, one.attempt))
        if not there and one.what != Data.PERSONAL:
            return []  # most of what is past its date went long ago
        with self._reader.connect() as connection:
            made = [row.export for row in exports.exports(connection, attempt=one.attempt)]
        return list(lying.files(self._paths, one.exam, one.attempt, one.what, exports=made))

    def _going(self, one: Due, files: Sequence[Path]) -> Going:
        return Going(
            attempt=one.attempt,
            exam=one.exam,
            what=one.what,
            files=tuple(path.relative_to(self._paths.data).as_posix() for path in files),
            bytes=sum(path.lstat().st_size for path in files if path.is_symlink() or path.exists()),
            why=one.why,
            due_at=one.due_at,
            after=self._reader.head(),
        )

    def _write_down(self, going: Going) -> Path:
        note = self._notes / f"{going.attempt}-{going.what}.json"
        passing = note.with_suffix(".new")
        disk.write(passing, json.dumps(asdict(going)).encode())
        passing.rename(note)
        disk.sync_folder(self._notes)
        return note

    def _finish(self, note: Path, *, allowed: bool = True) -> None:
        """Unlink, tell, forget. What is still there when a hold was placed meanwhile stays, or without `allowed`."""
        going = _read(note)
        if not allowed or self._held(going):
            gone = tuple(file for file in going.files if not _there(self._paths.data / file))
            if gone != going.files:
                going = replace(going, files=gone)
                note = self._write_down(going)
        folders = {(self._paths.data / file).parent for file in going.files}
        for file in going.files:
            (self._paths.data / file).unlink(missing_ok=True)
        for folder in folders:
            if folder.is_dir():
                disk.sync_folder(folder)
        for folder in lying.folders(self._paths, going.exam, going.attempt):
            _clear(folder)
        if going.files and not self._told(going):
            self._ledger.append_and_wait(going.said(), chain=going.attempt, exam=going.exam, seconds=_ANSWER_SECONDS)
        self.deleted_files += len(going.files)
        self.deleted_bytes += going.bytes
        note.unlink()

    def _held(self, going: Going) -> bool:
        with self._reader.connect() as connection:
            try:
                owner = owner_of(connection, going.attempt)
            except NotFound:
                return False
            return not owner.closed or holding.held(connection, exam=going.exam, attempt=going.attempt)

    def _told(self, going: Going) -> bool:
        """Did the ledger hear of it before the process that told it was gone?"""
        event = tables.event.c
        query = SELECT.where(event.chain == going.attempt, event.type == MediaDeleted.TYPE, event.seq > going.after)
        with self._reader.connect() as connection:
            said = [Event.from_row(row).payload for row in connection.execute(query)]
        return any(isinstance(one, MediaDeleted) and one.files == going.said().files for one in said)


def _all_due(connection: sa.Connection, clean: Mapping[str, int], *, now: float) -> Iterator[Due]:
    """Without the words of those attempts in which, up to the head that `clean` knows, none are left."""
    for exam in state.exams(connection):
        found = list(_of_exam(connection, exam, now=now))
        heads = dates.heads(connection, [one.attempt for one in found if one.what == Data.PERSONAL])
        for one in found:
            if one.what != Data.PERSONAL or clean.get(one.attempt) != heads[one.attempt]:
                yield one


def _of_exam(connection: sa.Connection, exam: state.ExamRow, *, now: float) -> Iterator[Due]:
    keeping = Keeping.of(planning.plan(connection, exam.exam), recordings=exam.retention_days)
    scans = checkin.scans(connection, exam=exam.exam)
    holds = holding.holds(connection, exam.exam)
    asked = {row.attempt: row.asked_at for row in holding.erasures(connection, exam=exam.exam) if row.reference}
    for owner in owners(connection, exam.exam):
        yield from due(
            owner,
            keeping,
            [scan for scan in scans if scan.attempt == owner.attempt],
            held=any(hold.lifted_at is None and hold.attempt in (None, owner.attempt) for hold in holds),
            asked_at=asked.get(owner.attempt),
            now=now,
        )


def _read(note: Path) -> Going:
    said = json.loads(note.read_text(encoding="utf-8"))
    return Going(**{**said, "files": tuple(said["files"])})


def _batches(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """In their order, `MOST_FILES` at a time."""
    for first in range(0, len(files), MOST_FILES):
        yield files[first : first + MOST_FILES]


def _there(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _clear(folder: Path) -> None:
    """Folders that are empty now, the innermost first, and the attempt's own last."""
    inside = sorted((path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True)
    for path in [*inside, folder]:
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
