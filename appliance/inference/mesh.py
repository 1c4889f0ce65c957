"""The 468 points of a face: MediaPipe face mesh."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from appliance.inference.faces import Face
from appliance.inference.models import Model, Numbers, Picture

_SIDE = 192
_SURE = 50.0  # the logit of a whole face near by; 20 to 55 in the open on shared/footage, -7 to 25 under masks
_AROUND = 1.5  # side of the square that the network sees, in sides of the face's box

Points = npt.NDArray[np.float64]
"""N x 2, pixels of the picture."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """`points` [468, 2] in pixels of the picture, in MediaPipe's order; `score` 0..1: how sure it is of a face."""

    points: Points
    score: float


class MeshFinder:
    """Lays the mesh over a face that was found."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def find(self, picture: Picture, face: Face) -> Mesh:
        """The mesh of `face`; where there is none the score is low and the points mean nothing."""
        box, (right, left) = face.box, np.array(face.points[:2])
        centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
        there = level(centre, across=left - right, side=_AROUND * max(box.width, box.height), pixels=_SIDE)
        out = self._model(look(picture, there, pixels=_SIDE))
        points = next(value for value in out.values() if value.size == 468 * 3).reshape(468, 3)[:, :2]
        logit = float(next(value for value in out.values() if value.size == 1).ravel()[0])
        return Mesh(back(points, there), min(1.0, max(0.0, logit / _SURE)))


def level(centre: tuple[float, float], *, across: Points, side: float, pixels: int) -> Points:
    """The map [2, 3] from the picture to a square of `pixels`: `side` pixels of the picture around `centre`, turned so
    that `across` lies level."""
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    there = np.array(cv2.getRotationMatrix2D(centre, angle, pixels / max(side, 1.0)), np.float64)
    there[:, 2] += pixels / 2 - np.array(centre, np.float64)
    return there


def look(picture: Picture, there: Points, *, pixels: int, mirror: bool = False) -> Numbers:
    """What the network sees: [1, pixels, pixels, 3], RGB 0..1."""
    small = cv2.warpAffine(picture, there, (pixels, pixels), flags=cv2.INTER_LINEAR)
    small = small[:, ::-1] if mirror else small
    return np.ascontiguousarray(small[None, :, :, ::-1], np.float32) / np.float32(255.0)


def back(points: Numbers, there: Points) -> Points:
    """From the square to the picture."""
    here = cv2.invertAffineTransform(there)
    return np.asarray(points.astype(np.float64) @ here[:, :2].T + here[:, 2])
