"""The one thread that writes recordings: open, append, flush to the disk, close.

The event loop never waits for the disk. What is queued is bounded; when the disk cannot follow, new parts are refused
and counted, and the recorder turns that into a gap. Everything queued is written before one flush of each file that was
touched, so that many feeds share the cost.
"""

import asyncio
import errno
import hashlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.recording.name import OPEN

log = logging.getLogger(__name__)

CAPACITY_BYTES = 64_000_000
RESERVE_BYTES = 64_000_000
"""Recording stops while less than this is free: the ledger must be able to say so."""

STUCK_SECONDS = 45.0
"""A bad card may think for many seconds, and what is queued waits in memory meanwhile: it is lost when this process is
started again, so that is the last resort."""


@dataclass(slots=True)
class File:
    """One recording file. Only the writer's thread touches it once it is queued."""

    path: Path
    header: bytes
    size: int = 0
    error: OSError | None = None
    _descriptor: int = -1
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def open_path(self) -> Path:
        return self.path.with_name(self.path.name + OPEN)

    def begin(self) -> None:
        """Create it (with its folder) and write the header."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.open_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        self.append(self.header)
        sync_folder(self.path.parent)

    def append(self, data: bytes) -> None:
        """All of it or nothing."""
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self.size += len(data)
        self._hash.update(data)

    def flush(self) -> None:
        """To the disk."""
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)

    def finish(self) -> str:
        """Close it and give it its name; -> SHA-256 as hex. A file without a part is removed: then ""."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return ""
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if self.size <= len(self.header):
            self.open_path.unlink()
            return ""
        self.open_path.rename(self.path)
        sync_folder(self.path.parent)
        return self._hash.hexdigest()


def sync_folder(folder: Path) -> None:
    """A new or renamed name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


Done = Callable[[OSError | None, str], None]
"""Called in the event loop: what went wrong, and the SHA-256 where a file was closed."""


@dataclass(slots=True)
class _Job:
    file: File
    data: bytes | None  # None: close
    done: Done
    replaces: bool = False
    error: OSError | None = None
    sha256: str = ""


class Writer:
    """`append` and `close` are called in the event loop and answer there."""

    def __init__(self, folder: Path, *, capacity: int = CAPACITY_BYTES, reserve: int = RESERVE_BYTES) -> None:
        self._folder, self._capacity, self._reserve = folder, capacity, reserve
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="capture-writer")
        self.queued_bytes = 0
        self.refused = 0
        self.failed = 0
        self.written_bytes = 0
        self._began: float | None = None  # monotonic: when what it writes now was begun

    @property
    def works(self) -> bool:
        """Does its thread live, and did the disk take what it was given within `STUCK_SECONDS`? A disk that is full or
        read-only answers, too."""
        began = self._began
        return self._thread.is_alive() and (began is None or time.monotonic() - began < STUCK_SECONDS)

    def start(self) -> None:
        """In the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Write what is queued, then end the thread. Blocks."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def append(self, file: File, data: bytes, done: Done) -> bool:
        """Queue a part (the first one makes the file); False when the queue is full."""
        if self.queued_bytes + len(data) > self._capacity:
            self.refused += 1
            return False
        self._queue(_Job(file, data, done))
        return True

    def close(self, file: File, done: Done) -> None:
        """Queue the end of a file; never refused."""
        self._queue(_Job(file, None, done))

    def replace(self, path: Path, data: bytes, done: Done) -> bool:
        """Queue a small file that takes the place of an older one in one step. It is not flushed: it must be one that
        can be made again. False when the queue is full."""
        if self.queued_bytes + len(data) > self._capacity:
            self.refused += 1
            return False
        self._queue(_Job(File(path, b""), data, done, replaces=True))
        return True

    def _queue(self, job: _Job) -> None:
        with self._wake:
            self.queued_bytes += len(job.data or b"")
            self._jobs.append(job)
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._jobs or self._stopping)
                batch = list(self._jobs)
                self._jobs.clear()
            if not batch:
                return
            self._began = time.monotonic()
            self._write(batch)
            self._began = None
            with self._wake:
                self.queued_bytes -= sum(len(job.data or b"") for job in batch)
            self._answer(batch)

    def _write(self, batch: list[_Job]) -> None:
        full = self._check_space()
        touched: dict[int, list[_Job]] = {}
        for job in batch:
            if job.replaces:
                self._attempt(job, _replace)
            elif job.data is None:
                self._flush(touched.pop(id(job.file), []))
                self._attempt(job, self._close)
            else:
                self._attempt(job, self._append, full)
                touched.setdefault(id(job.file), []).append(job)
        for jobs in touched.values():
            self._flush(jobs)

    def _append(self, job: _Job, full: OSError | None) -> None:
        if full is not None:
            raise full
        if job.file.size == 0:
            job.file.begin()
        job.file.append(job.data or b"")
        self.written_bytes += len(job.data or b"")

    def _close(self, job: _Job) -> None:
        job.sha256 = job.file.finish()

    def _attempt(self, job: _Job, work: Callable[..., None], *arguments: OSError | None) -> None:
        """A file that failed once takes no more parts: a hole in it would not show. It can still be closed."""
        if job.file.error is not None and job.data is not None:
            job.error = job.file.error
            return
        try:
            work(job, *arguments)
        except OSError as error:
            self._fail(job, error)

    def _flush(self, jobs: list[_Job]) -> None:
        good = [job for job in jobs if job.error is None]
        if not good:
            return
        try:
            good[0].file.flush()
        except OSError as error:
            for job in good:
                self._fail(job, error)

    def _fail(self, job: _Job, error: OSError) -> None:
        self.failed += 1
        if job.file.error is None:
            log.warning("recording %s failed: %s", job.file.path.name, error.strerror)
        job.error = job.file.error = error

    def _check_space(self) -> OSError | None:
        try:
            state = os.statvfs(self._folder)
        except OSError as error:
            return error
        if state.f_bavail * state.f_frsize < self._reserve:
            return OSError(errno.ENOSPC, "less is free than is kept for the ledger")
        return None

    def _answer(self, batch: list[_Job]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return

        def tell() -> None:
            for job in batch:
                job.done(job.error, job.sha256)

        loop.call_soon_threadsafe(tell)


def _replace(job: _Job) -> None:
    temporary = job.file.path.with_name(f".{job.file.path.name}")
    temporary.write_bytes(job.data or b"")
    temporary.replace(job.file.path)
