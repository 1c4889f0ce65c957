"""OpenVINO's own `benchmark_app` on each network alone: what the machine gives when nothing but the network runs."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from appliance.errors import Unavailable
from appliance.inference import pack
from appliance.inference.models import Model

SECONDS = 3
"""For each network."""


def latencies(folder: Path, models: Mapping[str, Model], *, threads: int) -> dict[str, float]:
    """Network -> seconds of one inference, median, one request at a time as the pipeline asks them."""
    return {name: _latency(pack.locate(folder, name), model, threads=threads) for name, model in models.items()}


def _latency(file: Path, model: Model, *, threads: int) -> float:
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as reports:
        command = [
            str(Path(sys.executable).parent / "benchmark_app"),
            "-m",
            str(file),
            "-hint",
            "none",
            "-nstreams",
            "1",
        ]
        command += ["-nstreams", "1", "-api", "sync", "-t", str(SECONDS), "-nthreads", str(threads), "-d", "CPU"]
        shapes = (f"{name}[{','.join(map(str, shape))}]" for name, shape in model.shapes.items())
        command += ["-shape", ",".join(shapes)]
        command += ["-report_type", "no_counters", "-report_folder", reports, "-json_stats"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        said = Path(reports) / "benchmark_report.json"
        if done.returncode or not said.is_file():
            raise Unavailable(f"benchmark_app cannot run {model.name}: {done.stdout.strip()[-300:]}")
        results = json.loads(said.read_text(encoding="utf-8"))["execution_results"]
        return float(results["latency (ms)"]) / 1000
