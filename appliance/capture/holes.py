"""What a feed's recording lacks and its page may still bring: closed gaps, less what came late, and where a frame that
never arrived belongs."""

from collections import deque
from dataclasses import dataclass

from appliance.recording.frame import RATE, Encoded, Media

_MOST_GAPS = 32
_MOST_STREAMS = 8
_MOST_FILLED = 1000
_WORTHWHILE = 0.3
"""Seconds; less than this was never missed."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a gap that is not on disk. Wall seconds."""

    gap: str
    starts_at: float
    ends_at: float


class Holes:
    """Of one feed. Bounded: the oldest are forgotten first, and can then not be filled any more."""

    def __init__(self) -> None:
        self._gaps: deque[Hole] = deque(maxlen=_MOST_GAPS)
        self._filled: deque[tuple[float, float]] = deque(maxlen=_MOST_FILLED)
        self._anchors: dict[int, tuple[int, float]] = {}

    def opened(self, gap: str, starts_at: float, ends_at: float) -> None:
        """A gap is over: it is a hole."""
        if all(known.gap != gap for known in self._gaps):
            self._gaps.append(Hole(gap, starts_at, ends_at))

    def filled(self, starts_at: float, ends_at: float) -> None:
        """This span came late."""
        self._filled.append((starts_at, ends_at))

    def missing(self) -> list[Hole]:
        """What is still not on disk, in order."""
        found = []
        for gap in sorted(self._gaps, key=lambda gap: gap.starts_at):
            at = gap.starts_at
            for starts_at, ends_at in [*sorted(self._filled), (gap.ends_at, gap.ends_at)]:
                until = min(starts_at, gap.ends_at)
                if until - at > _WORTHWHILE:
                    found.append(Hole(gap.gap, at, until))
                at = max(at, ends_at)
        return found

    def length(self, gap: str) -> float:
        """How long a whole gap lasted, in seconds; 0 for one that is not known."""
        return sum(known.ends_at - known.starts_at for known in self._gaps if known.gap == gap)

    def anchor(self, frame: Encoded, position: float) -> None:
        """A frame arrived and stands at `position` (seconds)."""
        if frame.ssrc not in self._anchors and len(self._anchors) >= _MOST_STREAMS:
            del self._anchors[next(iter(self._anchors))]
        self._anchors[frame.ssrc] = frame.rtp, position

    def position_of(self, ssrc: int, rtp: int, media: Media) -> float | None:
        """Where a frame belongs that did not arrive, in seconds: the last one of its stream that did says so. None when
        none did."""
        anchor = self._anchors.get(ssrc)
        if anchor is None:
            return None
        ticks = (rtp - anchor[0] + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
        return anchor[1] + ticks / RATE[media]
