"""Fragmented MP4 (ISO 14496-12): H.264 and Opus as they came, each part a `moof` and its `mdat`.

Written here by hand rather than by a muxer: the times on the feed's timeline (`tfdt`), where a part ends, and reading a
file back after a crash are exactly what evidence needs to control, and they are two hundred lines.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.recording.frame import RATE, Media, Sample
from appliance.recording.h264 import Parameters
from appliance.recording.part import Part, Scan
from appliance.recording.silence import is_filler

_VIDEO, _AUDIO = 1, 2
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_LONGEST_HEADER = 65_536
_LONGEST_BOX = 256_000_000


def box(kind: bytes, *payload: bytes) -> bytes:
    """Size, type, payload."""
    body = b"".join(payload)
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


@dataclass(frozen=True, slots=True)
class Mp4:
    """A file of a video track (None: it has none), an audio track if `sound`, or both."""

    video: Parameters | None
    sound: bool
    suffix: str = ".mp4"

    @property
    def codecs(self) -> tuple[str, ...]:
        return (("h264",) if self.video else ()) + (("opus",) if self.sound else ())

    def header(self) -> bytes:
        """`ftyp` and `moov`."""
        brands = box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6iso5mp41cmfc")
        movie = _full(
            b"mvhd", 0, 0, struct.pack(">4I", 0, 0, 1000, 0), struct.pack(">IHH8x", 0x10000, 0x100, 0), _MATRIX,
            bytes(24), struct.pack(">I", 3),
        )  # fmt: skip
        tracks, extends = [], []
        if self.video:
            tracks.append(self._track(_VIDEO, RATE[Media.VIDEO], _video_media(self.video), self.video))
            extends.append(_extends(_VIDEO))
        if self.sound:
            tracks.append(self._track(_AUDIO, RATE[Media.AUDIO], _audio_media(), None))
            extends.append(_extends(_AUDIO))
        return brands + box(b"moov", movie, *tracks, box(b"mvex", *extends))

    def _track(self, number: int, rate: int, media: tuple[bytes, bytes], video: Parameters | None) -> bytes:
        handler, information = media
        width, height = (video.width, video.height) if video else (0, 0)
        return box(
            b"trak",
            _full(
                b"tkhd", 0, 3, struct.pack(">5I", 0, 0, number, 0, 0), bytes(8),
                struct.pack(">4H", 0, 0, 0 if video else 0x100, 0), _MATRIX,
                struct.pack(">2I", width << 16, height << 16),
            ),
            box(
                b"mdia",
                _full(b"mdhd", 0, 0, struct.pack(">4I", 0, 0, rate, 0), struct.pack(">HH", 0x55C4, 0)),
                handler,
                information,
            ),
        )  # fmt: skip

    def part(self, number: int, video: list[Sample], audio: list[Sample]) -> bytes:
        """`moof` and `mdat`. Sound where there is no track for it is left out."""
        runs = [(_VIDEO, video)] if video else []
        if audio and self.sound:
            runs.append((_AUDIO, audio))
        head = _moof(number, runs, 0)
        moof = _moof(number, runs, len(head) + 8)  # the same length: only the offsets differ
        return moof + box(b"mdat", *(sample.data for _, samples in runs for sample in samples))


def _extends(track: int) -> bytes:
    return _full(b"trex", 0, 0, struct.pack(">5I", track, 1, 0, 0, 0))


def _media(handler: bytes, header: bytes, entry: bytes) -> tuple[bytes, bytes]:
    tables = [_full(kind, 0, 0, bytes(4)) for kind in (b"stts", b"stsc", b"stco")]
    sizes = _full(b"stsz", 0, 0, bytes(8))
    description = _full(b"stsd", 0, 0, struct.pack(">I", 1), entry)
    where = box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    return (
        _full(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"\0"),
        box(b"minf", header, where, box(b"stbl", description, tables[0], tables[1], sizes, tables[2])),
    )


def _video_media(video: Parameters) -> tuple[bytes, bytes]:
    entry = box(
        b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", video.width, video.height),
        struct.pack(">III", 0x480000, 0x480000, 0), struct.pack(">H", 1), bytes(32), struct.pack(">Hh", 24, -1),
        box(b"avcC", video.avcc()),
    )  # fmt: skip
    return _media(b"vide", _full(b"vmhd", 0, 1, bytes(8)), entry)


def _audio_media() -> tuple[bytes, bytes]:
    rate = RATE[Media.AUDIO]
    specific = box(b"dOps", struct.pack(">BBHIhB", 0, 2, 0, rate, 0, 0))
    entry = box(
        b"Opus", bytes(6), struct.pack(">H", 1), bytes(8), struct.pack(">HHHHI", 2, 16, 0, 0, rate << 16), specific
    )
    return _media(b"soun", _full(b"smhd", 0, 0, bytes(4)), entry)


def _moof(number: int, runs: list[tuple[int, list[Sample]]], data_offset: int) -> bytes:
    fragments = []
    for track, samples in runs:
        entries = b"".join(
            struct.pack(">III", sample.duration, len(sample.data), _SYNC if sample.key else _NOT_SYNC)
            for sample in samples
        )
        fragments.append(
            box(
                b"traf",
                _full(b"tfhd", 0, 0x020000, struct.pack(">I", track)),
                _full(b"tfdt", 1, 0, struct.pack(">Q", samples[0].position)),
                _full(b"trun", 0, 0x000701, struct.pack(">Ii", len(samples), data_offset), entries),
            )
        )
        data_offset += sum(len(sample.data) for sample in samples)
    return box(b"moof", _full(b"mfhd", 0, 0, struct.pack(">I", number)), *fragments)


# --- reading back ---


def scan(path: Path) -> Scan:
    """The header and every whole part; ValueError when it does not begin like one of ours. Media bytes are not read."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        boxes = _top_level(file, size)
        head = [next(boxes, None), next(boxes, None)]
        if head[0] is None or head[1] is None or (head[0][0], head[1][0]) != (b"ftyp", b"moov"):
            raise ValueError("the file has no whole header")
        init_bytes = head[1][1] + head[1][2]
        file.seek(head[1][1])
        moov = file.read(min(head[1][2], _LONGEST_HEADER))
        parts = list(_parts(file, boxes))
        heard = any(spoken for _, spoken in parts)
        codecs = (("h264",) if b"avc1" in moov else ()) + (("opus",) if heard else ())
        return Scan(init_bytes, codecs, tuple(part for part, _ in parts))


def _top_level(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, offset, length) of each whole box."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length < 8 or length > _LONGEST_BOX or at + length > size:
            return
        yield kind, at, length
        at += length


def fragments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of the `moof` of each whole part."""
    size = file.seek(0, 2)
    boxes = _top_level(file, size)
    for kind, offset, length in boxes:
        if kind == b"moof" and length <= _LONGEST_HEADER * 8 and next(boxes, None) is not None:
            file.seek(offset)
            yield offset, file.read(length)


def _parts(file: BinaryIO, boxes: Iterator[tuple[bytes, int, int]]) -> Iterator[tuple[Part, bool]]:
    """Each with whether it holds sound that arrived."""
    for kind, offset, length in boxes:
        data = next(boxes, None)
        if kind != b"moof" or data is None or data[0] != b"mdat" or length > _LONGEST_HEADER * 8:
            return
        file.seek(offset)
        try:
            position, end, heard, key = _span(file.read(length))
        except (ValueError, KeyError, struct.error):
            return
        yield Part(offset, length + data[2], position, end - position, key), heard


def _span(moof: bytes) -> tuple[float, float, bool, bool]:
    """Seconds from the first sample to the end of the last, of the video if there is any, else of the sound; whether
    there is sound that arrived; and whether a player can begin here."""
    heard, key = False, True
    spans: dict[int, tuple[float, float]] = {}
    for kind, traf in children(moof[8:]):
        if kind != b"traf":
            continue
        inside = dict(children(traf))
        track = struct.unpack_from(">I", inside[b"tfhd"], 4)[0]
        rate = RATE[Media.VIDEO if track == _VIDEO else Media.AUDIO]
        start = struct.unpack_from(">Q", inside[b"tfdt"], 4)[0]
        run = inside[b"trun"]
        count = struct.unpack_from(">I", run, 4)[0]
        samples = [struct.unpack_from(">II", run, 12 + 12 * index) for index in range(count)]
        total = sum(duration for duration, _ in samples)
        heard = heard or (track == _AUDIO and not all(is_filler(*sample) for sample in samples))
        spans[track] = (start / rate, (start + total) / rate)
        if track == _VIDEO and count:
            key = struct.unpack_from(">I", run, 20)[0] == _SYNC
    if not spans:
        raise ValueError("the part holds nothing")
    return *(spans.get(_VIDEO) or spans[_AUDIO]), heard, key


def children(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, payload) of each box in `body`; ValueError when they do not fit."""
    at = 0
    while at < len(body):
        length, kind = struct.unpack_from(">I4s", body, at)
        if length < 8 or at + length > len(body):
            raise ValueError("a box does not fit in its parent")
        yield kind, body[at + 8 : at + length]
        at += length
