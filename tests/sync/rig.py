"""Sync without processes: a real ledger, a real folder as store, a clock that the test moves, faults on demand."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.config import UpstreamSettings
from appliance.errors import Unavailable
from appliance.ledger import state
from appliance.ledger.client import Told
from appliance.ledger.reader import Reader
from appliance.ledger.record import Draft
from appliance.report import write
from appliance.stores.directory import DirectoryStore
from appliance.stores.port import ObjectStore, Stored
from appliance.sync.service import Service
from appliance.sync.watch import Timing
from tests.report.evidence import Evidence

TURNS = 3000

FASTER = 2
"""An idle turn waits half a second; here a whole one passes."""


def quick_report(*, connection, paths, exam, attempt):
    """Three small files instead of a real report, where a test is not about it."""
    folder = write.folder_of(paths, exam, attempt)
    folder.mkdir(parents=True, exist_ok=True)
    events = connection.exec_driver_sql("SELECT count(*) FROM event WHERE chain = ?", (attempt or "box",)).scalar()
    files = {f"report.{kind}": f"{kind} {exam} {attempt} {events}".encode() for kind in ("json", "csv", "pdf")}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


class Killed(BaseException):
    """The process is gone: nothing after this line runs."""


class DirectLedger:
    """Appends to the writer as the web process would for sync."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.away = False

    def append(self, payload, *, chain, exam):
        if not self.away:
            self.append_and_wait(payload, chain=chain, exam=exam, seconds=0)

    def append_and_wait(self, payload, *, chain, exam, seconds):
        if self.away:
            raise Unavailable("the box did not answer")
        [event] = self._evidence.writer.append(Draft(payload=payload, chain=chain, exam=exam, actor="sync"))
        return event.seq


class FlakyStore:
    """Another store in front of which things go wrong. `faults`: how many of the next calls fail, each before (`done`
    False) or after it was done."""

    def __init__(self, inner: ObjectStore, *, faults: int = 0, error: BaseException | None = None) -> None:
        self._inner = inner
        self.faults = faults
        self.after = False
        self.error = error or Unavailable("the line is down", hint="Wait.")
        self.calls: list[str] = []

    @property
    def address(self) -> str:
        return self._inner.address

    def confirm(self, key: str, source: Path | bytes, *, sha256: str, listed: Stored | None = None) -> bool:
        if self._fails(f"confirm {key}"):
            raise self.error
        return self._inner.confirm(key, source, sha256=sha256, listed=listed)

    def _fails(self, call: str) -> bool:
        self.calls.append(call)
        if self.faults > 0:
            self.faults -= 1
            return True
        return False

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        if self._fails(f"put {key}"):
            if self.after:
                self._inner.put(key, source, sha256=sha256)
            raise self.error
        return self._inner.put(key, source, sha256=sha256)

    def read(self, key: str) -> Iterator[bytes]:
        if self._fails(f"read {key}"):
            raise self.error
        yield from self._inner.read(key)

    def stat(self, key: str) -> Stored | None:
        if self._fails(f"stat {key}"):
            raise self.error
        return self._inner.stat(key)

    def list(self, prefix: str) -> Iterator[Stored]:
        if self._fails(f"list {prefix}"):
            raise self.error
        yield from self._inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        if self._fails(f"folders {prefix}"):
            raise self.error
        yield from self._inner.folders(prefix)


class Rig:
    """One box. `clock` is what the service takes for monotonic time."""

    def __init__(self, paths: Paths, evidence: Evidence, reader: Reader) -> None:
        self.paths = paths
        self.evidence = evidence
        self.reader = reader
        self.ledger = DirectLedger(evidence)
        self.store: ObjectStore = DirectoryStore(paths.upstream)
        self.site, self.box = "north", "box-1"
        self.clock = 1000.0
        self.settings = UpstreamSettings()
        self.service: Service | None = None
        self._seq = 0

    def start(self, write_report=quick_report, timing: Timing | None = None, **more: Any) -> Service:
        """A new process, with one hand. `more`: as `Service` has it."""
        self.service = Service(
            paths=self.paths,
            store=self.store,
            settings=replace(self.settings, site=self.site, box=self.box),
            key=BoxKey.from_folder(self.paths.keys),
            reader=self.reader,
            ledger=self.ledger,
            write_report=write_report,
            write_reports=self._write_all(write_report),
            timing=timing or Timing(),
            monotonic=lambda: self.clock,
            **more,
        )
        self._seq = self.service.read_until
        return self.service

    def _write_all(self, write_report):
        """Each with `write_report`, the exam last."""

        def write(*, connection, paths, exam):
            attempts = [row.attempt for row in state.attempts(connection, exam)]
            return {
                one: write_report(connection=connection, paths=paths, exam=exam, attempt=one)
                for one in [*attempts, None]
            }

        return write

    def turn(self) -> float:
        """Tell the service what is new, let it do one thing, let its pause pass."""
        assert self.service is not None
        for event in self.reader.events(after=self._seq) if self.evidence.writer.head > self._seq else ():
            self._seq = event.seq
            self.service.told(
                Told(
                    seq=event.seq,
                    id=event.id,
                    chain=event.chain,
                    type=event.type,
                    exam=event.exam,
                    actor=event.actor,
                    wall=event.wall,
                    payload=event.payload,
                )
            )
        wait = self.service.turn()
        self.clock += wait * FASTER
        return wait

    def until(self, predicate, turns: int = TURNS) -> None:
        """Turns until it is so; asked again when something was written or the clock moved."""
        seen: tuple[int, float] | None = None
        for _ in range(turns):
            now = (self.evidence.writer.head, self.clock)
            if now != seen and predicate():
                return
            seen = now
            self.turn()
        raise AssertionError(f"not so after {turns} turns: {self.service and self.service.status()}")

    def for_seconds(self, seconds: float) -> None:
        """Turns until the clock has moved so far."""
        end = self.clock + seconds
        self.until(lambda: self.clock >= end)

    def stored(self, *attempts: str) -> bool:
        with self.reader.connect() as connection:
            return all(state.attempt(connection, attempt).stored_at is not None for attempt in attempts)

    def exam_stored(self) -> bool:
        with self.reader.connect() as connection:
            return state.exam(connection, "bio").stored_at is not None

    @property
    def exam_folder(self) -> Path:
        return self.paths.upstream / "north" / "box-1" / "bio"


def whole_exam(rig: Rig, write_report=quick_report) -> tuple[str, str]:
    """Two candidates through an exam that is over and stored; -> their attempts."""
    first, second = rig.evidence.sit("1"), rig.evidence.sit("2")
    rig.start(write_report)
    rig.evidence.over(first)
    rig.until(lambda: rig.stored(first))
    rig.evidence.end_exam()
    for kind in ("webcam", "screen"):
        rig.evidence.close(second, kind)
    rig.until(rig.exam_stored)
    return first, second


def copy_of(folder: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)
    return target
