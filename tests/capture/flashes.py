"""What happens at one moment for every camera and microphone: a flash, a beep. And when a recording saw it."""

import asyncio
import functools
import time
from fractions import Fraction

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

EVERY = 2.0
LASTS = 0.3
RATE = 20


@functools.cache
def _picture(level: int) -> bytes:
    """A key frame of one brightness."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 320, 240, "yuv420p"
    context.time_base, context.framerate = Fraction(1, RATE), Fraction(RATE)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    context.options |= {"x264-params": "repeat-headers=1"}
    frame = av.VideoFrame.from_ndarray(np.full((240, 320, 3), level, np.uint8), format="rgb24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


class Flashing(MediaStreamTrack):
    """A camera that sees this machine's clock: bright for a moment every two seconds."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self._number = 0
        self._started = None

    async def recv(self):
        if self.readyState != "live":
            raise MediaStreamError
        self._started = self._started or time.monotonic()
        await asyncio.sleep(max(0.0, self._started + self._number / RATE - time.monotonic()))
        packet = av.Packet(_picture(230 if time.monotonic() % EVERY < LASTS else 20))
        packet.pts, packet.time_base = round(self._number * 90_000 / RATE), Fraction(1, 90_000)
        self._number += 1
        return packet


def seen(paths) -> list[float]:
    """When it became bright, seconds on the feed's timeline, over all files of a recording."""
    found, dark = [], False
    for path in paths:
        with av.open(str(path)) as file:
            for frame in file.decode(video=0):
                level = frame.to_ndarray(format="gray").mean()
                if dark and level > 120:
                    found.append(float(frame.pts * frame.time_base))
                dark = level < 120
    return found


def heard(paths) -> list[float]:
    """When it became loud, seconds on the feed's timeline, over all files of a recording."""
    found, quiet_since = [], None
    for path in paths:
        with av.open(str(path)) as file:
            for now, loud in _loudness(file):
                if loud and quiet_since is not None and now - quiet_since > 0.2:
                    found.append(now)
                quiet_since = None if loud else (now if quiet_since is None else quiet_since)
    return found


def _loudness(file):
    """(seconds, is it loud?) for each 5 ms."""
    for frame in file.decode(audio=0):
        samples = np.abs(frame.to_ndarray().astype(np.float64)).max(axis=0)
        if not frame.format.is_planar:
            samples = samples.reshape(-1, len(frame.layout.channels)).max(axis=1)
        loudest = 32768.0 if "s16" in frame.format.name else 1.0
        start, step = float(frame.pts * frame.time_base), frame.sample_rate // 200
        for at in range(0, len(samples), step):
            yield start + at / frame.sample_rate, samples[at : at + step].max() / loudest > 0.1
