"""Where what is known of the box is read: health files, who is alive, `run/issues.json`, `run/upstream.json`, the
ledger. Nothing is written, nothing is waited for, and what is not there yet (a bare box, a disk that is away) is no
error."""

import contextlib
import json
import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.box import errand, upstream, workers
from appliance.box.authority import Address, own_addresses, own_names
from appliance.box.paths import Paths
from appliance.checks import record
from appliance.config import Settings
from appliance.errors import ApplianceError, Unavailable
from appliance.exam.plan import ExamPlan
from appliance.ledger import board, fleet, planning
from appliance.ledger.reader import Reader
from appliance.panel.watch import Held, Readings, Spoken
from appliance.provision import setup_code
from appliance.provision.journal import Journal

SLOW = 2.0
"""Seconds between two looks at what changes seldom, and the longest without a look at the ledger."""

LAST_STEP = "self_test"
"""Of first boot."""

ADDRESS = 30.0
"""The same for the machine's addresses."""

log = logging.getLogger(__name__)
Clock = Callable[[], float]


class Sources:
    """`clock` counts, `wall` says what time it is. `no_settings`: why they cannot be read."""

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        *,
        no_settings: str = "",
        clock: Clock = time.monotonic,
        wall: Clock = time.time,
        uptime: Clock = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._paths, self._settings, self._no_settings = paths, settings, no_settings
        self._clock, self._wall, self._uptime = clock, wall, uptime
        self._began = clock()
        self._needed = workers.services(settings)
        self._was_well: frozenset[str] = frozenset()
        self._health = Health(paths.health)
        self._exams = Exams(paths.database)
        self._settings_were = _mark(paths.config)
        self._seldom: Seldom | None = None
        self._read_seldom = self._read_address = -math.inf
        self._own_address = ""
        self.changed = False
        """Are the settings others than those we began with? Which parts the panel has follows from them."""

    def read(self) -> Readings:
        """All of this moment."""
        now, wall = self._clock(), self._wall()
        processes = self._health.read(now, wall, self._needed)
        seldom = self._slowly(now)
        found = record.read(self._paths.run)
        held, no_ledger = self._exams.read(now, wall)
        read = Readings(
            at=wall,
            uptime=self._uptime(),
            watched=now - self._began,
            name=own_names()[0],
            needed=self._needed,
            processes=processes,
            issues=tuple(found[1]) if found else (),
            upstream=upstream.read(self._paths.run),
            held=held,
            no_ledger=no_ledger,
            no_settings=self._no_settings,
            setup_code=seldom.setup_code,
            first_boot=seldom.first_boot,
            disk_free=seldom.disk_free,
        )
        self._was_well |= read.well
        address, fingerprint = self._reached(processes, read.setup_code, now)
        return replace(read, up=self._was_well >= set(self._needed), address=address, fingerprint=fingerprint)

    def _slowly(self, now: float) -> "Seldom":
        if self._seldom is None or now - self._read_seldom >= SLOW:
            self._read_seldom = now
            self._seldom = _seldom(self._paths)
            self.changed = _mark(self._paths.config) != self._settings_were
        return self._seldom

    def _reached(self, processes: Mapping[str, Spoken], code: str, now: float) -> tuple[str, str]:
        """Address and fingerprint, as the door has them; until setup is finished plain HTTP leads to it."""
        facts = processes["door"].facts if "door" in processes else {}
        hosts, port = facts.get("addresses") or [], facts.get("port")
        host = next((one for one in hosts if one not in ("127.0.0.1", "::1")), "")
        fingerprint = str(facts.get("fingerprint") or "")
        if host and code and errand.has_steward():
            return _url("http", host, self._settings.web.port, 80), fingerprint
        if host and fingerprint:
            return _url("https", host, port, 443), fingerprint
        if port and not fingerprint:
            return f"http://127.0.0.1:{port}", ""
        if now - self._read_address >= ADDRESS:
            self._read_address = now
            own = next((str(one) for one in _own_addresses() if not one.is_loopback and one.version == 4), "")
            self._own_address = f"http://{own}" if own else ""
        return self._own_address, fingerprint


def _own_addresses() -> list[Address]:
    """None where the process may not look at the network, as on an installed box: the door says them there."""
    try:
        return own_addresses()
    except OSError:
        return []


def _url(scheme: str, host: str, port: object, usual: int) -> str:
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}" + (f":{port}" if port and port != usual else "")


def _mark(file: Path) -> object:
    """None where there is none."""
    try:
        said = file.stat()
    except OSError:
        return None
    return said.st_mtime_ns, said.st_size, said.st_ino


@dataclass(frozen=True, slots=True, kw_only=True)
class Seldom:
    """What changes seldom."""

    setup_code: str = ""
    first_boot: bool = False
    disk_free: int = 0


def _seldom(paths: Paths) -> Seldom:
    try:
        code = setup_code.shown(paths) or ""
    except (OSError, ValueError):
        code = ""
    try:
        free = shutil.disk_usage(paths.data).free
    except OSError:
        free = 0
    first_boot = errand.has_steward() and LAST_STEP not in Journal.read(paths.provision).entries
    return Seldom(setup_code=code, first_boot=first_boot, disk_free=free)


class Health:
    """The health files. How long one is silent is told by the clock that nobody sets: a clock that is set back or on
    makes no process ill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._heard: dict[str, tuple[object, float]] = {}

    def read(self, now: float, wall: float, needed: tuple[str, ...]) -> dict[str, Spoken]:
        """Every process that is needed, and every other that ever spoke."""
        found = {name: Spoken() for name in needed}
        for name, facts in self._files():
            at = facts.get("at")
            before, since = self._heard.get(name, (None, -math.inf))
            if at != before:
                # What lay there when we came may be of a box that was switched off: only the wall clock can tell.
                fresh = before is not None or (isinstance(at, int | float) and abs(wall - at) <= SLOW)
                before, since = at, now if fresh else -math.inf
                self._heard[name] = (before, since)
            found[name] = Spoken(facts=facts, silent=now - since, there=is_alive(facts.get("pid")))
        return found

    def _files(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for file in sorted(self._folder.glob("*.json")):
            try:
                said = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(said, dict):
                yield file.stem, said


def is_alive(pid: object) -> bool:
    """Is there such a process, and does it still run? One that waits to be buried does not."""
    try:
        said = Path(f"/proc/{int(str(pid))}/stat").read_text(encoding="ascii", errors="replace")
    except (OSError, ValueError):
        return False
    return said.rpartition(")")[2].split()[:1] not in (["Z"], ["X"])


class Exams:
    """The ledger, as far as the panel asks: when its files changed, four times a second at most, and every two seconds.
    A look at the files costs a hundredth of a question to SQLite."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._reader: Reader | None = None
        self._head = -1
        self._looked = self._planned = -math.inf
        self._mark: tuple[tuple[int, int, int], ...] = ()
        self._held = Held()
        self._feeds: dict[str, tuple[str, ...]] = {}
        self._next_at: float | None = None
        self._trouble_since: float | None = None
        self._complaint = ""

    def read(self, now: float, wall: float) -> tuple[Held, bool]:
        """-> what is held, and whether it cannot be read for some seconds already. No ledger yet: nothing is held."""
        try:
            self._look(now, wall)
        except (ApplianceError, OSError, ValueError, KeyError, TypeError) as error:
            self._close()
            if isinstance(error, Unavailable) and not self._database.exists():  # there is none yet
                return self._held, False
            self._trouble_since = now if self._trouble_since is None else self._trouble_since
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.warning("the panel cannot read the ledger: %s", error)
        else:
            self._trouble_since, self._complaint = None, ""
        return self._held, self._trouble_since is not None and now - self._trouble_since >= SLOW

    def _look(self, now: float, wall: float) -> None:
        reader = self._reader = self._reader or Reader(self._database)
        mark = self._files()
        if mark == self._mark and now - self._looked < SLOW:
            return
        head = reader.head()
        self._mark = mark  # as it was before the question: what is written meanwhile is asked for next time
        if head == self._head and now - self._looked < SLOW:
            return
        with reader.connect() as connection:
            if now - self._planned >= SLOW:
                plans = planning.plans(connection)
                coming = board.next_exam(connection, now=wall)
                self._feeds = {exam: tuple(kind.value for kind in plan.feeds) for exam, plan in plans.items()}
                self._next_at = coming.starts_at if coming else None
                self._planned = now
            to_record = tuple(fleet.to_record(connection))
            usual = tuple(kind.value for kind in ExamPlan().feeds)
            self._held = Held(
                sittings=tuple(fleet.planned_sittings(connection)),
                to_record=to_record,
                feeds={one.exam: self._feeds.get(one.exam, usual) for one in to_record},
                next_at=self._next_at,
            )
        self._head, self._looked = head, now

    def _files(self) -> tuple[tuple[int, int, int], ...]:
        """What tells that somebody wrote: the database's, and its log's."""
        found = []
        for file in (self._database, self._database.with_name(f"{self._database.name}-wal")):
            with contextlib.suppress(FileNotFoundError):
                said = file.stat()
                found.append((said.st_ino, said.st_size, said.st_mtime_ns))
        return tuple(found)

    def _close(self) -> None:
        """It is opened anew: the file may be another one then (a restored backup)."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
