"""What the box says at its front, as one of a few statuses: a pure function of what is known of the box."""

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
    """Of what people planned. `present`: candidates who are here, `expected`: who have not gone; `recorded` of
    `to_record`: candidates of whom every feed that should be recorded is. `running`: somebody is here, or it is the
    time of one; `minutes_left`: of the longest, None where none runs; `next_in`: seconds until one begins."""

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
    fault of its own). `up`: has every process been well once since the panel began; `uptime`: seconds of the machine.
    `first_boot`: it is going on; `setup_code`: until setup is finished, "" then; `address`: by which the box is
    reached, "" where there is no network; `fingerprint`: of its certificate. `waiting_bytes`: not upstream yet;
    `reachable`: is the store, None where that was not tried; `local`: the store is a folder of this box."""

    at: float
    age: float = 0.0
    name: str = ""
    address: str = ""
    fingerprint: str = ""
    setup_code: str = ""
    up: bool = True
    first_boot: bool = False
    uptime: float = 86_400.0
    wrong: tuple[Wrong, ...] = ()
    exam: Exam = Exam()
    waiting_bytes: int = 0
    waiting_objects: int = 0
    reachable: bool | None = None
    local: bool = False
    disk_free: int = 0
    stopping: bool = False
