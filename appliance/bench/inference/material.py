"""What is looked at: clips, as the decoder would write their pictures, or a portrait that sways."""

from collections.abc import Sequence
from pathlib import Path

from appliance.bench.inference.portrait import SWAY_PIXELS, person, swaying
from appliance.inference.models import Picture
from appliance.inference.replay import pictures

MOVING = (
    "A31_talking_gestures_man.mp4",
    "A08_turn_head_woman.mp4",
    "A16_swap_standing.mp4",
    "A19_phone_raised_composed.mp4",
)
"""Of the development footage: something moves in every picture."""

SWAY_SECONDS = 20.0

Clip = Sequence[tuple[float, Picture]]
"""(seconds, picture), in the order of time."""


def moving(models: Path, footage: Path | None) -> list[Clip]:
    """Clips in which nothing stands still."""
    if footage is None:
        return [list(swaying(person(models), seconds=SWAY_SECONDS))]
    return [list(pictures(footage / "clips" / name)) for name in MOVING]


def everyday(models: Path, footage: Path | None) -> list[Clip]:
    """Every clip of the footage; without it one that sways and one that sits still."""
    if footage is None:
        portrait = person(models)
        return [list(swaying(portrait, seconds=SWAY_SECONDS, sway=sway)) for sway in (SWAY_PIXELS, 0)]
    return [list(pictures(file)) for file in sorted((footage / "clips").glob("*.mp4"))]
