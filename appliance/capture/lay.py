"""Lays an uploaded piece into a hole of the recording: which frames, and where.

Frames keep the distances that the sender's clock gives them. Where they begin, the stream itself says: its last frame
that arrived has a place. Where that is not known any more (the box was restarted) the time counts that the page noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.capture import opus, vp8
from appliance.capture.holes import Hole, Holes
from appliance.capture.piece import Late, Piece
from appliance.errors import BadInput
from appliance.recording import h264
from appliance.recording.frame import RATE, Media, Sample
from appliance.recording.mp4 import Mp4
from appliance.recording.part import Container
from appliance.recording.webm import WebM

_EDGE = 0.02
"""Seconds that a frame may stand outside a hole: what is on disk there ends or begins within less than a frame."""
_BREAK = 2.0
"""So long without a picture is a hole of its own."""
_SHORTEST = 0.25
_TYPICAL = RATE[Media.VIDEO] // 15
_LEAST = {"h264": 1, "vp8": RATE[Media.VIDEO] // 1000}
"""The shortest time that a picture can be shown, in ticks: WebM counts milliseconds."""

Placed = tuple[float, Late]


@dataclass(frozen=True, slots=True)
class Laid:
    """What goes to the disk, in order; positions in ticks of each track. The first picture is a key frame."""

    hole: Hole
    container: Container
    samples: list[tuple[Media, Sample]]
    lasts: int
    """How long the last picture lasts, in ticks."""

    @property
    def bytes(self) -> int:
        return sum(len(sample.data) for _, sample in self.samples)


def lay(piece: Piece, holes: Holes, begins_at: float) -> Laid | None:
    """Into the first hole that it has pictures for; None when nothing of it is missing. `begins_at`: wall time of
    position 0. BadInput when its pictures cannot be read."""
    pictures, sounds = _placed(piece, Media.VIDEO, holes, begins_at), _placed(piece, Media.AUDIO, holes, begins_at)
    for hole in holes.missing():
        start, end = hole.starts_at - begins_at, hole.ends_at - begins_at
        chosen = _choose(piece.codec, pictures, start, end)
        if chosen:
            laid = _laid(piece.codec, hole, chosen, sounds, start, end)
            if laid is not None:
                return laid
    return None


def _placed(piece: Piece, media: Media, holes: Holes, begins_at: float) -> list[Placed]:
    frames = [frame for frame in piece.frames if frame.media is media]
    if not frames:
        return []
    first = frames[0]
    base = holes.position_of(piece.ssrc[media], first.rtp, media)
    if base is None:  # the promptest frame says when they were made: an encoder is busy at times
        base = min(frame.at - frame.since(first) for frame in frames) - begins_at
    return [(base + frame.since(first), frame) for frame in frames]


def is_key(codec: str, data: bytes) -> bool:
    """Can decoding begin here?"""
    return h264.describe(data)[0] if codec == "h264" else vp8.is_key(data)


def _choose(codec: str, pictures: list[Placed], start: float, end: float) -> list[Placed]:
    """What lies inside, after what must be decoded before it, from the last key frame on. One file has pictures of one
    size, so it ends where that changes."""
    lead: list[Placed] = []
    inside: list[Placed] = []
    begins: Container | None = None
    for position, frame in pictures:
        key = is_key(codec, frame.data)
        if position >= end - _EDGE or (inside and position - inside[-1][0] > _BREAK):
            break
        if key and not inside:
            lead, begins = [], _container(codec, frame.data, False)
        elif key and _container(codec, frame.data, False) != begins:
            if position - inside[0][0] >= _SHORTEST:
                break
            lead, inside, begins = [], [], _container(codec, frame.data, False)  # too little for a file
        if begins is None:
            continue
        if position < start - _EDGE:
            lead.append((position, frame))
        else:
            inside.append((position, frame))
    return [*((start, frame) for _, frame in lead), *inside] if inside else []


def _laid(codec: str, hole: Hole, chosen: list[Placed], sounds: list[Placed], start: float, end: float) -> Laid | None:
    container_of = chosen[0][1].data
    video = _video(codec, chosen, start)
    if not video:
        raise BadInput("the pictures of the piece are not in its codec")
    rate = RATE[Media.VIDEO]
    room = max(1, round(end * rate) - video[-1].position)
    lasts = min(room, video[-1].position - video[-2].position if len(video) > 1 else _TYPICAL)
    begins, until = video[0].position / rate, (video[-1].position + lasts) / rate
    if until - begins < min(_SHORTEST, end - start):
        return None
    audio = [
        Sample(round(position * RATE[Media.AUDIO]), opus.duration(frame.data), frame.data, True)
        for position, frame in sounds
        if begins <= position < until
    ]
    return Laid(hole, _container(codec, container_of, bool(audio)), _interleaved(video, audio), lasts)


def _video(codec: str, chosen: list[Placed], start: float) -> list[Sample]:
    """What only has to be decoded stands for the least time there is: it is on disk already, in its own place."""
    samples: list[Sample] = []
    least = _LEAST[codec]
    last = round(start * RATE[Media.VIDEO]) - least
    for position, frame in chosen:
        data = h264.sample_data(frame.data) if codec == "h264" else frame.data
        if data:
            last = max(round(position * RATE[Media.VIDEO]), last + least)
            samples.append(Sample(last, least, data, is_key(codec, frame.data)))
    return samples


def _container(codec: str, key_frame: bytes, sound: bool) -> Container:
    try:
        if codec == "h264":
            return Mp4(h264.Parameters.of(key_frame), True)
        return WebM(*vp8.picture_size(key_frame), sound)
    except ValueError:
        raise BadInput("the first picture of the piece cannot be read") from None


def _interleaved(video: Sequence[Sample], audio: Sequence[Sample]) -> list[tuple[Media, Sample]]:
    both = [(Media.VIDEO, sample) for sample in video] + [(Media.AUDIO, sample) for sample in audio]
    return sorted(both, key=lambda pair: pair[1].position / RATE[pair[0]])
