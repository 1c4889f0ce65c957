"""From a picture to what the head learns from and is tried on: places, and what the network makes of each."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from appliance.box.paths import models_folder
from appliance.inference import models
from appliance.inference.boxes import Box, crop
from appliance.inference.hands import PalmFinder
from appliance.inference.models import Numbers, Picture
from appliance.inference.objects import PHONE, ObjectFinder
from appliance.inference.opinion import inputs, lead_of, look_closer
from appliance.inference.search import corner_of, merge
from training.phones.pictures import Shot

PLACES = 12  # looked at in a picture
JITTER = 0.12  # of a box's sides
JITTERED = 4  # of each phone
PALM, PALMS = 0.30, 2

FOUND, DRAWN = 0, 1
"""Where a place comes from: found by the network, or drawn by a person (and moved a little)."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture as numbers: `x` [n, 1283] what the head decides by, `lead` [n] of phones over wallets, `overlap` [n]
    with a phone, `source` [n] FOUND or DRAWN; `phone` [n]: drawn as one; `stock`: the stock detector's best score for a
    phone, in the whole picture and at the hands."""

    x: Numbers
    lead: Numbers
    overlap: Numbers
    source: Numbers
    phone: Numbers
    stock: float


class Viewer:
    """Looks at pictures as the product does, both corners at once. Keeps what it saw in `cache`."""

    def __init__(self, cache: Path) -> None:
        folder = models_folder()
        self._finder = ObjectFinder(models.load("objects", folder=folder, threads=2, cache=cache))
        self._palms = PalmFinder(models.load("palms", folder=folder, threads=2, cache=cache))
        self._closer = models.load("things", folder=folder, threads=2, cache=cache, features=True)
        self._cache = cache

    def view(self, shot: Shot) -> View:
        """What is seen of it, now or in an earlier run."""
        file = self._cache / f"{shot.file.stem}.npz"
        if not file.is_file():
            seen = self._look(shot)
            np.savez(file, **{field.name: getattr(seen, field.name) for field in fields(View)})
        with np.load(file) as kept:
            values = {field.name: kept[field.name] for field in fields(View)}
        return View(**{**values, "stock": float(values["stock"])})

    def _look(self, shot: Shot) -> View:
        picture = _read(shot.file)
        spots, stock = self._places(picture)
        rows = []
        for box in spots:
            overlap = max((box.overlap(phone) for phone in shot.phones), default=0.0)
            rows.append((box, False, overlap, FOUND, False))
        for kind, box in shot.boxes:
            if kind != "person":
                rows += [
                    (b, flipped, float(kind == "phone"), DRAWN, kind == "phone") for b, flipped in drawn(kind, box)
                ]
        seen = []
        area = float(picture.shape[0] * picture.shape[1])
        mirrored: Picture = np.ascontiguousarray(picture[:, ::-1])
        for box, flipped, overlap, source, phone in rows:
            place = _mirror(box, picture.shape[1]) if flipped else box
            found = look_closer(self._closer, mirrored if flipped else picture, place)
            if found is not None:
                features, logits = found
                seen.append((inputs(features, box, area=area), lead_of(logits), overlap, source, phone))
        if not seen:
            empty = np.zeros(0, np.float32)
            return View(np.zeros((0, 1283), np.float32), empty, empty, empty, empty, stock)
        x = np.stack([row[0] for row in seen])
        lead, overlap, source, phone = np.array([row[1:] for row in seen], np.float32).T
        return View(x, lead, overlap, source, phone, stock)

    def _places(self, picture: Picture) -> tuple[list[Box], float]:
        height, width = picture.shape[:2]
        palms = self._palms.find(picture, at_least=PALM)[:PALMS]
        whole = Box(0, 0, width, height)
        spots, stock = [], 0.0
        for part in (whole, *(palm.reach() for palm in palms), *(corner_of(picture, right=r) for r in (False, True))):
            found = crop(picture, part)
            if found is None:
                continue
            piece, place = found
            seen = self._finder.look(piece)
            spots += [spot.moved(place.left, place.top) for spot in seen.spots()]
            if part not in (corner_of(picture, right=False), corner_of(picture, right=True)):
                stock = max(stock, float(seen.scores[:, PHONE].max()))
        return [spot.box for spot in merge(spots)[:PLACES]], stock


def _read(file: Path) -> Picture:
    picture = cv2.imread(str(file))
    if picture is None:
        raise OSError(f"{file} is no picture")
    return np.asarray(picture, np.uint8)


def drawn(kind: str, box: Box) -> Iterator[tuple[Box, bool]]:
    """A box as drawn, mirrored, and, of a phone, moved a little; the same each time."""
    yield box, False
    yield box, True
    moves = np.random.default_rng(round(box.left * 7 + box.top * 13)).uniform(-JITTER, JITTER, (JITTERED, 4))
    for n, (left, top, right, bottom) in enumerate(moves if kind == "phone" else ()):
        moved = Box(
            box.left + left * box.width,
            box.top + top * box.height,
            box.right + right * box.width,
            box.bottom + bottom * box.height,
        )
        yield moved, bool(n % 2)


def _mirror(box: Box, width: int) -> Box:
    return Box(width - box.right, box.top, width - box.left, box.bottom)
