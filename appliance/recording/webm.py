"""WebM: VP8 and Opus as they came, each part a cluster of known size."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.recording.frame import RATE, Media, Sample
from appliance.recording.part import Part, Scan

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TIMECODE, _SIMPLE_BLOCK, _GROUP, _BLOCK, _DURATION, _REFERENCE = 0xE7, 0xA3, 0xA0, 0xA1, 0x9B, 0xFB
_VIDEO, _AUDIO = 1, 2
_UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"
_LONGEST_HEADER = 65_536


def _id(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _element(number: int, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return _id(number) + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _unsigned(number: int, value: int) -> bytes:
    return _element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


@dataclass(frozen=True, slots=True)
class WebM:
    """A file of one video track and, if `sound`, one audio track."""

    width: int
    height: int
    sound: bool
    suffix: str = ".webm"

    @property
    def codecs(self) -> tuple[str, ...]:
        return ("vp8", "opus") if self.sound else ("vp8",)

    def header(self) -> bytes:
        """EBML, the segment's opening (of unknown size: it grows), information, tracks."""
        head = _element(
            _EBML, _unsigned(0x4286, 1), _unsigned(0x42F7, 1), _unsigned(0x42F2, 4), _unsigned(0x42F3, 8),
            _element(0x4282, b"webm"), _unsigned(0x4287, 4), _unsigned(0x4285, 2),
        )  # fmt: skip
        information = _element(
            _INFO, _unsigned(0x2AD7B1, 1_000_000), _element(0x4D80, b"appliance"), _element(0x5741, b"appliance")
        )
        picture = _element(0xE0, _unsigned(0xB0, self.width), _unsigned(0xBA, self.height))
        tracks = [_track(_VIDEO, 1, b"V_VP8", picture)]
        if self.sound:
            rate = RATE[Media.AUDIO]
            opening = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, rate, 0, 0)
            sound = _element(0xE1, _element(0xB5, struct.pack(">d", rate)), _unsigned(0x9F, 2))
            tracks.append(_track(_AUDIO, 2, b"A_OPUS", _element(0x63A2, opening), sound))
        return head + _id(_SEGMENT) + _UNKNOWN_SIZE + information + _element(_TRACKS, *tracks)

    def part(self, number: int, video: list[Sample], audio: list[Sample]) -> bytes:
        """One cluster; blocks in the order of time."""
        blocks = [(_milliseconds(sample.position, Media.VIDEO), _VIDEO, sample) for sample in video]
        if self.sound:
            blocks += [(_milliseconds(sample.position, Media.AUDIO), _AUDIO, sample) for sample in audio]
        blocks.sort(key=lambda block: block[:2])
        start, last = blocks[0][0], video[-1] if video else audio[-1]
        return _element(
            _CLUSTER,
            _unsigned(_TIMECODE, start),
            *(_block(at - start, track, sample, timed=sample is last) for at, track, sample in blocks),
        )


def _block(at: int, track: int, sample: Sample, *, timed: bool) -> bytes:
    """Only the last frame says how long it lasts: the others last until the next."""
    head = bytes([0x80 | track]) + struct.pack(">h", at)
    if not timed:
        return _element(_SIMPLE_BLOCK, head, bytes([sample.key << 7]), sample.data)
    lasts = _milliseconds(sample.duration, Media.VIDEO if track == _VIDEO else Media.AUDIO)
    needs = b"" if sample.key else _element(_REFERENCE, b"\xff")
    return _element(_GROUP, _element(_BLOCK, head, b"\0", sample.data), _unsigned(_DURATION, lasts), needs)


def _milliseconds(ticks: int, media: Media) -> int:
    return ticks * 1000 // RATE[media]


def _track(number: int, kind: int, codec: bytes, *more: bytes) -> bytes:
    return _element(
        0xAE, _unsigned(0xD7, number), _unsigned(0x73C5, number), _unsigned(0x9C, 0), _unsigned(0x83, kind),
        _element(0x86, codec), *more,
    )  # fmt: skip


# --- reading back ---


def scan(path: Path) -> Scan:
    """The header and every whole cluster; ValueError when it does not begin like one of ours."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(_LONGEST_HEADER)
        at, codecs = _read_header(head)
        return Scan(at, codecs, tuple(_clusters(file, at, size)))


def _read_header(head: bytes) -> tuple[int, tuple[str, ...]]:
    number, length, at = _opening(head, 0)
    if number != _EBML:
        raise ValueError("the file has no whole header")
    number, _, at = _opening(head, at + length)
    tracks = b""
    while number in (_SEGMENT, _INFO):
        number, length, start = _opening(head, at)
        tracks, at = head[start : start + length], start + length
    if number != _TRACKS or at > len(head):
        raise ValueError("the file has no whole header")
    return at, tuple(name for kind, name in ((b"V_VP8", "vp8"), (b"A_OPUS", "opus")) if kind in tracks)


def _opening(data: bytes, at: int) -> tuple[int, int, int]:
    """-> (element id, length of its body, where the body begins)."""
    if at >= len(data) or not data[at]:
        raise ValueError("no element begins here")
    width = 9 - data[at].bit_length()
    if at + width >= len(data) or not data[at + width]:
        raise ValueError("an element is cut short")
    number = int.from_bytes(data[at : at + width], "big")
    at += width
    width = 9 - data[at].bit_length()
    if at + width > len(data):
        raise ValueError("an element is cut short")
    length = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return number, length, at + width


def _clusters(file: BinaryIO, at: int, size: int) -> Iterator[Part]:
    while at < size:
        file.seek(at)
        try:
            number, length, skip = _opening(file.read(12), 0)
            if number != _CLUSTER or at + skip + length > size:
                return
            file.seek(at + skip)
            start, end, key = _span(file.read(length))
        except (ValueError, struct.error):
            return
        yield Part(at, skip + length, start, end - start, key)
        at += skip + length


def _span(cluster: bytes) -> tuple[float, float, bool]:
    """Seconds from the first sample to the end of the last, of the video if there is any, else of the sound; and
    whether a player can begin here."""
    number, length, at = _opening(cluster, 0)
    if number != _TIMECODE:
        raise ValueError("the cluster has no time")
    start = int.from_bytes(cluster[at : at + length], "big")
    at += length
    first: dict[int, int] = {}
    end, key = None, True
    while at < len(cluster):
        number, length, at = _opening(cluster, at)
        if length < 4 or at + length > len(cluster):
            raise ValueError("an element is cut short")
        block, lasts = cluster[at : at + 4], None
        keyed = bool(block[3] & 0x80)
        if number == _GROUP:
            block, lasts, keyed = _group(cluster[at : at + length])
        elif number != _SIMPLE_BLOCK:
            raise ValueError("the cluster holds something else")
        moment = start + struct.unpack_from(">h", block, 1)[0]
        track = block[0] & 0x7F
        if track == _VIDEO and track not in first:
            key = keyed
        first.setdefault(track, moment)
        end = (track, moment + lasts) if lasts is not None else end
        at += length
    if end is None:
        raise ValueError("the cluster has no end")
    return first[end[0]] / 1000, end[1] / 1000, key


def _group(body: bytes) -> tuple[bytes, int, bool]:
    """-> (the first bytes of the block, how long it lasts, whether it needs none before it)."""
    number, length, at = _opening(body, 0)
    block = body[at : at + 4]
    timed, size, where = _opening(body, at + length)
    if number != _BLOCK or len(block) < 4 or timed != _DURATION:
        raise ValueError("the group holds something else")
    return block, int.from_bytes(body[where : where + size], "big"), _id(_REFERENCE) not in body[where + size :]
