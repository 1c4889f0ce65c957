"""Capture against its peers, in one run: recording, forwarding, latency, freezes (`appliance bench capture`).

A measurement that cannot run here says why, and its figures are null. About six minutes.
"""

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import av

from appliance.bench.capture import box as boxes
from appliance.bench.capture import browser, clip, forward, freeze, janus, latency, lossy, record
from appliance.bench.capture.load import Load
from appliance.bench.figures import Figures
from appliance.errors import ApplianceError, Unavailable

KEYS: dict[str, tuple[str, ...]] = {
    "record": ("cpu_per_stream", "ratio_vs_janus", "ratio_vs_janus_raw", "ratio_vs_mediarecorder"),
    "forward": ("ratio_vs_janus",),
    "latency": ("ratio_vs_direct", "p50_ms", "p95_ms"),
    "freeze_ms": ("loss1", "loss5"),
}
"""The figures that are always there; null where they could not be measured."""


def run() -> Figures:
    """`record`, `forward`, `latency`, `freeze_ms`: docs/performance.md says what each key means."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as temporary:
        folder = Path(temporary)
        return {
            "record": tried("record", lambda: _record(folder / "record")),
            "forward": tried("forward", lambda: _forward(folder / "forward")),
            "latency": tried("latency", lambda: _latency(folder / "latency")),
            "freeze_ms": tried("freeze_ms", lambda: _freeze(folder / "freeze")),
        }


def _record(folder: Path) -> Figures:
    """Without Janus, what there is besides is measured all the same."""
    why = janus.missing()
    if why:
        print(f"capture.record has no ratio to Janus: {why}", flush=True)
    load, picture = _load(folder)
    with ExitStack() as stack:
        box = stack.enter_context(boxes.capturing(folder / "data"))
        peer = None if why else stack.enter_context(janus.running(folder / "janus"))
        return record.run(load, box, peer, picture)


def _forward(folder: Path) -> Figures:
    _need(janus.missing())
    load, _ = _load(folder)
    with boxes.capturing(folder / "data") as box, janus.running(folder / "janus") as peer:
        return forward.run(load, box, peer)


def _latency(folder: Path) -> Figures:
    _need(browser.missing())
    with boxes.capturing(folder) as box:
        return latency.run(box)


def _freeze(folder: Path) -> Figures:
    _need(lossy.missing() or browser.missing())
    return freeze.run(folder)


def _load(folder: Path) -> tuple[Load, clip.Clip]:
    folder.mkdir()
    picture = clip.camera()
    picture.write(folder / "camera.clip")
    return Load(folder, folder / "camera.clip"), picture


def _need(why: str) -> None:
    if why:
        raise Unavailable(why)


def tried(name: str, measure: Callable[[], Figures]) -> Figures:
    """What was measured, with the load of the machine before and after beside it."""
    before = os.getloadavg()[0]
    try:
        return {**measure(), "load_average": [round(before, 2), round(os.getloadavg()[0], 2)]}
    except ApplianceError as error:
        return not_measured(name, f"{error.message} {error.hint}".strip())
    except (OSError, av.FFmpegError) as error:  # a process that was measured is gone, a file is broken
        return not_measured(name, f"{type(error).__name__}: {error}")


def not_measured(name: str, why: str) -> Figures:
    """It cannot be measured here: say so, and leave its figures out."""
    print(f"capture.{name} was not measured: {why}", flush=True)
    return {**dict.fromkeys(KEYS[name]), "not_measured": why}
