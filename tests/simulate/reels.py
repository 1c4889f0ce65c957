"""What several tests of the simulator need: a reel without an encoder, a chunk as pictures, a seat as a file."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from appliance.simulate.camera import FPS


def decoded(*chunks: tuple[bytes, ...]) -> list[np.ndarray]:
    """Access units -> BGR pictures."""
    codec = av.CodecContext.create("h264", "r")
    frames = [frame for chunk in chunks for unit in chunk for frame in codec.decode(av.Packet(unit))]
    return [frame.to_ndarray(format="bgr24") for frame in [*frames, *codec.decode(None)]]


def filmed(make, file: Path, *, seconds: float) -> Path:
    """What a camera makes, as an MP4 file."""
    units = [unit for _ in range(round(seconds / 2)) for unit in make()]
    with av.open(io.BytesIO(units[0]), format="h264") as first, av.open(str(file), "w", format="mp4") as out:
        stream = out.add_stream_from_template(first.streams.video[0], opaque=True)
        for number, unit in enumerate(units):
            packet = av.Packet(unit)
            packet.stream, packet.time_base = stream, Fraction(1, FPS)
            packet.pts = packet.dts = number
            packet.is_keyframe = number % (2 * FPS) == 0
            out.mux(packet)
    return file
