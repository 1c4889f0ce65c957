"""A source on its way out: a file-like object of known length that is read piece by piece, no faster than its pace."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from appliance.stores.port import Pace, SourceDamaged


class Body:
    """`size` bytes of a source from `start` on. Never more than one piece of it is in memory."""

    def __init__(self, file: BinaryIO, *, start: int, size: int, pace: Pace) -> None:
        self._file, self._start, self._size, self._pace = file, start, size, pace
        self._at = 0
        self.seek(0)

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._at
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        self._pace.take(wanted)
        piece = self._file.read(wanted)
        if len(piece) < wanted:
            raise SourceDamaged("a file became shorter while it was being sent", hint="Look at the data disk's health.")
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = min(max(base + offset, 0), self._size)
        self._file.seek(self._start + self._at)
        return self._at

    def tell(self) -> int:
        return self._at


@contextlib.contextmanager
def opened(source: Path | bytes, *, size: int, pace: Pace, start: int = 0) -> Iterator[Body]:
    """SourceDamaged when it cannot be read."""
    try:
        file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
    except OSError as error:
        assert isinstance(source, Path)
        raise SourceDamaged(
            f"{source.name} cannot be read on this box: {error.strerror}",
            hint="The manifest will name it as missing; look at the data disk's health.",
        ) from error
    with file:
        yield Body(file, start=start, size=size, pace=pace)
