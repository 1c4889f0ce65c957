"""The disk that the data folder is on: room, whether it is the one that should be there, whether it takes anything."""

import contextlib
import json
import os
from pathlib import Path

from appliance.box import capacity, mounts
from appliance.box.paths import Paths
from appliance.checks.facts import Disk
from appliance.config import Settings

FACT = "encryption.json"
"""provision/encryption.json: {"encrypted": bool}, as first boot found or made it."""


def read(paths: Paths, settings: Settings, *, rate: float, root: Path = Path("/")) -> Disk:
    """As of now. `rate`: bytes a second of recordings; a folder as upstream on the same disk takes everything again."""
    missing = not_mounted(paths.data, root)
    try:
        said = os.statvfs(paths.data)
    except OSError:
        return Disk(missing=missing or str(paths.data), size=0, free=0)
    upstream = settings.upstream.folder_in(paths.data)
    twice = upstream is not None and not mounts.apart(paths.data, upstream)
    return Disk(
        size=said.f_blocks * said.f_frsize,
        free=said.f_bavail * said.f_frsize,
        rate=rate * (capacity.COPIES_ON_THE_SAME_DISK if twice else 1),
        read_only=bool(said.f_flag & os.ST_RDONLY),
        missing=missing,
        encrypted=_encrypted(paths.provision / FACT),
    )


def not_mounted(data: Path, root: Path) -> str:
    """The mount that /etc/fstab or a unit wants for the data folder, or one above it, and that is not there, or ""."""
    known = mounts.points(root / "proc/self/mountinfo")
    for point in sorted(_wanted(root)):
        if data.is_relative_to(point) and known and point not in known:
            return point
    return ""


def _wanted(root: Path) -> set[str]:
    """Mount points but "/", from fstab and from units. What is mounted only on demand is not wanted."""
    found = set()
    with contextlib.suppress(OSError):
        for line in (root / "etc/fstab").read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split()
            if len(fields) >= 4 and not line.startswith("#") and "noauto" not in fields[3].split(","):
                found.add(fields[1])
    for unit in (root / "etc/systemd/system").glob("*.mount"):
        with contextlib.suppress(OSError):
            text = unit.read_text(encoding="utf-8", errors="replace")
            found |= {line.partition("=")[2].strip() for line in text.splitlines() if line.startswith("Where=")}
    return {point for point in found if point.startswith("/") and point != "/"}


def _encrypted(file: Path) -> bool | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))["encrypted"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return bool(said)
