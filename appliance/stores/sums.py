"""What is known of a source before a byte of it leaves: length, SHA-256, MD5, and the checksum S3 makes of parts."""

import base64
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from appliance.stores.port import SourceDamaged, pieces

PARTED_ABOVE = 32 << 20
"""Larger objects are sent in parts, so that a restart goes on in the middle of them."""
PART = 8 << 20
_MOST_PARTS = 9_000


def part_size(size: int) -> int:
    """Of an object of this length: 8 MiB, more where S3 would not take so many (10,000)."""
    return max(PART, math.ceil(size / _MOST_PARTS / PART) * PART)


@dataclass(frozen=True, slots=True)
class Sums:
    """`md5` and `parts` in hex; `parts`: of each part, where the source is sent in parts."""

    size: int
    sha256: str
    md5: str
    parts: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Path | bytes, *, sha256: str) -> Self:
        """In one pass. SourceDamaged when the source cannot be read or is not what `sha256` says."""
        size = len(source) if isinstance(source, bytes) else source.stat().st_size if source.exists() else 0
        parted = size > PARTED_ABOVE
        whole, part, checked = *(hashlib.md5(usedforsecurity=False) for _ in range(2)), hashlib.sha256()
        parts: list[str] = []
        read, left = 0, part_size(size)
        for piece in pieces(source):
            checked.update(piece)
            whole.update(piece)
            read += len(piece)
            view = memoryview(piece)
            while parted and view:
                part.update(view[:left])
                left, view = left - min(left, len(view)), view[left:]
                if not left:
                    parts.append(part.hexdigest())
                    part, left = hashlib.md5(usedforsecurity=False), part_size(size)
        if parted and left < part_size(size):
            parts.append(part.hexdigest())
        if checked.hexdigest() != sha256 or read != size:
            name = source.name if isinstance(source, Path) else "what was to be sent"
            raise SourceDamaged(
                f"{name} is not what it was when it was recorded",
                hint="The manifest will name it as missing; look at the data disk's health.",
            )
        return cls(read, sha256, whole.hexdigest(), tuple(parts))

    @property
    def checksums(self) -> tuple[str, ...]:
        """What S3 may say of an object with just this content (its ETag), where it says a checksum at all."""
        if not self.parts:
            return (self.md5,)
        joined = hashlib.md5(b"".join(map(bytes.fromhex, self.parts)), usedforsecurity=False)
        return (self.md5, f"{joined.hexdigest()}-{len(self.parts)}")


def header(md5: str) -> str:
    """As the header Content-MD5 has it."""
    return base64.b64encode(bytes.fromhex(md5)).decode()
