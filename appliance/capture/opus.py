"""Opus packets: how long they last (RFC 6716, section 3.1)."""

_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
LONGEST = 5760


def duration(packet: bytes) -> int:
    """Samples at 48 kHz; 20 ms where the packet makes no sense."""
    if not packet:
        return 960
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = _SILK[config % 4]
    elif config < 16:
        frame = _HYBRID[config % 2]
    else:
        frame = _CELT[config % 4]
    count = (1, 2, 2, packet[1] & 0x3F if len(packet) > 1 else 1)[code]
    return min(max(count, 1) * frame, LONGEST)
