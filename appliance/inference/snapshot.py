"""The pictures that are kept with a flag."""

import hashlib
import os
from pathlib import Path
from typing import Any

from appliance.inference.watch import MOMENTS, Shots

Kept = list[dict[str, Any]]
"""As flags carry it: {"moment", "path", "sha256", "at"}."""


def save(media: Path, *, exam: str, attempt: str, flag: str, shots: Shots, kept: Kept) -> Kept:
    """Write what is new since `kept` to the disk, and return the whole list. A file once named in the ledger is never
    changed: a newer picture of the same moment gets a name of its own. OSError when the disk refuses."""
    found = {entry["moment"]: entry for entry in kept}
    folder = media / exam / attempt / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    for moment in MOMENTS:
        shot, before = shots.get(moment), found.get(moment)
        if shot is None or (before is not None and before["at"] == shot.at):
            continue
        name = f"{flag}-{moment}.jpg" if before is None else f"{flag}-{moment}-final.jpg"
        _write(folder / name, shot.jpeg)
        found[moment] = {
            "moment": moment,
            "path": str((folder / name).relative_to(media)),
            "sha256": hashlib.sha256(shot.jpeg).hexdigest(),
            "at": shot.at,
        }
    _sync(folder)
    return [found[moment] for moment in MOMENTS if moment in found]


def _write(file: Path, data: bytes) -> None:
    temporary = file.with_name(f".{file.name}")
    with open(temporary, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    temporary.rename(file)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
