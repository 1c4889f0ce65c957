"""What a check says: an issue carries its suggestion, and the fix where the box can do it (after Home Assistant's
resolution centre: check -> issue -> suggestion -> fix)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """`fault`: an exam is in danger now. `warning`: it will be, if nobody acts. Being offline is neither."""

    WARNING = "warning"
    FAULT = "fault"


class Fix(StrEnum):
    """What a button may do about it."""

    RENEW_CERTIFICATE = "renew_certificate"
    RESTART_PROCESS = "restart_process"
    STEP_CLOCK = "step_clock"
    BACK_UP = "back_up"
    MEASURE_CAPACITY = "measure_capacity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """`code` names it everywhere: the words are `issue.CODE` and `issue.CODE_hint` of the catalogue, filled from
    `facts`. `about` tells two issues of one code apart (a process, a seat)."""

    code: str
    severity: Severity
    about: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    fix: Fix | None = None
