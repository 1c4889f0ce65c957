"""The decoder's part for sound: Opus packets in, the newest sound of each feed out."""

import logging
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from appliance.box import sound
from appliance.box.sound import RATE, Samples
from appliance.capture.batch import HOLE_SECONDS
from appliance.exam.feed import Feed

log = logging.getLogger("appliance.capture.decoder")

_KEPT = int(sound.SECONDS * RATE)
_LAYOUT, _CODEC_RATE = "mono", 48_000


def _decoder() -> av.AudioCodecContext:
    context = av.CodecContext.create("libopus", "r")
    context.sample_rate, context.layout = _CODEC_RATE, _LAYOUT
    return context


def _resampler() -> av.AudioResampler:
    return av.AudioResampler("s16", _LAYOUT, RATE)


@dataclass(slots=True)
class _Run:
    """A stretch without a hole. `ends`: on the recording, seconds."""

    began: int = field(default_factory=time.time_ns)
    codec: av.AudioCodecContext = field(default_factory=_decoder)
    resampler: av.AudioResampler = field(default_factory=_resampler)
    samples: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    end: int = 0
    ends: float = 0.0


class Hearing:
    """Decodes the sound of many feeds into `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs: dict[str, _Run] = {}

    def handle(self, head: dict[str, Any], data: bytes) -> None:
        """One batch of packets (`batch.Message`)."""
        name = head["feed"]
        run = self._runs.get(name)
        if run is None or abs(head["position"] - run.ends) > HOLE_SECONDS:
            run = self._runs[name] = _Run()
        heard = [self._decode(name, run, packet) for packet in _cut(data, head["sizes"])]
        run.ends = head["ends"]
        run.end += sum(map(len, heard))
        run.samples = np.concatenate([run.samples, *heard])[-_KEPT:]
        if not run.end:
            return
        header = sound.Header(
            feed=name,
            run=run.began,
            end=run.end,
            ends_at=head["ends_at"],
            position=head["ends"],
            samples=len(run.samples),
        )
        try:
            sound.write(self._folder, header, run.samples)
        except OSError as error:
            log.warning("%s: sound could not be written: %s", name, error.strerror)

    def end(self, name: str) -> None:
        """The feed is over."""
        self._runs.pop(name, None)
        sound.remove(self._folder, Feed.parse(name))

    def _decode(self, name: str, run: _Run, packet: bytes) -> Samples:
        """The samples of a packet; none of one that makes no sense. An empty one would end the codec's stream."""
        if not packet:
            return np.zeros(0, np.int16)
        try:
            frames = [part for frame in run.codec.decode(av.Packet(packet)) for part in run.resampler.resample(frame)]
        except (av.FFmpegError, EOFError) as error:
            log.info("%s: a packet of sound cannot be decoded: %s", name, error)
            run.codec, run.resampler = _decoder(), _resampler()
            return np.zeros(0, np.int16)
        return np.concatenate([np.zeros(0, np.int16), *(frame.to_ndarray().ravel() for frame in frames)])


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    ends = np.cumsum([0, *sizes]).tolist()
    return [data[start:end] for start, end in pairwise(ends)]
