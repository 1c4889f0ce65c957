"""How like two faces are: SFace (OpenCV Zoo, 2021dec). A template is a picture's 128 numbers; it is never stored."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from appliance.inference.boxes import crop
from appliance.inference.faces import Face, FaceFinder
from appliance.inference.models import Model, Numbers, Picture
from appliance.inference.pose import from_five

MATCH = 0.363
"""Cosine from which it is taken for the same person: the limit that SFace's authors give. On shared/footage all pairs
of photos lie on the right side: 11 of one person from .40 up, 242 of two persons to .36 (docs/detection.md)."""

SMALLEST = 60.0  # pixels of a face's width; below, the cosine of one person with himself sinks
DARKEST, BRIGHTEST = 40.0, 225.0  # mean luma of the face
TURNED, BENT = 25.0, 30.0  # degrees to either side (proctoring.md 4.2), and up or down

_SIDE = 112
_STANDARD = np.array(  # where the five points lie in the square that the network was trained on (ArcFace)
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)


@dataclass(frozen=True, slots=True)
class Template:
    """What faces are held against: [128], of length 1. Only ever in memory."""

    numbers: Numbers

    def like(self, other: "Template") -> float:
        """Cosine, -1..1."""
        return float(self.numbers @ other.numbers)


@dataclass(frozen=True, slots=True)
class Likeness:
    """One look: `score` is the cosine with the template; None when this face is not fit for it, for the `reason`: a
    code of the catalogue of strings."""

    score: float | None
    reason: str = ""


class LikenessFinder:
    """Turns faces into templates."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.version = model.version

    def template(self, picture: Picture, face: Face) -> Template:
        """Of a face that is fit for it (`unfit`)."""
        points = np.array(face.points, np.float32)
        small = cv2.warpAffine(picture, _onto(points, _STANDARD), (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
        tensor = np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
        numbers = self._model(tensor)["fc1"][0]
        return Template(numbers / max(float(np.linalg.norm(numbers)), 1e-6))


def _onto(points: Numbers, target: Numbers) -> Numbers:
    """The map [2, 3] that moves, turns and scales `points` [n, 2] as near to `target` as it can (least squares)."""
    here, there = points - points.mean(axis=0), target - target.mean(axis=0)
    size = max(float((here**2).sum()), 1e-6)
    along = float((here * there).sum()) / size
    across = float((here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return np.asarray(np.column_stack([turn, target.mean(axis=0) - turn @ points.mean(axis=0)]), np.float32)


def unfit(picture: Picture, face: Face, *, smallest: float = SMALLEST) -> str:
    """Why a face cannot be compared: "too_small", "too_dark", "too_bright", "turned"; "" when it can."""
    part = crop(picture, face.box)
    if part is None or face.box.width < smallest:
        return "too_small"
    light = float(cv2.cvtColor(part[0], cv2.COLOR_BGR2GRAY).mean())
    if light < DARKEST or light > BRIGHTEST:
        return "too_dark" if light < DARKEST else "too_bright"
    height, width = picture.shape[:2]
    pose = from_five(face.points, width=width, height=height)
    straight = pose is not None and abs(pose.yaw) <= TURNED and abs(pose.pitch) <= BENT
    return "" if straight else "turned"


class Finders(Protocol):
    """What is needed of `detectors.Detectors`."""

    faces: FaceFinder | None
    likeness: LikenessFinder | None


def template_of(detectors: Finders, picture: Picture) -> Template | None:
    """The template of the largest face of a picture, for `Observer(template=...)`: live from the enrolment picture,
    replayed from the enrolled person's reference photo. None when there is no face or a model is missing."""
    template, _ = enrol(detectors, picture)
    return template


def enrol(detectors: Finders, picture: Picture, *, smallest: float = SMALLEST) -> tuple[Template | None, str]:
    """The same, and why there is none: "model_missing", "no_face" or what `unfit` says."""
    if detectors.faces is None or detectors.likeness is None:
        return None, "model_missing"
    found = detectors.faces.find(picture, at_least=0.60)
    if not found:
        return None, "no_face"
    face = max(found, key=lambda face: face.box.area)
    reason = unfit(picture, face, smallest=smallest)
    return (None, reason) if reason else (detectors.likeness.template(picture, face), "")
