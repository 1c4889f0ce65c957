"""Errands: what a process of the box may ask of root. The box's own user may change nothing of the machine, so it
leaves a file; the steward (`appliance provision steward`, a unit that systemd starts when a file appears) is root,
knows the verbs below and nothing else, checks each argument, and leaves a file with what came of it.

`errands/asked/ID.json` -> `errands/done/ID.json`. At most `WAITING` wait; more are refused. The last `KEPT` outcomes
stay.
"""

import json
import logging
import os
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.errors import Unavailable

WAITING = 16
KEPT = 64
_LARGEST = 64_000
"""Bytes of an errand."""

_HALF_SECONDS = 60.0
"""What is being written is left alone so long."""

log = logging.getLogger(__name__)
_ID = re.compile(r"[0-9]{13}-[0-9a-f]{8}")


class Verb(StrEnum):
    """All that root does for the box."""

    APPLY = "apply"  # what of provision/wanted.toml is the machine's: host name, network, time zone, time servers
    FRONT = "front"  # nginx reads its configuration and certificate again
    RESTART = "restart"  # {"unit": one of ours}
    CLOCK = "clock"  # step the clock to the time servers', or {"wall": seconds} as a person said
    UPDATE = "update"  # {"file": a signed bundle or package in updates/}
    RESET = "reset"  # {"confirm": the box's name}: wipe keys and data, begin anew
    REBOOT = "reboot"
    POWEROFF = "poweroff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is asked. `by`: who asked, as in an event's actor. `at`: wall seconds."""

    id: str
    verb: Verb
    by: str
    at: float
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: a sentence and what to do next, as everywhere. `facts` depend on the verb."""

    id: str
    verb: Verb
    done: bool
    sentence: str
    hint: str = ""
    at: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        """It was begun, and what came of it is not known yet. Where nothing follows, the power went in the middle."""
        return bool(self.facts.get("under_way"))


def has_steward() -> bool:
    """Is this machine an installed box? Under `appliance run` nobody takes errands."""
    return bool(os.environ.get("APPLIANCE_STEWARD"))


def ask(paths: Paths, verb: Verb, *, by: str, arguments: dict[str, Any] | None = None) -> str:
    """Leave an errand; -> its id. Unavailable where nobody would take it, or too many wait."""
    if not has_steward():
        raise Unavailable(
            "this box cannot change its machine: it was not installed from the package",
            hint="Do it by hand, or install the package (docs/cards/power-on.md).",
        )
    if len(waiting(paths)) >= WAITING:
        raise Unavailable(f"{WAITING} errands wait already", hint="Is appliance-steward.path running?")
    errand = Errand(
        id=f"{time.time_ns() // 1_000_000:013d}-{secrets.token_hex(4)}",
        verb=verb, by=by, at=time.time(), arguments=arguments or {},
    )  # fmt: skip
    _write(_asked(paths) / f"{errand.id}.json", asdict(errand))
    return errand.id


def waiting(paths: Paths) -> list[Errand]:
    """What is asked and not done, oldest first. What is not one of ours is put aside as `.odd`."""
    found = []
    for file in sorted(_asked(paths).glob("*.json")):
        try:
            if not file.is_file() or file.stat().st_size > _LARGEST:
                raise ValueError(file.name)
            said = json.loads(file.read_text(encoding="utf-8"))
            if not _ID.fullmatch(file.stem) or said["id"] != file.stem or not isinstance(said["arguments"], dict):
                raise ValueError(file.stem)
            found.append(Errand(**{**said, "verb": Verb(said["verb"]), "at": float(said["at"])}))
        except (ValueError, TypeError, KeyError, RecursionError, OSError):
            log.warning("an errand makes no sense and is put aside: %s", file.name[:80])
            file.replace(file.with_suffix(".odd"))
    return found


def sweep(paths: Paths) -> None:
    """The steward's: take away what is no errand. systemd starts him as long as anything lies there."""
    for left in _asked(paths).glob("*"):
        if left.suffix == ".json" or (left.suffix == ".new" and time.time() - left.lstat().st_mtime < _HALF_SECONDS):
            continue
        if not left.is_symlink() and left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


def settle(paths: Paths, outcome: Outcome) -> None:
    """The steward's: write down what came of an errand, then take the question away."""
    _write(paths.errands / "done" / f"{outcome.id}.json", asdict(outcome))
    (_asked(paths) / f"{outcome.id}.json").unlink(missing_ok=True)
    for old in sorted((paths.errands / "done").glob("*.json"))[:-KEPT]:
        old.unlink(missing_ok=True)


def outcome(paths: Paths, errand: str) -> Outcome | None:
    """What came of it; None while nothing did."""
    if not _ID.fullmatch(errand):
        return None
    try:
        said = json.loads((paths.errands / "done" / f"{errand}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Outcome(**{**said, "verb": Verb(said["verb"])})


def _asked(paths: Paths) -> Path:
    return paths.errands / "asked"


def _write(file: Path, content: dict[str, Any]) -> None:
    """Whole or not at all: systemd looks at the folder."""
    new = file.with_suffix(".new")
    disk.write(new, json.dumps(content, ensure_ascii=False).encode())
    new.replace(file)
    disk.sync_folder(file.parent)
