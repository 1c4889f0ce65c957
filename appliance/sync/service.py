"""The work of the sync process: send what is recorded as it comes, bundle what is over.

Everything is found again after a restart: the ledger says what there is and what is proved, the outbox folder holds
what was staged, the store says what it has. Nothing here is a record: a kill at any point changes nothing but time.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.config import UpstreamSettings
from appliance.errors import ApplianceError, IntegrityError, Unavailable
from appliance.exam.events import BOX, ExamEnded, ReportAsked, UpstreamFailed
from appliance.exam.place import place_of
from appliance.ledger import reports
from appliance.ledger.client import Told
from appliance.ledger.reader import Reader
from appliance.ledger.reports import WriteReport, WriteReports
from appliance.stores.port import ObjectStore
from appliance.sync.binder import Binder, Ledger, LedgerAway
from appliance.sync.countersign import Countersigner
from appliance.sync.crew import Alone, Crew, Done, Task
from appliance.sync.outage import Outage
from appliance.sync.outbox import Item
from appliance.sync.pace import Line
from appliance.sync.precedence import Precedence
from appliance.sync.progress import Progress
from appliance.sync.receipt import Again
from appliance.sync.ruling import Ruling
from appliance.sync.sender import RANKS, Checkpoints, Sender
from appliance.sync.trouble import BOX_DISK, Pause, Trouble, box_disk
from appliance.sync.watch import Timing, Watch, Watched, recordings

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5


class Service:
    """`turn` decides what comes next, and does what is done on the box; one thread calls it. What is done with the
    store, the hands of `crew` do. `told` and `status` may be called by any."""

    def __init__(
        self,
        *,
        paths: Paths,
        store: ObjectStore,
        settings: UpstreamSettings,
        key: BoxKey,
        reader: Reader,
        ledger: Ledger,
        write_report: WriteReport,
        write_reports: WriteReports,
        crew: Crew | None = None,
        line: Line | None = None,
        claim: Callable[[], object] | None = None,
        checkpoints: Checkpoints | None = None,
        countersigner: Countersigner | None = None,
        spread: float = 0.0,
        timing: Timing | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        timing = timing or Timing()
        self._paths = paths
        self._reader = reader
        self._ledger = ledger
        self._timing = timing
        self._monotonic, self._wall = monotonic, wall
        self._trouble = Trouble(say=self._say)
        self._here = Pause(first=timing.first_wait, longest=timing.longest_wait, monotonic=monotonic)
        line = line or Line()
        self.ruling = Ruling(settings, reader, line.bucket, monotonic=monotonic, wall=wall)
        self._sender = self._sender_to(store, crew or Alone(), line, spread)
        self._sender.claim, self._sender.checkpoints = claim, checkpoints
        self._held: dict[str, float] = {}
        self._dirty: set[str] = set()
        self._outside: set[str] = set()
        self._ended: set[str] = set()
        self._asked: set[str] = set()
        self._again: dict[str, Sequence[Again]] = {}
        self._precedence = Precedence(timing.patience)
        self._lock = threading.Lock()
        self.woken = threading.Event()
        self.read_until = reader.head()
        self._watch = self._read_all()
        self._binder = Binder(
            paths=paths,
            site=settings.site,
            box=settings.box,
            key=key,
            reader=reader,
            ledger=ledger,
            write_report=write_report,
            write_reports=write_reports,
            watch=self._watch,
            sender=self._sender,
            countersigner=countersigner or Countersigner(),
        )
        self._binder.take_up()
        self._binder.tell_countersigned()
        self._sender.crew.begin(self.woken.set)

    def _sender_to(self, store: ObjectStore, crew: Crew, line: Line, spread: float) -> Sender:
        timing, monotonic = self._timing, self._monotonic
        pause = Pause(first=timing.first_wait, longest=timing.longest_wait, monotonic=monotonic)
        return Sender(
            store=store,
            reader=self._reader,
            crew=crew,
            line=line,
            trouble=self._trouble,
            outage=Outage(pause=pause, spread=spread, monotonic=monotonic),
            park=timing.park,
            monotonic=monotonic,
        )

    def _read_all(self) -> Watch:
        """Everything that is not proved upstream, and reports that somebody waits for."""
        with self._reader.connect() as connection:
            watch = Watch(Progress.read(connection), self._timing, self._monotonic)
            watch.read_all(connection)
            self._asked.update(reports.waiting(connection))
        self._dirty.update(watch.attempts)
        return watch

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

    def send_again(self, attempt: str, objects: Sequence[Again]) -> None:
        """What the store has lost of a proved attempt, once more; none: what was asked for before is settled."""
        with self._lock:
            self._again[attempt] = objects
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

    @property
    def sender(self) -> Sender:
        """To look at."""
        return self._sender

    def unsealed(self) -> dict[str, tuple[str, float]]:
        """owner -> exam, and since when it is over, of every bundle whose manifest the store does not have."""
        found = {owner: (one.plan.exam, one.plan.made_at) for owner, one in self._binder.staged.copy().items()}
        for watched in self._watch.attempts.copy().values():
            if watched.row.closed:
                found.setdefault(watched.row.attempt, (watched.row.exam, watched.row.stage_at))
        for exam in self._watch.exams.copy():
            stages = [since for one, since in found.values() if one == exam]
            found.setdefault(exam, (exam, max(stages, default=self._wall())))
        return found

    # --- the deciding thread ---

    def turn(self) -> float:
        """Do one thing; -> how many seconds to wait, or until `woken`, before the next. What is done on the box goes on
        while the upstream is away: reports are written and bundles staged."""
        self.woken.clear()
        came = self._sender.collect()
        busy = self._try(self._work_here)
        self._rule()
        return 0.0 if self._sender.give(self._closing) or busy or came else IDLE_SECONDS

    def _try(self, work: Callable[[], bool]) -> bool:
        if not self._here.over:
            return False
        try:
            return work()
        except LedgerAway:
            self._here.begin()  # nobody's fault, and the ledger cannot be told
        except ApplianceError as error:
            self._trouble.failed(BOX_DISK, error)
            self._here.begin()
        return False

    def _work_here(self) -> bool:
        self._look()
        self._offer_again()
        self._binder.offer()
        busy = self._tell_one() or self._write_one() or self._stage_one()
        self._here.reset()
        self._trouble.works(BOX_DISK)
        return busy

    def _rule(self) -> None:
        """What the line may carry now, and whose recordings wait for a report."""
        try:
            self.ruling.look()
        except ApplianceError as error:
            self._trouble.failed(BOX_DISK, error)
        bundles = [(staged.plan.exam, staged.plan.attempt) for staged in self._binder.staged.values()]
        self._sender.resting = self._precedence.resting(self._watch.exams, bundles, now=self._monotonic())
        self._sender.video = not self.ruling.verdict.video_waits

    def _look(self) -> None:
        """Ask the ledger about what moved."""
        with self._lock:
            dirty, self._dirty = self._dirty, set()
            ended, self._ended = self._ended, set()
            if self._outside and self._sender.outbox.roomy:
                dirty, self._outside = dirty | self._outside, set()
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
        items = (
            Item(
                owner=row.attempt,
                exam=row.exam,
                key=f"{prefix}/{place_of(segment.path, row.exam, row.attempt)}",
                source=f"{self._paths.media}/{segment.path}",
                sha256=segment.sha256,
                size=segment.bytes,
                since=segment.starts_at + segment.duration,
                rank=RANKS["segment"],
            )
            for segment in recordings(connection, row.attempt)
        )
        if self._sender.offer(row.attempt, prefix, items):
            self._outside.add(row.attempt)  # there was no room: asked again when there is

    def _offer_again(self) -> None:
        """Under an owner of its own: no bundle waits for it."""
        with self._lock:
            again, self._again = self._again, {}
        for attempt, objects in again.items():
            owner, stored = f"{attempt} again", self._watch.progress.attempts.get(attempt)
            self._sender.outbox.forget(owner)
            if stored is not None:
                self._sender.outbox.offer(
                    Item(
                        owner=owner,
                        exam=stored.exam,
                        key=one.key,
                        source=str(one.source),
                        sha256=one.sha256,
                        size=one.size,
                        since=one.since,
                        rank=RANKS[one.kind],
                    )
                    for one in objects
                    if not self._sender.outbox.has(one.key)  # a bundle that waits for it comes first
                )

    def _tell_one(self) -> bool:
        for owner in sorted(self._binder.untold):
            self._binder.tell_report(owner)
            return True
        for owner in list(self._binder.closed):
            with self._guarded(owner):
                self._binder.finish(owner)
            with self._lock:
                self._dirty.update({owner} & self._watch.attempts.keys())
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

    def _closing(self) -> Task | None:
        """A bundle to be closed."""
        for owner in self._binder.ready():
            if not self._may_try(owner) or not self._here.over:
                continue
            try:
                return self._binder.closing(owner, partial(self._closed, owner))
            except ApplianceError as error:
                self._hold(owner, error)
        return None

    def _closed(self, owner: str, done: Done) -> None:
        """An upstream that is away holds up all, and is known already."""
        match done.error:
            case None:
                self._held.pop(owner, None)
            case OSError() as error:
                self._trouble.failed(BOX_DISK, box_disk(error, self._paths.data))
                self._here.begin()
            case Unavailable():
                pass
            case ApplianceError() as error:
                self._hold(owner, error)

    def _stage_one(self) -> bool:
        staged = self._binder.staged
        for watched in self._watch.due():
            attempt, exam = watched.row.attempt, watched.row.exam
            if attempt not in staged and exam not in staged and self._may_try(attempt):
                with self._guarded(attempt):
                    self._binder.stage_attempt(watched)
                return True
        for exam in self._watch.exams_due(staged.keys()):
            if exam not in staged and self._may_try(exam):
                with self._guarded(exam):
                    self._binder.stage_exam(exam)
                return True
        return False

    @contextlib.contextmanager
    def _guarded(self, owner: str) -> Iterator[None]:
        """One bundle that cannot be made or closed must not hold up the others."""
        try:
            yield
        except LedgerAway:
            raise
        except OSError as error:
            raise box_disk(error, self._paths.data) from error
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
