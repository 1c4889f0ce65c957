"""Footage as a camera: resampled, and never twice the same. Each pass has another crop, brightness and sensor noise."""

import logging
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import av
import cv2
import numpy as np
import numpy.typing as npt

from appliance.errors import BadInput, NotFound
from appliance.simulate.camera import BITRATE, FPS, HURRY
from appliance.simulate.encode import PACKET_SAMPLES, SOUND_RATE, Planes, SoundEncoder, VideoEncoder
from appliance.simulate.painter import Noise
from appliance.simulate.reel import CHUNK_SECONDS, Chunk
from appliance.simulate.room import HEIGHT, WIDTH
from appliance.simulate.sound import PACKETS
from appliance.simulate.still import Still

log = logging.getLogger(__name__)
Frame = TypeVar("Frame")

LONGEST = 3600.0
"""Seconds of a clip that are played."""

_CROP = 0.03  # of the picture's sides, at most
_BRIGHTER = 6.0  # grey levels, at most
_HISS = 12.0


def files(folder: Path) -> list[Path]:
    """The clips of a folder, by name. NotFound when there are none, BadInput when one has no picture."""
    found = sorted(folder.glob("*.mp4")) if folder.is_dir() else []
    if not found:
        raise NotFound(f"there are no clips (*.mp4) in {folder}", hint="Check --clips.")
    for file in found:
        seconds(file)
    return found


def seconds(file: Path) -> float:
    """How long a pass takes: whole pictures. BadInput when it cannot be played."""
    try:
        with av.open(str(file)) as container:
            if container.streams.video and container.duration and next(container.decode(video=0), None):
                return max(1, round(min(container.duration / 1e6, LONGEST) * FPS)) / FPS
    except (av.FFmpegError, OSError) as error:
        raise BadInput(f"{file} cannot be played: {error}", hint="Give MP4 files with H.264.") from None
    raise BadInput(f"{file} has no moving picture", hint="Give MP4 files with H.264.")


def first(file: Path) -> npt.NDArray[np.uint8]:
    """Its first picture, blue first."""
    with av.open(str(file)) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="bgr24"), np.uint8)


def has_sound(file: Path) -> bool:
    """Does the clip have a sound of its own?"""
    with av.open(str(file)) as container:
        return bool(container.streams.audio)


class Pictures:
    """Makes the pictures of a clip, over and over."""

    def __init__(self, file: Path, seed: int) -> None:
        self._file, self._length = file, seconds(file)
        self._random = np.random.default_rng(seed)
        self.width, self.height = _size(file)
        self._noise = Noise(seed, width=self.width, height=self.height)
        self._encoder = VideoEncoder(self.width, self.height, fps=FPS, bitrate=BITRATE)
        self._shots = self._for_ever()

    def make(self) -> Chunk:
        """The next two seconds."""
        return self._chunk(every=1)

    def hurry(self) -> Chunk:
        """The next two seconds, with fewer pictures."""
        return self._chunk(every=HURRY)

    def _chunk(self, *, every: int) -> Chunk:
        count = round(FPS * CHUNK_SECONDS)
        shots = (shot for n, shot in enumerate(islice(self._shots, count)) if n % every == 0)
        return tuple(self._encoder.encode(shot(), key=n == 0) for n, shot in enumerate(shots))

    def _for_ever(self) -> Iterator[Callable[[], Planes]]:
        """What makes each picture, so that one which is not shown costs only its decoding."""
        while True:
            share = 1 - self._random.uniform(0.2, 1.0) * _CROP
            left, top = self._random.uniform(0, 1 - share, 2)
            brightness = self._random.uniform(-_BRIGHTER, _BRIGHTER)
            still = Still()
            for picture in _evenly(self._file, self._length):
                height, width = picture.shape[:2]
                x, y = round(left * width), round(top * height)
                part = picture[y : y + round(share * height), x : x + round(share * width)]
                yield partial(self._shot, part, brightness, again=still.stands(picture))

    def _shot(self, part: npt.NDArray[np.uint8], brightness: float, *, again: bool) -> Planes:
        small = cv2.resize(part, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        planes = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420), np.uint8)
        self._noise.add(planes[: self.height], brightness=brightness, again=again)
        return planes


def _size(file: Path) -> tuple[int, int]:
    """As large as fits into 640 x 480, nothing cut off, even numbers."""
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        scale = min(WIDTH / video.width, HEIGHT / video.height)
        return 2 * max(8, round(video.width * scale / 2)), 2 * max(8, round(video.height * scale / 2))


def _evenly(file: Path, length: float) -> Iterator[npt.NDArray[np.uint8]]:
    """One pass: `FPS` pictures a second, BGR. The newest decoded one is shown again where there is no other."""
    wanted, shown = round(length * FPS), 0
    last: npt.NDArray[np.uint8] | None = None
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        start = float((stream.start_time or 0) * (stream.time_base or Fraction(1)))
        for frame in _readable(file, container.decode(stream)):
            at = (frame.time or 0.0) - start
            while last is not None and shown < wanted and (shown + 0.5) / FPS <= at:
                shown += 1
                yield last
            if at + 1 / FPS > shown / FPS:
                last = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    while last is not None and shown < wanted:
        shown += 1
        yield last


def _readable(file: Path, frames: Iterator[Frame]) -> Iterator[Frame]:
    """As far as the file can be read: a pass of a damaged one is filled up with what was last seen, or with silence."""
    try:
        yield from frames
    except av.FFmpegError as error:
        log.warning("%s cannot be read to its end: %s", file, error)


class Sound:
    """Makes the sound of a clip, over and over, in step with its pictures."""

    def __init__(self, file: Path, seed: int) -> None:
        self._file, self._samples = file, round(seconds(file) * SOUND_RATE)
        self._random = np.random.default_rng(seed)
        self._encoder = SoundEncoder(bitrate=32_000)
        self._left: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._pieces = self._for_ever()

    def make(self) -> Chunk:
        """The next two seconds."""
        count = PACKETS * PACKET_SAMPLES
        pieces, have = [self._left], len(self._left)
        while have < count:
            pieces.append(next(self._pieces))
            have += len(pieces[-1])
        sound = np.concatenate(pieces)
        self._left = sound[count:]
        return tuple(self._encoder.encode(samples) for samples in sound[:count].reshape(PACKETS, PACKET_SAMPLES))

    def _for_ever(self) -> Iterator[npt.NDArray[np.int16]]:
        while True:
            loudness, sent = self._random.uniform(0.9, 1.1), 0
            for whole in _samples(self._file):
                piece = whole[: self._samples - sent]
                sent += len(piece)
                hiss = self._random.normal(0, _HISS, len(piece))
                yield (piece * loudness + hiss).clip(-32768, 32767).astype(np.int16)
            yield self._random.normal(0, _HISS, self._samples - sent).astype(np.int16)


def _samples(file: Path) -> Iterator[npt.NDArray[np.int16]]:
    """One pass: mono, 48 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE)
    with av.open(str(file)) as container:
        for frame in _readable(file, container.decode(container.streams.audio[0])):
            for piece in resampler.resample(frame):
                yield np.asarray(piece.to_ndarray(), np.int16).reshape(-1)
