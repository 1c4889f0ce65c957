"""The inference process as it runs: Opus of a real voice in, a flag out."""

import time

import av
import numpy as np

from appliance.capture.batch import Batches
from appliance.capture.hearing import Hearing
from appliance.exam.events import AttemptFinished
from appliance.simulate.encode import PACKET_SAMPLES, SOUND_RATE, SoundEncoder
from tests.inference import test_main
from tests.inference.test_main import SHARED, bench

__all__ = ["bench"]

pytestmark = test_main.pytestmark

VOICE = SHARED / "footage/audio/A_voice_one_man.wav"
PACKET_SECONDS = PACKET_SAMPLES / SOUND_RATE


def packets(file, *, end):
    """Its first `end` seconds as Opus."""
    encoder, resampler = SoundEncoder(), av.AudioResampler("s16", "mono", SOUND_RATE, frame_size=PACKET_SAMPLES)
    with av.open(str(file)) as container:
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                if part.samples == PACKET_SAMPLES and (part.time or 0.0) < end:
                    yield encoder.encode(part.to_ndarray().ravel().astype(np.int16))


def speak(bench, file, *, end):
    """As capture and its decoder do it, in the time it takes."""
    batches, hearing, begun = Batches(), Hearing(bench.paths.sounds), time.time()
    for number, packet in enumerate(packets(file, end=end)):
        position = number * PACKET_SECONDS
        time.sleep(max(0.0, begun + position - time.time()))
        for head, data in batches.add(bench.feed, packet, at=begun + position, position=position):
            hearing.handle(head, data)


def test_a_voice_becomes_a_flag_where_it_was_heard(bench):
    bench.start()
    bench.wait_until_healthy(seconds=40)
    begun = time.time()
    bench.open_feed(begun)
    speak(bench, VOICE, end=9.5)
    (raised,) = bench.wait_for("flag.raised", code="speech", seconds=15)
    assert raised.payload.position is not None
    assert 6.0 < raised.payload.position < 9.5  # he begins at 4.1 s, and pauses
    assert raised.payload.why["voiced_s"] >= 2.0
    assert raised.payload.models["vad"].startswith("Silero")
    assert bench.health()["hearing"]["microphones"] == 1
    bench.say(AttemptFinished())
    covered = next(said for said in bench.wait_for("analysis.covered") if said.payload.kind == "webcam")
    assessable, ticks = covered.payload.ticks["speech"]
    assert 10 <= assessable <= ticks
