"""Health of a process: one small file on tmpfs, renamed into place each second. It never enters the ledger."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance import __version__

STALE_SECONDS = 5.0


def write(folder: Path, process: str, *, healthy: bool, sentence: str, **facts: Any) -> None:
    """`facts` are counters, queue lengths and the like: plain JSON values."""
    state = {
        "process": process,
        "version": __version__,
        "pid": os.getpid(),
        "healthy": healthy,
        "sentence": sentence,
        "at": time.time(),
        **facts,
    }
    temporary = folder / f".{process}.{os.getpid()}"
    temporary.write_text(json.dumps(state), encoding="utf-8")
    temporary.rename(folder / f"{process}.json")


def read(folder: Path, process: str, *, now: float) -> dict[str, Any]:
    """What the process said last. `healthy` is False, with a sentence, when it is silent for 5 s or was never there.
    Who speaks from the future spoke before the clock was set back, and not since."""
    try:
        state: dict[str, Any] = json.loads((folder / f"{process}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {"process": process, "healthy": False, "sentence": "not running"}
    age = now - state["at"]
    if abs(age) > STALE_SECONDS:
        sentence = f"silent for {age:.0f} s" if age > 0 else "silent since the clock was set back"
        return {**state, "healthy": False, "sentence": sentence}
    return state


def read_all(folder: Path, *, now: float) -> Mapping[str, dict[str, Any]]:
    """Every process that ever said something since boot."""
    return {file.stem: read(folder, file.stem, now=now) for file in sorted(folder.glob("*.json"))}
