"""Sounds that begin suddenly: knocks, clicks, key presses."""

from dataclasses import dataclass

import numpy as np

from appliance.box.sound import RATE
from appliance.inference.models import Numbers

STEP = RATE // 200
"""5 ms: two key presses of a fast typist are 60 ms apart."""

RISE = 15.0  # dB within 20 ms, and above the usual of the last half second
_BEFORE = 4  # steps in which it rises
_APART = 12  # steps (60 ms) between two of them
_KEPT = 100  # steps of before: half a second


@dataclass(frozen=True, slots=True)
class Burst:
    """It began `at` (wall seconds) and was so loud, dB below full scale."""

    at: float
    level: float


class Onsets:
    """Finds those of one microphone, in order."""

    def __init__(self) -> None:
        self._levels: Numbers = np.zeros(0, np.float32)
        self._blocked = 0

    def find(self, sound: Numbers, *, at: float) -> tuple[Burst, ...]:
        """Those that begin in `sound`, a whole number of steps of which the last ended `at`."""
        power = np.square(sound.reshape(-1, STEP), dtype=np.float64).mean(axis=1)
        fresh = (10 * np.log10(power + 1e-10)).astype(np.float32)
        before = len(self._levels)
        levels = np.concatenate([self._levels, fresh])
        usual = float(np.quantile(levels, 0.3))
        found: list[Burst] = []
        for i in range(max(before, _BEFORE), len(levels)):
            if self._blocked > 0:
                self._blocked -= 1
            elif levels[i] >= usual + RISE and levels[i] >= levels[i - _BEFORE : i].min() + RISE:
                loudest = float(levels[i : i + _APART].max())
                found.append(Burst(at - (len(levels) - i) * STEP / RATE, loudest))
                self._blocked = _APART
        self._levels = levels[-_KEPT:]
        return tuple(found)
