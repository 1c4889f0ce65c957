"""Clips as small as can be: right headers, no pictures worth looking at."""


def _element(name: bytes, body: bytes, size: bytes | None = None) -> bytes:
    return name + (size or (len(body) | 1 << 56).to_bytes(8, "big")) + body


def webm(seconds: float) -> bytes:
    """As a browser records it: a segment and clusters that do not say how long they are, a block a second."""
    unknown = b"\x01" + b"\xff" * 7
    head = _element(b"\x1a\x45\xdf\xa3", _element(b"\x42\x82", b"webm"))
    info = _element(b"\x15\x49\xa9\x66", _element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(3, "big")))
    tracks = _element(b"\x16\x54\xae\x6b", _element(b"\xae", b""))
    clusters = b""
    for second in range(0, int(seconds) + 1):
        block = _element(b"\xa3", b"\x81" + (0).to_bytes(2, "big") + b"\x80" + b"frame")
        time = _element(b"\xe7", (1000 * second).to_bytes(4, "big"))
        clusters += _element(b"\x1f\x43\xb6\x75", time + block, unknown)
    return head + _element(b"\x18\x53\x80\x67", info + tracks + clusters, unknown)


def mp4(seconds: float) -> bytes:
    """A whole file: its header says how long it is."""

    def box(name: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + name + body

    times = bytes(12) + (1000).to_bytes(4, "big") + round(1000 * seconds).to_bytes(4, "big") + bytes(80)
    return box(b"ftyp", b"isom" + bytes(4)) + box(b"moov", box(b"mvhd", times)) + box(b"mdat", b"frames")
