"""The box tries itself: disk with fsync, clock, ports, memory, models, cameras of the lab. Each finding is a sentence,
and what to do next.

`well`: as it should be. `unsure`: nobody needs to act now. `ill`: an exam would be in danger.
"""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from appliance.box import capacity, clock, disk, secret
from appliance.box.paths import Paths, models_folder
from appliance.config import CameraSettings, Settings

FILE = "self-test.json"
_PIECE = 1_000_000
_PIECES = 24
_FLUSHES = 8
_INSTANT_FLUSH = 0.000_05
"""Seconds. No medium makes a page durable faster: a disk that says so keeps it in a memory that loses power."""

_SLOW = 8_000_000
"""Bytes a second: below it not even 24 seats can be written."""

_LEAST_MEMORY = 3_000_000_000
_EARLIEST = 1_767_225_600.0
"""2026-01-01. No box of ours was made before."""

_CAMERA_SECONDS = 2.0


class State(StrEnum):
    """How it is."""

    WELL = "well"
    UNSURE = "unsure"
    ILL = "ill"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` tells the checks apart."""

    name: str
    state: State
    sentence: str
    hint: str = ""


def run(paths: Paths, settings: Settings, *, now: float, cameras: bool = True, root: Path = Path("/")) -> list[Finding]:
    """All of it, in about two seconds. `cameras`: ask them too, over the network."""
    found = [
        *_disk(paths),
        _room(paths, settings),
        *_clock(now, root),
        _ports(settings),
        _memory(root),
        _models(),
        _seats(paths, settings),
    ]
    return found + [_camera(one) for one in settings.camera if cameras]


def keep(paths: Paths, findings: list[Finding], *, now: float) -> None:
    """For the page and the panel."""
    said = {"at": now, "findings": [asdict(one) for one in findings]}
    secret.write(paths.provision / FILE, json.dumps(said, ensure_ascii=False, indent=1).encode())


def _disk(paths: Paths) -> Iterator[Finding]:
    file = paths.data / ".self-test"
    try:
        speed, flush = _written(file)
    except OSError as error:
        yield Finding(
            "disk", State.ILL, f"The disk cannot be written: {os.strerror(error.errno or 0).lower()}.",
            "Check that it is mounted, not full and not read-only.",
        )  # fmt: skip
        return
    finally:
        with contextlib.suppress(OSError):  # a disk that takes nothing has been told of
            file.unlink(missing_ok=True)
    rate = f"{speed / 1e6:.0f} MB/s, {flush * 1000:.1f} ms for each flush"
    if speed < _SLOW:
        yield Finding("disk", State.ILL, f"The disk is too slow ({rate}).", "Use an SSD; a worn SD card does this.")
    else:
        yield Finding("disk", State.WELL, f"The disk takes {rate}.")
    if flush < _INSTANT_FLUSH:
        yield Finding(
            "flush", State.UNSURE, "The disk says that it has stored a page faster than any disk can.",
            "It may lose the last seconds at a power cut. In a virtual machine, turn the host's write cache off.",
        )  # fmt: skip
    else:
        yield Finding("flush", State.WELL, "The disk stores before it says so, as far as can be seen from here.")


def _written(file: Path) -> tuple[float, float]:
    """Bytes a second with one flush at the end, and seconds for the flush of one page."""
    piece = os.urandom(_PIECE)
    with open(file, "wb", buffering=0) as out:
        began = time.perf_counter()
        for _ in range(_PIECES):
            out.write(piece)
        os.fsync(out.fileno())
        speed = _PIECES * _PIECE / (time.perf_counter() - began)
        times = []
        for _ in range(_FLUSHES):
            out.write(piece[:4096])
            began = time.perf_counter()
            os.fsync(out.fileno())
            times.append(time.perf_counter() - began)
    disk.sync_folder(file.parent)
    return speed, sorted(times)[_FLUSHES // 2]


def _room(paths: Paths, settings: Settings) -> Finding:
    free = capacity.free_bytes(paths.data)
    hours = max(0, free - settings.capture.low_water_bytes) / capacity.seat_bytes(settings) / 3600
    said = f"{capacity.gigabytes(free)} are free: room for {hours:.0f} hours of one seat."
    if free <= settings.capture.low_water_bytes:
        return Finding("room", State.ILL, said, "Below the low-water mark nobody is admitted: free the disk.")
    return Finding("room", State.WELL if hours >= 24 * 2 else State.UNSURE, said)


def _clock(now: float, root: Path) -> Iterator[Finding]:
    shown = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    if now < _EARLIEST:
        yield Finding(
            "clock", State.ILL, f"The clock is wrong: it says {shown}.",
            "Set it on the setup page, or give the box a network with a time server.",
        )  # fmt: skip
    elif clock.now().synchronised:
        yield Finding("clock", State.WELL, f"The clock follows a time server: {shown}.")
    else:
        yield Finding(
            "clock", State.UNSURE, f"The clock follows no time server; it says {shown}.",
            "Compare it with a watch. Evidence says of each moment whether the clock was synchronised.",
        )  # fmt: skip
    if any((root / "sys/class/rtc").glob("rtc*")):
        yield Finding("rtc", State.WELL, "There is a clock that goes on without power.")
    else:
        yield Finding(
            "rtc", State.UNSURE, "There is no clock that goes on without power.",
            "After a power cut without a network the time is wrong: fit the battery of the clock.",
        )  # fmt: skip


def _ports(settings: Settings) -> Finding:
    """The UDP range of media, on which somebody else may sit. Of TCP the front's own units say it."""
    ports = settings.capture.ports
    taken = [port for port in ports if not _is_free(port)]
    if not ports:
        return Finding("ports", State.WELL, "Media may use any UDP port.")
    said = f"UDP {ports[0]}-{ports[-1]}"
    if len(taken) == len(ports):
        return Finding("ports", State.ILL, f"Not one port of {said} is free.", "Set [capture] udp_ports to others.")
    return Finding("ports", State.WELL, f"{len(ports) - len(taken)} ports of {said} are free.")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def _memory(root: Path) -> Finding:
    try:
        lines = (root / "proc/meminfo").read_text(encoding="ascii").splitlines()
        total = int(next(line for line in lines if line.startswith("MemTotal:")).split()[1]) * 1024
    except (OSError, ValueError, StopIteration):
        return Finding("memory", State.UNSURE, "How much memory there is cannot be said.")
    said = f"There are {total / 1e9:.1f} GB of memory."
    if total < _LEAST_MEMORY:
        return Finding("memory", State.ILL, said, "Detection needs 4 GB.")
    return Finding("memory", State.WELL, said)


def _models() -> Finding:
    folder = models_folder()
    count = sum(1 for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
    if not count:
        return Finding(
            "models", State.ILL, "There is no model pack: the box records, but detects nothing.",
            "Install the Debian package again, or run `appliance models prepare`.",
        )  # fmt: skip
    return Finding("models", State.WELL, f"The model pack is there ({count} files).")


def _seats(paths: Paths, settings: Settings) -> Finding:
    known = capacity.current(paths.capacity, settings)
    if known.source in ("settings", "measured"):
        return Finding("seats", State.WELL, known.sentence)
    return Finding("seats", State.UNSURE, known.sentence, "The setup page measures it, too.")


def _camera(camera: CameraSettings) -> Finding:
    parts = urlsplit(camera.url)
    address = (parts.hostname or "", parts.port or (322 if parts.scheme == "rtsps" else 554))
    try:
        with socket.create_connection(address, timeout=_CAMERA_SECONDS):
            return Finding(f"camera {camera.name}", State.WELL, f"The camera {camera.name} answers.")
    except OSError:
        return Finding(
            f"camera {camera.name}", State.ILL, f"The camera {camera.name} does not answer ({camera.shown}).",
            "Is it switched on, and its address right?",
        )  # fmt: skip


def well(findings: list[Finding]) -> bool:
    """Nothing that would put an exam in danger."""
    return all(one.state is not State.ILL for one in findings)


def read(paths: Paths) -> tuple[float, list[Finding]]:
    """What was found last, and when. Nothing where it was not tried yet."""
    try:
        said = json.loads((paths.provision / FILE).read_text(encoding="utf-8"))
        return float(said["at"]), [Finding(**{**one, "state": State(one["state"])}) for one in said["findings"]]
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0, []
