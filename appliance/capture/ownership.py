"""Which attempts this worker carries: of each it holds the lock on `run/feeds/ATTEMPT.lock`.

The kernel lets go when a worker dies, and the file stays: a file that nobody holds is an attempt without a worker. Its
content is the number of the last one.
"""

import contextlib
import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.box import workers
from appliance.errors import BadInput

ORPHAN_SECONDS = 5.0
"""So long a worker that died may take to come back before another takes what it carried."""

_SUFFIX = ".lock"


class Ownership:
    """All methods belong to the event loop; none waits."""

    def __init__(self, folder: Path, *, number: int, count: int) -> None:
        self.number = number
        self._folder, self._count = folder, count
        self._held: dict[str, int] = {}  # attempt -> descriptor
        self._using: Counter[str] = Counter()
        self._alone_since: dict[str, float] = {}

    @property
    def attempts(self) -> list[str]:
        """What this worker carries."""
        return list(self._held)

    def first(self, attempt: str) -> bool:
        """Is this the worker that should carry it?"""
        return workers.order(attempt, self._count)[0] == self.number

    def claim(self, attempt: str) -> int:
        """-> the number of the worker that carries the attempt: this one, unless a living one does. 0 when it is just
        changing hands."""
        if attempt in self._held:
            return self.number
        while True:
            descriptor = os.open(self._file(attempt), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_current(descriptor, attempt):
                    with contextlib.suppress(OSError):  # tmpfs is full: what counts is the lock
                        os.pwrite(descriptor, f"{self.number:<4}".encode(), 0)
                    self._held[attempt], descriptor = descriptor, -1
                    return self.number
            except BlockingIOError:
                said = os.pread(descriptor, 4, 0).strip()
                return int(said) if said.isdigit() and int(said) != self.number else 0
            finally:
                if descriptor >= 0:
                    os.close(descriptor)

    def _is_current(self, descriptor: int, attempt: str) -> bool:
        """It may have been removed between opening and locking: then the lock is on a file that nobody else finds."""
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(descriptor), self._file(attempt).stat())
        return False

    def release(self, attempt: str) -> None:
        """It is over, or there was nothing of it."""
        descriptor = self._held.pop(attempt, None)
        if descriptor is not None:
            self._file(attempt).unlink(missing_ok=True)
            os.close(descriptor)

    @contextlib.contextmanager
    def using(self, attempt: str) -> Iterator[None]:
        """Something is being done with the attempt: `keep` keeps it."""
        self._using[attempt] += 1
        try:
            yield
        finally:
            self._using[attempt] -= 1
            self._using += Counter()  # without those that nobody uses any more

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Release every attempt that is neither wanted nor used."""
        for attempt in self.attempts:
            if not (self._using[attempt] or wanted(attempt)):
                self.release(attempt)

    def let_go(self) -> None:
        """The process stops and the attempts go on: the files stay, so that another worker finds them."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()

    def orphans(self, now: float | None = None) -> list[str]:
        """Attempts that no worker carries for `ORPHAN_SECONDS`."""
        now = time.monotonic() if now is None else now
        alone = {attempt for attempt in self._listed() if attempt not in self._held and self._is_alone(attempt)}
        self._alone_since = {attempt: self._alone_since.get(attempt, now) for attempt in alone}
        return sorted(attempt for attempt, since in self._alone_since.items() if now - since >= ORPHAN_SECONDS)

    def _listed(self) -> list[str]:
        return [file.stem for file in self._folder.glob(f"*{_SUFFIX}")]

    def _is_alone(self, attempt: str) -> bool:
        try:
            descriptor = os.open(self._file(attempt), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _file(self, attempt: str) -> Path:
        if not attempt.isalnum() or len(attempt) > 64:
            raise BadInput(f"{attempt[:80]!r} is not an attempt")
        return self._folder / f"{attempt}{_SUFFIX}"
