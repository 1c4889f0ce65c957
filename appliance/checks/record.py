"""What stands is written down each minute: `run/issues.json` for the panel, and changes for the ledger. The one who
does it is the timer of an installed box (`appliance doctor --record`), or the web process under `appliance run`.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.box import disk
from appliance.box.paths import Paths
from appliance.checks import standing
from appliance.checks.issue import Fix, Issue
from appliance.checks.standing import Standing
from appliance.errors import ApplianceError
from appliance.exam.events import Payload

log = logging.getLogger(__name__)

SCHEMA = 1
FILE = "issues.json"
EVERY_SECONDS = 60.0
BY_ITSELF = (Fix.RENEW_CERTIFICATE,)
"""What is mended without asking anybody: it interrupts nothing."""


def record(
    paths: Paths,
    issues: Iterable[Issue],
    now: float,
    *,
    tell: Callable[[Payload], None],
    mend: Callable[[Issue], None] | None = None,
) -> list[Standing]:
    """One look. `tell` says it to the ledger and raises an ApplianceError while it is away: what could not be told is
    told next time. `mend` does what is safe by itself. -> what stands."""
    found = list(issues)
    kept, changes = standing.look(_known(paths), found, now)
    for change in changes:
        try:
            tell(change[0])
        except ApplianceError as error:
            log.warning("the ledger does not hear of %s yet: %s", change[0], error)
            break
        kept = standing.told(kept, change)
    _keep(paths, kept)
    if mend is not None:
        for issue in found:
            if issue.fix in BY_ITSELF:
                mend(issue)
    return kept


def read(run: Path) -> tuple[float, list[Standing]] | None:
    """When it was looked last, and what stood then; None where nothing has looked since power on."""
    try:
        said: dict[str, Any] = json.loads((run / FILE).read_text(encoding="utf-8"))
        if said["schema"] != SCHEMA:
            return None
        return float(said["at"]), [Standing(**one) for one in said["issues"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def show(run: Path, kept: Iterable[Standing], now: float) -> None:
    """For the panel and whoever else cannot look: whole or not at all."""
    said: Mapping[str, object] = {
        "schema": SCHEMA,
        "at": now,
        "issues": [asdict(one) for one in kept if one.looks],
    }
    temporary = run / f".{FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(said), encoding="utf-8")
    temporary.rename(run / FILE)


def _known(paths: Paths) -> list[Standing]:
    """What stood at the last look, also before the machine was switched off; nothing where that cannot be read."""
    try:
        said = json.loads((paths.cache / FILE).read_text(encoding="utf-8"))
        return [Standing(**one) for one in said]
    except (OSError, ValueError, TypeError):
        return []


def _keep(paths: Paths, kept: list[Standing]) -> None:
    """A full or read-only disk is one of the things that is to be told: not writing it down must not hide it."""
    text = json.dumps([asdict(one) for one in kept])
    file = paths.cache / FILE
    try:
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            new = file.with_suffix(".new")
            disk.write(new, text.encode())
            new.replace(file)
    except OSError as error:
        log.warning("what stands cannot be written down: %s", error)
