"""Where the candidate's head and eyes point, in numbers."""

from dataclasses import dataclass
from statistics import fmean

import numpy as np

from appliance.inference import iris, pose
from appliance.inference.faces import Face
from appliance.inference.iris import Eye, IrisFinder
from appliance.inference.mesh import Mesh, MeshFinder
from appliance.inference.models import Picture
from appliance.inference.pose import Pose

NO_MESH = 0.02  # a score below it: the mesh found no face at all
APART = (
    0.20  # in widths of the face: two models that put the same point so far apart are guessing; in the open it is .12
)
SHARP_EYE = 18.0  # pixels; the irises of narrower eyes jump by a fifth of the eye from look to look (A12, A16)
EQUAL_EYES = 0.60  # width of the narrower eye by the wider one; below, one of them is seen from the side
OPEN = 0.20  # a lower one is shut or nearly so: .09 to .19 in blinks, .25 to .43 open
SQUINT = (-0.10, 0.45)  # difference between the two irises' places in plain sight; glare and hair give others


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Of the candidate's face. Angles in degrees against the line to the camera: `yaw` > 0 towards the picture's right
    edge, `pitch` > 0 down, `roll` > 0 clockwise. `gaze`: where the irises lie between the corners of the eyes, 0 at
    the picture's left to 1 at its right, middle about .49; `gaze_up`: likewise from the lower lid (0) to the upper one
    (1); None where that cannot be told (small, narrow or shut eyes, glare). `eyes_open`: height of the eyes by their
    width (EAR), below .20 when shut; None for small eyes. `covered`: share of the points, 0..1, about which the face's
    two models disagree; None without a mesh. `score`: how sure the mesh is of a whole face, 0..1; where it finds
    none the angles come from the five points of the detector alone, and `profile` is true."""

    yaw: float
    pitch: float
    roll: float = 0.0
    gaze: float | None = None
    gaze_up: float | None = None
    eyes_open: float | None = None
    covered: float | None = None
    score: float = 1.0
    profile: bool = False


def measure(picture: Picture, face: Face, *, meshes: MeshFinder, irises: IrisFinder) -> Head | None:
    """The head of a face that was found; None when neither model makes a head of it."""
    height, width = picture.shape[:2]
    rough = pose.from_five(face.points, width=width, height=height)
    mesh = meshes.find(picture, face)
    fine = pose.from_mesh(mesh.points, width=width, height=height) if mesh.score >= NO_MESH else None
    if fine is None:
        return None if rough is None else _head(rough, score=mesh.score, profile=True)
    right, left = irises.find(picture, mesh)
    return Head(
        yaw=fine.yaw,
        pitch=fine.pitch,
        roll=fine.roll,
        gaze=fmean((right.across, left.across)) if _plain(right, left) else None,
        gaze_up=fmean((right.up, left.up)) if _plain(right, left) else None,
        eyes_open=fmean((right.open, left.open)) if min(right.width, left.width) >= SHARP_EYE else None,
        covered=disagreement(mesh, face),
        score=mesh.score,
    )


def _head(of: Pose, *, score: float, profile: bool) -> Head:
    return Head(yaw=of.yaw, pitch=of.pitch, roll=of.roll, score=score, profile=profile)


def _plain(right: Eye, left: Eye) -> bool:
    """Both eyes are seen well enough to say where they look."""
    narrow, wide = sorted((right.width, left.width))
    low, high = SQUINT
    return (
        narrow >= SHARP_EYE
        and narrow >= EQUAL_EYES * wide
        and min(right.open, left.open) >= OPEN
        and low <= left.across - right.across <= high
    )


def disagreement(mesh: Mesh, face: Face) -> float:
    """Share of the five points that the mesh puts elsewhere than the detector did."""
    places = np.array([mesh.points[list(corners)].mean(axis=0) for corners in _FIVE])
    away = np.linalg.norm(places - np.array(face.points), axis=1) / max(face.box.width, 1.0)
    return float((away > APART).mean())


_FIVE = (iris.RIGHT, iris.LEFT, (1,), (61,), (291,))
"""The detector's five points, of the mesh."""
