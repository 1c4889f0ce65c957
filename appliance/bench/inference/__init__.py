"""What detection costs, and how many seats it holds: `appliance bench inference [--footage DIR]`.

Three questions, each answered against a measure of the same run: how much of what OpenVINO's own `benchmark_app` gives
for the same networks at the same rates is reached; what a seat costs; whether ten seats are looked at at full rate
beside capture and what sends to it. `footage`: a folder with `clips/*.mp4`; without it a portrait that sways is looked
at.
"""

from pathlib import Path

from appliance.bench.figures import Figures
from appliance.bench.inference import lasting, material, peer, pipeline, seats
from appliance.box.paths import models_folder
from appliance.config import InferenceSettings
from appliance.errors import Unavailable
from appliance.inference.detectors import load_detectors

CORE_LIMIT_MOVING, CORE_LIMIT_GATED = 0.12, 0.06
"""Of one core, for one seat: every look, on moving footage; on the development set with the gate."""
TICK_LIMIT_MS = 250.0
LOAD_LIMIT_SECONDS = 3.0
MINUTES = 10.0


def run(footage: Path | None = None, minutes: float = MINUTES) -> Figures:
    """`fraction_of_benchmark_app`; `cpu_per_seat`, cores; `seats_at_full_rate`; `frame_to_tick_ms`. `minutes` of one
    seat's looks, as fast as they go, tell whether memory grows."""
    folder, settings = models_folder(), InferenceSettings()
    detectors = load_detectors(folder, threads=settings.threads)
    if detectors.missing:
        raise Unavailable("a model is missing", hint="Run: appliance models prepare")
    moving, everyday = material.moving(folder, footage), material.everyday(folder, footage)
    pipeline.run(detectors, settings, moving[:1], gated=False)  # the first looks are slow
    full = pipeline.run(detectors, settings, moving, gated=False)
    gated = pipeline.run(detectors, settings, everyday, gated=True)
    alone = peer.latencies(folder, detectors.models, threads=settings.threads)
    ideal = sum(calls * alone[name] for name, calls in full.calls.items())
    cpu = full.cpu / full.seconds
    lab = seats.run(moving[0])
    load = lasting.load_seconds(folder, threads=settings.threads)
    return {
        "footage": footage is not None,
        "fraction_of_benchmark_app": round(ideal / full.wall, 3),
        "where_the_rest_goes": full.rest(ideal),
        "networks_ms": {name: round(1000 * seconds, 2) for name, seconds in alone.items()},
        "calls_per_seat_second": {name: round(calls / full.seconds, 2) for name, calls in full.calls.items()},
        "cpu_per_seat": round(cpu, 4),
        "ratio_cpu_to_limit": round(cpu / CORE_LIMIT_MOVING, 2),
        "cpu_per_seat_gated": round(gated.cpu / gated.seconds, 4),
        "ratio_gated_to_limit": round(gated.cpu / gated.seconds / CORE_LIMIT_GATED, 2),
        **lab,
        "ratio_tick_to_limit": round(lab["frame_to_tick_ms"]["p95"] / TICK_LIMIT_MS, 2),
        "load_from_cache_s": round(load, 2),
        "ratio_load_to_limit": round(load / LOAD_LIMIT_SECONDS, 2),
        "memory": lasting.growth(detectors, settings, everyday, minutes=minutes),
    }
