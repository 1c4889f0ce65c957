"""Media that are encoded once and sent many times: a busy picture as a camera sees it, a calm one as a screen, a tone.

Noise that moves stands for a sensor, and shapes that move for a person, so that a frame has the size that a real camera
gives it: about 7 kB at 15 frames and 0.9 Mbit/s, and key frames some times as large.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 1280, 720
KEY_SECONDS = 2.0
SOUND_RATE = 50
"""Opus packets a second."""

_LENGTH = struct.Struct(">I")
_GROUPS = 4
_SAMPLES = 48_000 // SOUND_RATE


@dataclass(frozen=True, slots=True)
class Clip:
    """What is sent over and over: H.264 access units or Opus packets, `rate` a second, a key frame each `group`."""

    frames: tuple[bytes, ...]
    rate: float
    group: int

    @property
    def bitrate(self) -> float:
        """Bits a second."""
        return 8 * sum(map(len, self.frames)) * self.rate / len(self.frames)

    def write(self, file: Path) -> None:
        """For the process that sends it."""
        with open(file, "wb") as out:
            out.write(struct.pack(">dI", self.rate, self.group))
            for frame in self.frames:
                out.write(_LENGTH.pack(len(frame)) + frame)

    @classmethod
    def read(cls, file: Path) -> "Clip":
        """What `write` wrote."""
        data = file.read_bytes()
        rate, group = struct.unpack_from(">dI", data)
        at, frames = struct.calcsize(">dI"), []
        while at < len(data):
            (length,) = _LENGTH.unpack_from(data, at)
            at += _LENGTH.size
            frames.append(data[at : at + length])
            at += length
        return cls(tuple(frames), rate, group)


def camera(*, rate: float = 15.0, bitrate: int = 900_000) -> Clip:
    """A webcam: noise over all of the picture, a head that sways."""
    return _video(_camera_pictures(round(rate * KEY_SECONDS) * _GROUPS), rate=rate, bitrate=bitrate)


def screen(*, rate: float = 5.0, bitrate: int = 300_000) -> Clip:
    """A screen: lines of text that grow."""
    return _video(_screen_pictures(round(rate * KEY_SECONDS) * _GROUPS), rate=rate, bitrate=bitrate)


def of_pictures(pictures: Sequence[npt.NDArray[np.uint8]], *, rate: float = 15.0, bitrate: int = 900_000) -> Clip:
    """These pictures (BGR, any size), each shown for a quarter of a second, forwards and backwards."""
    several = round(rate / 4)
    there_and_back = [*pictures, *reversed(pictures)]
    sized = (np.asarray(cv2.resize(picture, (WIDTH, HEIGHT)), np.uint8) for picture in there_and_back)
    return _video((picture for one in sized for picture in [one] * several), rate=rate, bitrate=bitrate)


def tone() -> Clip:
    """Opus, 20 ms a packet."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format, context.bit_rate = 48_000, "stereo", "s16", 32_000
    packets: list[bytes] = []
    for number in range(round(SOUND_RATE * KEY_SECONDS)):
        wave = 8000 * np.sin(2 * np.pi * 440 * (np.arange(_SAMPLES) + _SAMPLES * number) / 48_000)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave.astype(np.int16), 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, number * _SAMPLES
        packets += [bytes(packet) for packet in context.encode(frame)]
    return Clip(tuple(packets), SOUND_RATE, 1)


def _video(pictures: Iterable[npt.NDArray[np.uint8]], *, rate: float, bitrate: int) -> Clip:
    """`pictures`: HEIGHT x WIDTH x 3, BGR."""
    group = round(rate * KEY_SECONDS)
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.framerate = Fraction(1, round(rate)), Fraction(round(rate))
    context.gop_size, context.bit_rate = group, bitrate
    context.options = {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"}
    context.options |= {"x264-params": f"repeat-headers=1:scenecut=0:sliced-threads=0:keyint={group}"}
    context.options |= {"maxrate": str(bitrate), "bufsize": str(bitrate)}
    frames: list[bytes] = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts = number
        frames += [bytes(packet) for packet in context.encode(frame)]
    frames += [bytes(packet) for packet in context.encode(None)]
    return Clip(tuple(frames), rate, group)


def _camera_pictures(count: int) -> Iterable[npt.NDArray[np.uint8]]:
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    room = np.stack([columns / 8, rows / 5, (rows + columns) / 12], axis=-1).astype(np.int16) + 40
    noise = random.normal(0, 3, (8, HEIGHT, WIDTH, 1)).astype(np.int16)
    for number in range(count):
        picture = np.clip(room + noise[number % len(noise)], 0, 255).astype(np.uint8)
        sway = round(60 * np.sin(2 * np.pi * number / count))
        cv2.ellipse(picture, (640 + sway, 330), (130, 170), 0, 0, 360, (140, 170, 215), -1)
        cv2.ellipse(picture, (640 + sway // 2, 700), (330, 220), 0, 180, 360, (90, 60, 40), -1)
        cv2.circle(picture, (595 + sway, 300), 14, (40, 40, 40), -1)
        cv2.circle(picture, (685 + sway, 300), 14, (40, 40, 40), -1)
        yield picture


def _screen_pictures(count: int) -> Iterable[npt.NDArray[np.uint8]]:
    random = np.random.default_rng(2)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz  ", np.uint8)
    lines = [bytes(random.choice(letters, 90)).decode() for _ in range(20)]
    for number in range(count):
        picture = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
        shown = 400 + number * 1400 // count
        for line, text in enumerate(lines):
            written = text[: max(0, shown - 90 * line)]
            cv2.putText(picture, written, (30, 50 + 33 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (30, 30, 30), 1)
        yield picture
