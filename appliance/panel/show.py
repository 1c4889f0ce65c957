"""`appliance panel show`: what the panel shows, on a terminal."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from appliance.box import panel
from appliance.box.panel import Panel
from appliance.box.paths import Paths
from appliance.errors import Unavailable

EVERY = 0.25
"""Seconds between two looks with `--follow`."""

STALE = 5.0
"""Seconds without a word from a panel that speaks each second."""


def run(
    paths: Paths,
    *,
    follow: bool = False,
    out: TextIO = sys.stdout,
    wall: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Once, or each change until Ctrl-C; 0. Unavailable where no panel runs."""
    shown = ""
    while True:
        found = panel.read(paths.run)
        if found is None or abs(wall() - found.at) > STALE:
            if not follow:
                raise Unavailable(
                    f"no panel shows anything of the box in {paths.data}",
                    hint="`systemctl status appliance-panel`, or `appliance run` where it was not installed.",
                )
            text = "(no panel)\n"
        else:
            text = _text(found, wall())
        if text != shown:
            shown = text
            print(text, end="" if not follow else "\n", file=out, flush=True)
        if not follow:
            return 0
        sleep(EVERY)


def _text(found: Panel, now: float) -> str:
    """Status, the display's lines, and what does not work."""
    rows = [f"[{found.status.replace('_', ' ')}]", *(f"  {line}" for line in found.lines if line)]
    if found.pairing_until > now:
        rows.append("  (computers may be paired)")
    for part in found.parts:
        state = part.trouble.replace("_", " ") or "ok"
        about = f"  {part.about}" if part.about else ""
        rows.append(f"{part.name:<8} {part.driver:<8} {state}{about}")
    return "\n".join(rows) + "\n"
