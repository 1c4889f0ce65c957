"""RTP packets: the header (RFC 3550, section 5.1), and the packet that a retransmission carries (RFC 4588)."""

import struct
from typing import NamedTuple

_HEADER = struct.Struct(">BBHLL")
_EXTENSION = struct.Struct(">HH")


class Packet(NamedTuple):
    """One packet. `payload` without padding."""

    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse(data: bytes) -> Packet:
    """ValueError when it is cut short."""
    if len(data) < 12:
        raise ValueError("an RTP packet is cut short")
    first, second, number, timestamp, ssrc = _HEADER.unpack_from(data)
    at, end = 12 + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if end < at + 4:
            raise ValueError("an RTP packet is cut short")
        at += 4 + 4 * _EXTENSION.unpack_from(data, at)[1]
    if first & 0x20:
        end -= data[-1]
    if end < at:
        raise ValueError("an RTP packet is cut short")
    return Packet(second & 0x7F, second > 0x7F, number, timestamp, ssrc, data[at:end])


def repeated(packet: Packet, *, payload_type: int, ssrc: int) -> Packet | None:
    """The packet that a retransmission repeats; None when it is empty: then it only probes the bandwidth."""
    if len(packet.payload) < 2:
        return None
    number = int.from_bytes(packet.payload[:2], "big")
    return Packet(payload_type, packet.marker, number, packet.timestamp, ssrc, packet.payload[2:])
