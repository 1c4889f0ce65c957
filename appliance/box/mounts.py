"""Which disk or share a path is on, without touching it: one that hangs must not hang who asks."""

import os
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")


def apart(one: Path, other: Path, *, mounts: Path = MOUNTS) -> bool:
    """Are they on two disks (or shares)? False where that cannot be said."""
    try:
        known = _known(mounts.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False
    return _device(one, known) != _device(other, known)


def points(mounts: Path = MOUNTS) -> frozenset[str]:
    """Where something is mounted; empty where that cannot be said."""
    try:
        return frozenset(_known(mounts.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return frozenset()


def device(path: Path, *, mounts: Path = MOUNTS) -> str:
    """MAJOR:MINOR of what a path is on; "" where that cannot be said."""
    try:
        return _device(path, _known(mounts.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return ""


def _known(text: str) -> dict[str, str]:
    """Mount point -> device; the last one mounted there counts."""
    found = {}
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) > 4:
            # space, tab, newline and backslash stand there as \040 and the like
            point = fields[4].encode().decode("unicode_escape", errors="replace") if "\\" in fields[4] else fields[4]
            found[point] = fields[2]
    return found


def _device(path: Path, known: dict[str, str]) -> str:
    place = Path(os.path.normpath(path if path.is_absolute() else Path.cwd() / path))
    return next((known[str(parent)] for parent in (place, *place.parents) if str(parent) in known), "")
