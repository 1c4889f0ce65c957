"""Eyes from close by: MediaPipe iris. Where the iris lies between the corners and lids, and how open the eye is."""

from dataclasses import dataclass

import numpy as np

from appliance.inference.mesh import Mesh, Points, back, level, look
from appliance.inference.models import Model, Picture

_SIDE = 64
_AROUND = 2.3  # side of the square that the network sees, in widths of the eye
RIGHT, LEFT = (33, 133), (263, 362)
"""Of the mesh: outer and inner corner of the candidate's right and left eye."""

_OUTER, _INNER = 0, 8  # of the contour
_LOWER, _UPPER = (3, 4, 5), (11, 12, 13)  # facing each other


@dataclass(frozen=True, slots=True)
class Eye:
    """`across`: the middle of the iris between the corners, 0 at the picture's left to 1 at its right; `up`: between
    the lower lid (0) and the upper one (1); `open`: height by width; `width` in pixels of the picture."""

    across: float
    up: float
    open: float
    width: float


class IrisFinder:
    """Looks at both eyes of a mesh."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def find(self, picture: Picture, mesh: Mesh) -> tuple[Eye, Eye]:
        """The candidate's right eye (at the picture's left), then the left one."""
        right, left = mesh.points[list(RIGHT)], mesh.points[list(LEFT)]
        return self._eye(picture, right, right=True), self._eye(picture, left, right=False)

    def _eye(self, picture: Picture, corners: Points, *, right: bool) -> Eye:
        across = corners[1] - corners[0] if right else corners[0] - corners[1]
        width = float(np.linalg.norm(across))
        middle = (float(corners[:, 0].mean()), float(corners[:, 1].mean()))
        there = level(middle, across=across, side=_AROUND * width, pixels=_SIDE)
        out = self._model(look(picture, there, pixels=_SIDE, mirror=right))
        contour = out["output_eyes_contours_and_brows"].reshape(71, 3)[:, :2].copy()
        iris = out["output_iris"].reshape(5, 3)[:, :2].copy()
        if right:
            contour[:, 0], iris[:, 0] = _SIDE - 1 - contour[:, 0], _SIDE - 1 - iris[:, 0]
        return measure(back(contour, there), back(iris, there)[0], right=right)


def measure(contour: Points, iris: Points, *, right: bool) -> Eye:
    """`contour` [71, 2] and the middle of the `iris` [2], pixels."""
    first, last = (contour[_OUTER], contour[_INNER]) if right else (contour[_INNER], contour[_OUTER])
    along = last - first
    width = max(float(np.linalg.norm(along)), 1e-6)
    lower, upper = contour[list(_LOWER)].mean(axis=0), contour[list(_UPPER)].mean(axis=0)
    heights = np.linalg.norm(contour[list(_UPPER)] - contour[list(_LOWER)], axis=1)
    rise = upper - lower
    return Eye(
        across=float((iris - first) @ along) / width**2,
        up=float((iris - lower) @ rise) / max(float(rise @ rise), 1e-6),
        open=float(heights.mean()) / width,
        width=width,
    )
