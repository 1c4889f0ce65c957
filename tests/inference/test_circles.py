"""Recordings played in a circle, made of real clips and encoded anew. That the clips themselves are none is part of
`test_replay.py`."""

import math
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.inference import camera
from appliance.inference.judges import camera as judge
from appliance.inference.judges.context import Context
from appliance.inference.judges.loop import EARLIEST
from appliance.inference.observe import Observation
from appliance.inference.replay import pictures
from appliance.inference.track import Track
from appliance.inference.watch import Begun

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage"

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not FOOTAGE.is_dir(), reason="the footage is not here"),
]


def flags(clip):
    """What the judge of the camera says of a clip, looked at twice a second; somebody is there all the time."""
    track = Track(
        lambda memory, seen, context: judge.judge(memory, seen, context, somebody=True), judge.Memory(), Context()
    )
    found, due = [], 0.0
    for at, picture in pictures(clip):
        if at < due - 0.05:
            continue
        due = at + 0.5
        grey = camera.shrink(picture)
        height, width = picture.shape[:2]
        fingerprint, view = camera.fingerprint(grey), camera.measure(grey)
        seen = Observation(
            at=at, position=at, width=width, height=height, view=view, changed=1.0, fingerprint=fingerprint
        )
        found += [(out.code, out.episode.onset_at) for out in track.see(seen) if isinstance(out, Begun)]
    return [(code, at) for code, at in found if code == "video_replay"]


def in_a_circle(clip, target, *, first, length, seconds, rate, bits):
    """A piece of a clip, shown again and again as a virtual camera would, at another rate and bitrate."""
    with av.open(str(clip)) as source:
        frames = [(f.time, f.to_ndarray(format="bgr24")) for f in source.decode(video=0) if f.time is not None]
    times = np.array([time for time, _ in frames])
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 480, "yuv420p", bits
        stream.options = {"preset": "ultrafast"}
        for i in range(seconds * rate):
            shown = first + (i / rate) % length
            picture = frames[max(0, int(np.searchsorted(times, shown, side="right")) - 1)][1]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return target


@pytest.mark.parametrize(("clip", "first", "length", "bits"), [("A01", 1.0, 8.3, 600_000), ("A31", 2.0, 12.2, 250_000)])
def test_a_clip_in_a_circle_is_known_again(tmp_path, clip, first, length, bits):
    (source,) = (FOOTAGE / "clips").glob(f"{clip}_*")
    loop = in_a_circle(source, tmp_path / "loop.mp4", first=first, length=length, seconds=50, rate=15, bits=bits)
    ((code, onset),) = flags(loop)
    assert code == "video_replay"
    assert onset <= math.ceil(EARLIEST / length) * length + 12.0
