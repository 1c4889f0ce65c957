"""Recordings for clips: several feeds of real frames, in files as capture writes them, and what the ledger knows."""

import hashlib
from pathlib import Path

import av

from appliance.capture import vp8
from appliance.evidence.job import FeedJob, Gap, Job, Source
from appliance.exam.feed import Kind
from appliance.recording import h264
from appliance.recording.frame import Sample
from appliance.recording.mp4 import Mp4
from appliance.recording.name import Name
from appliance.recording.webm import WebM
from tests.capture import media

BEGAN = 1_763_805_600.0
FPS = media.FPS
LOOP = 8  # seconds of footage, a key frame each two


class Recorder:
    """Writes feeds of one attempt under `media`."""

    def __init__(self, folder: Path) -> None:
        self.media = folder
        self.sources: dict[Kind, list[Source]] = {}
        self.gaps: dict[Kind, list[Gap]] = {}
        self.base: dict[Kind, dict[str, float]] = {}

    def record(self, kind, *spans, begins_at=BEGAN, codec="h264", sound=False, frames=None, attempt="a1", **size):
        """A file for each span (first second of the feed's timeline, the one after the last)."""
        frames = frames or media.video(codec, **size)
        made = (
            Mp4(h264.Parameters.of(frames[0]), sound) if codec == "h264" else WebM(*vp8.picture_size(frames[0]), sound)
        )
        there = self.sources.setdefault(kind, [])
        for first, end in spans:
            data = made.header() + b"".join(
                _second(made, frames, at, codec=codec, sound=sound) for at in range(first, end)
            )
            name = Name("1", kind, begins_at + first, len(there) + 1, made.suffix)
            path = f"bio/{attempt}/{kind.value}/{name}"
            (self.media / path).parent.mkdir(parents=True, exist_ok=True)
            (self.media / path).write_bytes(data)
            there.append(
                Source(
                    path=path,
                    sha256=hashlib.sha256(data).hexdigest(),
                    starts_at=begins_at + first,
                    position=float(first),
                    duration=float(end - first),
                )
            )
        return self

    def job(self, out: Path, starts, ends, *, masked=False, models="", begins_at=BEGAN) -> Job:
        """`starts`, `ends`: seconds after `BEGAN`."""
        out.mkdir(exist_ok=True)
        return Job(
            media=str(self.media),
            out=str(out),
            starts_at=begins_at + starts,
            ends_at=begins_at + ends,
            masked=masked,
            models=models,
            feeds=tuple(
                FeedJob(
                    kind=kind.value,
                    sources=tuple(sources),
                    gaps=tuple(self.gaps.get(kind, ())),
                    base=self.base.get(kind, {}),
                )
                for kind, sources in self.sources.items()
            ),
        )


def _second(made, frames, at, *, codec, sound):
    pictures = [
        Sample(
            at * 90_000 + number * 6000,
            6000,
            h264.sample_data(data) if codec == "h264" else data,
            h264.describe(data)[0] if codec == "h264" else vp8.is_key(data),
        )
        for number, data in enumerate(frames[(at % LOOP) * FPS : (at % LOOP + 1) * FPS])
    ]
    packets = media.sound()[(at % LOOP) * 50 : (at % LOOP + 1) * 50] if sound else ()
    heard = [Sample(at * 48_000 + number * 960, 960, data, True) for number, data in enumerate(packets)]
    return made.part(at + 1, pictures, heard)


def packets_of(file: Path) -> dict[int, list[tuple[float, bytes, bool]]]:
    """Track -> (seconds, bytes, key frame) of each packet."""
    found: dict[int, list[tuple[float, bytes, bool]]] = {}
    with av.open(str(file)) as clip:
        for packet in clip.demux():
            if packet.size:
                at = float(packet.pts * packet.time_base)
                found.setdefault(packet.stream.index, []).append((at, bytes(packet), packet.is_keyframe))
    return found


def stored(codec, *seconds, **size):
    """The frames of these seconds, as they lie in a file."""
    frames = media.video(codec, **size)
    taken = [data for at in seconds for data in frames[(at % LOOP) * FPS : (at % LOOP + 1) * FPS]]
    return [h264.sample_data(data) if codec == "h264" else data for data in taken]
