"""Frames cut into RTP payloads: what `payload` puts together again. Pure.

H.264 by RFC 6184 (packetization mode 1), VP8 by RFC 7741, Opus by RFC 7587. Done once for a frame, however many watch.
"""

from appliance.recording import h264

LARGEST = 1300
"""Bytes of a payload: with every header and the tag it fits an Ethernet frame."""
_FRAGMENT = 28
_BEGINS, _ENDS = 0x80, 0x40
_VP8_BEGINS = b"\x10"
_VP8_GOES_ON = b"\x00"


def payloads(codec: str, data: bytes) -> list[bytes]:
    """The payloads of one frame, in order; the last one gets the marker bit. `codec`: h264 (Annex B), vp8, opus."""
    if codec == "h264":
        return [payload for unit in h264.nal_units(data) for payload in _fragments(unit)]
    if codec == "vp8":
        most = LARGEST - 1
        pieces = [data[at : at + most] for at in range(0, len(data), most)]
        return [(_VP8_GOES_ON if number else _VP8_BEGINS) + piece for number, piece in enumerate(pieces)]
    return [data]


def _fragments(unit: bytes) -> list[bytes]:
    """A NAL unit as it is, or in fragments (FU-A)."""
    if len(unit) <= LARGEST:
        return [unit]
    indicator, kind, most = unit[0] & 0xE0 | _FRAGMENT, h264.kind_of(unit), LARGEST - 2
    pieces = [unit[at : at + most] for at in range(1, len(unit), most)]
    last = len(pieces) - 1
    return [
        bytes((indicator, kind | (_BEGINS if n == 0 else 0) | (_ENDS if n == last else 0))) + piece
        for n, piece in enumerate(pieces)
    ]
