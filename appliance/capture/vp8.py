"""VP8 bytes: key frames and their size (RFC 6386, section 9.1). No decoding."""

from appliance.recording import frame

_START_CODE = b"\x9d\x01\x2a"


def is_key(data: bytes) -> bool:
    """A key frame says so in its first bit, and carries a start code and its size."""
    return len(data) >= 10 and not data[0] & 1 and data[3:6] == _START_CODE


def picture_size(key_frame: bytes) -> tuple[int, int]:
    """Width and height, pixels; ValueError when they make no sense."""
    width = int.from_bytes(key_frame[6:8], "little") & 0x3FFF
    height = int.from_bytes(key_frame[8:10], "little") & 0x3FFF
    return frame.picture_size(width, height)
