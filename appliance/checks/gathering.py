"""Fills in the facts: the one place of the checks that looks at files, the ledger and the machine. Nothing of it may
fail: what cannot be looked at is said in `gone`, and the checks go on with what there is."""

import json
import logging
import os
import socket
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509

from appliance.box import capacity, clock, errand, health, panel, steps, upstream, workers
from appliance.box.paths import Paths
from appliance.checks import disks, machine, units
from appliance.checks.facts import (
    Backup,
    Clock,
    Disk,
    Exam,
    Facts,
    Gap,
    Jump,
    Machine,
    Panel,
    Ports,
    Restarts,
    Setup,
    Update,
)
from appliance.checks.units import Unit
from appliance.config import Settings
from appliance.errors import ApplianceError
from appliance.ledger import database, fleet
from appliance.ledger.reader import Reader

log = logging.getLogger(__name__)

T = TypeVar("T")

_PANEL_SECONDS = 15.0
"""The panel writes each second: who has not for so long hangs or is gone."""


def gather(paths: Paths, settings: Settings, now: float, *, root: Path = Path("/")) -> Facts:
    """All of this moment; `root`: of the machine, for tests."""
    gone: dict[str, str] = {}

    def safely(what: str, look: Callable[[], T], otherwise: T) -> T:
        try:
            return look()
        except (ApplianceError, OSError, ValueError, KeyError, TypeError) as error:
            log.debug("%s cannot be looked at: %s", what, error)
            gone[what] = getattr(error, "message", None) or getattr(error, "strerror", None) or "it cannot be read"
            return otherwise

    needed = workers.services(settings)
    services: Mapping[str, Unit] = safely("restarts", units.read, {})
    processes = _processes(paths, needed, now)
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    return Facts(
        now=now,
        built_at=safely("software", _built_at, 0.0),
        uptime=uptime,
        folder=str(paths.data),
        data_there=paths.data.is_dir(),
        needed=needed,
        processes=processes,
        restarts=safely("restarts", lambda: _restarts(processes, needed, services), {}),
        capture=settings.capture,
        disk=safely("disk", lambda: disks.read(paths, settings, rate=_rate(processes), root=root), Disk()),
        exam=safely("ledger", lambda: _exam(paths, now), Exam()),
        clock=safely("clock", lambda: _clock(paths), Clock()),
        machine=safely("machine", lambda: machine.read(root), Machine()),
        ports=safely("ports", lambda: _ports(settings, processes), Ports()),
        backup=safely("backups", lambda: _backup(paths, now, services), Backup()),
        update=safely("updates", lambda: _update(paths, now), Update()),
        setup=safely("setup", lambda: _setup(paths), Setup()),
        panel=_panel(paths, now),
        upstream=upstream.read(paths.run),
        certificates=_certificates(paths, settings),
        models=tuple((processes.get("inference", {}).get("missing") or {}).keys()),
        sqlite=tuple(database.dbapi().sqlite_version_info),
        writers=safely("writers", lambda: _writers(paths.database), 1),
        gone=gone,
    )


def _processes(paths: Paths, needed: tuple[str, ...], now: float) -> Mapping[str, Mapping[str, Any]]:
    said = dict(health.read_all(paths.health, now=now))
    return {name: said.get(name) or health.read(paths.health, name, now=now) for name in (*needed, *said)}


def _built_at() -> float:
    """A package keeps the time at which it was made; it is never later than when it was unpacked."""
    return Path(__file__).stat().st_mtime


def _restarts(
    processes: Mapping[str, Mapping[str, Any]], needed: tuple[str, ...], services: Mapping[str, Unit]
) -> dict[str, Restarts]:
    """By `appliance run`, or by systemd."""
    counted = {
        name: int(said["restarts"]) for name, said in processes.get("supervisor", {}).get("processes", {}).items()
    }
    counted = counted or {name: unit.restarts for name, unit in services.items()}
    return {
        name: Restarts(count=count, lives=_lives(processes.get(name, {}).get("pid")))
        for name, count in counted.items()
        if name in needed
    }


def _lives(pid: object) -> float:
    """For how many seconds a process has been there; 0 where it is not."""
    try:
        begun = int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - begun / os.sysconf("SC_CLK_TCK")


def _feeds(processes: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for name, said in processes.items():
        if workers.service_of(name) == workers.CAPTURE and said.get("healthy"):
            yield from said.get("feeds", {}).values()


def _rate(processes: Mapping[str, Mapping[str, Any]]) -> float:
    """Bytes a second that are recorded at this moment."""
    return sum(float(feed.get("bitrate", 0)) for feed in _feeds(processes)) / 8 * capacity.MARGIN


def _exam(paths: Paths, now: float) -> Exam:
    if not paths.database.exists():
        return Exam()  # a new box: there is none
    reader = Reader(paths.database)
    try:
        with reader.connect() as connection:
            sittings = fleet.sittings(connection)
            gaps = fleet.silent(connection)
    finally:
        reader.close()
    running = [one for one in sittings if one.runs(now)]
    return Exam(
        runs=bool(running),
        until=max((one.over_at for one in running), default=0.0),
        next=min((one.starts_at for one in sittings if one.starts_at > now), default=None),
        gaps=tuple(Gap(seat=seat, kind=kind, seconds=now - since) for seat, kind, since in gaps),
    )


def _clock(paths: Paths) -> Clock:
    at = clock.now()
    return Clock(
        synchronised=at.synchronised,
        error=clock.error_bound(),
        servers=_servers(paths.provision / "provision.toml"),
        jump=_jump(paths),
    )


def _servers(file: Path) -> tuple[str, ...]:
    """Whom the lab named, when the box was set up."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8")).get("time", {}).get("servers", [])
    except FileNotFoundError:
        return ()
    return tuple(str(one) for one in said)


def _jump(paths: Paths) -> Jump | None:
    """As the web process saw it. How long ago is told by the clock that cannot be set."""
    seen = steps.read(paths.run)
    if seen is None or seen.jumped_at_ns is None:
        return None
    ago = (time.clock_gettime_ns(time.CLOCK_BOOTTIME) - seen.jumped_at_ns) / 1e9
    return Jump(seconds=seen.jumped_by, ago=ago)


def _ports(settings: Settings, processes: Mapping[str, Mapping[str, Any]]) -> Ports:
    came = failed = 0
    for name, said in processes.items():
        if workers.service_of(name) == workers.CAPTURE:
            came += int(said.get("connections_made", 0))
            failed += int(said.get("connections_failed", 0))
    return Ports(bindable=_bindable(settings.capture.ports), came=came, failed=failed)


def _bindable(ports: range) -> bool | None:
    """Is one of the range free? Some may be capture's; all of them taken by others is what is looked for."""
    if not ports:
        return None
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind(("0.0.0.0", port))
                return True
            except OSError:
                continue
    return False


def _backup(paths: Paths, now: float, services: Mapping[str, Unit]) -> Backup:
    """`due`: since the recovery key was made, without which there are none."""
    try:
        due = now - (paths.keys / "recovery.pub").stat().st_mtime
    except FileNotFoundError:
        return Backup()
    newest = max((file.stat().st_mtime for file in paths.backups.glob("*.age")), default=None)
    if not paths.database.exists():
        return Backup()  # nothing to copy yet
    failed = "backup" in services and services["backup"].failed
    return Backup(newest=None if newest is None else now - newest, due=due, failed=failed)


def _update(paths: Paths, now: float) -> Update:
    """What lies in `updates/`, and how the last one ended (`appliance.update` writes it down)."""
    folder = paths.data / "updates"
    try:
        said = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        said = {}
    here = [file for file in folder.glob("*") if file.is_file() and file.suffix not in (".json", ".new", ".odd")]
    newest = max(here, key=lambda file: file.stat().st_mtime, default=None)
    since = 0.0 if newest is None else newest.stat().st_mtime
    over = float(said.get("at") or 0.0)  # what was tried since then waits no more
    waits = newest is not None and since > over
    return Update(
        waiting=newest.stem if newest is not None and waits else "",
        seconds=now - since if waits else 0.0,
        rolled_back=str(said.get("new") or "") if said.get("step") == "rolled_back" else "",
    )


def _setup(paths: Paths) -> Setup:
    return Setup(
        open=(paths.provision / "setup-code").exists(),
        recovery_key=(paths.keys / "recovery.key").exists() and (paths.provision / "provision.toml").exists(),
    )


def _panel(paths: Paths, now: float) -> Panel:
    """An installed box has one; elsewhere it is missed once it was there."""
    said = panel.read(paths.run)
    if said is None:
        return Panel(silent=errand.has_steward())
    silent = not -_PANEL_SECONDS < now - said.at < _PANEL_SECONDS
    return Panel(silent=silent, parts=() if silent else said.parts)


def _certificates(paths: Paths, settings: Settings) -> dict[str, float]:
    """The first one in each file; nothing of a file that is not there or holds none."""
    files = {"box": paths.keys / "https.pem", "authority": paths.keys / "authority.pem"}
    if settings.signing.certificate_file:
        files["site"] = Path(settings.signing.certificate_file)
    found = {}
    for name, file in files.items():
        try:
            found[name] = x509.load_pem_x509_certificate(
                _certificate_of(file.read_bytes())
            ).not_valid_after_utc.timestamp()
        except (OSError, ValueError):
            continue
    return found


def _certificate_of(pem: bytes) -> bytes:
    """`https.pem` begins with its key."""
    return pem[max(0, pem.find(b"-----BEGIN CERTIFICATE-----")) :]


def _writers(file: Path) -> int:
    """Processes that have the ledger open for writing, of those that may be looked at. Only where it matters: with a
    SQLite that has the bug."""
    if database.dbapi().sqlite_version_info >= database.FIXED or not file.exists():
        return 1
    wanted = file.resolve()
    return sum(_writes(process, wanted) for process in Path("/proc").glob("[0-9]*"))


def _writes(process: Path, wanted: Path) -> bool:
    try:
        for link in (process / "fd").iterdir():
            if link.readlink() == wanted:
                said = (process / "fdinfo" / link.name).read_text(encoding="ascii")
                flags = next(line for line in said.splitlines() if line.startswith("flags:"))
                if int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY:
                    return True
    except (OSError, StopIteration, ValueError):
        return False  # it ended, or is somebody else's
    return False
