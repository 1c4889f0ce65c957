"""Hiding everybody but the candidate in a picture: what is outside the candidate's own place, and every other face.

Robust rather than pretty: what is hidden is drawn as 10 blocks across, so that no face is left in it, and a face that
was seen once stays hidden for half a second before and after.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np

from appliance.inference.baseline import Baseline
from appliance.inference.boxes import Box
from appliance.inference.models import Picture

BLOCKS = 10
SURE = 0.4
"""Score from which something is hidden as a face: rather one too many."""

_WIDER = 0.15
"""Of the person's width, on either side; of the height above the head."""
_AROUND_FACE = 0.5
_TEXT = "MASKED COPY"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the candidate is, in shares of the picture. `kept`: stays as it is; `body`: the person alone; `head`: the
    face, where it is known; `others`: who sat beside at check-in. `known` says from what: "base line", "face" or
    "nothing" (then nothing is kept)."""

    kept: Box | None
    body: Box | None
    head: Box | None
    others: tuple[Box, ...]
    known: str


def place_of(base: Baseline, faces: Sequence[Box]) -> Place:
    """From the base line that was taken at check-in; without one from `faces`, the largest of each picture that was
    looked at, in shares of it."""
    head, body, known = base.head, base.person, "base line"
    if head is None and body is None and faces:
        sides = zip(*((face.left, face.top, face.right, face.bottom) for face in faces), strict=True)
        head, known = Box(*(median(side) for side in sides)), "face"
    if body is not None:
        aside, above = _WIDER * body.width, _WIDER * body.height
        kept = Box(body.left - aside, body.top - above, body.right + aside, 1.0)
    elif head is not None:  # three faces wide: wide enough
        body = Baseline.around(head)
        kept = Box(body.left, body.top, body.right, 1.0)
    else:
        return Place(None, None, None, (), "nothing")
    return Place(kept, body, head, base.others, known)


def parted(faces: Sequence[Box], place: Place) -> tuple[Box | None, list[Box]]:
    """The candidate's face among all (shares), and the others. The candidate's is the one in the place that is kept
    which is nearest to where the candidate's face was, or the largest, where only the person was seen."""
    inside = [face for face in faces if place.kept is not None and place.kept.holds(*face.middle)]
    head = place.head
    if head is None:
        own = max(inside, key=lambda face: face.area, default=None)
    else:
        own = min(inside, key=lambda face: math.dist(face.middle, head.middle), default=None)
    return own, [face for face in faces if face is not own]


def masked(picture: Picture, place: Place, own: Box | None, others: Sequence[Box]) -> Picture:
    """The picture with everything hidden that is not the candidate's, and marked as a masked copy. `own`: the
    candidate's face, which no stranger's surroundings cover; `others`: faces to be hidden."""
    coarse = _coarse(picture)
    made = coarse.copy()
    _take(made, picture, place.kept)
    for beside in place.others:
        _take(made, coarse, beside)
    _take(made, picture, place.body)
    for face in others:
        _take(made, coarse, _larger(face))
    _take(made, picture, own)
    for face in others:
        _take(made, coarse, face)
    _mark(made)
    return made


def _larger(face: Box) -> Box:
    x, y = _AROUND_FACE * face.width, _AROUND_FACE * face.height
    return Box(face.left - x, face.top - y, face.right + x, face.bottom + y)


def _coarse(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (BLOCKS, max(1, round(BLOCKS * height / width))), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _take(made: Picture, source: Picture, box: Box | None) -> None:
    """Draw the box (shares) of `source`."""
    if box is None:
        return
    height, width = made.shape[:2]
    left, right = (min(width, max(0, round(x * width))) for x in (box.left, box.right))
    top, bottom = (min(height, max(0, round(y * height))) for y in (box.top, box.bottom))
    made[top:bottom, left:right] = source[top:bottom, left:right]


def _mark(made: Picture) -> None:
    scale = max(0.4, made.shape[1] / 1200)
    thick = max(1, round(scale * 2))
    (width, height), base = cv2.getTextSize(_TEXT, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    edge = round(8 * scale)
    cv2.rectangle(made, (0, 0), (width + 2 * edge, height + base + 2 * edge), (0, 0, 0), -1)
    cv2.putText(made, _TEXT, (edge, height + edge), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), thick)
