"""Encoded media made once for each test run: a moving test picture and a tone."""

import functools
from fractions import Fraction

import av
import numpy as np

FPS = 15


@functools.cache
def video(codec: str, *, seconds: int = 8, width: int = 320, height: int = 240, every: int = 30) -> tuple[bytes, ...]:
    """Frames of H.264 (Annex B, parameter sets in each key frame) or VP8; a key frame each `every` frames."""
    context = av.CodecContext.create({"h264": "libx264", "vp8": "libvpx"}[codec], "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.gop_size, context.bit_rate = every, 300_000
    if codec == "h264":
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        context.options |= {"x264-params": "repeat-headers=1:scenecut=0"}
    else:
        context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    frames: list[bytes] = []
    for number in range(seconds * FPS):
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, :, 0] = (np.arange(width) + 4 * number) % 256
        pixels[40:80, (number * 5) % (width - 60) : (number * 5) % (width - 60) + 60] = 255
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts = number
        if number % every == 0:
            frame.pict_type = 1
        frames += [bytes(packet) for packet in context.encode(frame)]
    frames += [bytes(packet) for packet in context.encode(None)]
    assert len(frames) == seconds * FPS
    return tuple(frames)


@functools.cache
def sound(*, seconds: int = 8) -> tuple[bytes, ...]:
    """Opus packets of 20 ms: a tone."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format, context.bit_rate = 48_000, "stereo", "s16", 32_000
    packets: list[bytes] = []
    for number in range(seconds * 50):
        wave = 8000 * np.sin(2 * np.pi * 440 * (np.arange(960) + 960 * number) / 48_000)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave.astype(np.int16), 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, number * 960
        packets += [bytes(packet) for packet in context.encode(frame)]
    return tuple(packets)
