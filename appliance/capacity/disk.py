"""How fast the disk takes recordings, and how fast the upstream does: real files, written as the recorder writes."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from appliance.errors import StorageFull

STREAMS = 8
SECONDS = 6.0
PART_BYTES = 100_000
"""One second of a webcam."""
_COPY_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Disk:
    """`bytes_a_second` at which parts can be written, each file flushed once in each round; `flush_seconds`: what one
    flush of one file takes."""

    bytes_a_second: float
    flush_seconds: float


def measure(data: Path, *, streams: int, seconds: float = SECONDS) -> Disk:
    """Rounds of one part for each stream and a flush of each file, as fast as they go. StorageFull when there is no
    room."""
    part = os.urandom(PART_BYTES)
    written, flushing, flushes = 0, 0.0, 0
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".capacity-", dir=data) as temporary:
            files = [os.open(Path(temporary) / str(n), os.O_WRONLY | os.O_CREAT, 0o600) for n in range(streams)]
            try:
                began = time.perf_counter()
                while time.perf_counter() - began < seconds:
                    for file in files:
                        written += os.write(file, part)
                    flush_began = time.perf_counter()
                    for file in files:
                        os.fdatasync(file)
                    flushing += time.perf_counter() - flush_began
                    flushes += streams
                    if written > streams * PART_BYTES * 800:
                        break
                took = time.perf_counter() - began
            finally:
                for file in files:
                    os.close(file)
    except OSError as error:
        raise StorageFull(
            f"the data folder {data} cannot be measured: {error.strerror}",
            hint="It needs 1 GB free for a moment, and must be writable.",
        ) from error
    return Disk(bytes_a_second=written / took, flush_seconds=flushing / flushes)


def copy_rate(data: Path, upstream: Path, *, size: int = _COPY_BYTES) -> float | None:
    """Bytes a second that are copied to the upstream, flushed and read back, as sync does; None when it is not there
    just now."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".capacity-", dir=data) as here,
            tempfile.TemporaryDirectory(prefix=".capacity-", dir=upstream) as there,
        ):
            source, target = Path(here) / "from", Path(there) / "to"
            source.write_bytes(os.urandom(size))
            began = time.perf_counter()
            with open(source, "rb") as reading, open(target, "wb") as writing:
                while piece := reading.read(1 << 20):
                    writing.write(piece)
                writing.flush()
                os.fsync(writing.fileno())
            with open(target, "rb") as back:
                while back.read(1 << 20):
                    pass
            return size / (time.perf_counter() - began)
    except OSError:
        return None
