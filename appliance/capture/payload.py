"""What the packets of a frame carry of it: H.264 (RFC 6184), VP8 (RFC 7741), Opus (RFC 7587).

A builder takes the payloads of one frame after the other. While it does, it sees whether decoding can begin at the
frame and whether others need it, so that nobody has to search the bytes for it again.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from appliance.capture import vp8

_START = b"\0\0\0\1"
_UNIT = tuple(_START + bytes([header]) for header in range(256))
_SLICE, _IDR, _SPS, _STAP_A, _FU_A = 1, 5, 7, 24, 28
_FIRST = frozenset({_SPS, 9})  # parameter sets, or the access unit delimiter before them
_KEY = 1 << _IDR | 1 << _SPS


class Content(NamedTuple):
    """One frame. `key`: decoding can begin here; `reference`: later frames may need it; `layer`: temporal layer, 0 is
    the base, which needs no other."""

    data: bytes
    key: bool
    reference: bool
    layer: int


class Builder(Protocol):
    """Puts frames together."""

    def add(self, payload: bytes) -> None:
        """The next payload of this frame, not empty; ValueError when it makes no sense."""

    def take(self) -> Content:
        """The frame; the next payload begins another."""

    def begins(self, payload: bytes) -> bool:
        """True when nothing of the frame comes before this payload, as far as it tells itself."""


def builder(codec: str) -> Builder:
    """For h264, vp8, and whatever sends each frame in one packet."""
    builders: dict[str, Callable[[], Builder]] = {"h264": H264, "vp8": Vp8}
    return builders.get(codec, Plain)()


class H264:
    """Annex B, four-byte start codes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._kinds = self._priority = 0
        self._priorities = self._priorities_before = 0

    def add(self, payload: bytes) -> None:
        if len(payload) < 2:
            raise ValueError("an H.264 packet is cut short")
        header = payload[0]
        kind = header & 0x1F
        if kind == _FU_A:
            if payload[1] & 0x80:
                header = header & 0xE0 | payload[1] & 0x1F
                self._note(header)
                self._pieces.append(_UNIT[header])
            self._pieces.append(payload[2:])
        elif 0 < kind < _STAP_A:
            self._note(header)
            self._pieces += (_START, payload)
        elif kind == _STAP_A:
            self._add_aggregate(payload)
        else:
            raise ValueError(f"H.264 packets of type {kind} are not used in WebRTC")

    def take(self) -> Content:
        key = self._kinds & _KEY == _KEY
        priority = self._priority
        content = Content(b"".join(self._pieces), key, priority > 0, 0 if key else self._layer(priority))
        if key:
            self._priorities, self._priorities_before = 0, self._priorities
        else:
            self._priorities |= 1 << priority
        self._pieces, self._kinds, self._priority = [], 0, 0
        return content

    def begins(self, payload: bytes) -> bool:
        if len(payload) < 5:
            return False
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            kind, slice_header = payload[1] & 0x1F, payload[2]
            if not payload[1] & 0x80:
                return False
        elif kind == _STAP_A:
            kind, slice_header = payload[3] & 0x1F, payload[4]
        else:
            slice_header = payload[1]
        if kind in _FIRST:
            return True
        # a key frame without its parameter sets is none: what came before its slice was lost
        return _SLICE <= kind < _IDR and bool(slice_header & 0x80)  # the first macroblock of the picture

    def _note(self, header: int) -> None:
        """A NAL unit begins. Its priority is nal_ref_idc, that of the frame the highest of its slices."""
        kind, priority = header & 0x1F, header >> 5 & 3
        self._kinds |= 1 << kind
        if _SLICE <= kind <= _IDR and priority > self._priority:
            self._priority = priority

    def _layer(self, priority: int) -> int:
        """H.264 numbers no layers; encoders tell them by priority: 3 base, 1 middle, 0 top. Priorities alone say
        nothing (some encoders send every frame with 1), so a stream has layers when both ends were seen since the key
        frame before the last."""
        seen = self._priorities | self._priorities_before
        layered = seen & 0b1100 and seen & 0b0001
        return max(0, 2 - priority) if layered else 0

    def _add_aggregate(self, payload: bytes) -> None:
        units, at = [], 1
        while at + 2 <= len(payload):
            length = payload[at] << 8 | payload[at + 1]
            unit = payload[at + 2 : at + 2 + length]
            if not length or len(unit) != length:
                raise ValueError("an H.264 packet is cut short")
            units.append(unit)
            at += 2 + length
        for unit in units:
            self._note(unit[0])
            self._pieces += (_START, unit)


class Vp8:
    """The descriptor before each payload is left out."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._reference, self._layer = True, 0

    def add(self, payload: bytes) -> None:
        first = payload[0]
        length = 1
        if first & 0x80:
            length = self._read_extension(payload)
        if length >= len(payload):
            raise ValueError("a VP8 packet is cut short")
        self._reference = not first & 0x20
        self._pieces.append(payload[length:])

    def take(self) -> Content:
        data = b"".join(self._pieces)
        content = Content(data, vp8.is_key(data), self._reference, self._layer)
        self._pieces, self._reference, self._layer = [], True, 0
        return content

    def begins(self, payload: bytes) -> bool:
        return bool(payload) and payload[0] & 0x1F == 0x10

    def _read_extension(self, payload: bytes) -> int:
        """How many bytes stand before the frame's; notes the temporal layer."""
        if len(payload) < 2:
            raise ValueError("a VP8 packet is cut short")
        bits, length = payload[1], 2
        if bits & 0x80:
            if len(payload) < 3:
                raise ValueError("a VP8 packet is cut short")
            length += 2 if payload[2] & 0x80 else 1
        length += bool(bits & 0x40)
        if bits & 0x30:
            if bits & 0x20 and length < len(payload):
                self._layer = payload[length] >> 6
            length += 1
        return length


class Plain:
    """A frame is one packet: Opus."""

    def __init__(self) -> None:
        self._data = b""

    def add(self, payload: bytes) -> None:
        self._data = payload

    def take(self) -> Content:
        data, self._data = self._data, b""
        return Content(data, False, True, 0)

    def begins(self, payload: bytes) -> bool:
        return True
