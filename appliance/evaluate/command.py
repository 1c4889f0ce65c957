"""`appliance evaluate`: the figures on the screen, and as JSON in a file."""

import json
import sys
from pathlib import Path

from appliance.box.paths import models_folder
from appliance.errors import BadInput, Unavailable
from appliance.evaluate import dataset, oep, printing, result
from appliance.evaluate.play import play
from appliance.exam.detection import PRESETS, in_force
from appliance.inference.detectors import load_detectors

INCOMPLETE = 1
"""Exit code when something of the folder could not be used as it stands; the rest was evaluated."""


def run(folder: Path, *, out: Path | None, preset: str) -> int:
    """Replay, print, write; -> exit code. BadInput when there is nothing to evaluate at all."""
    if preset not in PRESETS:
        raise BadInput(f"there is no preset {preset!r}", hint=f"There are: {', '.join(PRESETS)}.")
    footage = oep.read(folder) if oep.is_oep(folder) else dataset.read(folder)
    rules = in_force(PRESETS[preset])
    detectors = load_detectors(models_folder(), threads=1)
    if detectors.missing:
        raise Unavailable(
            f"models are missing: {', '.join(sorted(detectors.missing))}", hint="Run `appliance models prepare`."
        )
    came = play(footage, detectors, rules, say=lambda name: print(f"  {name}", file=sys.stderr, flush=True))
    if not came.played:
        raise BadInput(f"nothing in {folder} can be evaluated", hint="; ".join(came.findings[:5]))
    figures = result.of(came, preset=preset, rules=rules.version)
    print("\n".join(printing.lines(figures)))
    if out is not None:
        out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return INCOMPLETE if came.findings else 0
