"""What the command line and the web process tell each other of a rehearsal, on tmpfs; and the last report, on disk."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from appliance.box import disk
from appliance.box.paths import Paths


def folder(paths: Paths) -> Path:
    """`run/rehearsal`: asked.json, stop, state.json, and the codes of the seats while it goes on."""
    return paths.run / "rehearsal"


def ask(paths: Paths, *, seats: int | None, minutes: float, by: str) -> None:
    """`appliance rehearse`: the web process takes it up within a second."""
    folder(paths).mkdir(mode=0o700, exist_ok=True)
    _write(folder(paths) / "asked.json", {"seats": seats, "minutes": minutes, "by": by})


def take_asked(paths: Paths) -> dict[str, Any] | None:
    """What the command line asks, once."""
    file = folder(paths) / "asked.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        said = None
    file.unlink(missing_ok=True)
    return said if isinstance(said, dict) else None


def stop(paths: Paths) -> None:
    """The command line wants no more of it."""
    with contextlib.suppress(FileNotFoundError):
        (folder(paths) / "stop").touch()


def take_stop(paths: Paths) -> bool:
    """Did it?"""
    file = folder(paths) / "stop"
    there = file.exists()
    file.unlink(missing_ok=True)
    return there


def say(paths: Paths, state: dict[str, Any]) -> None:
    """Where it is."""
    folder(paths).mkdir(mode=0o700, exist_ok=True)
    _write(folder(paths) / "state.json", state)


def said(paths: Paths) -> dict[str, Any]:
    """What was said last; empty where nothing was."""
    return _read(folder(paths) / "state.json")


def forget(paths: Paths) -> None:
    """Nothing of it stays on tmpfs but what was said last."""
    for name in ("codes.csv", "stop", "asked.json"):
        (folder(paths) / name).unlink(missing_ok=True)


def report_file(paths: Paths) -> Path:
    """The last report."""
    return paths.data / "rehearsal.json"


def write_report(paths: Paths, report: dict[str, Any]) -> None:
    """It is there for tomorrow morning, whatever happens to the power tonight."""
    new = report_file(paths).with_suffix(".new")
    disk.write(new, json.dumps(report, ensure_ascii=False, indent=1).encode())
    new.replace(report_file(paths))
    disk.sync_folder(paths.data)


def read_report(paths: Paths) -> dict[str, Any]:
    """Empty where nothing was rehearsed yet, or the file cannot be read."""
    return _read(report_file(paths))


def _write(file: Path, content: dict[str, Any]) -> None:
    new = file.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    new.replace(file)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
