"""A clip, and a port that nobody listens on."""

import socket
from fractions import Fraction

import av
import numpy as np
import pytest


@pytest.fixture
def free_port():
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="session")
def footage(tmp_path_factory):
    """A folder with one clip of 2.0 s: 20 pictures a second, 16:9, a bar that goes from left to right, and a tone."""
    folder = tmp_path_factory.mktemp("clips")
    with av.open(str(folder / "b.mp4"), "w") as out:
        video = out.add_stream("libx264", rate=20)
        video.width, video.height, video.pix_fmt = 960, 540, "yuv420p"
        video.options = {"preset": "ultrafast"}
        audio = out.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(40):
            pixels = np.full((540, 960, 3), 90, np.uint8)
            pixels[:, number * 20 : number * 20 + 60] = 220
            out.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        for number in range(93):
            wave = 0.3 * np.sin(2 * np.pi * 440 * (np.arange(1024) + 1024 * number) / 48_000)
            frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]).astype(np.float32), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 1024 * number, Fraction(1, 48_000)
            out.mux(audio.encode(frame))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return folder
