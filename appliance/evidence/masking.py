"""The masked copy of a clip: decoded, hidden, encoded anew, in one MP4 beside the clip. Sound and screens stay as they
are, and the manifest says so."""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from appliance.evidence.cut import Clip, Track
from appliance.evidence.mask import SURE, Place, masked, parted, place_of
from appliance.exam.feed import Kind
from appliance.inference import models
from appliance.inference.baseline import NOT_TAKEN, joined
from appliance.inference.boxes import Box
from appliance.inference.faces import SHAPE, FaceFinder
from appliance.inference.models import Picture

COPY = "clip-masked.mp4"
HIDDEN = frozenset({Kind.WEBCAM.value, Kind.PHONE.value, Kind.CAMERA.value})
"""Feeds in which somebody else can be seen."""

_SAMPLES = 24
_CLOCK = Fraction(1, 90_000)
_HOLD = 45_000
"""Half a second."""

_OPTIONS = {"preset": "veryfast", "crf": "24", "bf": "0", "g": "60"}

Find = Callable[[Picture], list[Box]]
"""The faces of a picture, in shares of it, the surest first."""

_Packet = Any


def finder(folder: Path) -> tuple[Find, str]:
    """Faces by the model pack in `folder`, and the model's version. ApplianceError says what is wrong with the pack."""
    model = models.load("faces", folder=folder, threads=1, shape=SHAPE)
    faces = FaceFinder(model)

    def find(picture: Picture) -> list[Box]:
        height, width = picture.shape[:2]
        shares = (1 / width, 1 / height)
        return [face.box.scaled(*shares) for face in faces.find(picture, at_least=SURE)]

    return find, faces.version


@dataclass(slots=True)
class _Lane:
    """A track of the copy. `place` None: it is copied as it is; else frames wait in `ahead` until half a second more
    has been looked at, and `seen` holds where strangers were, by time (ticks of 1/90000 s)."""

    stream: Any
    place: Place | None
    find: Find
    ahead: deque[tuple[int, Picture, Box | None]] = field(default_factory=deque)
    seen: deque[tuple[int, list[Box]]] = field(default_factory=deque)

    def take(self, packet: _Packet, place: Place) -> Iterator[_Packet]:
        """What one packet of the clip makes ready of the copy; the one that flushes the decoder ends it."""
        for frame in packet.decode():
            picture = frame.to_ndarray(format="bgr24")
            at = round(frame.pts * frame.time_base / _CLOCK)
            own, others = parted(self.find(picture), place)
            self.ahead.append((at, picture, own))
            self.seen.append((at, others))
            yield from self._ready(at - _HOLD, place)
        if not packet.size:
            yield from self._ready(None, place)
            yield from self.stream.encode(None)

    def _ready(self, until: int | None, place: Place) -> Iterator[_Packet]:
        while self.ahead and (until is None or self.ahead[0][0] <= until):
            at, picture, own = self.ahead.popleft()
            while self.seen and self.seen[0][0] < at - _HOLD:
                self.seen.popleft()
            near = [box for when, boxes in self.seen if abs(when - at) <= _HOLD for box in boxes]
            made = av.VideoFrame.from_ndarray(masked(picture, place, own, near), format="bgr24")
            made = made.reformat(self.stream.width, self.stream.height, "yuv420p")
            made.pts, made.time_base = at, _CLOCK
            yield from self.stream.encode(made)


def copy(clip: Clip, folder: Path, *, bases: Mapping[str, Mapping[str, float]], find: Find) -> list[dict[str, str]]:
    """Write the masked copy of the clip in this folder; -> what was done to each track. `bases`: kind of feed -> base
    line as `baseline.taken` has it."""
    with ExitStack() as stack:
        opened = {name: stack.enter_context(av.open(str(folder / name))) for name in clip.files}
        first = next(iter(opened.values()))
        out = stack.enter_context(av.open(str(folder / COPY), "w", format="mp4", options={"movflags": "+faststart"}))
        out.set_chapters(first.chapters())
        lanes: dict[tuple[str, int], _Lane] = {}
        said: list[dict[str, str]] = []
        for track in clip.tracks:
            place = _place(track, folder, bases.get(track.kind, {}), find)
            stream = opened[track.file].streams[track.number]
            made = _Lane(_added(out, stream, encoded=place is not None), place, find)
            made.stream.metadata["handler_name"] = made.stream.metadata["title"] = f"{track.kind} (masked copy)"
            lanes[track.file, track.number] = made
            how = "as it is" if place is None else f"masked, known from: {place.known}"
            said.append({"kind": track.kind, "media": track.media, "how": how})
        merged = heapq.merge(*(_packets(name, one) for name, one in opened.items()), key=lambda item: item[0])
        for _, name, packet in merged:
            lane = lanes.get((name, packet.stream.index))
            if lane is None:
                continue  # the titles of chapters
            if lane.place is not None:
                out.mux(list(lane.take(packet, lane.place)))
            elif packet.size:
                packet.stream = lane.stream
                out.mux(packet)
    return said


def _packets(name: str, clip: Any) -> Iterator[tuple[float, str, _Packet]]:
    """In the order of time; those that flush a decoder (they have no time) last."""
    at = 0.0
    for packet in clip.demux():
        if packet.pts is not None:
            at = max(at, float(packet.pts * packet.time_base))
        yield at, name, packet


def _added(out: Any, stream: Any, *, encoded: bool) -> Any:
    if not encoded:
        return out.add_stream_from_template(stream)
    made = out.add_stream("libx264", rate=30, options=_OPTIONS)
    made.width, made.height = (max(2, side - side % 2) for side in (stream.width, stream.height))
    made.pix_fmt, made.time_base = "yuv420p", _CLOCK
    made.codec_context.time_base = _CLOCK
    made.codec_context.thread_count = 1
    return made


def _place(track: Track, folder: Path, base: Mapping[str, float], find: Find) -> Place | None:
    """None where nobody else can be seen in it."""
    if track.media != "video" or track.kind not in HIDDEN:
        return None
    known = joined(NOT_TAKEN, base, ())
    return place_of(known, [] if known.person or known.head else _largest(track, folder, find))


def _largest(track: Track, folder: Path, find: Find) -> list[Box]:
    """The largest face of pictures all over the track."""
    found: list[Box] = []
    with av.open(str(folder / track.file)) as clip:
        stream: Any = clip.streams[track.number]
        keys = [packet for packet in clip.demux(stream) if packet.size and packet.is_keyframe]
        for packet in keys[:: max(1, len(keys) // _SAMPLES)]:
            for frame in stream.codec_context.decode(packet):
                if faces := find(frame.to_ndarray(format="bgr24")):
                    found.append(max(faces, key=lambda face: face.area))
    return found
