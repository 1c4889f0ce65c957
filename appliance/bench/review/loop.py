"""A stretch of one feed, encoded once and laid anywhere on its timeline: only the times in its parts are rewritten.

The picture moves and says its time, in digits and, in its top rows, as twelve blocks (white is 1, the highest bit on
the left) of which a page can read the same: sixtieths of a second, from 0 at each `seconds` of the recording on. Where
there is sound, each second begins with a beep, and every other stretch of eight seconds is loud.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.exam.feed import Kind
from appliance.recording import h264, silence
from appliance.recording.frame import RATE, Media, Sample
from appliance.recording.h264 import Parameters
from appliance.recording.mp4 import Mp4, children
from appliance.simulate.encode import PACKET_SAMPLES, SOUND_RATE, Planes, SoundEncoder, VideoEncoder

TICKS = 60
BITS = 12
_LOUD_SECONDS = 8
_NOISE = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`seconds`: of the loop, a multiple of `piece`; `piece`: of a file; `key`: between key frames; `shift`: the time
    that the picture says at the beginning."""

    kind: Kind
    width: int
    height: int
    fps: int
    bitrate: int
    sound: bool
    seconds: int
    piece: int
    key: int
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A second of it: the bytes of a part, and where in them the times stand: (offset, ticks a second, ticks)."""

    data: bytes
    times: tuple[tuple[int, int, int], ...]

    def at(self, seconds: int) -> bytes:
        """The same, so much later."""
        moved = bytearray(self.data)
        for offset, rate, ticks in self.times:
            struct.pack_into(">Q", moved, offset, ticks + seconds * rate)
        return bytes(moved)


@dataclass(frozen=True, slots=True)
class Loop:
    """The header of its files, and a part for each second."""

    shape: Shape
    header: bytes
    parts: tuple[Stretch, ...]
    picture: bytes
    """JPEG of its first picture."""

    def piece(self, start: int, end: int) -> bytes:
        """The file that holds the seconds `start` to `end` of the feed's timeline."""
        whole = bytearray(self.header)
        for second in range(start, end):
            place = second % self.shape.seconds
            whole += self.parts[place].at(second - place)
        return bytes(whole)


def make(shape: Shape) -> Loop:
    """Encode it."""
    pictures = VideoEncoder(shape.width, shape.height, fps=shape.fps, bitrate=shape.bitrate)
    every = shape.key * shape.fps
    frames = [
        pictures.encode(_planes(shape, number), key=number % every == 0) for number in range(shape.seconds * shape.fps)
    ]
    sounds = list(_sounds(shape)) if shape.sound else []
    container = Mp4(Parameters.of(frames[0]), sound=True)
    parts = tuple(_stretch(container, shape, second, frames, sounds) for second in range(shape.seconds))
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(_planes(shape, 0), cv2.COLOR_YUV2BGR_I420))
    return Loop(shape, container.header(), parts, jpeg.tobytes())


def _stretch(container: Mp4, shape: Shape, second: int, frames: list[bytes], sounds: list[bytes]) -> Stretch:
    lasts = RATE[Media.VIDEO] // shape.fps
    video = [
        Sample(number * lasts, lasts, h264.sample_data(frames[number]), h264.describe(frames[number])[0])
        for number in range(second * shape.fps, (second + 1) * shape.fps)
    ]
    each = SOUND_RATE // PACKET_SAMPLES
    audio = [
        Sample(number * PACKET_SAMPLES, PACKET_SAMPLES, packet, True)
        for number, packet in enumerate(sounds[second * each : (second + 1) * each], second * each)
    ] or silence.filled([], since=second * SOUND_RATE, until=(second + 1) * SOUND_RATE)
    data = container.part(second % shape.piece + 1, video, audio)
    return Stretch(data, tuple(_times(data)))


def _times(part: bytes) -> Iterator[tuple[int, int, int]]:
    """Where the time of each track stands: the 8 bytes of each `tfdt`."""
    at = 0
    length = struct.unpack_from(">I", part)[0]
    for kind, body in children(part[8:length]):
        if kind == b"traf":
            at = part.index(b"tfdt", at) + 4
            track = struct.unpack_from(">I", dict(children(body))[b"tfhd"], 4)[0]
            rate = RATE[Media.VIDEO if track == 1 else Media.AUDIO]
            yield at + 4, rate, struct.unpack_from(">Q", part, at + 4)[0]


def _planes(shape: Shape, number: int) -> Planes:
    """One picture: noise that costs bits, a ball that moves, the time."""
    moment = (shape.shift + number / shape.fps) % shape.seconds
    planes = np.full((shape.height * 3 // 2, shape.width), 128, np.uint8)
    luma = planes[: shape.height]
    coarse = np.random.default_rng(number * 7919 % _NOISE).integers(40, 120, (shape.height // 8, shape.width // 8))
    luma[:] = cv2.resize(coarse.astype(np.uint8), (shape.width, shape.height), interpolation=cv2.INTER_LINEAR)
    step = shape.width // 10
    cv2.circle(luma, (int(moment * step) % shape.width, shape.height * 2 // 3), shape.height // 8, 220, -1)
    size = shape.height / 160
    text = f"{shape.kind.value} {moment:06.3f}"
    cv2.putText(luma, text, (shape.width // 20, shape.height // 2), cv2.FONT_HERSHEY_SIMPLEX, size / 2, 255, 2)
    ticks = round(moment * TICKS) % (1 << BITS)
    bits = np.array([255 if ticks >> bit & 1 else 0 for bit in reversed(range(BITS))], np.uint8)
    rows = shape.height // 10
    luma[:rows] = cv2.resize(bits[np.newaxis], (shape.width, rows), interpolation=cv2.INTER_NEAREST)
    return planes


def _sounds(shape: Shape) -> Iterator[bytes]:
    encoder, chance = SoundEncoder(), np.random.default_rng(7)
    for number in range(shape.seconds * SOUND_RATE // PACKET_SAMPLES):
        at = np.arange(number * PACKET_SAMPLES, (number + 1) * PACKET_SAMPLES) / SOUND_RATE
        loud = int(at[0]) // _LOUD_SECONDS % 2
        wave = chance.normal(0, 3000 if loud else 20, PACKET_SAMPLES)
        if (at[0] + shape.shift) % 1 < 0.1:
            wave += 6000 * np.sin(2 * np.pi * 880 * at)
        yield encoder.encode(np.clip(wave, -32_000, 32_000).astype(np.int16))
