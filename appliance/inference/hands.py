"""Hands: MediaPipe palm detection, and where to look closer for what a hand holds."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.boxes import Box, suppress
from appliance.inference.models import Model, Numbers, Picture

_SIDE = 192
_OVERLAP = 0.3
_AROUND = 4.5  # side of the square to look at, in palm sizes
_AHEAD = 0.6  # its centre: so far from the wrist along the palm


@dataclass(frozen=True, slots=True)
class Palm:
    """`box` in pixels; `wrist` and `knuckle` (of the middle finger) are points."""

    box: Box
    score: float
    wrist: tuple[float, float]
    knuckle: tuple[float, float]

    def reach(self) -> Box:
        """The square in which something held in this hand would be."""
        size = max(self.box.width, self.box.height)
        x = self.wrist[0] + _AHEAD * (self.knuckle[0] - self.wrist[0])
        y = self.wrist[1] + _AHEAD * (self.knuckle[1] - self.wrist[1])
        half = _AROUND * size / 2
        return Box(x - half, y - half, x + half, y + half)


class PalmFinder:
    """Finds palms, the surest first."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._anchors = _anchors()
        self.version = model.version

    def find(self, picture: Picture, *, at_least: float) -> list[Palm]:
        """Palms with a score of `at_least`."""
        tensor, scale, shift = _fit(picture)
        out = self._model(tensor)
        regressors = next(v for v in out.values() if v.shape[-1] == 18)[0]
        logits = next(v for v in out.values() if v.shape[-1] == 1)[0, :, 0]
        rows = np.flatnonzero(logits >= math.log(at_least / (1 - at_least)))
        if not len(rows):
            return []
        values = regressors[rows].reshape(-1, 9, 2)
        points = values[:, 2:] + self._anchors[rows, None] * _SIDE
        centre, half = values[:, 0] + self._anchors[rows] * _SIDE, values[:, 1] / 2
        boxes = (np.concatenate([centre - half, centre + half], axis=1) - np.tile(shift, 2)) / scale
        points = (points - shift) / scale
        scores = 1 / (1 + np.exp(-logits[rows]))
        return [_palm(boxes[i], scores[i], points[i]) for i in suppress(boxes, scores, overlap=_OVERLAP)]


def _anchors() -> Numbers:
    """Centres in 0..1: two for each cell of 24 x 24, six for each of 12 x 12."""
    grids = []
    for cells, each in ((24, 2), (12, 6)):
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        grids.append(np.repeat((np.stack([columns, rows], axis=1) + 0.5) / cells, each, axis=0))
    return np.concatenate(grids).astype(np.float32)


def _fit(picture: Picture) -> tuple[Numbers, float, Numbers]:
    """The picture in the middle of a black square; the scale and the shift that lead back."""
    height, width = picture.shape[:2]
    scale = _SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (_SIDE - size[0]) // 2, (_SIDE - size[1]) // 2
    canvas = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    tensor = canvas[None, :, :, ::-1].astype(np.float32) / 255.0
    return np.ascontiguousarray(tensor), scale, np.array([left, top], np.float32)


def _palm(box: Numbers, score: float, points: Numbers) -> Palm:
    wrist, knuckle = points[0], points[2]
    return Palm(
        Box(*(float(v) for v in box)),
        float(score),
        (float(wrist[0]), float(wrist[1])),
        (float(knuckle[0]), float(knuckle[1])),
    )
