"""The box's front: how soon the light says that an exam is on, and what the panel costs.

The panel is the real process over a real ledger, on gpiozero's mock pins, which tell each change with its time. The
limits: the light says it within a second of the commit; 2 % of a core, while it rests and while it breathes; the
display's picture is drawn in less time than the bus needs to carry it. The peers, in the same run: gpiozero's own
`pulse()` on the same pins, and the web process, for memory.
"""

import contextlib
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.bench.capture import usage
from appliance.bench.figures import Figures, spread
from appliance.bench.panel import drawn
from appliance.bench.panel.box import Box
from appliance.box import health
from appliance.box.paths import Paths
from appliance.errors import Unavailable

EXAMS = 15
"""As many candidates as one proctor of the plan watches; each begins an exam of its own for the light."""

LIMIT_MS = 1000.0
MEASURED_SECONDS = 15.0
CPU_LIMIT = 0.02
"""Of one core."""

_MEGABYTE = 1e6
_PATIENCE_SECONDS = 60.0


def run() -> Figures:
    """Milliseconds from an event's commit to the light; shares of a core; megabytes; milliseconds of a picture."""
    with tempfile.TemporaryDirectory() as folder:
        with Box.made(Path(folder) / "box", attempts=EXAMS) as box:
            box.shows("starting")
            breathing = _cores(box.pid)
            box.silent = ""
            box.shows("ready")
            resting = _cores(box.pid)
            delays = [_delay(box, number) for number in range(EXAMS)]
            panel_mb = usage.resident_bytes(box.pid) / _MEGABYTE
        with _peer() as pid:
            pulsing = _cores(pid)
        with _web(Path(folder) / "web") as pid:
            web_mb = usage.resident_bytes(pid) / _MEGABYTE
    light = spread(delays)
    return {
        "exam_to_light_ms": light,
        "ratio_light_to_limit": {"p50": round(light["p50"] / LIMIT_MS, 3), "p95": round(light["p95"] / LIMIT_MS, 3)},
        "cores": {"resting": round(resting, 4), "breathing": round(breathing, 4), "gpiozero_pulse": round(pulsing, 4)},
        "ratio_cores_to_limit": {
            "resting": round(resting / CPU_LIMIT, 2),
            "breathing": round(breathing / CPU_LIMIT, 2),
        },
        "ratio_breathing_vs_gpiozero": round(breathing / max(pulsing, 1e-4), 2),
        "own_memory_mb": {"panel": round(panel_mb, 1), "web": round(web_mb, 1)},
        "ratio_memory_vs_web": round(panel_mb / web_mb, 2),
        "picture_ms": drawn.milliseconds(),
    }


def _delay(box: Box, number: int) -> float:
    """Of one exam that begins, at any moment between two looks of the panel."""
    time.sleep(random.uniform(0.0, 0.5))  # noqa: S311 - a moment, no secret
    signed = box.sign(number)
    shone = box.lit("light_red", after=signed)
    box.shows("recording")
    box.end(number)
    box.shows("ready")
    return (shone - signed) * 1000


def _cores(pid: int) -> float:
    """The share of one core that a process takes."""
    time.sleep(1.0)
    before, began = usage.cpu(pid), time.monotonic()
    time.sleep(MEASURED_SECONDS)
    return (usage.cpu(pid) - before) / (time.monotonic() - began)


@contextlib.contextmanager
def _peer() -> Iterator[int]:
    command = [sys.executable, "-P", str(Path(__file__).with_name("peer.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdout is not None
        assert peer.stdin is not None
        try:
            if peer.stdout.readline() != "ready\n":
                raise Unavailable("gpiozero's own light does not shine")
            yield peer.pid
        finally:
            peer.stdin.close()


@contextlib.contextmanager
def _web(data: Path) -> Iterator[int]:
    """A web process by itself, that has just begun to serve."""
    paths = Paths.of(data).make()
    with (
        open(data / "web.log", "wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "appliance", "--data", str(data), "web"], stdout=log, stderr=log
        ) as web,
    ):
        try:
            until = time.monotonic() + _PATIENCE_SECONDS
            while not health.read(paths.health, "web", now=time.time())["healthy"]:
                if web.poll() is not None or time.monotonic() > until:
                    raise Unavailable(f"the web process does not start: {(data / 'web.log').read_text()[-500:]}")
                time.sleep(0.2)
            yield web.pid
        finally:
            web.terminate()
            web.wait(20)
