"""The work of the sync process, one thing at a time: send what is recorded as it comes, bundle what is over.

Everything is found again after a restart: the ledger says what there is and what is proved, the outbox folder holds
what was staged, the store says what it has. Nothing here is a record: a kill at any point changes nothing but time.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from appliance.box.paths import Paths
from appliance.errors import ApplianceError, IntegrityError, StorageFull, Unavailable
from appliance.exam.events import BOX, ExamEnded, ReportAsked, UpstreamFailed
from appliance.exam.place import place_of
from appliance.ledger import reports, state
from appliance.ledger.client import Told
from appliance.ledger.reader import Reader
from appliance.sync.binder import Binder, Ledger, LedgerAway, WriteReport, WriteReports
from appliance.sync.keys import BoxKey
from appliance.sync.outbox import Item
from appliance.sync.progress import Progress
from appliance.sync.sender import Sender
from appliance.sync.store import ObjectStore
from appliance.sync.trouble import BOX_DISK, UPSTREAM, Pause, Trouble
from appliance.sync.watch import Timing, Watch, Watched

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5


class _Here(StorageFull):
    """The box's own disk."""


class Service:
    """`turn` does one thing; one thread calls it. `told` may be called by any."""

    def __init__(
        self,
        *,
        paths: Paths,
        store: ObjectStore,
        site: str,
        box: str,
        key: BoxKey,
        reader: Reader,
        ledger: Ledger,
        write_report: WriteReport,
        write_reports: WriteReports,
        timing: Timing | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        timing = timing or Timing()
        self._paths = paths
        self._reader = reader
        self._ledger = ledger
        self._timing = timing
        self._monotonic = monotonic
        self._trouble = Trouble(say=self._say)
        self._here = Pause(first=timing.first_wait, longest=timing.longest_wait, monotonic=monotonic)
        self._there = Pause(first=timing.first_wait, longest=timing.longest_wait, monotonic=monotonic)
        self._sender = Sender(
            store=store, trouble=self._trouble, pause=self._there, park=timing.park, monotonic=monotonic
        )
        self._held: dict[str, float] = {}
        self._dirty: set[str] = set()
        self._ended: set[str] = set()
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self.woken = threading.Event()
        self.read_until = reader.head()
        with reader.connect() as connection:
            self._watch = Watch(Progress.read(connection), timing, monotonic)
            self._watch.read_all(connection)
            self._asked.update(reports.waiting(connection))
        self._dirty.update(self._watch.attempts)
        self._binder = Binder(
            paths=paths,
            site=site,
            box=box,
            key=key,
            reader=reader,
            ledger=ledger,
            write_report=write_report,
            write_reports=write_reports,
            watch=self._watch,
            sender=self._sender,
        )
        self._binder.take_up()

    # --- any thread ---

    def told(self, event: Told) -> None:
        """The ledger has something new."""
        with self._lock:
            if event.chain != BOX:
                self._dirty.add(event.chain)
            elif event.type == ExamEnded.TYPE and event.exam:
                self._ended.add(event.exam)
            elif event.type == ReportAsked.TYPE and event.exam:
                self._asked.add(event.exam)
        self.woken.set()

    def status(self) -> dict[str, Any]:
        """For the health file."""
        sender, outbox = self._sender, self._sender.outbox
        objects, size, since = outbox.backlog()
        return {
            "backlog_objects": objects,
            "backlog_bytes": size,
            "oldest_unsent_s": None if since is None else round(max(0.0, time.time() - since), 1),
            "reports_asked": len(self._asked),
            "to_check": outbox.to_check,
            "parked": outbox.parked,
            "beyond": outbox.beyond,
            "bundles": len(self._binder.staged),
            "attempts_waiting": len(self._watch.attempts),
            "last_success": sender.last_success,
            "sent_objects": sender.sent_objects,
            "sent_bytes": sender.sent_bytes,
            "failures": self._trouble.failures,
            "failing": self._trouble.failing,
        }

    # --- the sending thread ---

    def turn(self) -> float:
        """Do one thing; -> how many seconds to wait, or until `woken`, before the next. What is done on the box goes on
        while the upstream is away: reports are written and bundles staged."""
        self.woken.clear()
        busy = self._try(self._here, self._work_here) or self._try(self._there, self._work_there)
        return 0.0 if busy else IDLE_SECONDS

    def _try(self, pause: Pause, work: Callable[[], bool]) -> bool:
        if not pause.over:
            return False
        try:
            return work()
        except LedgerAway:
            pause.begin()  # no fault of the upstream, and the ledger cannot be told
        except ApplianceError as error:
            self._trouble.failed(BOX_DISK if pause is self._here or isinstance(error, _Here) else UPSTREAM, error)
            pause.begin()
        return False

    def _work_here(self) -> bool:
        self._look()
        self._binder.offer()
        busy = self._tell_one() or self._write_one() or self._stage_one()
        self._here.reset()
        self._trouble.works(BOX_DISK)
        return busy

    def _work_there(self) -> bool:
        return self._seal_one() or self._sender.send_one()

    def _look(self) -> None:
        """Ask the ledger about what moved."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
            ended, self._ended = self._ended, set()
        if not dirty and not ended:
            return
        try:
            with self._reader.connect() as connection:
                for exam in ended:
                    self._watch.ended(connection, exam)
                for attempt in sorted(dirty):
                    watched = self._watch.look(connection, attempt)
                    if watched is not None:
                        with self._guarded(attempt):
                            self._offer_recordings(connection, watched)
        except ApplianceError:
            with self._lock:
                self._dirty |= dirty
                self._ended |= ended
            raise

    def _offer_recordings(self, connection: sa.Connection, watched: Watched) -> None:
        """Segments as they come. Once an attempt has a bundle, what comes later goes with its next."""
        row = watched.row
        if row.attempt in self._binder.staged or row.attempt in self._watch.progress.attempts:
            return
        prefix = self._binder.subject(row.exam, row.attempt).prefix
        items = []
        for segment in state.segments(connection, attempt=row.attempt):
            key = f"{prefix}/{place_of(segment.path, row.exam, row.attempt)}"
            items.append(
                Item(
                    owner=row.attempt,
                    key=key,
                    source=self._paths.media / segment.path,
                    sha256=segment.sha256,
                    size=segment.bytes,
                    since=segment.starts_at + segment.duration,
                    rank=self._sender.rank(row.attempt, prefix, key, segment.bytes, "segment"),
                )
            )
        if self._sender.outbox.offer(items):
            with self._lock:
                self._dirty.add(row.attempt)  # there was no room: ask again

    def _tell_one(self) -> bool:
        for owner in sorted(self._binder.untold):
            self._binder.tell_report(owner)
            return True
        return False

    def _write_one(self) -> bool:
        """Reports that somebody wants now, of one exam."""
        with self._lock:
            asked = sorted(exam for exam in self._asked if self._may_try(f"reports of {exam}"))
        for exam in asked[:1]:
            with self._guarded(f"reports of {exam}"):
                self._binder.write_asked(exam)
                with self._lock:
                    self._asked.discard(exam)
        return bool(asked)

    def _seal_one(self) -> bool:
        for owner in self._binder.ready():
            if self._may_try(owner):
                with self._guarded(owner, closing=True):
                    self._binder.seal(owner)
                with self._lock:
                    self._dirty.update({owner} & self._watch.attempts.keys())
                return True
        return False

    def _stage_one(self) -> bool:
        staged = self._binder.staged
        for watched in self._watch.due():
            attempt, exam = watched.row.attempt, watched.row.exam
            if attempt not in staged and exam not in staged and self._may_try(attempt):
                with self._guarded(attempt):
                    self._binder.stage_attempt(watched)
                return True
        for exam in self._watch.exams_due():
            if exam not in staged and self._may_try(exam):
                with self._guarded(exam):
                    self._binder.stage_exam(exam)
                return True
        return False

    @contextlib.contextmanager
    def _guarded(self, owner: str, *, closing: bool = False) -> Iterator[None]:
        """One bundle that cannot be made or closed must not hold up the others; an upstream that is away while one is
        being closed holds up all."""
        try:
            yield
        except Unavailable as error:
            if closing:
                raise
            self._hold(owner, error)
        except OSError as error:
            raise _Here(
                f"{error.filename or self._paths.data} cannot be written or read: {error.strerror}",
                hint="Free space on the data disk, or check that it is mounted and not read-only.",
            ) from error
        except ApplianceError as error:
            self._hold(owner, error)
        except Exception as error:
            log.exception("the bundle of %s could not be made", owner)
            self._hold(
                owner, IntegrityError(f"the bundle of {owner} could not be made: {error}", hint="See sync's log.")
            )
        else:
            self._held.pop(owner, None)

    def _hold(self, owner: str, error: ApplianceError) -> None:
        self._held[owner] = self._monotonic() + self._timing.park
        self._trouble.failed(owner, error)

    def _may_try(self, owner: str) -> bool:
        return self._held.get(owner, 0.0) <= self._monotonic()

    def _say(self, where: str, error: ApplianceError) -> None:
        self._ledger.append(UpstreamFailed(where=where, reason=error.message, hint=error.hint), chain=BOX, exam=None)
