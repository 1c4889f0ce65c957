"""Breaks a recording that was made, each in one way: what a disk, a crash or a camera can do to it."""

import hashlib
from pathlib import Path

from appliance.bench.review.loop import Shape, make
from appliance.recording import mp4
from appliance.recording.name import OPEN, Name


def missing(file: Path) -> None:
    """It is not on the disk any more."""
    file.unlink()


def cut_short(file: Path) -> None:
    """The disk lost its second half, in the middle of a part."""
    with open(file, "r+b") as opened:
        opened.truncate(file.stat().st_size // 2 + 11)


def corrupt(file: Path) -> None:
    """The same length, but the head of a part in the middle is noise."""
    scan = mp4.scan(file)
    part = scan.parts[len(scan.parts) // 2]
    with open(file, "r+b") as opened:
        opened.seek(part.offset)
        opened.write(b"\xa5" * min(64, part.length))


def scrambled(file: Path) -> None:
    """The same length and the same boxes, but the pictures of one part are noise."""
    scan = mp4.scan(file)
    part = scan.parts[len(scan.parts) // 2]
    with open(file, "r+b") as opened:
        opened.seek(part.offset)
        moof = int.from_bytes(opened.read(4), "big")
        opened.seek(part.offset + moof + 8)
        opened.write(hashlib.shake_256(b"noise").digest(part.length - moof - 8))


def headless(file: Path) -> None:
    """It does not begin like a recording."""
    with open(file, "r+b") as opened:
        opened.write(b"\0" * 64)


def other_size(file: Path, *, width: int = 320, height: int = 180) -> None:
    """From here on the camera sends another size: the header changed in the middle."""
    name = Name.parse(file.name.removesuffix(OPEN))
    assert name is not None
    scan = mp4.scan(file)
    first, until = round(scan.parts[0].position), round(max(part.end for part in scan.parts))
    shape = Shape(
        kind=name.kind, width=width, height=height, fps=10, bitrate=90_000, sound=True, seconds=16, piece=8, key=2
    )
    file.write_bytes(make(shape).piece(first, until))
