"""What the box says at its front, as one of a few statuses: a pure function of what is known of the box."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Each has a pattern of its own (`pattern`). RECORDING_ATTENTION: something wants a person while an exam is on."""

    STARTING = "starting"
    READY = "ready"
    RECORDING = "recording"
    ATTENTION = "attention"
    RECORDING_ATTENTION = "recording_attention"
    SYNCING = "syncing"
    OFFLINE = "offline"
    FAULT = "fault"
    SHUTTING_DOWN = "shutting_down"
    IDENTIFY = "identify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """Of what people planned. `present`: candidates who are here, `expected`: who have not gone; `to_record`: who are
    in a stage that is recorded (as long as there are any, the box is recording), and `recorded` of them have every
    feed that they should have. `running`: somebody is here, or it is the time of one; `minutes_left`: of the longest,
    None where none runs; `next_in`: seconds until one begins."""

    running: bool = False
    present: int = 0
    expected: int = 0
    recorded: int = 0
    to_record: int = 0
    minutes_left: int | None = None
    next_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """An issue that stands (`checks.standing`), or a process that is not there: `sentence` is the catalogue's."""

    code: str
    sentence: str
    fault: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxState:
    """Everything the panel knows. `at`: wall seconds; `age`: seconds since somebody looked (a look that hangs is a
    fault of its own). `up`: has every process been well once since the panel began; `uptime`: seconds of the machine,
    `watched`: for how long the panel looks already (the box may be started anew on a machine that runs for days).
    `first_boot`: it is going on; `no_ledger`: there is one that cannot be read; `setup_code`: until setup is finished,
    "" then; `address`: by which the box is reached, "" where there is no network; `fingerprint`: of its certificate.
    `waiting_bytes`: not upstream yet; `reachable`: is the store, None where that was not tried; `local`: the store is a
    folder of this box."""

    at: float
    age: float = 0.0
    name: str = ""
    address: str = ""
    fingerprint: str = ""
    setup_code: str = ""
    up: bool = True
    first_boot: bool = False
    uptime: float = 86_400.0
    watched: float = 86_400.0
    wrong: tuple[Wrong, ...] = ()
    exam: Exam = Exam()
    no_ledger: bool = False
    waiting_bytes: int = 0
    waiting_objects: int = 0
    reachable: bool | None = None
    local: bool = False
    disk_free: int = 0
    stopping: bool = False

    @property
    def is_known(self) -> bool:
        """Is this how the box is, or only how it was?"""
        return self.age <= STALE

    @property
    def candidates(self) -> int | None:
        """How many are here; None where nobody can say."""
        return self.exam.present if self.is_known and not self.no_ledger else None

    @property
    def is_exam_on(self) -> bool:
        """The panel is silent then."""
        return self.exam.running or self.exam.to_record > 0 or self.exam.present > 0


STALE = 5.0
"""Seconds: who looks four times a second and does not come back for so long hangs."""

STARTING_FOR = 180.0
FIRST_BOOT_FOR = 900.0
"""Seconds: keys, certificate and folders are made then."""

SHOWN_FOR = 2.0
"""Seconds: what is gone sooner, nobody can read."""


def of(state: BoxState) -> Status:
    """The first that holds, from what matters most to what matters least. `identify` is the desk's."""
    if state.stopping:
        return Status.SHUTTING_DOWN
    if not state.up and min(state.uptime, state.watched) < (FIRST_BOOT_FOR if state.first_boot else STARTING_FOR):
        return Status.STARTING
    if not state.up or not state.is_known or any(wrong.fault for wrong in state.wrong):
        return Status.FAULT
    if state.exam.to_record:
        return Status.RECORDING_ATTENTION if state.wrong else Status.RECORDING
    if state.wrong:
        return Status.ATTENTION
    return _upstream(state)


def _upstream(state: BoxState) -> Status:
    """A line that is away is no trouble: everything waits on the box until it is back."""
    if state.local or state.reachable is None:
        return Status.READY
    if not state.reachable:
        return Status.OFFLINE
    return Status.SYNCING if state.waiting_objects or state.waiting_bytes else Status.READY


@dataclass(frozen=True, slots=True)
class Shown:
    """Which status, since when (monotonic seconds)."""

    status: Status
    since: float


_URGENT: Mapping[Status, int] = {
    Status.RECORDING: 1,
    Status.RECORDING_ATTENTION: 1,
    Status.FAULT: 2,
    Status.SHUTTING_DOWN: 3,
}


def steady(shown: Shown, wanted: Status, now: float) -> Shown:
    """What is shown stays for `SHOWN_FOR` seconds; what is more urgent (an exam begins, a fault) appears at once."""
    if wanted == shown.status:
        return shown
    at_once = _URGENT.get(wanted, 0) > _URGENT.get(shown.status, 0)
    return Shown(wanted, now) if at_once or now - shown.since >= SHOWN_FOR else shown
