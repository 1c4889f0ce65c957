"""The packets of sound in a recording file, without its pictures being read."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from appliance.recording import mp4, silence
from appliance.recording.frame import RATE, Media

_AUDIO = 2
_MOST_BYTES = 4_000_000
"""Of the sound of one part: minutes, at any rate that Opus has."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Opus, from `position` (seconds on the feed's timeline) on."""

    position: float
    duration: float
    data: bytes


def packets(file: Path) -> Iterator[Packet]:
    """Those that arrived, in the order of the file; silence that capture filled in is none. ValueError, OSError or
    `av.FFmpegError` where the file cannot be read; one that is cut short ends early."""
    try:
        yield from _webm(file) if ".webm" in file.suffixes else _mp4(file)
    except (struct.error, KeyError) as error:
        raise ValueError("a part has no table of its sound") from error


def _mp4(file: Path) -> Iterator[Packet]:
    with open(file, "rb") as opened:
        for offset, moof in mp4.fragments(opened):
            for kind, traf in mp4.children(moof[8:]):
                if kind == b"traf":
                    yield from _run(opened.fileno(), offset, dict(mp4.children(traf)))


def _run(descriptor: int, offset: int, traf: dict[bytes, bytes]) -> Iterator[Packet]:
    """The samples of one track in one part, by the table that says how long each is."""
    if struct.unpack_from(">I", traf[b"tfhd"], 4)[0] != _AUDIO:
        return
    at = struct.unpack_from(">Q", traf[b"tfdt"], 4)[0]
    count, place = struct.unpack_from(">Ii", traf[b"trun"], 4)
    sizes = [struct.unpack_from(">II", traf[b"trun"], 12 + 12 * index) for index in range(count)]
    total = sum(size for _, size in sizes)
    if place < 0 or total > _MOST_BYTES:
        raise ValueError("the sound of a part makes no sense")
    data, taken = os.pread(descriptor, total, offset + place), 0
    for duration, size in sizes:
        if not silence.is_filler(duration, size) and taken + size <= len(data):
            yield Packet(at / RATE[Media.AUDIO], duration / RATE[Media.AUDIO], data[taken : taken + size])
        at, taken = at + duration, taken + size


def _webm(file: Path) -> Iterator[Packet]:
    with av.open(str(file), "r", format="webm") as opened:
        if not opened.streams.audio:
            return
        for packet in opened.demux(audio=0):
            if packet.pts is not None and packet.size:
                lasts = float((packet.duration or 0) * packet.time_base) or 0.02
                yield Packet(float(packet.pts * packet.time_base), lasts, bytes(packet))
