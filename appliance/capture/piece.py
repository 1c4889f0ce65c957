"""What a page uploads after a drop: encoded frames, as they came out of its encoder."""

import json
import struct
from dataclasses import dataclass

from appliance.errors import BadInput
from appliance.recording.frame import RATE, Media

MOST_BYTES = 4_000_000
"""Of one piece: about four seconds, and what must be decoded before them."""
MAGIC = b"FILL"
_FRAME = struct.Struct(">BIdI")
_MOST_HEADER = 4_096
_MOST_FRAMES = 20_000


@dataclass(frozen=True, slots=True)
class Late:
    """One frame. `rtp`: its 32-bit timestamp; `at`: when it was encoded, wall seconds as the page knows them from the
    box; `data` as in `Encoded`."""

    media: Media
    rtp: int
    at: float
    data: bytes

    def since(self, first: "Late") -> float:
        """Seconds from another frame of the same track to this one, by the sender's clock."""
        return ((self.rtp - first.rtp + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000) / RATE[self.media]


@dataclass(frozen=True, slots=True)
class Piece:
    """One upload. `codec`: of the pictures; `ssrc`: the streams that the frames were made for."""

    codec: str
    ssrc: dict[Media, int]
    frames: list[Late]


def read(body: bytes) -> Piece:
    """The body of a request; BadInput when it is anything else.

    All numbers are big-endian: `FILL`, length of the header (uint16), the header as JSON `{"codec": "h264" or "vp8",
    "video": SSRC, "audio": SSRC}`, then the frames in the order they were encoded: kind (uint8: 1 video, 0 audio), RTP
    timestamp (uint32), wall seconds (float64), length (uint32), bytes."""
    if len(body) > MOST_BYTES:
        raise BadInput("the piece is too large", hint="Send about four seconds at a time.")
    if len(body) < 6 or body[:4] != MAGIC:
        raise BadInput("the body is not a piece of a recording", hint="See back-fill in docs/api.md.")
    at = 6 + int.from_bytes(body[4:6], "big")
    if at > min(len(body), _MOST_HEADER):
        raise BadInput("the header of the piece is cut short or too long")
    codec, ssrc = _header(body[6:at])
    return Piece(codec, ssrc, _frames(body, at))


def _header(raw: bytes) -> tuple[str, dict[Media, int]]:
    try:
        header = json.loads(raw)
        codec, ssrc = header["codec"], {media: int(header.get(media.value) or 0) for media in Media}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        raise BadInput("the header of the piece cannot be read") from None
    if codec not in ("h264", "vp8"):
        raise BadInput("the piece has pictures in a codec that is not recorded", hint="H.264 and VP8 are.")
    return codec, ssrc


def _frames(body: bytes, at: int) -> list[Late]:
    frames: list[Late] = []
    while at < len(body):
        if at + _FRAME.size > len(body) or len(frames) >= _MOST_FRAMES:
            raise BadInput("the piece is cut short, or has too many frames")
        kind, rtp, moment, length = _FRAME.unpack_from(body, at)
        at += _FRAME.size
        if (
            kind > 1 or not 0 < length <= len(body) - at or not 0 <= moment < 1e11
        ):  # no number is not between them either
            raise BadInput("a frame of the piece makes no sense")
        frames.append(Late(Media.VIDEO if kind else Media.AUDIO, rtp, moment, body[at : at + length]))
        at += length
    return frames
