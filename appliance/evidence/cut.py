"""The clip itself: packets as they were recorded, from several feeds and files into one MP4, in step by wall time.

One track of pictures for each feed and size (a track cannot change its parameters: after a change the same feed goes on
in a track of its own), one of sound for each feed that has some. VP8, which players do not take from an MP4, goes into
a WebM file beside it that begins at the same moment.
"""

import heapq
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from appliance.evidence.chapters import chapters
from appliance.evidence.job import Hole, NotMade
from appliance.evidence.pick import Picked, Piece, bytes_of

CLIP = "clip.mp4"

_FORMATS = {".mp4": "mp4", ".webm": "webm"}
_MILLISECOND = Fraction(1, 1000)

_Packet = Any  # av.Packet of some stream


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a file, the one of this `number` from 0. `media`: "video" or "audio"; `starts_at`: wall seconds of
    its first packet; `size`: "1280x720", "" for sound."""

    file: str
    number: int
    kind: str
    media: str
    codec: str
    size: str
    starts_at: float


@dataclass(frozen=True, slots=True)
class Clip:
    """`files`: the names, the MP4 first; `begins_at`: wall seconds of their first moment; `seconds`: how long."""

    files: tuple[str, ...]
    tracks: tuple[Track, ...]
    begins_at: float
    seconds: float


@dataclass(slots=True)
class _Item:
    """A packet at its wall time. `track`: its key among the file's tracks; `codec`, `size`: as `Track` has them. The
    stream that the packet came from is never touched again: its file may be closed by then, and its memory gone."""

    at: float
    packet: _Packet
    file: str
    track: tuple[str, str, bytes]
    codec: str
    size: str


@dataclass(slots=True)
class _Feed:
    """A feed that was begun: what was read before the span from its last key frame on, and what follows."""

    picked: Picked
    begun: list[_Item]
    rest: Iterator[_Item]

    @property
    def starts_at(self) -> float:
        return self.begun[0].at

    def items(self) -> Iterator[_Item]:
        yield from self.begun
        yield from self.rest


@dataclass(slots=True)
class _File:
    out: Any
    tracks: dict[tuple[str, str, bytes], Any] = field(default_factory=dict)
    last: dict[tuple[str, str, bytes], int] = field(default_factory=dict)


def cut(picked: Sequence[Picked], folder: Path, *, starts_at: float, ends_at: float) -> Clip:
    """Write the files into the folder. NotMade where no feed has anything; OSError and what a broken file makes of the
    libraries (`av.FFmpegError`)."""
    feeds = [begun for one in picked if one.pieces and (begun := _begin(one, starts_at, ends_at)) is not None]
    if not feeds:
        raise NotMade("nothing_recorded")
    begins_at = min(feed.starts_at for feed in feeds)
    holes = [hole for one in picked for hole in one.holes]
    files: dict[str, _File] = {}
    tracks: dict[tuple[str, tuple[str, str, bytes]], Track] = {}
    ended = begins_at
    try:
        for feed in feeds:
            _open_tracks(feed, folder, files)
        for file in files.values():
            _mark(file.out, begins_at, starts_at, ends_at, holes)
        for item in heapq.merge(*(feed.items() for feed in feeds), key=lambda item: item.at):
            if (item.file, item.track) not in tracks:
                number = files[item.file].tracks[item.track].index
                tracks[item.file, item.track] = _track(item, number)
            _mux(files[item.file], item, begins_at)
            lasts = float((item.packet.duration or 0) * item.packet.time_base)
            ended = max(ended, item.at + lasts)
    finally:
        for file in files.values():
            file.out.close()
    order = {name: list(file.tracks) for name, file in files.items()}
    named = sorted(
        tracks.items(), key=lambda pair: (pair[0][0] != CLIP, pair[0][0], order[pair[0][0]].index(pair[0][1]))
    )
    found = tuple(sorted(files, key=lambda name: (name != CLIP, name)))
    return Clip(found, tuple(track for _, track in named), begins_at, ended - begins_at)


def _begin(picked: Picked, starts_at: float, ends_at: float) -> _Feed | None:
    """Read up to the span, and keep what is from its last key frame on; None where no picture can be shown at all."""
    items = _items(picked, ends_at)
    before: list[_Item] = []
    for item in items:
        key = item.track[1] == "video" and item.packet.is_keyframe
        if key and item.at <= starts_at:
            before = []
        if before or key:
            before.append(item)
        if item.at > starts_at and before:
            return _Feed(picked, before, items)
    return _Feed(picked, before, items) if before else None


def _items(picked: Picked, ends_at: float) -> Iterator[_Item]:
    for piece in picked.pieces:
        yield from _of_piece(picked, piece, ends_at)


def _of_piece(picked: Picked, piece: Piece, ends_at: float) -> Iterator[_Item]:
    file = _file_of(picked.kind, piece)
    with av.open(io.BytesIO(bytes_of(piece)), "r", format=_FORMATS[piece.suffix]) as recording:
        told = {stream.index: _told(picked.kind, stream) for stream in recording.streams}
        for packet in recording.demux():
            if packet.pts is None or not packet.size:
                continue
            at = piece.begins_at + float(packet.pts * packet.time_base)
            key, codec, size = told[packet.stream.index]
            if at < ends_at and (key[1] == "video" or piece.sound):
                yield _Item(at, packet, file, key, codec, size)


def _told(kind: str, stream: Any) -> tuple[tuple[str, str, bytes], str, str]:
    """The key of a stream, its codec and the size of its pictures."""
    context = stream.codec_context
    size = f"{context.width}x{context.height}" if stream.type == "video" else ""
    return _key(kind, stream), context.name, size


def _file_of(kind: str, piece: Piece) -> str:
    return CLIP if piece.suffix == ".mp4" else f"clip-{kind}.webm"


def _key(kind: str, stream: Any) -> tuple[str, str, bytes]:
    parameters = stream.codec_context.extradata or b""
    return kind, stream.type, parameters if stream.type == "video" and stream.codec_context.name == "h264" else b""


def _open_tracks(feed: _Feed, folder: Path, files: dict[str, _File]) -> None:
    """Every track that the feed will need, before the first packet: a header is written once."""
    for piece in {piece.header: piece for piece in feed.picked.pieces}.values():
        name = _file_of(feed.picked.kind, piece)
        if name not in files:
            options = {"movflags": "+faststart"} if name == CLIP else {}
            files[name] = _File(av.open(str(folder / name), "w", format=_FORMATS[piece.suffix], options=options))
        with av.open(io.BytesIO(bytes_of(_first(piece))), "r", format=_FORMATS[piece.suffix]) as recording:
            for stream in recording.streams:
                key = _key(feed.picked.kind, stream)
                if key in files[name].tracks or (stream.type == "audio" and not _heard(feed, name)):
                    continue
                made = files[name].out.add_stream_from_template(stream)
                made.metadata["handler_name"] = made.metadata["title"] = feed.picked.kind
                files[name].tracks[key] = made


def _heard(feed: _Feed, name: str) -> bool:
    return any(piece.sound for piece in feed.picked.pieces if _file_of(feed.picked.kind, piece) == name)


def _first(piece: Piece) -> Piece:
    return Piece(piece.path, piece.suffix, piece.header, piece.parts[:1], piece.begins_at, piece.sound)


def _mark(out: Any, begins_at: float, starts_at: float, ends_at: float, holes: Sequence[Hole]) -> None:
    """Where in the file the span lies that was asked for."""
    found = chapters(starts_at - begins_at, ends_at - begins_at, ends_at - begins_at, holes, begins_at=begins_at)
    out.set_chapters(
        [
            {
                "id": number,
                "start": round(one.starts * 1000),
                "end": round(one.ends * 1000),
                "time_base": _MILLISECOND,
                "metadata": {"title": one.title},
            }
            for number, one in enumerate(found)
        ]
    )


def _track(item: _Item, number: int) -> Track:
    kind, media, _ = item.track
    return Track(item.file, number, kind, media, item.codec, item.size, round(item.at, 3))


def _mux(file: _File, item: _Item, begins_at: float) -> None:
    """A late piece and the recording may overlap by a frame: what is not after what was written is left out."""
    packet = item.packet
    when = round((item.at - begins_at) / packet.time_base)
    if when <= file.last.get(item.track, -1):
        return
    file.last[item.track] = packet.pts = packet.dts = when
    packet.stream = file.tracks[item.track]
    file.out.mux(packet)
