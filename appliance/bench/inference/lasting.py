"""How soon detection can begin, and whether it holds more memory the longer it goes on."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from appliance.bench.figures import Figures
from appliance.bench.inference import pipeline
from appliance.bench.inference.material import Clip
from appliance.box import memory
from appliance.config import InferenceSettings
from appliance.inference.detectors import Detectors

_LOAD = """
import sys, time
from pathlib import Path
from appliance.inference.detectors import load_detectors
began = time.perf_counter()
load_detectors(Path(sys.argv[1]), threads=int(sys.argv[2]), cache=Path(sys.argv[3]))
print(time.perf_counter() - began)
"""


def load_seconds(folder: Path, *, threads: int) -> float:
    """All models into a process of its own, from what an earlier one has compiled."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as cache:
        command = [sys.executable, "-c", _LOAD, str(folder), str(threads), cache]
        _, second = (subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2))
        return float(second.stdout)


def growth(detectors: Detectors, settings: InferenceSettings, clips: Sequence[Clip], *, minutes: float) -> Figures:
    """The clips again and again, for so many minutes of one seat."""
    pipeline.run(detectors, settings, clips, gated=True)
    before, seconds = memory.resident(), 0.0
    while seconds < 60 * minutes:
        seconds += pipeline.run(detectors, settings, clips, gated=True).seconds
    after = memory.resident()
    return {
        "minutes": round(seconds / 60, 1),
        "mb_before": round(before / 1e6, 1),
        "mb_after": round(after / 1e6, 1),
        "growth": round(after / before - 1, 4),
    }
