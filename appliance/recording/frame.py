"""What arrives (Encoded), and what is written (Sample)."""

from dataclasses import dataclass
from enum import StrEnum


class Media(StrEnum):
    """The two tracks a feed can have."""

    VIDEO = "video"
    AUDIO = "audio"


RATE: dict[Media, int] = {Media.VIDEO: 90_000, Media.AUDIO: 48_000}
"""Ticks a second: the RTP clock of each track, and the timescale it is stored with."""


LONGER_SIDE, SHORTER_SIDE = 7680, 4320
"""The largest picture that is accepted (8K): a few bytes may claim gigabytes."""


def picture_size(width: int, height: int) -> tuple[int, int]:
    """Itself; ValueError when no camera or screen has such a picture."""
    if not (16 <= min(width, height) <= SHORTER_SIDE and max(width, height) <= LONGER_SIDE):
        raise ValueError(f"a picture of {width} x {height} makes no sense")
    return width, height


@dataclass(frozen=True, slots=True)
class Encoded:
    """One encoded frame as it arrived. `codec`: h264 (Annex B), vp8 or opus; `timestamp`: RTP ticks since the stream
    began; `arrived`: monotonic seconds; `key`: decoding can begin here; `reference`: later frames may need it;
    `captured`: wall seconds on the sender's clock when the frame was taken, None before its first report; `ssrc` and
    `rtp`: the stream and the raw 32-bit timestamp, as the sender's page knows the frame; `layer`: temporal layer, 0 is
    the base, which can be decoded alone."""

    media: Media
    codec: str
    data: bytes
    timestamp: int
    arrived: float
    key: bool = False
    reference: bool = True
    captured: float | None = None
    ssrc: int = 0
    rtp: int = 0
    layer: int = 0


@dataclass(slots=True)
class Sample:
    """One frame on the feed's timeline. `position` and `duration` in ticks of its track."""

    position: int
    duration: int
    data: bytes
    key: bool
