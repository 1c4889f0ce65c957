"""Was the wall clock set while the box ran? Two clocks are compared: the wall clock, and the one that counts from power
on and cannot be set. Their distance only creeps (a clock that is kept right by slewing moves by less than a tenth of a
second in a second); when it is another at once, somebody or something set the wall clock.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from appliance.box.clock import Stamp

LEAST_SECONDS = 2.0
"""A smaller step is none (proctoring.md 4, clock_skew)."""

FILE = "clock.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`ahead`: wall seconds less seconds since power on, in the boot `boot`, when it was last looked. `jumped_by`: of
    the last step in this boot, and `jumped_at_ns`: when that was, since power on."""

    boot: str
    ahead: float
    jumped_by: float = 0.0
    jumped_at_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The wall clock was set by `seconds`: from `before` to `after` (wall seconds, of the same moment)."""

    seconds: float
    before: float
    after: float


def look(seen: Seen | None, at: Stamp) -> tuple[Seen, Step | None]:
    """What is to be remembered after this moment, and the step that was taken since the last one. Pure. Another boot
    begins anew: nobody knows for how long the box was off."""
    ahead = at.wall - at.monotonic_ns / 1e9
    if seen is None or seen.boot != at.boot:
        return Seen(boot=at.boot, ahead=ahead), None
    seconds = ahead - seen.ahead
    if abs(seconds) <= LEAST_SECONDS:
        return replace(seen, ahead=ahead), None
    step = Step(seconds=seconds, before=at.wall - seconds, after=at.wall)
    return replace(seen, ahead=ahead, jumped_by=seconds, jumped_at_ns=at.monotonic_ns), step


def read(run: Path) -> Seen | None:
    """What was seen last since power on; None where nothing was."""
    try:
        return Seen(**json.loads((run / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(run: Path, seen: Seen) -> None:
    """So that a step is not missed while the web process starts anew. On tmpfs: it goes with the boot that it is of."""
    temporary = run / f".{FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(asdict(seen)), encoding="utf-8")
    temporary.rename(run / FILE)
