"""Frames and bits a second of a feed, over the last two seconds."""

from appliance.recording.frame import Encoded, Media

_SECONDS = 2.0


class Flow:
    """`codec`: of the newest picture."""

    def __init__(self, now: float) -> None:
        self.frames = self.bits = 0.0
        self.codec: str | None = None
        self._frames = self._bytes = 0
        self._since = now

    def add(self, frame: Encoded) -> None:
        """One arrived."""
        self._bytes += len(frame.data)
        if frame.media is Media.VIDEO:
            self._frames += 1
            self.codec = frame.codec

    def tick(self, now: float) -> None:
        """A few times a second."""
        elapsed = now - self._since
        if elapsed >= _SECONDS:
            self.frames, self.bits = self._frames / elapsed, 8 * self._bytes / elapsed
            self._frames = self._bytes = 0
            self._since = now
