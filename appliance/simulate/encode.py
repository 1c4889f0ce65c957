"""Pictures to H.264, sound to Opus: cheap settings, one thread, nothing kept back."""

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

Planes = npt.NDArray[np.uint8]
"""A picture as I420: height * 3/2 rows of width pixels."""

SOUND_RATE = 48_000
PACKET_SAMPLES = 960
"""20 ms, as browsers send it."""


class VideoEncoder:
    """H.264, constrained baseline; Annex B with parameter sets in each key frame."""

    def __init__(self, width: int, height: int, *, fps: int, bitrate: int) -> None:
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, fps), Fraction(fps)
        context.bit_rate, context.gop_size, context.thread_count = bitrate, 1000 * fps, 1
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "forced-idr": "1",
            "maxrate": str(bitrate),
            "bufsize": str(bitrate),
            "x264-params": "repeat-headers=1:scenecut=0",
        }
        self._context, self._number = context, 0

    def encode(self, picture: Planes, *, key: bool) -> bytes:
        """One picture -> one access unit."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, self._number = self._number, self._number + 1
        if key:
            frame.pict_type = av.video.frame.PictureType.I
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


class SoundEncoder:
    """Opus, mono, 20 ms packets."""

    def __init__(self, *, bitrate: int = 24_000) -> None:
        context = av.CodecContext.create("libopus", "w")
        context.sample_rate, context.layout, context.format = SOUND_RATE, "mono", "s16"
        context.bit_rate = bitrate
        context.options = {"compression_level": "0", "application": "lowdelay"}
        self._context, self._number = context, 0

    def encode(self, samples: npt.NDArray[np.int16]) -> bytes:
        """960 samples -> one packet."""
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = SOUND_RATE, self._number
        self._number += len(samples)
        return b"".join(bytes(packet) for packet in self._context.encode(frame))
