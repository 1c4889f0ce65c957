"""Where nothing moves, what was seen a moment ago is still so: the models need not look again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import cv2

from appliance.inference.camera import Grey
from appliance.inference.look import Look


@dataclass(frozen=True, slots=True)
class Allowance:
    """A pixel has moved when it differs by more than `levels` grey levels; up to `share` of them (0..1) may have since
    the models looked, which is at most `seconds` ago."""

    levels: float
    share: float
    seconds: float


ALLOWED: Mapping[Look, Allowance] = MappingProxyType(
    {
        Look.FACES: Allowance(levels=10.0, share=0.002, seconds=1.2),
        Look.HEAD: Allowance(levels=10.0, share=0.002, seconds=1.2),  # two eyes are a two-thousandth of the picture
        Look.OBJECTS: Allowance(levels=20.0, share=0.005, seconds=3.2),
        Look.HANDS: Allowance(levels=20.0, share=0.005, seconds=1.2),
    }
)
"""Chosen on the development clips: their flags are the same with and without (docs/detection.md)."""


@dataclass(slots=True)
class Gate:
    """Of one feed. `spared` counts what was carried over, by look; `last` is when the models looked, and at what."""

    spared: dict[Look, int] = field(default_factory=dict)
    _last: dict[Look, tuple[float, Grey]] = field(default_factory=dict)

    def spare(self, grey: Grey, at: float, wants: Collection[Look]) -> frozenset[Look]:
        """Those of `wants` for which the last answer still holds. The others are taken as looked at now."""
        spared = frozenset(look for look in wants if self._holds(look, grey, at))
        for look in wants:
            if look in spared:
                self.spared[look] = self.spared.get(look, 0) + 1
            else:
                self._last[look] = (at, grey)
        return spared

    def _holds(self, look: Look, grey: Grey, at: float) -> bool:
        allowed, last = ALLOWED.get(look), self._last.get(look)
        if allowed is None or last is None or last[1].shape != grey.shape:
            return False
        if not 0 <= at - last[0] <= allowed.seconds:
            return False
        moved = float((cv2.absdiff(grey, last[1]) > allowed.levels).mean())
        return moved <= allowed.share
