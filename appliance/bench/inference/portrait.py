"""A person of the model pack who sways: what is looked at where there is no footage."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from appliance.inference.models import Picture
from appliance.inference.replay import PICTURES_PER_SECOND

WIDTH, HEIGHT = 640, 360
SWAY_PIXELS = 40
NOISE = 3.0
"""Of the sensor: standard deviation, grey levels."""


def person(models: Path) -> Picture:
    """A picture of the pack; noise where it has none."""
    for file in sorted((models / "pictures").glob("*")):
        found = cv2.imread(str(file))
        if found is not None:
            return np.asarray(cv2.resize(found, (WIDTH, HEIGHT)), np.uint8)
    return np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


def swaying(picture: Picture, *, seconds: float, sway: int = SWAY_PIXELS) -> Iterator[tuple[float, Picture]]:
    """(seconds, picture) as the decoder would write them: to and fro in four seconds, with the noise of a sensor."""
    random = np.random.default_rng(1)
    noise = [random.normal(0, NOISE, picture.shape).astype(np.int16) for _ in range(8)]
    for number in range(round(seconds * PICTURES_PER_SECOND)):
        at = number / PICTURES_PER_SECOND
        moved = np.roll(picture, round(sway * np.sin(2 * np.pi * at / 4)), axis=1)
        yield at, np.clip(moved + noise[number % len(noise)], 0, 255).astype(np.uint8)
