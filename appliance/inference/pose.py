"""From points of a face to the angles of a head. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.inference.mesh import Points

_POINTS = (1, 33, 263, 168, 10, 234, 454)  # of the mesh: what neither speech nor grimaces move
_FACE = np.array(  # the same points of MediaPipe's canonical face, cm; here x right, y down, z away from the camera
    [
        (0.0, 1.126865, -7.475604),  # tip of the nose
        (-4.445859, -2.663991, -3.173422),  # outer corners of the eyes
        (4.445859, -2.663991, -3.173422),
        (0.0, -2.473255, -5.788627),  # between the eyes
        (0.0, -8.261778, -4.481535),  # forehead
        (-7.664182, -0.673132, 2.435867),  # in front of the ears
        (7.664182, -0.673132, 2.435867),
    ]
)
_FIVE = np.array(  # the five points of a face detector on the same face: eyes, tip of the nose, corners of the mouth
    [
        (-3.15, -2.63, -3.45),
        (3.15, -2.63, -3.45),
        (0.0, 1.126865, -7.475604),
        (-2.456206, 4.342621, -4.283884),
        (2.456206, 4.342621, -4.283884),
    ]
)


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, against the line from the face to the camera: `yaw` > 0 towards the picture's right edge, `pitch` > 0
    down, `roll` > 0 clockwise."""

    yaw: float
    pitch: float
    roll: float


def from_mesh(points: Points, *, width: int, height: int) -> Pose | None:
    """`points` [468, 2], pixels of a picture so wide and high. None when no head lies so."""
    return _solve(_FACE, points[list(_POINTS)], width=width, height=height)


def from_five(points: Sequence[tuple[float, float]], *, width: int, height: int) -> Pose | None:
    """The same from the points of `faces.Face`: rougher, but it holds for faces in profile, where the mesh fails."""
    return _solve(_FIVE, np.array(points, np.float64).reshape(-1, 2), width=width, height=height)


def _solve(face: Points, points: Points, *, width: int, height: int) -> Pose | None:
    if len(points) != len(face):
        return None
    focal = float(max(width, height))  # a view of 53 degrees; webcams have 50 to 70
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    try:
        found, turn, move = cv2.solvePnP(face, np.ascontiguousarray(points), camera, None, flags=cv2.SOLVEPNP_SQPNP)
    except cv2.error:  # the points lie on one spot or in a line
        return None
    if not found:
        return None
    x, y, z = (float(v) for v in move.ravel())
    if z <= 0:
        return None
    rotation, _ = cv2.Rodrigues(turn)
    ahead, right = rotation @ (0.0, 0.0, -1.0), rotation @ (1.0, 0.0, 0.0)
    yaw = np.degrees(np.arctan2(ahead[0], -ahead[2]) + np.arctan2(x, z))
    pitch = np.degrees(np.arctan2(ahead[1], np.hypot(ahead[0], ahead[2])) + np.arctan2(y, z))
    roll = np.degrees(np.arctan2(right[1], right[0]))
    return Pose(float((yaw + 180) % 360 - 180), float(pitch), float(roll))
