"""Can the clock be believed, when files go by their date? A clock that is not synchronised, or that has just jumped
forward, deletes nothing.

A jump has to stand for a hundredth of itself, at most a day, while the box runs: a box that was off for a week waits
for an hour and three quarters, one whose clock says ten years later waits for a day, in which somebody can look. What
was believed last is kept in a file, so that a restart changes nothing; where there is none, an hour is waited for.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.box import disk
from appliance.box.clock import Stamp

JUMP_SECONDS = 86_400.0
"""So far ahead is no jump yet: a box is off at night."""

LONGEST_SECONDS = 86_400.0
UNKNOWN_SECONDS = 3_600.0
_SHARE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The last moment that was looked at, and until when (monotonic, of this boot) a jump has to stand."""

    wall: float
    monotonic_ns: int
    boot: str
    until_ns: int = 0


class Trust:
    """Belongs to one thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = _read(file)

    def doubt(self, at: Stamp) -> str:
        """Why nothing is deleted at this moment, or ""."""
        self._seen = seen = look(self._seen, at)
        disk.write(self._file, json.dumps(asdict(seen)).encode())
        if not at.synchronised:
            return "the clock of this box is not synchronised"
        if (left := (seen.until_ns - at.monotonic_ns) / 1e9) > 0:
            return (
                f"nothing is deleted by its date for {left / 3600:.1f} h: the clock went forward, or is not known yet"
            )
        return ""


def look(seen: Seen | None, at: Stamp) -> Seen:
    """What is to be remembered after this moment. Pure."""
    if seen is None:
        return _seen(at, at.monotonic_ns + round(UNKNOWN_SECONDS * 1e9))
    same = seen.boot == at.boot
    passed = (at.monotonic_ns - (seen.monotonic_ns if same else 0)) / 1e9
    ahead = at.wall - (seen.wall + passed)
    until = seen.until_ns if same else _after_boot(seen)
    if ahead > JUMP_SECONDS:
        from_ns = at.monotonic_ns if same else 0
        until = max(until, from_ns + round(min(ahead / _SHARE, LONGEST_SECONDS) * 1e9))
    return _seen(at, until)


def _after_boot(seen: Seen) -> int:
    """What was still to be waited for when the box went down is waited for in the new boot."""
    return max(0, seen.until_ns - seen.monotonic_ns)


def _seen(at: Stamp, until_ns: int) -> Seen:
    return Seen(wall=at.wall, monotonic_ns=at.monotonic_ns, boot=at.boot, until_ns=until_ns)


def _read(file: Path) -> Seen | None:
    try:
        return Seen(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
