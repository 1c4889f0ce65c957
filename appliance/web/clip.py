"""A clip that a candidate's page sends: received piece by piece, checked to be what it says, and kept.

WebM and MP4 are walked by their own headers, nothing is decoded: that it holds pictures, and how long they last.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.errors import BadInput
from appliance.web.context import t

LARGEST = 60_000_000
"""Bytes. A minute of the page's own has nine million."""

SHORTEST, LONGEST = 15.0, 60.0
"""Seconds of a room scan, as the page offers it."""

_SLACK = 3.0
"""A recorder begins and ends when it likes."""

_PIECE = 256 * 1024
_MOST_ELEMENTS = 100_000

TYPES = {"video/webm": ".webm", "video/mp4": ".mp4"}


@dataclass(frozen=True, slots=True)
class Clip:
    """A file under the media folder; `path` is relative to it."""

    path: str
    sha256: str
    bytes: int
    seconds: float


def receive(stream: BinaryIO, media: Path, folder: Path, *, number: int, kind: str) -> Clip:
    """Write it to media/`folder`/NNN-ID.webm, for this box's user alone. BadInput when it is no clip, or not of a
    length that is wanted; OSError when the disk refuses. Nothing is left of what is refused."""
    suffix = TYPES.get(kind)
    if suffix is None:
        raise BadInput(t("server.clip_none"), hint=t("server.clip_hint"))
    (media / folder).mkdir(parents=True, exist_ok=True)
    name = f"{number:03d}-{secrets.token_hex(8)}{suffix}"  # never used twice: what the ledger names is never changed
    file, part = media / folder / name, media / folder / f".{name}.part"
    try:
        size, digest = _write(stream, part)
        with part.open("rb") as written:
            seconds = _seconds(written, suffix)
        part.rename(file)
        _flush(file.parent)
    finally:
        part.unlink(missing_ok=True)
    return Clip(str(folder / name), digest, size, seconds)


def forget(media: Path, clip: Clip) -> None:
    """Take back what no event names."""
    (media / clip.path).unlink(missing_ok=True)


def _write(stream: BinaryIO, file: Path) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > LARGEST:
                raise BadInput(t("server.clip_large", limit=LARGEST // 1_000_000), hint=t("server.clip_hint"))
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest()


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _seconds(file: BinaryIO, suffix: str) -> float:
    """How long the pictures last; BadInput where there are none, or not for so long."""
    try:
        found = webm_seconds(file) if suffix == ".webm" else mp4_seconds(file)
    except (IndexError, ValueError):
        found = None
    if found is None:
        raise BadInput(t("server.clip_none"), hint=t("server.clip_hint"))
    if not SHORTEST - _SLACK <= found <= LONGEST + _SLACK:
        raise BadInput(
            t("server.clip_length", seconds=round(found), shortest=round(SHORTEST), longest=round(LONGEST)),
            hint=t("server.clip_hint"),
        )
    return found


# --- WebM (RFC 8794, RFC 9559) ---

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER, _GROUP = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675, 0xA0
_SCALE, _TIMECODE, _BLOCKS = 0x2AD7B1, 0xE7, (0xA3, 0xA1)
_ENTERED = (_SEGMENT, _INFO, _CLUSTER, _GROUP)
_NOT_SAID = -1


def webm_seconds(file: BinaryIO) -> float | None:
    """From its first block to its last; None where it is no WebM with tracks and pictures in it."""
    head = _element(file)
    if head is None or head[0] != _EBML or not 0 < head[1] < 1000 or b"webm" not in file.read(head[1]):
        return None
    scale, cluster, tracks = 1_000_000, 0, False
    times: list[int] = []
    for name, size in _elements(file):
        if name == _SCALE:
            scale = int.from_bytes(file.read(size), "big")
        elif name == _TIMECODE:
            cluster = int.from_bytes(file.read(size), "big")
        elif name in _BLOCKS:
            begun = file.tell()
            _vint(file)  # the track
            times.append(cluster + int.from_bytes(file.read(2), "big", signed=True))
            file.seek(begun + size)
        else:
            tracks |= name == _TRACKS
            file.seek(size, os.SEEK_CUR)
    return (max(times) - min(times)) * scale / 1e9 if tracks and times else None


def _elements(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Every element whose body is to be read or skipped, those within others too."""
    for _ in range(_MOST_ELEMENTS):
        found = _element(file)
        if found is None:
            return
        name, size = found
        if name in _ENTERED:
            continue
        if size == _NOT_SAID or size < 0 or size > LARGEST:
            raise ValueError("an element without an end")
        yield name, size
    raise ValueError("too many elements")


def _element(file: BinaryIO) -> tuple[int, int] | None:
    name = _vint(file, keep=True)
    size = _vint(file)
    return None if name is None or size is None else (name, size)


def _vint(file: BinaryIO, *, keep: bool = False) -> int | None:
    """A number of variable length; with its mark for a name. All ones: a size that is not said."""
    first = file.read(1)
    if not first:
        return None
    length = 9 - first[0].bit_length()
    if length > 8:
        raise ValueError("no number")
    value = first[0] if keep else first[0] & ((1 << (8 - length)) - 1)
    rest = file.read(length - 1)
    number = int.from_bytes(bytes([value]) + rest, "big")
    return _NOT_SAID if not keep and number == (1 << 7 * length) - 1 else number


# --- MP4 (ISO 14496-12) ---

_OPENED = (b"moov", b"trak", b"mdia", b"moof", b"traf")


def mp4_seconds(file: BinaryIO) -> float | None:
    """As its header says, or its last fragment; None where it is no MP4 with media in it."""
    if file.read(8)[4:] != b"ftyp":
        return None
    file.seek(0)
    end, media, whole, scale, last = file.seek(0, os.SEEK_END), False, 0.0, 0, 0
    file.seek(0)
    for name, size in _boxes(file, end):
        if name in (b"mvhd", b"mdhd"):
            units, length = _header(file.read(min(size, 40)))
            scale = units if name == b"mdhd" else scale
            whole = max(whole, length / units if units else 0.0)
        elif name == b"tfdt":
            said = file.read(12)
            last = max(last, int.from_bytes(said[4:] if said[0] == 1 else said[4:8], "big"))
        media |= name == b"mdat"
    fragments = last / scale if scale else 0.0
    return (max(whole, fragments) or None) if media else None


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    at = 0
    for _ in range(_MOST_ELEMENTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        size, body = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(file.read(8), "big"), at + 16
        size = size or end - at
        if at + size > end or size < body - at:
            raise ValueError("a box without an end")
        yield head[4:], at + size - body
        at = body if head[4:] in _OPENED else at + size
    raise ValueError("too many boxes")


def _header(said: bytes) -> tuple[int, int]:
    """-> (units a second, length in them) of mvhd or mdhd."""
    wide = said[0] == 1
    scale, length = (said[20:24], said[24:32]) if wide else (said[12:16], said[16:20])
    units = int.from_bytes(length, "big")
    return int.from_bytes(scale, "big"), 0 if units in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF) else units
