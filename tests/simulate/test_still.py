"""A camera that hangs in the footage hangs at the box too; one that works never does."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.box.paths import models_folder
from appliance.inference.detectors import load_detectors
from appliance.inference.replay import live_pace, replay
from appliance.simulate.clip import Pictures, seconds
from appliance.simulate.painter import Noise
from appliance.simulate.reel import CHUNK_SECONDS
from appliance.simulate.still import SURE_AFTER, Still

CLIPS = Path(__file__).parents[3] / "shared" / "footage" / "clips"


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


def _picture(level):
    return np.full((48, 64, 3), level, np.uint8)


def _nearly(level, share):
    """So many of the pixels that are looked at are one level brighter."""
    picture = _picture(level)
    picture[::4, : int(64 * share)] += 1
    return picture


def test_the_first_picture_does_not_stand_still():
    assert not Still().stands(_picture(100))


def test_the_same_picture_stands_still():
    still = Still()
    assert [still.stands(_picture(100)) for _ in range(3)] == [False, True, True]


def test_a_sensor_that_lives_does_not_stand_still():
    still, random = Still(), np.random.default_rng(1)
    pictures = [(_picture(100) + random.normal(0, 1.5, (48, 64, 3))).astype(np.uint8) for _ in range(40)]
    assert not any(still.stands(picture) for picture in pictures)


def test_a_key_frame_in_a_still_run_belongs_to_it():
    still = Still()
    for _ in range(SURE_AFTER + 1):
        still.stands(_picture(100))
    assert still.stands(_nearly(100, 0.5))


def test_the_same_jump_without_a_still_run_is_movement():
    still = Still()
    for _ in range(SURE_AFTER):
        still.stands(_picture(100))
    assert not still.stands(_nearly(100, 0.5))


def test_movement_ends_a_still_run():
    still = Still()
    for _ in range(SURE_AFTER + 1):
        still.stands(_picture(100))
    assert not still.stands(_picture(110))


def test_noise_is_another_each_time_unless_asked_for_again():
    noise, shown = Noise(1), []
    for again in (False, True, False):
        luma = np.full((480, 640), 100, np.uint8)
        noise.add(luma, again=again)
        shown.append(luma)
    assert np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[1], shown[2])


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the footage is not here")
@pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare")
@pytest.mark.parametrize(
    ("clip", "flags"),
    [
        pytest.param("A24_camera_frozen_then_black", ["camera_frozen"] * 2, marks=pytest.mark.long),
        pytest.param("A06_absent_same_room", ["face_absent"] * 2, marks=pytest.mark.long),
        pytest.param("A02_clean_man_smiling", [], marks=pytest.mark.long),
    ],
)
def test_two_passes_of_a_clip_raise_the_flags_of_the_footage(clip, flags, detectors, tmp_path):
    file = CLIPS / f"{clip}.mp4"
    pictures = Pictures(file, 1)
    chunks = [pictures.make() for _ in range(round(2 * seconds(file) / CHUNK_SECONDS) + 1)]
    shown = _as_video(b"".join(b"".join(chunk) for chunk in chunks), tmp_path)
    found = replay(shown, detectors, pace=live_pace()).found
    assert [flag.code for flag in found] == flags


def _as_video(stream, folder):
    """The bare stream with a clock, as MP4."""
    (folder / "bare.h264").write_bytes(stream)
    target = folder / "shown.mp4"
    with av.open(str(folder / "bare.h264"), format="h264") as bare, av.open(str(target), "w") as out:
        video = out.add_stream_from_template(bare.streams.video[0], opaque=True)
        video.time_base = Fraction(1, 90_000)
        for number, packet in enumerate(packet for packet in bare.demux(video=0) if packet.size):
            packet.stream, packet.time_base = video, Fraction(1, 90_000)
            packet.pts = packet.dts = number * 6000
            out.mux(packet)
    return target
