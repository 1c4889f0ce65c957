"""Footage of a camera that hangs: noise of ours must not make it look alive."""

import numpy as np
import numpy.typing as npt

STANDS, SAME = 0.05, 1.0
"""Grey levels, on average: between two pictures that stand still, and where the footage's encoder put a key frame
into a still run."""

SURE_AFTER = 15
"""Pictures that stood still, before a key frame's jump is taken for one: a second."""


class Still:
    """Tells whether the footage itself stands still, picture by picture."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.int16] | None = None
        self._run = 0

    def stands(self, picture: npt.NDArray[np.uint8]) -> bool:
        """Is this picture (height x width x 3) the one before it once more?"""
        small = picture[::4, ::4, 1].astype(np.int16)
        same = self._last is not None and float(np.abs(small - self._last).mean()) < self._limit()
        self._run = self._run + 1 if same else 0
        self._last = small
        return same

    def _limit(self) -> float:
        return SAME if self._run >= SURE_AFTER else STANDS
