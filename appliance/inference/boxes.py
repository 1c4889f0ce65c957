"""Rectangles in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.inference.models import Picture

Rows = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Box:
    """Left, top, right, bottom in pixels; may reach over the picture's edge."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def holds(self, x: float, y: float) -> bool:
        """Does the point lie in it?"""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def scaled(self, across: float, down: float) -> "Box":
        """The same rectangle in other units."""
        return Box(self.left * across, self.top * down, self.right * across, self.bottom * down)

    def moved(self, across: float, down: float) -> "Box":
        """The same rectangle elsewhere."""
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        inside = self._inside(other)
        union = self.area + other.area - inside
        return inside / union if union > 0 else 0.0

    def share_in(self, other: "Box") -> float:
        """How much of this box lies in the other, 0..1."""
        return self._inside(other) / self.area if self.area > 0 else 0.0

    def _inside(self, other: "Box") -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)


def crop(picture: Picture, box: Box) -> tuple[Picture, Box] | None:
    """The part of the picture in the box, and where it really lies; None when nothing of it is in the picture."""
    height, width = picture.shape[:2]
    left, top = max(0, int(box.left)), max(0, int(box.top))
    right, bottom = min(width, int(np.ceil(box.right))), min(height, int(np.ceil(box.bottom)))
    if right <= left or bottom <= top:
        return None
    return picture[top:bottom, left:right], Box(left, top, right, bottom)


def suppress(boxes: Rows, scores: Rows, *, overlap: float) -> Sequence[int]:
    """Greedy non-maximum suppression: indices of the rows (left, top, right, bottom) to keep, best score first."""
    order = list(np.argsort(-scores, kind="stable"))
    areas = np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)
    kept: list[int] = []
    while order:
        best = int(order[0])
        kept.append(best)
        rest = np.array(order[1:], dtype=int)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        inside = np.clip(high - low, 0, None).prod(axis=1)
        union = areas[best] + areas[rest] - inside
        order = list(rest[inside <= overlap * np.maximum(union, 1e-9)])
    return kept
