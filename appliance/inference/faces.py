"""Faces: YuNet (OpenCV Zoo, 2023mar)."""

from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.boxes import Box, suppress
from appliance.inference.models import Model, Numbers, Picture

SHAPE = (1, 3, 480, 640)
"""What the network sees: 640 x 480, the picture fitted in at the upper left."""

_STRIDES = (8, 16, 32)
_OVERLAP = 0.3


@dataclass(frozen=True, slots=True)
class Face:
    """`box` in pixels of the picture; `points`: right eye, left eye, nose, right and left corner of the mouth."""

    box: Box
    score: float
    points: tuple[tuple[float, float], ...]


class FaceFinder:
    """Finds the faces of a picture, the surest first."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def find(self, picture: Picture, *, at_least: float) -> list[Face]:
        """Faces with a score of `at_least`."""
        tensor, scale = _fit(picture)
        out = self._model(tensor)
        rows = np.concatenate([_decode(out, stride) for stride in _STRIDES])
        rows = rows[rows[:, 4] >= at_least]
        rows[:, :4] /= scale
        rows[:, 5:] /= scale
        kept = suppress(rows[:, :4], rows[:, 4], overlap=_OVERLAP)
        return [_face(rows[i]) for i in kept]


def _fit(picture: Picture) -> tuple[Numbers, float]:
    height, width = picture.shape[:2]
    scale = min(SHAPE[3] / width, SHAPE[2] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = np.zeros((SHAPE[2], SHAPE[3], 3), np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32), scale


def _decode(out: dict[str, Numbers], stride: int) -> Numbers:
    """One scale of the network -> rows of left, top, right, bottom, score and ten coordinates of points."""
    columns = SHAPE[3] // stride
    score = np.sqrt(out[f"cls_{stride}"][0, :, 0] * out[f"obj_{stride}"][0, :, 0])
    box, points = out[f"bbox_{stride}"][0], out[f"kps_{stride}"][0]
    index = np.arange(len(score))
    origin = np.stack([index % columns, index // columns], axis=1).astype(np.float32)
    centre = (origin + box[:, :2]) * stride
    half = np.exp(box[:, 2:]) * stride / 2
    landmarks = (points.reshape(-1, 5, 2) + origin[:, None]) * stride
    return np.concatenate([centre - half, centre + half, score[:, None], landmarks.reshape(-1, 10)], axis=1)


def _face(row: Numbers) -> Face:
    points = tuple((float(x), float(y)) for x, y in row[5:].reshape(5, 2))
    return Face(Box(*(float(v) for v in row[:4])), float(row[4]), points)
