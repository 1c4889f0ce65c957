"""What the picture itself says: light, structure, sharpness, and whether anything moves."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from appliance.inference.models import Picture

Grey = npt.NDArray[np.float32]
"""Height x width, 0-255."""

_WIDTH = 320
_COARSE = 40
_MOVED = 5.0  # grey levels; what an encoder does to a standing picture from one key frame to the next stays below
_FIELDS = (32, 24)
_BRIGHTER = 2.0  # grey levels: noise does not make an even wall brighter on one side
STILL = 0.002
"""Share of moved pixels up to which a picture counts as the same."""


@dataclass(frozen=True, slots=True)
class View:
    """`luma`: mean, 0-255; `contrast`: its standard deviation; `edges`: structure of the scene, grey levels from one
    fortieth of the width to the next (blur leaves it); `detail`: fine structure in relation to `edges` (blur takes
    it)."""

    luma: float
    contrast: float
    edges: float
    detail: float


def shrink(picture: Picture) -> Grey:
    """Grey, 320 wide: enough to judge light and movement. In floats, as rounding would look like fine structure."""
    return _resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32), _WIDTH)


def measure(grey: Grey) -> View:
    """Light and structure of a shrunk picture."""
    coarse = _resize(grey, _COARSE)
    edges = float(np.abs(np.diff(coarse, axis=1)).mean() + np.abs(np.diff(coarse, axis=0)).mean())
    fine = float(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey, (5, 5), 0), cv2.CV_32F)).mean())
    return View(luma=float(grey.mean()), contrast=float(grey.std()), edges=edges, detail=fine / max(edges, 1.0))


def fingerprint(grey: Grey) -> int:
    """768 bits by which a picture is known again when it is encoded anew: of 32 x 24 fields, which are brighter than
    the one to their left (a difference hash)."""
    fields = cv2.resize(grey, (_FIELDS[0] + 1, _FIELDS[1]), interpolation=cv2.INTER_AREA)
    brighter = fields[:, 1:] > fields[:, :-1] + _BRIGHTER
    return int.from_bytes(np.packbits(brighter).tobytes(), "big")


class Stillness:
    """How much moved since the picture last stood still. Comparing with the first picture of a still run, not only with
    the one before, tells a person who hardly moves from a camera that hangs."""

    def __init__(self) -> None:
        self._first: Grey | None = None
        self._last: Grey | None = None

    def changed(self, grey: Grey) -> float | None:
        """Share of pixels, 0..1, that differ from the last picture or from the first of the still run, whichever is
        more; None for the first picture."""
        first, last, self._last = self._first, self._last, grey
        if first is None or last is None or first.shape != grey.shape:
            self._first = self._last = grey
            return None
        share = max(_moved(grey, last), _moved(grey, first))
        if share >= STILL:
            self._first = grey
        return share


def _moved(grey: Grey, other: Grey) -> float:
    return float((cv2.absdiff(grey, other) > _MOVED).mean())


def _resize(grey: Grey, width: int) -> Grey:
    # at least 2 x 2 is left of the narrowest picture, so that it has neighbours to compare
    height = max(2, round(grey.shape[0] * width / grey.shape[1]))
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.float32)
