"""What detection costs for one seat: the production path at the live rate, over a portrait that sways."""

from dataclasses import dataclass
from pathlib import Path

from appliance.bench.inference import pipeline, portrait
from appliance.config import InferenceSettings
from appliance.inference.detectors import load_detectors

SECONDS = 8.0
"""Of one seat, as fast as it goes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall and CPU seconds for each second of a seat in which something always moves."""

    seconds: float
    cpu: float


def measure(models: Path, *, settings: InferenceSettings, seconds: float = SECONDS) -> Cost | None:
    """None where the models are missing: then there is no detection to be limited by."""
    detectors = load_detectors(models, threads=settings.threads)
    if detectors.missing:
        return None
    shots = list(portrait.swaying(portrait.person(models), seconds=seconds))
    pipeline.run(detectors, settings, [shots[:4]], gated=False)  # the first looks are slow
    taken = pipeline.run(detectors, settings, [shots], gated=False)
    return Cost(taken.wall / taken.seconds, taken.cpu / taken.seconds)
