"""People cut out of the photos that the model pack brings along (models.toml)."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from appliance.errors import Unavailable

Picture = npt.NDArray[np.uint8]
"""Height x width x 3, BGR, or height x width."""

_BAND = 11  # pixels beside the outline in which GrabCut decides
_ASTRONAUT = (
    (225, 12), (280, 30), (304, 75), (300, 105), (282, 132), (268, 150), (302, 190), (308, 242), (340, 258), (366, 320),
    (372, 345), (430, 342), (484, 368), (500, 420), (500, 512), (18, 512), (18, 440), (24, 380), (38, 300), (58, 250),
    (114, 215), (110, 190), (124, 165), (168, 150), (180, 140), (174, 120), (152, 98), (152, 65), (174, 35),
)  # fmt: skip
_HOPPER = (
    (262, 20), (330, 43), (353, 84), (373, 95), (375, 150), (362, 185), (380, 200), (376, 240), (357, 270), (346, 302),
    (332, 320), (400, 343), (482, 378), (503, 420), (512, 480), (512, 600), (14, 600), (18, 500), (33, 420), (58, 375),
    (138, 345), (195, 320), (188, 300), (163, 260), (153, 210), (156, 180), (148, 150), (148, 100), (173, 80),
    (176, 50),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cutout:
    """A person without the room, made longer at the lower edge, so that nobody ends above the desk.

    `colour` BGR, `alpha` 0-255; `face`: its middle, and its width, in pixels."""

    colour: Picture
    alpha: Picture
    face: tuple[float, float]
    face_width: float


@dataclass(frozen=True, slots=True)
class _Photo:
    file: str
    outline: tuple[tuple[int, int], ...]
    face: tuple[float, float]
    face_width: float


_PHOTOS = (
    _Photo("astronaut.png", _ASTRONAUT, (224.0, 110.0), 92.0),
    _Photo("grace_hopper.jpg", _HOPPER, (265.0, 225.0), 170.0),
)


def people(folder: Path) -> list[Cutout]:
    """Everybody there is. Unavailable when a photo is missing."""
    return [_cut_out(folder / photo.file, photo) for photo in _PHOTOS]


def _cut_out(file: Path, photo: _Photo) -> Cutout:
    read = cv2.imread(str(file)) if file.is_file() else None
    if read is None:
        raise Unavailable(
            f"the photo {file} is missing or damaged",
            hint="Run `appliance models prepare`, or give footage with --clips.",
        )
    colour = np.asarray(read, np.uint8)
    alpha = _alpha(colour, photo.outline)
    longer = {"top": 0, "bottom": colour.shape[0] // 2, "left": 0, "right": 0, "borderType": cv2.BORDER_REPLICATE}
    return Cutout(
        np.asarray(cv2.copyMakeBorder(colour, **longer), np.uint8),
        np.asarray(cv2.copyMakeBorder(alpha, **longer), np.uint8),
        photo.face,
        photo.face_width,
    )


def _alpha(colour: Picture, outline: tuple[tuple[int, int], ...]) -> Picture:
    """The outline is drawn by hand, roughly; GrabCut finds the edge beside it."""
    inside = np.zeros(colour.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.array(outline, np.int32)], (1,))
    band = np.ones((_BAND, _BAND), np.uint8)
    sure, possible = cv2.erode(inside, band, borderValue=1), cv2.dilate(inside, band)
    mask = np.full(inside.shape, cv2.GC_BGD, np.uint8)
    mask[possible == 1] = cv2.GC_PR_BGD
    mask[inside == 1] = cv2.GC_PR_FGD
    mask[sure == 1] = cv2.GC_FGD
    empty = np.zeros((1, 65), np.float64)
    cv2.setRNGSeed(7)
    cv2.grabCut(colour, mask, (0, 0, 1, 1), empty, empty.copy(), 2, cv2.GC_INIT_WITH_MASK)
    alpha = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    opened = cv2.morphologyEx(alpha, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.GaussianBlur(cv2.erode(opened, np.ones((3, 3), np.uint8)), (5, 5), 0), np.uint8)
