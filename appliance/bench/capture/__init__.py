"""Capture against its peers, in one run: recording, forwarding, latency, freezes (`appliance bench capture`).

A measurement that cannot run here says why, and its figures are null.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from appliance.bench.capture import box as boxes
from appliance.bench.capture import clip, forward, janus, record
from appliance.bench.capture.load import Load
from appliance.bench.figures import Figures
from appliance.errors import ApplianceError


def run() -> Figures:
    """`record`, `forward`, `latency`, `freeze_ms`: docs/performance.md says what each key means."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        picture = clip.camera()
        picture.write(folder / "camera.clip")
        load = Load(folder, folder / "camera.clip")
        box = stack.enter_context(boxes.capturing(folder / "data"))
        why = janus.missing()
        room = None if why else stack.enter_context(janus.running(_made(folder / "janus")))
        measured: dict[str, Any] = {
            "record": tried("record", lambda: record.run(load, box, room, picture)),
            "forward": tried("forward", lambda: forward.run(load, box, room)) if room else not_measured("forward", why),
        }
    return measured


def tried(name: str, measure: Callable[[], Figures]) -> Figures:
    """What was measured, with the load of the machine beside it."""
    before = os.getloadavg()[0]
    try:
        return {**measure(), "load_average": [round(before, 2), round(os.getloadavg()[0], 2)]}
    except ApplianceError as error:
        return not_measured(name, f"{error.message} {error.hint}".strip())


KEYS: dict[str, tuple[str, ...]] = {
    "record": ("cpu_per_stream", "ratio_vs_janus", "ratio_vs_janus_raw", "ratio_vs_mediarecorder"),
    "forward": ("ratio_vs_janus",),
    "latency": ("ratio_vs_direct", "p50_ms", "p95_ms"),
    "freeze_ms": ("loss1", "loss5"),
}


def not_measured(name: str, why: str) -> Figures:
    """It cannot be measured here."""
    print(f"capture.{name} was not measured: {why}", flush=True)
    return {**dict.fromkeys(KEYS[name]), "not_measured": why}


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
