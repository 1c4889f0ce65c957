"""What a benchmark says: named figures, printed as a table or written as JSON."""

import json
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]
"""Names to numbers, or to further names: {"append": {"ratio_vs_sqlite": 0.6}}."""


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and largest of at least two values."""
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 3),
        "max": round(ordered[-1], 3),
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith(("model name", "Model")):
            model = line.partition(":")[2].strip()
            break
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def lines(figures: Figures, *, prefix: str = "") -> list[str]:
    """One line a figure: `append.ratio_vs_sqlite  0.61`."""
    said: list[str] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            said += lines(value, prefix=f"{prefix}{name}.")
        else:
            said.append(f"{prefix}{name:<{max(1, 44 - len(prefix))}} {value}")
    return said


def write(figures: Figures, file: Path) -> None:
    """The same as JSON."""
    file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
