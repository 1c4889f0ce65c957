"""The newest decoded picture of a feed: one file on tmpfs, renamed into place by the decoder, read by whoever wants it.

Layout: one line of JSON (the header), then the JPEG, then the raw pixels (height x width x 3, BGR, uint8).

Of a screen there is a second file, at full size and without raw pixels: written only where the screen has changed, as
somebody may want to read what stands there.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.exam.feed import Feed

_SUFFIX = ".picture"
_FULL = ".full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """`taken_at`: wall seconds when its frame was received; `position`: seconds on the feed's recording timeline;
    `number`: counts decoded pictures of this feed, so that a reader knows a new one."""

    feed: str
    number: int
    taken_at: float
    position: float
    width: int
    height: int
    jpeg_bytes: int
    raw_bytes: int


def path_of(folder: Path, feed: Feed, *, full: bool = False) -> Path:
    """One file for each feed, and the one at full size."""
    return folder / f"{feed.attempt}.{feed.kind.value}{_FULL if full else _SUFFIX}"


def write(folder: Path, header: Header, jpeg: bytes, raw: bytes, *, full: bool = False) -> None:
    """Rename the new picture into place: a reader sees the old one or the new one, never half."""
    target = path_of(folder, Feed.parse(header.feed), full=full)
    temporary = target.with_suffix(f".{os.getpid()}")
    with open(temporary, "wb") as file:
        file.write(json.dumps(asdict(header)).encode() + b"\n")
        file.write(jpeg)
        file.write(raw)
    temporary.rename(target)


def read_header(folder: Path, feed: Feed, *, full: bool = False) -> Header | None:
    """Only the header; None when there is no picture."""
    try:
        with open(path_of(folder, feed, full=full), "rb") as file:
            return Header(**json.loads(file.readline()))
    except FileNotFoundError:
        return None


def read_jpeg(folder: Path, feed: Feed, *, full: bool = False) -> tuple[Header, bytes] | None:
    """What a wall shows."""
    try:
        with open(path_of(folder, feed, full=full), "rb") as file:
            header = Header(**json.loads(file.readline()))
            return header, file.read(header.jpeg_bytes)
    except FileNotFoundError:
        return None


def read_raw(folder: Path, feed: Feed) -> tuple[Header, bytes, bytes] | None:
    """Header, JPEG and pixels: what detection looks at, and the snapshot to keep of it."""
    try:
        with open(path_of(folder, feed), "rb") as file:
            header = Header(**json.loads(file.readline()))
            return header, file.read(header.jpeg_bytes), file.read(header.raw_bytes)
    except FileNotFoundError:
        return None


def remove(folder: Path, feed: Feed) -> None:
    """The feed is over: nothing frozen stays to look live."""
    for full in (False, True):
        path_of(folder, feed, full=full).unlink(missing_ok=True)
