"""Whether a screen shows something else than when it was last written at full size."""

import cv2
import numpy as np
import numpy.typing as npt

_MOVED = 16  # grey levels; what an encoder does to a standing screen stays below
_PIXELS = 60  # of a picture 640 wide: a word in an address bar; a pointer that moves changes some 50


class Change:
    """Of one screen."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.uint8] | None = None

    def seen(self, picture: npt.NDArray[np.uint8]) -> bool:
        """Is `picture` (BGR) another than the last of which this was said?"""
        last, grey = self._last, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        if last is not None and last.shape == grey.shape and int((cv2.absdiff(grey, last) > _MOVED).sum()) < _PIXELS:
            return False
        self._last = grey
        return True
