"""Objects: SSD MobileNet v2 trained on COCO."""

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.boxes import Box, Rows, suppress
from appliance.inference.models import Model, Picture

PERSON, TV, LAPTOP, REMOTE, PHONE, BOOK = 1, 72, 73, 75, 77, 84
"""COCO's own numbers (of 90)."""

_SIDE = 300
_OVERLAP = 0.5

_ANYTHING = 0.3  # what any class says counts so much towards "something small is there"
_WORTH = 0.05  # from which on that is worth a closer look
_SMALLEST, _LARGEST = 0.0006, 0.45  # of the picture
_SPOTS = 6  # in one picture, at most


@dataclass(frozen=True, slots=True)
class Thing:
    """`kind` is one of COCO's numbers; `box` in pixels of the picture."""

    kind: int
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where something small may be, whatever it is; `worth`: how much speaks for it, 0..2."""

    box: Box
    worth: float

    def moved(self, across: float, down: float) -> "Spot":
        """The same, as a part of a larger picture."""
        return Spot(self.box.moved(across, down), self.worth)


@dataclass(frozen=True, slots=True)
class Sighting:
    """All that the network makes of one picture of `width` x `height` pixels: `boxes` [n, 4] in pixels (left, top,
    right, bottom), `scores` [n, 91] by COCO's number, 0 for background."""

    boxes: Rows
    scores: Rows
    width: int
    height: int

    def things(self, kinds: dict[int, float]) -> list[Thing]:
        """Things of the kinds asked for, the surest of each kind first. `kinds`: number -> the score it must have."""
        found = []
        for kind, at_least in kinds.items():
            rows = np.flatnonzero(self.scores[:, kind] >= at_least)
            for i in suppress(self.boxes[rows], self.scores[rows, kind], overlap=_OVERLAP):
                found.append(Thing(kind, self._box(int(rows[i])), float(self.scores[rows[i], kind])))
        return found

    def spots(self) -> list[Spot]:
        """Where a phone could be, the likeliest first: the network finds the place of nearly every phone (.98 of the
        training pictures), though it seldom knows it for one. Recipe: shared facts, models, section 11."""
        anything = np.delete(self.scores, [0, PERSON], axis=1).max(axis=1)
        worth = self.scores[:, PHONE] + self.scores[:, REMOTE] + _ANYTHING * anything
        size = np.clip(self.boxes[:, 2:] - self.boxes[:, :2], 0, None).prod(axis=1) / (self.width * self.height)
        rows = np.flatnonzero((worth > _WORTH) & (size >= _SMALLEST) & (size <= _LARGEST))
        kept = suppress(self.boxes[rows], worth[rows], overlap=_OVERLAP)[:_SPOTS]
        return [Spot(self._box(int(rows[i])), float(worth[rows[i]])) for i in kept]

    def _box(self, row: int) -> Box:
        return Box(*(float(v) for v in self.boxes[row]))


class ObjectFinder:
    """Finds things and the places where something small may be."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def look(self, picture: Picture) -> Sighting:
        """One pass over the picture."""
        small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)
        tensor = small[None, :, :, ::-1].astype(np.float32) / 127.5 - 1.0
        out = self._model(np.ascontiguousarray(tensor))
        scores = next(v for v in out.values() if v.ndim == 3)[0]
        corners = next(v for v in out.values() if v.ndim == 4)[0, :, 0]  # ymin, xmin, ymax, xmax in 0..1
        height, width = picture.shape[:2]
        boxes = corners[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        return Sighting(boxes, np.array(scores), width, height)

    def find(self, picture: Picture, *, kinds: dict[int, float]) -> list[Thing]:
        """What `Sighting.things` gives for a picture of which nothing else is asked."""
        return self.look(picture).things(kinds)
