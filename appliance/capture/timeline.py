"""Where an arriving frame stands on its feed's timeline.

Position 0 is the feed's first sample ever; from then on position = wall time - the feed's start, over gaps and
reconnects. Within one connection the frames keep the spacing that their sender gave them (RTP), moved to where they
arrived.
"""

from appliance.capture.frame import RATE, Media

_SLOPE_SECONDS = 0.02
"""How far the sender's clock is moved towards ours at the start of a segment: enough for 600 ppm, not to be heard."""
_STEP_SECONDS = 1.0
_JUMP_SECONDS = 2.0


class Track:
    """One track of one connection. `base` is the position, in seconds, of the monotonic moment `began`."""

    def __init__(self, media: Media, *, base: float, began: float) -> None:
        self._rate = RATE[media]
        self._base = base - began
        self._offset: float | None = None  # monotonic moment of the sender's timestamp 0
        self._least: float | None = None  # the same as the promptest frame since the last `settle` says it
        self._before = 0
        self._last = -1

    def place(self, timestamp: int, arrived: float) -> int:
        """Position in ticks; always later than the one before."""
        offset = arrived - timestamp / self._rate
        if self._offset is None or self._jumped(timestamp, offset - self._offset):
            self._offset = self._least = offset
        self._least = offset if self._least is None else min(self._least, offset)
        self._before = timestamp
        position = round((self._base + self._offset) * self._rate) + timestamp
        self._last = max(position, self._last + 1)
        return self._last

    def settle(self) -> None:
        """Move towards what the promptest frames said: the two clocks drift apart. Never far back, so that no time is
        told twice."""
        if self._offset is None or self._least is None:
            return
        error = self._least - self._offset
        if error < _STEP_SECONDS:
            error = max(-_SLOPE_SECONDS, min(_SLOPE_SECONDS, error))
        self._offset += error
        self._least = None

    def _jumped(self, timestamp: int, late: float) -> bool:
        """The sender began a new count: it runs back, or the frame comes long before it was sent."""
        return (timestamp - self._before) / self._rate < -_STEP_SECONDS or late < -_JUMP_SECONDS
