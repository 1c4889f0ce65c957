"""What a look at one picture costs: the models of this box, with the settings' threads, on a person's picture."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from appliance.inference.detectors import Detectors, load_detectors
from appliance.inference.look import Look
from appliance.inference.models import Picture
from appliance.inference.observe import Observer

LOOKS = 25
WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True, slots=True)
class Looked:
    """`look_*`: one look for faces and the state of the camera; `objects_*`: what persons and phones take on top. Wall
    and CPU seconds."""

    look_seconds: float
    look_cpu: float
    objects_seconds: float
    objects_cpu: float


def measure(models: Path, *, threads: int, looks: int = LOOKS) -> Looked | None:
    """None where the models are missing: then there is no detection to be limited by."""
    detectors = load_detectors(models, threads=threads)
    if detectors.missing:
        return None
    picture = person(models)
    _time(detectors, picture, objects=True, looks=3)  # the first ones are slow
    faces, faces_cpu = _time(detectors, picture, objects=False, looks=looks)
    both, both_cpu = _time(detectors, picture, objects=True, looks=looks)
    return Looked(faces, faces_cpu, max(0.0, both - faces), max(0.0, both_cpu - faces_cpu))


def person(models: Path) -> Picture:
    """A picture of the pack; noise where it has none."""
    for file in sorted((models / "pictures").glob("*")):
        found = cv2.imread(str(file))
        if found is not None:
            return np.asarray(cv2.resize(found, (WIDTH, HEIGHT)), np.uint8)
    return np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def _time(detectors: Detectors, picture: Picture, *, objects: bool, looks: int) -> tuple[float, float]:
    observer = Observer(detectors)
    wants = {Look.OBJECTS} if objects else set()
    wall, cpu = [], []
    for number in range(looks):
        began, began_cpu = time.perf_counter(), time.process_time()
        observer.look(_moved(picture, number), at=float(number), position=None, wants=wants)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    return statistics.median(wall), statistics.median(cpu)


def _moved(picture: Picture, number: int) -> Picture:
    """Never twice the same picture."""
    return np.ascontiguousarray(np.roll(picture, number % 8, axis=1))
