"""Objects: SSD MobileNet v2 trained on COCO."""

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.boxes import Box, suppress
from appliance.inference.models import Model, Picture

PERSON, TV, LAPTOP, REMOTE, PHONE, BOOK = 1, 72, 73, 75, 77, 84
"""COCO's own numbers (of 90)."""

_SIDE = 300
_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Thing:
    """`kind` is one of COCO's numbers; `box` in pixels of the picture."""

    kind: int
    box: Box
    score: float


class ObjectFinder:
    """Finds things of the kinds asked for, the surest of each kind first."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def find(self, picture: Picture, *, kinds: dict[int, float]) -> list[Thing]:
        """`kinds`: COCO number -> the score it must have."""
        small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)
        tensor = small[None, :, :, ::-1].astype(np.float32) / 127.5 - 1.0
        out = self._model(np.ascontiguousarray(tensor))
        scores = next(v for v in out.values() if v.ndim == 3)[0]
        corners = next(v for v in out.values() if v.ndim == 4)[0, :, 0]  # ymin, xmin, ymax, xmax in 0..1
        height, width = picture.shape[:2]
        boxes = corners[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        found = []
        for kind, at_least in kinds.items():
            rows = np.flatnonzero(scores[:, kind] >= at_least)
            for i in suppress(boxes[rows], scores[rows, kind], overlap=_OVERLAP):
                box = Box(*(float(v) for v in boxes[rows[i]]))
                found.append(Thing(kind, box, float(scores[rows[i], kind])))
        return found
