"""Everything that is known of the box at one moment, for monitoring: read anew each time, kept nowhere. So it is right
at the first look after a restart, or after days in which nobody could ask."""

import datetime
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from appliance.box import capacity, clock, upstream
from appliance.box.clock import Stamp
from appliance.box.upstream import Upstream
from appliance.checks import record
from appliance.checks.standing import Standing
from appliance.errors import ApplianceError
from appliance.ledger import fleet
from appliance.ledger.fleet import Figures
from appliance.web import status
from appliance.web.context import Services


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes."""

    size: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """`upstream`: what sync said last, None where it has said nothing since the box was switched on; `lasts`: what it
    remembers from before (`last_success`, `last_checkpoint`, wall seconds); `ledger`: None
    where it cannot be read; `processes`: as their health files say; `disks`: by what lies on them; `clock_error`:
    seconds, None where unknown; `certificates`: until when each is valid (wall seconds); `issues`:
    what stood when the checks `looked_at` the box last, None where they did not since power on."""

    now: float
    synchronised: bool
    clock_error: float | None
    upstream: Upstream | None
    lasts: Mapping[str, float]
    ledger: Figures | None
    ledger_bytes: int
    needed: tuple[str, ...]
    processes: Mapping[str, dict[str, Any]]
    disks: Mapping[str, Disk]
    low_water: int
    seats: int
    certificates: Mapping[str, float]
    deleting: bool
    issues: tuple[Standing, ...] = ()
    looked_at: float | None = None

    @property
    def unwell(self) -> list[str]:
        """The processes that the box needs and that are not healthy."""
        return [name for name in self.needed if not self.processes[name]["healthy"]]


def read(here: Services, *, stamp: Callable[[], Stamp] = clock.now) -> Readings:
    """Those of this moment."""
    at, paths, settings = stamp(), here.paths, here.settings
    stood = record.read(paths.run)
    return Readings(
        now=at.wall,
        synchronised=at.synchronised,
        clock_error=clock.error_bound() if at.synchronised else None,
        upstream=upstream.read(paths.run),
        lasts=_lasts(paths.cache / upstream.FILE),
        ledger=_ledger(here, now=at.wall),
        ledger_bytes=sum(_size(file) for file in (paths.database, Path(f"{paths.database}-wal"))),
        needed=here.needed,
        processes=status.processes(paths.health, needed=here.needed, now=at.wall),
        disks=_disks({"data": paths.data, "upstream": settings.upstream.folder_in(paths.data)}),
        low_water=settings.capture.low_water_bytes,
        seats=capacity.current(paths.capacity, settings).seats,
        certificates=_certificates(
            {
                "box": paths.keys / "https.pem",
                "authority": paths.keys / "authority.pem",
                "site": Path(settings.signing.certificate_file) if settings.signing.certificate_file else None,
            }
        ),
        deleting=any((paths.data / "deleting").glob("*.json")),
        issues=tuple(stood[1]) if stood else (),
        looked_at=stood[0] if stood else None,
    )


def midnight(now: float) -> float:
    """When today began, where the box is."""
    local = time.localtime(now)
    return time.mktime((local.tm_year, local.tm_mon, local.tm_mday, 0, 0, 0, 0, 0, -1))


def _lasts(file: Path) -> dict[str, float]:
    """As sync left them when it last ran; nothing where it never did."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {name: float(said[name]) for name in ("last_success", "last_checkpoint") if name in said}
    except (OSError, ValueError, TypeError):
        return {}


def _ledger(here: Services, *, now: float) -> Figures | None:
    try:
        with here.reader.connect() as connection:
            return fleet.figures(connection, now=now, midnight=midnight(now))
    except ApplianceError:
        return None  # its disk is away: said as such, and everything else is still told


def _disks(folders: Mapping[str, Path | None]) -> dict[str, Disk]:
    """Nothing of a folder that is not there: a disk that was pulled out."""
    found = {}
    for name, folder in folders.items():
        try:
            if folder is not None:
                usage = shutil.disk_usage(folder)
                found[name] = Disk(size=usage.total, free=usage.free)
        except OSError:
            continue
    return found


def _certificates(files: Mapping[str, Path | None]) -> dict[str, float]:
    """The first certificate in each; nothing of a file that is not there or holds none."""
    found = {}
    for name, file in files.items():
        try:
            if file is not None:
                found[name] = _until(file.read_bytes())
        except (OSError, ValueError):
            continue
    return found


def _until(pem: bytes) -> float:
    certificate = x509.load_pem_x509_certificate(pem)
    return certificate.not_valid_after_utc.astimezone(datetime.UTC).timestamp()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
