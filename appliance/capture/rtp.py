"""RTP packets: the header (RFC 3550), and what H.264 (RFC 6184) and VP8 (RFC 7741) packets carry of a frame."""

import struct
from dataclasses import dataclass

_HEADER = struct.Struct(">BBHLL")
_START = b"\0\0\0\1"
_STAP_A, _FU_A = 24, 28


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `payload` without padding."""

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data: bytes) -> Packet:
    """ValueError when it is cut short."""
    if len(data) < _HEADER.size:
        raise ValueError("an RTP packet is cut short")
    first, second, number, timestamp, ssrc = _HEADER.unpack_from(data)
    at = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < at + 4:
            raise ValueError("an RTP packet is cut short")
        at += 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if at > len(data) or end < at:
        raise ValueError("an RTP packet is cut short")
    return Packet(second & 0x7F, second >= 0x80, number, timestamp, ssrc, data[at:end])


def depacketize(codec: str, payload: bytes) -> bytes:
    """What a packet adds to its frame; ValueError when it makes no sense."""
    if codec == "h264":
        return _h264(payload)
    if codec == "vp8":
        return payload[_vp8_descriptor(payload) :]
    return payload


def _h264(payload: bytes) -> bytes:
    if len(payload) < 2:
        raise ValueError("an H.264 packet is cut short")
    kind = payload[0] & 0x1F
    if kind == _FU_A:
        if payload[1] & 0x80:
            return _START + bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:]
        return payload[2:]
    if kind == _STAP_A:
        return _aggregated(payload)
    if 0 < kind < _STAP_A:
        return _START + payload
    raise ValueError(f"H.264 packets of type {kind} are not used in WebRTC")


def _aggregated(payload: bytes) -> bytes:
    units, at = [], 1
    while at + 2 <= len(payload):
        length = int.from_bytes(payload[at : at + 2], "big")
        unit = payload[at + 2 : at + 2 + length]
        if not length or len(unit) != length:
            raise ValueError("an H.264 packet is cut short")
        units.append(_START + unit)
        at += 2 + length
    return b"".join(units)


def _vp8_descriptor(payload: bytes) -> int:
    """How many bytes stand before the frame's."""
    if not payload:
        raise ValueError("a VP8 packet is cut short")
    length = 1
    if payload[0] & 0x80:
        if len(payload) < 3:
            raise ValueError("a VP8 packet is cut short")
        bits = payload[1]
        length += 1
        if bits & 0x80:
            length += 2 if payload[2] & 0x80 else 1
        length += bool(bits & 0x40) + bool(bits & 0x30)
    if length >= len(payload):
        raise ValueError("a VP8 packet is cut short")
    return length


_PARAMETER_KINDS = frozenset({6, 7, 9})


def begins_frame(codec: str, payload: bytes) -> bool:
    """True when nothing of the frame comes before this packet, as far as the packet itself tells."""
    if codec == "vp8":
        return bool(payload) and payload[0] & 0x1F == 0x10
    if codec != "h264":
        return True
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
    return kind in _PARAMETER_KINDS or bool(slice_header & 0x80)  # the first macroblock of the picture
