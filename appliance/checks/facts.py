"""What the checks judge by: everything about the box at one moment. Plain values, a healthy box where nothing is said,
so that a check is a pure function and its test one line. `gathering` fills it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.box.panel import Part
from appliance.box.upstream import Upstream
from appliance.config import CaptureSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The one that the data folder is on. `size`, `free`: bytes; `rate`: bytes a second that are recorded on it now.
    `missing`: a mount that should be there and is not, so that data lies on the disk below it; `encrypted`: None where
    nobody knows."""

    size: int = 500_000_000_000
    free: int = 400_000_000_000
    rate: float = 0.0
    read_only: bool = False
    missing: str = ""
    encrypted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A feed that is not recorded though it should be, and for how many seconds."""

    seat: str
    kind: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """`runs`: somebody sits an exam, or it is the time of one; `until`: when the last of them should be over, and
    `next`: when another begins (wall seconds). `gaps`: of seats that are in their exam."""

    runs: bool = False
    until: float = 0.0
    next: float | None = None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """The wall clock was set while the box ran: by so many seconds, so many seconds ago."""

    seconds: float
    ago: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """`error`: by how many seconds it may be wrong at most, None where nobody knows; `servers`: whom the lab told the
    box to follow."""

    synchronised: bool = True
    error: float | None = 0.01
    servers: tuple[str, ...] = ()
    jump: Jump | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarts:
    """How often a process was started again, and for how many seconds the present one lives."""

    count: int
    lives: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`temperature`, `critical`: degrees Celsius; `throttled`: the word of a Raspberry Pi's firmware
    (`vcgencmd get_throttled`), `low_voltage`: the alarm of its driver; memory in bytes. None: this machine does not
    say."""

    temperature: float | None = None
    critical: float | None = None
    throttled: int | None = None
    low_voltage: bool | None = None
    memory: int = 8_000_000_000
    memory_free: int = 4_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Of media. `bindable`: could one be taken just now (None: any will do); of the connections since capture began,
    how many `came`, and how many `failed` before anything arrived."""

    bindable: bool | None = None
    came: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """`newest`: seconds ago, None where there is none; `due`: for how many seconds there has been something to copy;
    `failed`: the last run made none."""

    newest: float | None = None
    due: float = 0.0
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """`waiting`: a version that is here and not installed, and for how many seconds; `rolled_back`: one that was
    installed and did not prove well."""

    waiting: str = ""
    seconds: float = 0.0
    rolled_back: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """`open`: nobody has finished it; `recovery_key`: it is still on the box."""

    open: bool = False
    recovery_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The box's front. `silent`: nobody drives it, though somebody should; `parts`: as they say of themselves."""

    silent: bool = False
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`now`: wall seconds; `built_at`: when this software was made; `uptime`: seconds; `processes`: as their health
    files say; `models`: missing parts of the model pack; `certificates`: until when each is valid (wall seconds);
    `sqlite`: the version that keeps the ledger, `writers`: how many processes have it open for writing; `gone`: what
    could not be looked at, and why."""

    now: float
    built_at: float = 0.0
    uptime: float = 86_400.0
    folder: str = "/var/lib/appliance"
    data_there: bool = True
    needed: tuple[str, ...] = ()
    processes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    restarts: Mapping[str, Restarts] = field(default_factory=dict)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    disk: Disk = field(default_factory=Disk)
    exam: Exam = field(default_factory=Exam)
    clock: Clock = field(default_factory=Clock)
    machine: Machine = field(default_factory=Machine)
    ports: Ports = field(default_factory=Ports)
    backup: Backup = field(default_factory=Backup)
    update: Update = field(default_factory=Update)
    setup: Setup = field(default_factory=Setup)
    panel: Panel = field(default_factory=Panel)
    upstream: Upstream | None = None
    certificates: Mapping[str, float] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    sqlite: tuple[int, ...] = (3, 53, 0)
    writers: int = 1
    gone: Mapping[str, str] = field(default_factory=dict)

    def process(self, name: str) -> Mapping[str, Any]:
        """What it says of itself; nothing where it was never there."""
        return self.processes.get(name, {})
