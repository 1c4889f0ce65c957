"""What windows of CPU add up to: cost per stream, times the load generator's, and the ratio to a peer."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.bench.figures import Figures

WHOLE = 0.98
"""A run whose recordings hold a smaller share of the frames that were sent did not do the work: it does not count."""


@dataclass(frozen=True, slots=True)
class Window:
    """One measured stretch. CPU in seconds; `later`: what must be done afterwards for a playable file, `decoder`: what
    makes pictures for detection; neither is part of `server`. `seen`: the share of the frames that each viewer got."""

    seconds: float
    streams: int
    server: float
    generator: float
    sent: int
    recorded: int
    later: float = 0.0
    decoder: float = 0.0
    wanted: float = WHOLE
    seen: float = 1.0

    @property
    def whole(self) -> bool:
        """Nearly all that was sent is in the files, and came to the viewers."""
        return self.sent > 0 and self.recorded >= self.wanted * self.sent and self.seen >= self.wanted

    @property
    def per_stream(self) -> float:
        """CPU-seconds per stream-second, with what comes later."""
        return (self.server + self.later) / self.seconds / self.streams

    @property
    def raw_per_stream(self) -> float:
        """The same without what comes later."""
        return self.server / self.seconds / self.streams

    @property
    def x_generator(self) -> float:
        """CPU of the server over that of the load generator, which does the same work in every window."""
        return (self.server + self.later) / self.generator


def ratio(windows: Sequence[Window], peers: Sequence[Window], *, raw: bool = False, digits: int = 2) -> float | None:
    """Median cost of these over the median cost of the peers; None where a side has no whole window."""
    ours, theirs = _costs(windows, raw=False), _costs(peers, raw=raw)
    return round(statistics.median(ours) / statistics.median(theirs), digits) if ours and theirs else None


def told(windows: Sequence[Window]) -> Figures:
    """Medians over the whole windows, and what the others recorded."""
    whole = [window for window in windows if window.whole]
    if not whole:
        return {"windows": 0, "discarded": _shares(windows)}
    return {
        "cpu_per_stream": round(statistics.median(window.per_stream for window in whole), 4),
        "raw_cpu_per_stream": round(statistics.median(window.raw_per_stream for window in whole), 4),
        "each": [round(window.per_stream, 4) for window in whole],
        "x_generator": round(statistics.median(window.x_generator for window in whole), 2),
        "decoder_per_stream": round(
            statistics.median(window.decoder / window.seconds / window.streams for window in whole), 4
        ),
        "frames_recorded": round(min(window.recorded / window.sent for window in whole), 3),
        "windows": len(whole),
        "discarded": _shares(windows),
    }


def _shares(windows: Sequence[Window]) -> list[float]:
    """What share of the frames was recorded (or seen, where that is less) in the windows that do not count."""
    return [round(min(window.recorded / max(1, window.sent), window.seen), 3) for window in windows if not window.whole]


def _costs(windows: Sequence[Window], *, raw: bool) -> list[float]:
    return [window.raw_per_stream if raw else window.per_stream for window in windows if window.whole]
