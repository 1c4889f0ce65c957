"""What is looked at: clips, as the decoder would write their pictures, or a portrait that sways."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from appliance.capacity.looking import person
from appliance.inference.models import Picture
from appliance.inference.replay import PICTURES_PER_SECOND, pictures

MOVING = (
    "A31_talking_gestures_man.mp4",
    "A08_turn_head_woman.mp4",
    "A16_swap_standing.mp4",
    "A19_phone_raised_composed.mp4",
)
"""Of the development footage: something moves in every picture."""

SWAY_SECONDS = 20.0
SWAY_PIXELS = 40
NOISE = 3.0

Clip = Sequence[tuple[float, Picture]]
"""(seconds, picture), in the order of time."""


def moving(models: Path, footage: Path | None) -> list[Clip]:
    """Clips in which nothing stands still."""
    if footage is None:
        return [_portrait(person(models), SWAY_PIXELS)]
    return [list(pictures(footage / "clips" / name)) for name in MOVING]


def everyday(models: Path, footage: Path | None) -> list[Clip]:
    """Every clip of the footage; without it one that sways and one that sits still."""
    if footage is None:
        portrait = person(models)
        return [_portrait(portrait, SWAY_PIXELS), _portrait(portrait, 0)]
    return [list(pictures(file)) for file in sorted((footage / "clips").glob("*.mp4"))]


def _portrait(picture: Picture, sway: int) -> Clip:
    random = np.random.default_rng(1)
    shots: list[tuple[float, Picture]] = []
    for number in range(round(SWAY_SECONDS * PICTURES_PER_SECOND)):
        at = number / PICTURES_PER_SECOND
        moved = np.roll(picture, round(sway * np.sin(2 * np.pi * at / 4)), axis=1)
        noisy = moved + random.normal(0, NOISE, picture.shape)
        shots.append((at, np.clip(noisy, 0, 255).astype(np.uint8)))
    return shots
