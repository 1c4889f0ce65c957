"""How many seats a box carries: what was measured, what follows from it, and what an exam needs of the disk.

Pure arithmetic but for the file `capacity.json` in the data folder, which `appliance capacity` writes.
"""

import json
import math
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.config import Settings
from appliance.errors import IntegrityError

RESERVE = 0.3
"""This share of everything is kept free: for a busy minute, viewers, pages, the report."""

UNMEASURED_SEATS = 24
"""What a box admits that was never measured."""

FEEDS = 2
"""Of one seat: webcam and screen."""

SOUND_BITRATE = 40_000
MARGIN = 1.1
"""Headers, snapshots, reports: what a recording takes beyond its media."""

COPIES_ON_THE_SAME_DISK = 2
"""Where the upstream is a folder on the same disk, everything is there twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run on this box. CPU in seconds for each second of one seat; `detection_seconds`: wall seconds of the one
    loop that looks, likewise; None: it could not be measured.
    `disk_bytes` a second with a flush each second; `flush_seconds` of one; `uplink_bytes` a second, None where the
    upstream is on the box's own disk."""

    at: float
    cores: float
    capture_cpu: float
    decoder_cpu: float
    memory_bytes: int
    seat_memory_bytes: int
    disk_bytes: float
    flush_seconds: float
    detection_seconds: float | None = None
    detection_cpu: float | None = None
    uplink_bytes: float | None = None


def seat_bytes(settings: Settings) -> float:
    """What one seat records, bytes a second."""
    capture = settings.capture
    return (capture.webcam_bitrate + capture.screen_bitrate + SOUND_BITRATE) / 8 * MARGIN


def parts(measured: Measured, settings: Settings) -> dict[str, int]:
    """Seats that each part carries, with the reserve kept free. Parts that were not measured are left out."""
    share, capture = 1.0 - RESERVE, settings.capture
    own = measured.capture_cpu + measured.decoder_cpu
    found = {"capture": share * measured.cores / own, "memory": share * measured.memory_bytes / _least(measured)}
    if measured.detection_seconds is not None and measured.detection_cpu is not None:
        by_all = share * measured.cores / (own + measured.detection_cpu)
        found["inference"] = min(share / measured.detection_seconds, by_all)
    flushes = share * capture.part_seconds / (FEEDS * measured.flush_seconds)
    found["disk"] = min(share * measured.disk_bytes / seat_bytes(settings), flushes)
    if measured.uplink_bytes is not None:
        found["uplink"] = share * measured.uplink_bytes / seat_bytes(settings)
    return {name: max(0, math.floor(round(seats, 6))) for name, seats in found.items()}


def _least(measured: Measured) -> int:
    return max(measured.seat_memory_bytes, 1_000_000)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many seats are admitted. `source`: "settings", "measured", "default" or "unreadable"; `limited_by`: a part,
    or ""."""

    seats: int
    source: str
    limited_by: str = ""
    parts: dict[str, int] | None = None

    @property
    def sentence(self) -> str:
        """For a person."""
        if self.source == "settings":
            return f"This box carries {self.seats} seats (its settings say so)."
        if self.source == "default":
            return f"This box admits {self.seats} seats: it was never measured. Run `appliance capacity`."
        if self.source == "unreadable":
            return (
                f"This box admits {self.seats} seats: what was measured cannot be read. Run `appliance capacity` anew."
            )
        return f"This box carries {self.seats} seats (limited by {self.limited_by})."


def of(measured: Measured, settings: Settings) -> Capacity:
    """What follows from a measurement."""
    found = parts(measured, settings)
    limited_by = min(found, key=lambda name: found[name])
    return Capacity(found[limited_by], "measured", limited_by, found)


def current(file: Path, settings: Settings) -> Capacity:
    """What holds now: the settings, else what was measured, else the default. A file that cannot be read counts as
    none: a box must admit somebody."""
    measured, otherwise = None, "default"
    try:
        measured = read(file)
    except (IntegrityError, OSError):
        otherwise = "unreadable"
    if settings.capture.seats:
        parts = of(measured, settings).parts if measured else None
        return Capacity(settings.capture.seats, "settings", parts=parts)
    return of(measured, settings) if measured else Capacity(UNMEASURED_SEATS, otherwise)


def read(file: Path) -> Measured | None:
    """What was measured; None when nothing was. IntegrityError when the file makes no sense."""
    try:
        said = Measured(**json.loads(file.read_text(encoding="utf-8")))
        numbers = (said.cores, said.capture_cpu + said.decoder_cpu, said.disk_bytes, said.flush_seconds)
        if not all(number > 0 for number in numbers):
            raise ValueError
        return said
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise IntegrityError(f"{file} cannot be read", hint="Run `appliance capacity` anew.") from None


def write(file: Path, measured: Measured) -> None:
    """Replace it in one step."""
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(measured), indent=1), encoding="utf-8")
    temporary.replace(file)


# --- room on the disk ---


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an exam needs of the disk, and what there is. Bytes; the low-water mark is not counted as free."""

    needs: int
    free: int

    @property
    def short(self) -> int:
        """So much is missing; 0 when it fits."""
        return max(0, self.needs - self.free)

    @property
    def sentence(self) -> str:
        """For a person."""
        said = f"Needs {gigabytes(self.needs)}, {gigabytes(self.free)} free"
        return f"{said}: short by {gigabytes(self.short)}." if self.short else f"{said}."


def forecast(*, seats: int, minutes: float, settings: Settings, free: int, copies: int = 1) -> Forecast:
    """`free`: bytes that the file system has; `copies`: how often everything comes to lie on it. Cameras of the lab
    count as a seat each."""
    streams = seats + len(settings.camera)
    needs = streams * minutes * 60 * seat_bytes(settings) * copies
    return Forecast(round(needs), max(0, free - settings.capture.low_water_bytes))


def expected(*, seats: int, minutes: float, settings: Settings, data: Path, upstream: Path | None) -> Forecast:
    """The forecast for the disk that `data` is on. `upstream`: the folder of the store, None: it is on a network."""
    return forecast(
        seats=seats,
        minutes=minutes,
        settings=settings,
        free=free_bytes(data),
        copies=COPIES_ON_THE_SAME_DISK if upstream is not None and same_disk(data, upstream) else 1,
    )


def free_bytes(folder: Path) -> int:
    """What can still be written where the folder is, or will be; 0 when the disk is gone."""
    try:
        return shutil.disk_usage(_there(folder)).free
    except OSError:
        return 0


def same_disk(one: Path, other: Path) -> bool:
    """Do two folders, or what they will be in, share a file system?"""
    return _there(one).stat().st_dev == _there(other).stat().st_dev


def _there(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def gigabytes(count: int) -> str:
    """As people say it."""
    return f"{count / 1e9:.0f} GB" if count >= 10e9 else f"{count / 1e9:.1f} GB"
