"""A folder as object store: on the box itself, a USB disk, a mounted share.

A put writes a temporary file beside the target, fsyncs it, renames it and fsyncs the folder. A temporary file that a
crash left behind has a name that follows from the key, so that the next put of the same key takes its place.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from appliance.box.disk import sync_folder
from appliance.errors import NotFound, StorageFull, Unavailable
from appliance.stores.port import CHUNK, Conflict, Pace, SourceDamaged, Stored, checked, digest, pieces

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


class DirectoryStore:
    """Objects are files under `root`. The folder above `root` must exist: a disk that is not mounted is not filled."""

    def __init__(self, root: Path, *, pace: Pace | None = None) -> None:
        self._root, self._pace = root, pace

    @property
    def address(self) -> str:
        return str(self._root)

    def put(self, key: str, source: Path | bytes, *, sha256: str) -> bool:
        target = self._root / checked(key)
        with self._understood():
            if target.exists():
                if digest(self, key) != sha256:
                    raise Conflict(
                        f"the upstream has other content in {key}",
                        hint="Move that file aside at the upstream; the box sends its own again by itself.",
                    )
                return False
            self._make(target.parent)
            partial = target.with_name(f".{target.name}.partial")
            try:
                self._write(partial, source, sha256)
                partial.rename(target)
            except BaseException:
                with contextlib.suppress(OSError):  # the first error is the one to tell
                    partial.unlink(missing_ok=True)
                raise
            sync_folder(target.parent)
            return True

    def confirm(self, key: str, source: Path | bytes, *, sha256: str, listed: Stored | None = None) -> bool:
        """By reading it from the disk."""
        try:
            return digest(self, key) == sha256
        except NotFound:
            return False

    def read(self, key: str) -> Iterator[bytes]:
        with self._understood():
            try:
                file = open(self._root / checked(key), "rb")  # noqa: SIM115 - closed by the generator's own block below
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise NotFound(f"the upstream has no {key}") from None
            with file:
                # What was just written sits in memory; a read-back is worth something only from the disk.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                while piece := file.read(CHUNK):
                    yield piece

    def stat(self, key: str) -> Stored | None:
        with self._understood():
            try:
                found = (self._root / checked(key)).stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return Stored(key, found.st_size)

    def list(self, prefix: str) -> Iterator[Stored]:
        start = self._root / checked(prefix) if prefix else self._root

        def stop(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise error

        with self._understood():
            for folder, folders, files in os.walk(start, onerror=stop):
                folders[:] = [name for name in folders if not name.startswith(".")]
                for name in files:
                    if not name.startswith("."):
                        path = Path(folder, name)
                        yield Stored(path.relative_to(self._root).as_posix(), path.stat().st_size)

    def folders(self, prefix: str) -> Iterator[str]:
        start = self._root / checked(prefix) if prefix else self._root
        with self._understood():
            if start.is_dir():
                yield from (one.name for one in os.scandir(start) if one.is_dir() and not one.name.startswith("."))

    def _make(self, folder: Path) -> None:
        """Create the folders down to `folder`, each entry on disk before the next."""
        if folder.exists():
            return
        if folder != self._root:
            self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)

    def _write(self, partial: Path, source: Path | bytes, sha256: str) -> None:
        state = hashlib.sha256()
        with open(partial, "wb") as file:
            for piece in pieces(source, self._pace):
                state.update(piece)
                file.write(piece)
            if state.hexdigest() != sha256:
                name = source.name if isinstance(source, Path) else "what was to be sent"
                raise SourceDamaged(
                    f"{name} is not what it was when it was recorded",
                    hint="The manifest will name it as missing; look at the data disk's health.",
                )
            file.flush()
            os.fsync(file.fileno())

    @contextlib.contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFull(
                    f"the upstream folder {self._root} takes no more: {error.strerror}",
                    hint="Free space there or mount it writable; what waits is sent by itself.",
                ) from error
            raise Unavailable(
                f"the upstream folder {self._root} is not there: {error.strerror}",
                hint="Mount the disk or share, or correct `folder` under [upstream]; what waits is sent by itself.",
            ) from error
