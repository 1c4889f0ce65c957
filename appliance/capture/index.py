"""What is on disk, read back at the start of the process: the files are the index.

A file that a crash left open is cut after its last whole part, gets its name and is a segment like any other. A file
that makes no sense is set aside and never blocks the list. Everything here blocks: it runs in a thread.
"""

import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from appliance.capture.playlist import Entry
from appliance.capture.recorder import Resume
from appliance.capture.segment import Place
from appliance.capture.writer import sync_folder
from appliance.errors import BadInput
from appliance.exam.events import SegmentClosed, SegmentDamaged
from appliance.exam.feed import Kind
from appliance.recording.file import scan
from appliance.recording.name import OPEN, Name
from appliance.recording.part import Part, Scan

log = logging.getLogger(__name__)

_ZEROS = 64
_BLOCK = 65_536
DAMAGED = "damaged"
"""The folder, in that of a feed, where files that cannot be read are set aside."""


@dataclass(slots=True)
class Survey:
    """One feed's folder. `recovered`: segments that a crash had left open."""

    place: Place
    resume: Resume
    entries: list[Entry]
    recovered: list[SegmentClosed] = field(default_factory=list)
    damaged: list[SegmentDamaged] = field(default_factory=list)


def feed_folders(media: Path, *, attempt: str = "*") -> Iterator[Path]:
    """Every feed's folder (of one attempt): media/EXAM/ATTEMPT/KIND."""
    kinds = {kind.value for kind in Kind}
    for folder in sorted(media.glob(f"*/{attempt}/*")):
        if folder.name in kinds and folder.is_dir():
            yield folder


def segments_in(folder: Path) -> list[tuple[Path, Name]]:
    """The files named like segments, by number."""
    named = [(file, Name.parse(file.name)) for file in folder.iterdir() if file.is_file()]
    return sorted(((file, name) for file, name in named if name), key=lambda pair: (pair[1].number, pair[0].name))


def left_open(media: Path) -> list[Path]:
    """The folders of feeds that were being recorded when the process went away."""
    return [folder for folder in feed_folders(media) if is_left_open(folder)]


def is_left_open(folder: Path) -> bool:
    """Does a file stand open in the feed's folder?"""
    return any(folder.glob(f"*{OPEN}"))


def survey(media: Path, folder: Path) -> Survey | None:
    """Read a feed's folder, and put it in order. None when there is nothing of a feed in it."""
    recovered: list[SegmentClosed] = []
    damaged: list[SegmentDamaged] = []
    entries: list[Entry] = []
    seat, begins_at, highest = "", None, 0
    for path, name in segments_in(folder):
        highest = max(highest, name.number)
        seat = name.seat
        file = path
        try:
            if path.name.endswith(OPEN) and _is_blank(path):
                path.unlink()  # the power went before its first part was on the disk
                continue
            found = scan(path)
            if path.name.endswith(OPEN):
                if not found.parts:
                    path.unlink()  # a header alone records nothing
                    continue
                file = _close(path, found)
                found = scan(file)
            elif not found.parts:
                raise ValueError("the file holds no whole part")
        except (ValueError, OSError) as error:
            damaged.append(_set_aside(media, path, name, str(error)))
            continue
        entry = Entry.of(file.name, name.starts_at, found.init_bytes, found.parts, late=name.late)
        entries.append(entry)
        if begins_at is None:
            begins_at = round(name.starts_at - entry.position, 3)
        if file is not path:
            recovered.append(describe(media, file, recovered=True))
    try:
        place = Place.of(folder, seat)
    except BadInput:
        return None
    entries.sort(key=lambda entry: entry.position)  # a late piece stands where it belongs, whatever its number
    end = max((entry.end for entry in entries), default=0.0)
    return Survey(place, Resume(begins_at, end, highest), entries, recovered, damaged)


def describe(media: Path, file: Path, *, recovered: bool = False) -> SegmentClosed:
    """What the ledger should know of a closed segment; reads all of it. ValueError or OSError when that fails."""
    name = Name.parse(file.name)
    found = scan(file)
    if name is None or not found.parts:
        raise ValueError("the file holds no whole part")
    with open(file, "rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    first, ends = found.parts[0], max(part.end for part in found.parts)
    return SegmentClosed(
        kind=name.kind.value,
        number=name.number,
        path=str(file.relative_to(media)),
        starts_at=name.starts_at,
        position=first.position,
        duration=ends - first.position,
        bytes=file.stat().st_size,
        init_bytes=found.init_bytes,
        sha256=digest,
        codecs=list(found.codecs),
        recovered=recovered,
        late=name.late,
    )


def _close(path: Path, found: Scan) -> Path:
    """Cut after the last whole part and give it its name. A power cut may leave zeros for what was never written."""
    parts = list(found.parts)
    with open(path, "r+b") as file:
        while parts and _never_written(file, parts[-1]):
            parts.pop()
        if not parts:
            raise ValueError("the file holds nothing but zeros")
        file.truncate(parts[-1].offset + parts[-1].length)
        os.fsync(file.fileno())
    closed = path.with_name(path.name.removesuffix(OPEN))
    path.rename(closed)
    sync_folder(path.parent)
    log.info("recovered %s: %d parts", closed.name, len(parts))
    return closed


def _is_blank(path: Path) -> bool:
    """Empty, or nothing but zeros."""
    with open(path, "rb") as file:
        return not any(any(block) for block in iter(lambda: file.read(_BLOCK), b""))


def _never_written(file: BinaryIO, part: Part) -> bool:
    file.seek(part.offset + part.length - min(_ZEROS, part.length))
    return not any(file.read(_ZEROS))


def _set_aside(media: Path, path: Path, name: Name, reason: str) -> SegmentDamaged:
    relative = path.relative_to(media)
    log.warning("%s cannot be read and is set aside: %s", relative, reason)
    aside = path.parent / DAMAGED
    try:
        aside.mkdir(exist_ok=True)
        path.rename(aside / path.name)
        relative = (aside / path.name).relative_to(media)
    except OSError as error:
        log.warning("%s cannot even be moved: %s", relative, error.strerror)
    return SegmentDamaged(kind=name.kind.value, path=str(relative), reason=reason)
