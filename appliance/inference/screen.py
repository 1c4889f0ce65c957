"""What pictures of a shared screen say before anybody reads them: dark or not, what moves, what came and went."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from appliance.inference import camera
from appliance.inference.camera import Stillness
from appliance.inference.models import Picture
from appliance.inference.ocr import Reading

SMALLEST = 48
"""A picture with a shorter side is no screen."""

DARK, FLAT = 10.0, 3.0  # luma and contrast of a screen that shows nothing; a dark editor has a contrast of 20 and more

_GRID = (160, 90)  # width and height in which regions are looked for: a cell is 12 pixels of a 1080p screen
_MOVED = 12  # grey levels of a cell
_NEAR = np.ones((5, 5), np.uint8)  # what changes together stands at most so many cells apart
_WHOLE = 0.50  # of its rectangle a region fills; letters on a page do not
_BESIDE = 0.02  # of the screen that may move beside it
_BACK = 0.05  # of the region that may differ from before when it is gone
_SMALLEST_REGION = 0.01
_LONGEST = 60.0  # seconds for which a region is remembered; the rule asks for less


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One look at `at` wall seconds; `position` seconds on the recording. None where it cannot be judged. `changed`:
    share of the screen that differs from when it has last been still; `moved`: from the last look. `reads`: somebody
    reads this screen; `reading`: what stands on it, where that is known: not while it is new."""

    at: float
    position: float | None
    changed: float | None = None
    moved: float | None = None
    reads: bool = False
    reading: Reading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Popup:
    """Something lay over the screen from `since` to `at` (wall seconds): `share` of the screen."""

    at: float
    position: float | None
    since: float
    share: float


Grid = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Over:
    """What came: its rectangle (left, top, width, height in cells), when, and how the screen looked before."""

    box: tuple[int, int, int, int]
    since: float
    before: Grid

    @property
    def share(self) -> float:
        return self.box[2] * self.box[3] / self.before.size


class Changes:
    """Looks at the pictures of one screen, in order."""

    def __init__(self) -> None:
        self._stillness = Stillness()
        self._last: Grid | None = None
        self._over: _Over | None = None

    def look(self, picture: Picture, *, at: float, position: float | None) -> tuple[Screen, Popup | None]:
        """`picture` may be small. One that cannot be judged gives an empty look, and ends what was begun."""
        if not fit(picture):
            self._last = self._over = None
            return Screen(at=at, position=position), None
        grey = camera.shrink(picture)
        if grey.mean() < DARK and grey.std() < FLAT:
            self._last = self._over = None
            return Screen(at=at, position=position), None
        grid = cv2.resize(grey, _GRID, interpolation=cv2.INTER_AREA).astype(np.uint8)
        changed = self._stillness.changed(grey)
        last, self._last = self._last, grid
        if last is None:
            return Screen(at=at, position=position, changed=changed), None
        mask = _differ(grid, last)
        popup = self._follow(grid, last, mask, at, position)
        return Screen(at=at, position=position, changed=changed, moved=float(mask.mean())), popup

    def _follow(self, grid: Grid, last: Grid, mask: Grid, at: float, position: float | None) -> Popup | None:
        over = self._over
        if over is not None:
            if _inside(_differ(grid, over.before), over.box) <= _BACK:
                self._over = None
                return Popup(at=at, position=position, since=over.since, share=over.share)
            elsewhere = float(mask.mean()) - _inside(mask, over.box) * over.share
            if at - over.since > _LONGEST or elsewhere > _BESIDE:
                self._over = over = None
        if over is None and (box := _region(mask)) is not None:
            self._over = _Over(box, at, last)
        return None


def fit(picture: Picture) -> bool:
    """Can it be judged at all?"""
    return picture.ndim == 3 and picture.shape[2] == 3 and min(picture.shape[:2]) >= SMALLEST


def _differ(one: Grid, other: Grid) -> Grid:
    return (cv2.absdiff(one, other) > _MOVED).astype(np.uint8)


def _inside(mask: Grid, box: tuple[int, int, int, int]) -> float:
    left, top, width, height = box
    return float(mask[top : top + height, left : left + width].mean())


def _region(mask: Grid) -> tuple[int, int, int, int] | None:
    """The rectangle in which nearly all of the change lies, where it is filled as an overlay fills it."""
    if not mask.any():
        return None
    count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _NEAR))
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()) if count > 1 else 0
    left, top, width, height, area = (int(value) for value in stats[largest])
    box = (left, top, width, height)
    share = width * height / mask.size
    beside = float(mask.mean()) - _inside(mask, box) * share
    if share < _SMALLEST_REGION or area < _WHOLE * width * height or beside > _BESIDE:
        return None
    return box
