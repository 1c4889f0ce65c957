"""Makes bundles of what is over, and closes them once the store has everything: stage, send, sign, tell."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import Manifest, Reference
from appliance.errors import IntegrityError, Unavailable
from appliance.exam.events import BOX, AttemptStored, ExamStored, Payload, ReportWritten
from appliance.exam.place import numbered
from appliance.ledger import tables
from appliance.ledger.reader import Reader
from appliance.ledger.reports import WriteReport, WriteReports
from appliance.sync import proved, staged
from appliance.sync.countersign import Countersigner
from appliance.sync.crew import Done, Task
from appliance.sync.owner import owners
from appliance.sync.progress import Progress
from appliance.sync.sender import Sender
from appliance.sync.staged import Staged, Subject
from appliance.sync.stager import Stager
from appliance.sync.watch import Watch, Watched

log = logging.getLogger(__name__)


class Ledger(Protocol):
    """How sync appends; `ledger.client.Client` is one."""

    def append(self, payload: Payload, *, chain: str, exam: str | None) -> None: ...

    def append_and_wait(self, payload: Payload, *, chain: str, exam: str | None, seconds: float) -> int: ...


class LedgerAway(Unavailable):
    """The web process does not answer just now: no fault of the upstream."""


@dataclass(slots=True, kw_only=True)
class Binder:
    """`staged`: attempt or exam -> its bundle on its way; `closed`: owner -> what closed it, which the store has."""

    paths: Paths
    site: str
    box: str
    key: BoxKey
    reader: Reader
    ledger: Ledger
    write_report: WriteReport
    write_reports: WriteReports
    watch: Watch
    sender: Sender
    countersigner: Countersigner = field(default_factory=Countersigner)
    staged: dict[str, Staged] = field(default_factory=dict)
    unoffered: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    closed: dict[str, dict[str, bytes]] = field(default_factory=dict)
    _closing: set[str] = field(default_factory=set)
    _tried: set[str] = field(default_factory=set)

    def subject(self, exam: str, attempt: str | None) -> Subject:
        return Subject(site=self.site, box=self.box, exam=exam, attempt=attempt)

    def take_up(self) -> None:
        """What an earlier process had staged goes on; what it had proved is cleared away."""
        disk.sweep(self.paths.outbox)
        disk.sweep(self.paths.proved)
        for folder in sorted(self.paths.outbox.glob("[!.]*/*")):  # hidden: what drivers note down
            try:
                found = staged.read(folder, self.paths.data)
                sealed = found.sealed()
            except (IntegrityError, OSError) as error:
                log.error("%s; it is made again", error)
                disk.remove(folder)
                continue
            if sealed is not None and self._proved(found.plan) == _sha256(sealed[found.plan.name]):
                proved.keep(self.paths, folder)
            else:
                self._adopt(found)

    def tell_countersigned(self) -> None:
        """Whether the site's certificate and its time stamps can be made; evidence goes on without."""
        for what in self.countersigner.asked_for:
            if error := self.countersigner.troubles.get(what):
                self.sender.trouble.failed(what, error)
            else:
                self.sender.trouble.works(what)

    def stage_attempt(self, watched: Watched) -> None:
        """Freeze an attempt as it is now. NotFound, StorageFull, OSError when it cannot be done."""
        row = watched.row
        subject = self._next(row.exam, row.attempt, self.watch.progress.attempts.get(row.attempt))
        stager = Stager(self.paths, self.key)
        with self.reader.connect() as connection:
            fresh = self.watch.look(connection, row.attempt)
            if fresh is None:
                return
            report = {}
            if not row.is_room:
                report = self.write_report(connection=connection, paths=self.paths, exam=row.exam, attempt=row.attempt)
            staged = stager.attempt(connection, subject, report=report, open_feeds=fresh.open_feeds)
        self._adopt(staged)

    def stage_exam(self, exam: str) -> None:
        """Freeze an exam once each attempt of it is staged or stored, so that its report is upstream before any video.
        Until it is sealed none of its attempts is staged anew: what it says and what it refers to stay of one time."""
        subject = self._next(exam, None, self.watch.progress.exams.get(exam))
        stager = Stager(self.paths, self.key)
        numbers = {}
        with self.reader.connect() as connection:
            for row in owners(connection, exam):
                if row.attempt in self.staged:
                    numbers[row.attempt] = self.staged[row.attempt].plan.number
                elif self.watch.look(connection, row.attempt) is None:
                    numbers[row.attempt] = self.watch.progress.attempts[row.attempt].number
                else:
                    return  # its own bundle first
            report = self.write_report(connection=connection, paths=self.paths, exam=exam, attempt=None)
            staged = stager.exam(connection, subject, report=report, attempts={}, numbers=numbers)
        self._adopt(staged)

    def write_asked(self, exam: str) -> None:
        """The reports that somebody wants now. What was said since an attempt's last manifest goes upstream at once."""
        with self.reader.connect() as connection:
            written = self.write_reports(connection=connection, paths=self.paths, exam=exam)
        for attempt, files in written.items():  # the exam last: it ends the waiting
            self._tell_written(exam, attempt, files)
        self.watch.hurry(exam)

    def offer(self) -> None:
        """Hand what is staged to the outbox, as far as there is room."""
        for owner in sorted(self.unoffered):
            if owner in self._tried and not self.sender.outbox.roomy:
                continue
            self._tried.add(owner)
            staged = self.staged[owner]
            if self.sender.offer(owner, staged.subject.prefix, self.sender.items(staged)) == 0:
                self.unoffered.discard(owner)

    def tell_report(self, owner: str) -> None:
        """The report can be read on the box from now on, whether the upstream is there or not."""
        plan = self.staged[owner].plan
        report = {file.file.rpartition("/")[2]: file.sha256 for file in plan.files if file.kind == "report"}
        if report and self.watch.progress.reports.get((plan.exam, plan.attempt)) != report:
            self._tell_written(plan.exam, plan.attempt, report)
        self.untold.discard(owner)

    def _tell_written(self, exam: str, attempt: str | None, files: dict[str, str]) -> None:
        folder = self.paths.reports.relative_to(self.paths.data) / exam / (attempt or "")
        self._append(ReportWritten(exam=exam, attempt=attempt, folder=folder.as_posix(), files=files), exam)

    def ready(self) -> list[str]:
        """Staged bundles of which the store has everything that it will get; an exam's after those of its attempts."""
        outbox = self.sender.outbox
        busy = self.unoffered | self._closing | self.closed.keys() | self.untold
        open_exams = {staged.plan.exam for staged in self.staged.values() if staged.plan.attempt}
        return [owner for owner in self.staged if owner not in busy | open_exams and not outbox.left(owner)]

    def closing(self, owner: str, settle: Callable[[Done], None]) -> Task:
        """Sign, and send the manifest after everything it names; `settle` is told what does not go."""
        staged = self.staged[owner]
        missing = self.sender.missing(owner, staged)
        attempts = self._references(staged.plan.exam) if staged.plan.attempt is None else {}

        def work() -> dict[str, bytes]:
            over = self.countersigner.over
            closing = staged.sealed() or staged.seal(missing, self.key, attempts, over=over)
            self.sender.close(staged.subject.prefix, closing, attempts)
            return closing

        def settled(done: Done) -> None:
            self._closing.discard(owner)
            if done.error is None:
                self.closed[owner] = done.result
            settle(done)

        self._closing.add(owner)
        return Task(name=f"the bundle of {owner}", work=work, settle=settled)

    def finish(self, owner: str) -> None:
        """The store has all of it: tell the ledger, clear away."""
        staged, closing = self.staged[owner], self.closed[owner]
        self._tell_stored(Manifest.from_bytes(closing[staged.plan.name]), _sha256(closing[staged.plan.name]))
        proved.keep(self.paths, staged.folder)
        del self.staged[owner], self.closed[owner]
        self.sender.took(sum(map(len, closing.values())), len(closing))
        self.tell_countersigned()
        self.sender.forget(owner, staged)

    def _adopt(self, staged: Staged) -> None:
        owner = staged.plan.attempt or staged.plan.exam
        self.staged[owner] = staged
        self.unoffered.add(owner)
        self._tried.discard(owner)
        self.untold.add(owner)
        self.sender.outbox.again(owner)

    def _next(self, exam: str, attempt: str | None, before: AttemptStored | ExamStored | None) -> Subject:
        """The first manifest's subject, or that of the one after `before`."""
        subject = self.subject(exam, attempt)
        if before is None:
            return subject
        return Subject(
            site=self.site,
            box=self.box,
            exam=exam,
            attempt=attempt,
            number=before.number + 1,
            previous=self._manifest(subject, before),
        )

    def _manifest(self, subject: Subject, stored: AttemptStored | ExamStored) -> Manifest:
        """One that was stored before, from here, or else from the store."""
        name, sha256 = numbered("manifest.json", stored.number), stored.manifest_sha256
        here = proved.closing(self.paths, subject.exam, subject.attempt, number=stored.number, sha256=sha256)
        if name in here:
            return Manifest.from_bytes(here[name].read_bytes())
        return self.sender.manifest(subject, stored.number, sha256)

    def _references(self, exam: str) -> dict[str, Reference]:
        """Each attempt's newest manifest, as the ledger has it."""
        found = {}
        with self.reader.connect() as connection:
            for row in owners(connection, exam):
                stored = self.watch.progress.attempts.get(row.attempt)
                if stored is None:
                    continue  # came after the exam was staged: the exam's next manifest has it
                event = tables.event.c
                query = sa.select(event.hash).where(event.chain == row.attempt, event.position == stored.position)
                found[row.attempt] = Reference(
                    file=f"{row.attempt}/{numbered('manifest.json', stored.number)}",
                    sha256=stored.manifest_sha256,
                    position=stored.position,
                    hash=connection.execute(query).scalar_one().hex(),
                )
        return found

    def _proved(self, plan: Manifest) -> str | None:
        """The hash of the newest manifest that the ledger calls stored."""
        progress = self.watch.progress
        known = progress.exams.get(plan.exam) if plan.attempt is None else progress.attempts.get(plan.attempt)
        return known.manifest_sha256 if known else None

    def _tell_stored(self, manifest: Manifest, sha256: str) -> None:
        if self._proved(manifest) != sha256:
            self._append(_stored(manifest, sha256), manifest.exam)
        if manifest.attempt is None:
            self.watch.exams.discard(manifest.exam)

    def _append(self, payload: Payload, exam: str) -> None:
        try:
            self.ledger.append_and_wait(payload, chain=BOX, exam=exam, seconds=self.watch.timing.answer)
        except Unavailable as error:
            # It may be committed all the same: what the ledger has counts, not what we think.
            with self.reader.connect() as connection:
                self.watch.progress = Progress.read(connection)
            raise LedgerAway(error.message, hint=error.hint) from error
        self.watch.progress.learn([payload])


def _stored(manifest: Manifest, sha256: str) -> Payload:
    if manifest.attempt is None:
        return ExamStored(
            exam=manifest.exam, manifest_sha256=sha256, attempts=len(manifest.attempts), number=manifest.number
        )
    return AttemptStored(
        exam=manifest.exam,
        attempt=manifest.attempt,
        manifest_sha256=sha256,
        objects=len(manifest.files),
        bytes=sum(file.size for file in manifest.files),
        position=manifest.ledger.position,
        number=manifest.number,
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
