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
_MOVED = 6  # grey levels of a cell; an encoder at 300 kbit/s moves a standing one by 2
_NEAR = np.ones((15, 15), np.uint8)  # the parts of a window stand at most so many cells apart
_BESIDE = 0.005  # of the screen that may move beside it: a clock, a pointer
_BACK = 0.10  # of what changed that may still be other than before when it is gone
_BARE = 4.0  # contrast of a part in which nothing stood that could be there still
_SAME = 0.25  # correlation of phases from which the same is there, only moved (scrolled) or tinted (selected)
_SMALLEST_REGION = 0.01
_LONGEST = 60.0  # seconds for which a region is remembered; the rule asks for less


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One look at `at` wall seconds; `position` seconds on the recording. None where it cannot be judged. `changed`:
    share of the screen that differs from when it has last been still; `moved`: that shows something else than at the
    last look, 0 where it was only scrolled a little or tinted. `reads`: somebody
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
    """What came: its rectangle (left, top, width, height in cells), when, how the screen looked before, and how much of
    the rectangle changed, as a share of it."""

    box: tuple[int, int, int, int]
    since: float
    before: Grid
    changed: float

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
        moved = 0.0 if _is_same(grid, last, _around(mask)) else float(mask.mean())
        return Screen(at=at, position=position, changed=changed, moved=moved), popup

    def _follow(self, grid: Grid, last: Grid, mask: Grid, at: float, position: float | None) -> Popup | None:
        over = self._over
        if over is not None:
            if _inside(_differ(grid, over.before), over.box) <= _BACK * over.changed:
                self._over = None
                return Popup(at=at, position=position, since=over.since, share=over.share)
            elsewhere = float(mask.mean()) - _inside(mask, over.box) * over.share
            if at - over.since > _LONGEST or elsewhere > _BESIDE:
                self._over = over = None
        if over is None and (box := _region(mask)) is not None and not _is_same(grid, last, box):
            self._over = _Over(box, at, last, _inside(mask, box))
        return None


def fit(picture: Picture) -> bool:
    """Can it be judged at all?"""
    return picture.ndim == 3 and picture.shape[2] == 3 and min(picture.shape[:2]) >= SMALLEST


def _differ(one: Grid, other: Grid) -> Grid:
    return (cv2.absdiff(one, other) > _MOVED).astype(np.uint8)


def _inside(mask: Grid, box: tuple[int, int, int, int]) -> float:
    left, top, width, height = box
    return float(mask[top : top + height, left : left + width].mean())


def _around(mask: Grid) -> tuple[int, int, int, int]:
    """The rectangle around all of it; nothing where there is nothing."""
    left, top, width, height = cv2.boundingRect(mask)
    return int(left), int(top), int(width), int(height)


def _region(mask: Grid) -> tuple[int, int, int, int] | None:
    """The rectangle in which nearly all of the change lies."""
    if not mask.any():
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _NEAR))
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    box = _around((mask * (labels == largest)).astype(np.uint8))
    share = box[2] * box[3] / mask.size
    beside = float(mask.mean()) - _inside(mask, box) * share
    return None if share < _SMALLEST_REGION or beside > _BESIDE else box


def _is_same(grid: Grid, last: Grid, box: tuple[int, int, int, int]) -> bool:
    """Is what stands there now what stood there before, only moved or tinted?"""
    left, top, width, height = box
    part = (slice(top, top + height), slice(left, left + width))
    if min(width, height) < 2 or min(last[part].std(), grid[part].std()) < _BARE:
        return False
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    _, alike = cv2.phaseCorrelate(grid[part].astype(np.float32), last[part].astype(np.float32), window)
    return alike > _SAME
