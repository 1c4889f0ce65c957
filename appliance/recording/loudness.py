"""How loud a recording is: a process of its own, `python -m appliance.recording.loudness FOLDER OUT`.

For each closed file of the feed in FOLDER that OUT does not know it writes FILE.levels there, whole or not at all:
where the levels begin (tenths of a second on the feed's timeline, 8 bytes, big-endian), then a byte for each tenth: 0
where nothing was recorded, else 1 to 255 for -90 to 0 dBFS, the loudest packet of that tenth. Only the sound is read,
and decoded: a hostile recording can kill this process, never the one that asked. A file that did so twice is left
silent.
"""

import logging
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import av
import numpy as np

from appliance.box import process
from appliance.recording import sound
from appliance.recording.name import OPEN, Name
from appliance.recording.sound import Packet

log = logging.getLogger("appliance.recording.loudness")

PER_SECOND = 10
SUFFIX = ".levels"
_TRIED = ".tried"
_MOST_TRIES = 2
_QUIETEST = -90.0
_LONGEST_SECONDS = 7200.0
"""Of one file: what claims more makes no sense, and is not believed."""

_MOST_MEMORY = 1_500_000_000
_MOST_CPU_SECONDS = 900

Levels = tuple[int, bytes]
"""Where they begin, in tenths of a second, and the levels."""


def measure(folder: Path, out: Path) -> int:
    """Everything in `folder` that `out` does not know; -> how many files that were."""
    wanted = sorted(file for file in folder.iterdir() if closed(file.name))
    known = {file.name for file in out.iterdir()}
    measured = 0
    for file in wanted:
        if file.name + SUFFIX not in known:
            _measure(file, out / (file.name + SUFFIX))
            measured += 1
    return measured


def closed(name: str) -> bool:
    """Is it a recording file that grows no more?"""
    return not name.endswith(OPEN) and Name.parse(name) is not None


def read(file: Path) -> Levels:
    """What was written for a recording file. OSError where it was not, ValueError where it makes no sense."""
    data = file.read_bytes()
    if len(data) < 8:
        raise ValueError("no levels")
    return struct.unpack_from(">Q", data)[0], data[8:]


def _measure(file: Path, target: Path) -> None:
    tried = target.with_suffix(_TRIED)
    tries = tried.stat().st_size if tried.exists() else 0
    levels: Levels = (0, b"")
    if tries < _MOST_TRIES:
        with open(tried, "ab") as note:  # it stays if this process dies of the file
            note.write(b"x")
        try:
            levels = of(sound.packets(file))
        except FileNotFoundError:
            tried.unlink(missing_ok=True)
            return  # it was deleted meanwhile
        except (ValueError, OSError, av.FFmpegError) as error:
            log.warning("%s is left silent, it cannot be read: %s", file.name, error)
        except SystemExit:  # not the file's fault
            tried.write_bytes(b"x" * tries)
            raise
    passing = target.with_name(f".{target.name}")
    passing.write_bytes(struct.pack(">Q", levels[0]) + levels[1])
    passing.rename(target)
    tried.unlink(missing_ok=True)


def of(packets: Iterable[Packet]) -> Levels:
    """The levels of one file's sound. Packets that cannot be decoded are silent, not missing."""
    decoder = _decoder()
    found: dict[int, int] = {}
    first: float | None = None
    for packet in packets:
        first = packet.position if first is None else first
        if abs(packet.position - first) > _LONGEST_SECONDS or packet.duration > 1:
            raise ValueError("the times of the sound make no sense")
        try:
            frames = decoder.decode(av.Packet(packet.data))
        except av.FFmpegError:
            decoder, frames = _decoder(), []
        level = max((_level(frame) for frame in frames), default=1)
        last = (packet.position + packet.duration) * PER_SECOND - 1e-6
        for tenth in range(int(packet.position * PER_SECOND + 1e-6), max(int(last), 0) + 1):
            found[tenth] = max(found.get(tenth, 0), level)
    if not found:
        return 0, b""
    begin = min(found)
    return begin, bytes(found.get(tenth, 0) for tenth in range(begin, max(found) + 1))


def _decoder() -> av.AudioCodecContext:
    decoder: av.AudioCodecContext = av.CodecContext.create("opus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "mono"
    decoder.thread_count = 1
    return decoder


def _level(frame: av.AudioFrame) -> int:
    samples = frame.to_ndarray()
    power = float(np.square(samples, dtype=np.float64).mean()) if samples.size else 0.0
    if not power > 0 or not np.isfinite(power):
        return 1
    return 1 + round(254 * min(1.0, max(0.0, 1 - 10 * float(np.log10(power)) / _QUIETEST)))


def _bounded() -> None:
    """Little of the machine: candidates are recorded meanwhile."""
    os.nice(15)
    for what, most in (
        (resource.RLIMIT_AS, _MOST_MEMORY),
        (resource.RLIMIT_CPU, _MOST_CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _asked_to_stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    """Measure one feed. 1: the disk refused."""
    process.start_logging("loudness")
    _bounded()
    signal.signal(signal.SIGTERM, _asked_to_stop)
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        measure(folder, out)
    except OSError as error:
        log.error("%s is not measured: %s", folder, error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
