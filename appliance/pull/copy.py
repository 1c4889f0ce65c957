"""Fetches what a store has into a folder and proves it there: several at once, resumable, nothing overwritten.

A file is written under a passing name while its hash is taken, and appears under its own name only when it is what the
manifest says. What is there and right is not fetched again; what is there and something else is left alone and told.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import BadInput, IntegrityError, NotFound, StorageFull, Unavailable
from appliance.pull.checked import Check, Checks, proved
from appliance.pull.errand import Errand, Planner, Scope, Wanted
from appliance.pull.patience import patiently
from appliance.pull.witness import Witness
from appliance.stores.port import ObjectStore, checked

_SPARE = 64 << 20
"""Left free on the disk."""

MOST_UNNAMED = 64 << 20
"""An object that no manifest names is not longer."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one object: `size` bytes came over the line, or `finding` says why it is not here."""

    wanted: Wanted
    size: int = 0
    finding: str = ""


@dataclass(slots=True)
class Tally:
    """Of a whole pull."""

    exams: int = 0
    proved: int = 0
    fetched: int = 0
    there: int = 0
    bytes: int = 0
    findings: list[str] = field(default_factory=list)


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[Path]:
    """The folder, made if need be, for one pull at a time. BadInput, Unavailable, StorageFull."""
    with _here(folder):
        if folder.exists() and not folder.is_dir():
            raise BadInput(f"{folder} is a file", hint="Give a folder for the copy.")
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"another `appliance pull` is filling {folder}", hint="Wait for it, or give another folder."
            ) from None
        yield folder
    finally:
        os.close(descriptor)


class Pull:
    """Into one folder. `key_of`: a box's public key from another place, by site and box. `told`: bytes as they come."""

    def __init__(
        self,
        store: ObjectStore,
        folder: Path,
        *,
        scope: Scope = Scope.WHOLE,
        at_once: int = 8,
        key_of: Callable[[str, str], Path | None] = lambda _site, _box: None,
        told: Callable[[int], None] = lambda _size: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store, self._folder, self._scope = store, folder, scope
        self._at_once, self._key_of, self._told, self._pause = at_once, key_of, told, pause
        self._stop = threading.Event()
        self.checks = Checks.read(folder)
        self.witness = Witness(store, folder, key_of=key_of)
        self.tally = Tally()

    def errand(self, place: str, attempts: Collection[str] | None, *, since: float = 0.0) -> Errand:
        """What is to do for one exam. Everything under it is listed: a page of 1,000 names a request. `since`: wall
        seconds; checkpoints of before do not matter for any exam of this box that is wanted."""
        self.witness.ask(*place.split("/")[:2], since=since)
        listed = patiently(lambda: list(self._store.list(place)), pause=self._pause)
        objects = {found.key.removeprefix(f"{place}/"): found.size for found in listed}

        def read(name: str) -> bytes:
            return patiently(lambda: self._whole(f"{place}/{name}"), pause=self._pause)

        planner = Planner(place, objects, read, self._scope)
        return planner.plan(attempts)

    def run(self, errand: Errand) -> Check:
        """Fetch and prove one exam, and note what was found."""
        results = self._fetch(errand)
        place = errand.place
        wrong = [f"{name}: {what}" for name, what in errand.wrong]
        wrong += [f"{one.wanted.key.removeprefix(f'{place}/')}: {one.finding}" for one in results if one.finding]
        key = self._key_of(*place.split("/")[:2])
        vouched = self.witness.ask(*place.split("/")[:2], since=0.0)
        wrong += self.witness.against(place, errand.bundles.get(""))
        check = proved(self._folder, errand, wrong, scope=self._scope, key=key, vouched=vouched)
        self.checks.note(place, check)
        tally = self.tally
        tally.exams += 1
        tally.proved += not check.finding
        tally.fetched += sum(one.size > 0 for one in results)
        tally.there += sum(one.size == 0 and not one.finding for one in results)
        tally.bytes += sum(one.size for one in results)
        tally.findings += [f"{place}/{check.finding}"] if check.finding else []
        return check

    def _fetch(self, errand: Errand) -> list[Fetched]:
        self._room_for(errand)
        workers = ThreadPoolExecutor(self._at_once, thread_name_prefix="pull")
        try:
            waiting = [workers.submit(self._object, wanted) for wanted in errand.wanted]
            return [one.result() for one in as_completed(waiting)]
        except BaseException:
            self._stop.set()
            raise
        finally:
            workers.shutdown(cancel_futures=True)

    def _room_for(self, errand: Errand) -> None:
        needed = sum(one.size for one in errand.wanted if not (self._folder / one.key).exists())
        free = shutil.disk_usage(self._folder).free
        if needed and needed + _SPARE > free:
            raise StorageFull(
                f"{errand.place} needs {needed / 1e6:,.0f} MB, and {self._folder} has {free / 1e6:,.0f} MB free",
                hint="Free space or give a folder on another disk; what is here already is not fetched again.",
            )

    def _object(self, wanted: Wanted) -> Fetched:
        """One object, tried again while the store goes away. Findings are told, errors of this side raised."""
        try:
            return patiently(lambda: self._try(wanted), pause=self._pause, stopped=self._stop.is_set)
        except NotFound:
            return Fetched(wanted, finding="it was listed, and is gone from the store meanwhile")
        except IntegrityError as error:
            return Fetched(wanted, finding=error.message)

    def _try(self, wanted: Wanted) -> Fetched:
        target = self._folder / checked(wanted.key)
        if not wanted.sha256:
            return self._unnamed(wanted, target)
        if target.exists() or target.is_symlink():
            if not _is(target, wanted.sha256):
                raise IntegrityError("here is something else under this name; it was left as it is")
            self._told(wanted.size)
            return Fetched(wanted)
        size = self._stream(wanted, target)
        return Fetched(wanted, size)

    def _stream(self, wanted: Wanted, target: Path) -> int:
        partial = target.with_name(f".{target.name}.partial")
        state, size = hashlib.sha256(), 0
        try:
            with _here(self._folder):
                target.parent.mkdir(parents=True, exist_ok=True)
                file = open(partial, "wb")  # noqa: SIM115 - closed by the block below
            with file:
                for piece in self._store.read(wanted.key):
                    if self._stop.is_set():
                        raise Unavailable("the pull was stopped", hint="Run it again: it goes on where it was.")
                    state.update(piece)
                    size += len(piece)
                    if size > wanted.size:
                        break
                    with _here(self._folder):
                        file.write(piece)
                    self._told(len(piece))
                if state.hexdigest() != wanted.sha256:
                    self._told(-min(size, wanted.size))
                    raise IntegrityError("the store has other content than the manifest says; it was not kept")
                with _here(self._folder):
                    file.flush()
                    os.fsync(file.fileno())
            with _here(self._folder):
                partial.rename(target)  # a rename that a power cut takes back is made again by the next pull
        except BaseException:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                partial.unlink(missing_ok=True)
            raise
        return size

    def _unnamed(self, wanted: Wanted, target: Path) -> Fetched:
        """The manifest itself, signatures, the key: small, and fetched each time to be compared with what is here."""
        data = self._whole(wanted.key)
        if target.exists() or target.is_symlink():
            if target.is_symlink() or not target.is_file() or target.read_bytes() != data:
                raise IntegrityError("here is something else under this name; it was left as it is")
            self._told(len(data))
            return Fetched(wanted)
        named = Wanted(wanted.key, len(data), hashlib.sha256(data).hexdigest())
        return Fetched(wanted, self._stream(named, target))

    def _whole(self, key: str) -> bytes:
        pieces, size = [], 0
        for piece in self._store.read(key):
            pieces.append(piece)
            if (size := size + len(piece)) > MOST_UNNAMED:
                raise IntegrityError(f"no manifest names it, and it is longer than {MOST_UNNAMED >> 20} MB")
        return b"".join(pieces)


def _is(file: Path, sha256: str) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == sha256


@contextlib.contextmanager
def _here(folder: Path) -> Iterator[None]:
    """What goes wrong on this side, in words."""
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"{folder} takes no more: {error.strerror}",
            hint="Free space, or give a folder that you may write to; what is here already is not fetched again.",
        ) from error
