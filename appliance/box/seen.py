"""What is in a candidate's pictures at check-in: one small file on tmpfs, written by detection, read by the overlay and
the wall. It never enters the ledger, and what is old says nothing.

Feed kind -> {"face", "hands", "screen", "workspace", "materials": "seen", "not_seen" or "not_assessable"; "box": the
head as [x, y, width, height] in shares of the picture, or None; "at": wall seconds when the picture was taken;
"measured": numbers for the check of a seat, which no candidate's page is told}.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STALE_SECONDS = 5.0

Facts = Mapping[str, Mapping[str, Any]]
"""As the head of this file says."""


def write(folder: Path, attempt: str, facts: Facts) -> None:
    """Rename what is seen now into place. A full tmpfs must not stop detection: what was there before grows old."""
    temporary = folder / f".{attempt}.{os.getpid()}"
    with contextlib.suppress(OSError):
        temporary.write_text(json.dumps(facts), encoding="utf-8")
        temporary.rename(folder / f"{attempt}.json")


def read(folder: Path, attempt: str, now: float) -> dict[str, dict[str, Any]]:
    """What is seen, of the feeds whose picture is at most 5 s old; empty where there is none."""
    try:
        said = json.loads((folder / f"{attempt}.json").read_text(encoding="utf-8"))
        return {kind: facts for kind, facts in said.items() if abs(now - facts["at"]) <= STALE_SECONDS}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not written by us
        return {}


def remove(folder: Path, attempt: str) -> None:
    """Nobody looks any more."""
    (folder / f"{attempt}.json").unlink(missing_ok=True)
