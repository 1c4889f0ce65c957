"""Real voices, key presses and hiss through the path of a live microphone (docs/detection.md)."""

from pathlib import Path

import av
import numpy as np
import pytest

from appliance.box.paths import models_folder
from appliance.box.sound import RATE
from appliance.errors import BadInput
from appliance.evaluate import dataset
from appliance.inference import models, voiceprint
from appliance.inference.attribution import attribute
from appliance.inference.detectors import Detectors
from appliance.inference.judges import sound
from appliance.inference.judges.context import Context
from appliance.inference.sound import WINDOW, Ear
from appliance.inference.soundtrack import hear
from appliance.inference.track import Track
from appliance.inference.vad import VoiceFinder
from appliance.inference.voiceprint import VoicePrinter
from appliance.inference.watch import Begun

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage"
LABELS = FOOTAGE / "labels.json"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not LABELS.is_file(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]

LONG_ENOUGH = 2.0
"""Seconds of a label that the rule can see: `speech` asks for two of voice."""

SPEAKING = ("A_", "A05", "A28", "A29", "A30", "A31")


def _files():
    clips = dataset.read(FOOTAGE).clips if LABELS.is_file() else ()
    return [pytest.param(clip, id=clip.name) for clip in clips if clip.name.startswith(SPEAKING)]


@pytest.fixture(scope="module")
def detectors():
    """Those of hearing alone."""

    def load(name, shape=None):
        return models.load(name, folder=models_folder(), threads=1, shape=shape)

    return Detectors(vad=VoiceFinder(load("vad")), voices=VoicePrinter(load("voices", voiceprint.SHAPE)))


def flags(heard):
    """-> (code, seconds when it fired), in order."""
    track = Track(sound.judge, sound.Memory(), Context())
    return [(out.code, each.at) for each in heard for out in track.see(each) if isinstance(out, Begun)]


@pytest.mark.parametrize("clip", _files())
def test_who_speaks_long_enough_is_heard_and_nothing_else_is(clip, detectors):
    said = flags(hear(clip.file, detectors))
    fired = [at for code, at in said if code == "speech"]
    spans = [(label.start, label.end) for label in clip.labels if label.flag == "voice"]
    for at in fired:
        assert any(start <= at <= end + 2.0 for start, end in spans)
    if any(end - start >= LONG_ENOUGH for start, end in spans):
        first = min(start for start, end in spans if end - start >= LONG_ENOUGH)
        assert fired
        assert fired[0] - first < 5.0
    assert {code for code, _ in said} <= {"speech", "second_voice"}
    assert ("second_voice" in dict(said)) == (clip.name.startswith("A_voice_meeting"))


def read(name):
    """Its sound, -1..1 at 16 kHz."""
    with av.open(str(FOOTAGE / name)) as container:
        resampler = av.AudioResampler("flt", "mono", RATE)
        return np.concatenate(
            [part.to_ndarray().ravel() for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        )


def at_a_seat(voice, *, quieter, later_ms, noise_db, seed):
    """What a microphone `quieter` (dB) and `later_ms` away hears of it: the echo of the room, and its own noise."""
    random = np.random.default_rng(seed)
    late = np.concatenate([np.zeros(int(later_ms * RATE / 1000)), voice])[: len(voice)]
    echo = random.normal(0, 0.05, RATE // 5) * np.exp(-6.9 * np.arange(RATE // 5) / (RATE // 5))
    echo[0] = 1.0
    reaching = np.convolve(late, echo)[: len(voice)] * 10 ** (-quieter / 20)
    return reaching + random.normal(0, 10 ** (noise_db / 20), len(voice))


def listen(detectors, wave):
    ear, samples = Ear(detectors), (np.clip(wave, -1, 1) * 32767).astype(np.int16)
    return [
        ear.listen(samples[start : start + WINDOW], at=(start + WINDOW) / RATE, position=None)
        for start in range(0, len(samples) - WINDOW + 1, WINDOW)
    ]


def at_home(seats):
    """Seat -> of each half second with a voice: the seat where it is at home."""
    found = {seat: [] for seat in seats}
    for number, times in enumerate(zip(*seats.values(), strict=True)):
        homes = attribute({seat: heard[: number + 1] for seat, heard in seats.items()}, at=times[0].at)
        for seat, heard in zip(seats, times, strict=True):
            if number >= 3 and sum(chance >= 0.5 for chance in heard.chances) >= 5:
                found[seat].append(homes.get(seat, seat))
    return found


@pytest.mark.parametrize("voice", ["audio/A_voice_three_sentences.wav", "clips/A31_talking_gestures_man.mp4"])
def test_a_voice_at_one_seat_is_at_home_there_for_all_six_microphones(voice, detectors):
    spoken = read(voice)[: 12 * RATE]
    distances = [(0.0, 0), (8.0, 25), (10.5, 60), (13.0, 14), (15.5, 90), (18.0, 40)]
    seats = {
        f"S{seat}": listen(
            detectors, at_a_seat(spoken, quieter=quieter, later_ms=later, noise_db=-60 + (seat % 3) * 3, seed=seat)
        )
        for seat, (quieter, later) in enumerate(distances, start=1)
    }
    homes = at_home(seats)
    assert set(homes["S1"]) == {"S1"}
    others = [home for seat, found in homes.items() if seat != "S1" for home in found]
    assert sum(home == "S1" for home in others) >= 0.9 * len(others)
    own = sum(home == seat for seat, found in homes.items() if seat != "S1" for home in found)
    assert own <= 0.1 * len(others)


def test_two_people_who_speak_at_two_seats_are_both_heard(detectors):
    ann, ben = read("audio/A_voice_three_sentences.wav"), read("clips/A31_talking_gestures_man.mp4")
    length = 14 * RATE
    seats = {
        "S1": listen(detectors, at_a_seat(ann[:length], quieter=0, later_ms=0, noise_db=-60, seed=1)),
        "S2": listen(detectors, at_a_seat(ben[:length], quieter=0, later_ms=0, noise_db=-60, seed=2)),
    }
    homes = at_home(seats)
    assert all(set(found) == {seat} for seat, found in homes.items())


@pytest.mark.parametrize(("rate", "layout"), [(8_000, "mono"), (44_100, "stereo"), (48_000, "mono")])
def test_any_rate_and_any_number_of_channels_is_heard(tmp_path, detectors, rate, layout):
    spoken = read("audio/A_voice_three_sentences.wav")[: 8 * RATE]
    file = tmp_path / "voice.wav"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        resampler = av.AudioResampler("s16", layout, rate)
        frame = av.AudioFrame.from_ndarray((spoken * 32767).astype(np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = RATE
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    assert "speech" in dict(flags(hear(file, detectors)))


def test_a_clip_without_sound_gives_nothing_and_a_broken_one_an_error(tmp_path, detectors):
    assert list(hear(FOOTAGE / "clips" / "A02_clean_man_smiling.mp4", detectors)) == []
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF" + b"\0" * 200)
    with pytest.raises(BadInput, match=r"broken\.wav"):
        list(hear(broken, detectors))
