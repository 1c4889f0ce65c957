"""The training pictures: which there are, who is in them, and what their boxes say."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from appliance.inference.boxes import Box

BLOCK = 10
"""Pictures that stay together where nobody in particular is in them."""

HELD_OUT = "dev"
"""The man of the development clips: nothing is trained on him, so that they still measure something."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture. `who`: kept together when the set is split; `cropped`: it shows the phone and little else, so that
    it is no scene in which anything could be found; `boxes`: kind and place, in pixels."""

    file: Path
    group: str
    who: str
    pose: str
    split: str
    cropped: bool
    boxes: tuple[tuple[str, Box], ...]

    @property
    def phones(self) -> list[Box]:
        return [box for kind, box in self.boxes if kind == "phone"]


def read(folder: Path) -> list[Shot]:
    """In the order of the list. OSError or KeyError where it is not what its README says."""
    said = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    kinds = {category["id"]: category["name"] for category in said["categories"]}
    boxes: dict[int, list[tuple[str, Box]]] = {picture["id"]: [] for picture in said["images"]}
    for note in said["annotations"]:
        left, top, width, height = note["bbox"]
        boxes[note["image_id"]].append((kinds[note["category_id"]], Box(left, top, left + width, top + height)))
    seen: Counter[str] = Counter()
    shots = []
    for picture in said["images"]:
        group = picture["group"]
        who = picture["person"] or f"{group} {picture['pose']} {seen[group] // BLOCK}"
        seen[group] += picture["person"] is None
        shots.append(
            Shot(
                file=folder / picture["file_name"],
                group=group,
                who=who,
                pose=picture["pose"],
                split=picture["split"],
                cropped=bool(picture.get("cropped")),
                boxes=tuple(boxes[picture["id"]]),
            )
        )
    return shots


def folds(shots: list[Shot], number: int) -> list[int]:
    """A fold for each picture; who is in one is in no other, and holders of phones are spread over all."""
    holders = dict.fromkeys(shot.who for shot in shots if shot.phones)
    others = dict.fromkeys(shot.who for shot in shots if shot.who not in holders)
    place = {who: n % number for names in (holders, others) for n, who in enumerate(names)}
    return [place[shot.who] for shot in shots]
