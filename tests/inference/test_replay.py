"""Real clips through the live path: what is labelled is found, what is clean stays clean (docs/detection.md)."""

from pathlib import Path

import pytest

from appliance.box.paths import models_folder
from appliance.errors import BadInput
from appliance.evaluate import dataset
from appliance.evaluate.play import judge
from appliance.exam.detection import USUAL
from appliance.inference.detectors import load_detectors
from appliance.inference.replay import live_pace, replay

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage"
LABELS = FOOTAGE / "labels.json"

footage = [
    pytest.mark.slow,
    pytest.mark.skipif(not LABELS.is_file(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]


ALWAYS = ("A13_", "A18_", "A29_")
"""A second face, a phone, a voice: with each `make test`. The others take two minutes."""


def _clips():
    if not LABELS.is_file():
        return []
    labelled = dataset.read(FOOTAGE)
    return [pytest.param(clip, labelled, id=clip.file.stem, marks=_marks(clip.file.stem)) for clip in labelled.clips]


def _marks(clip):
    return () if clip.startswith(ALWAYS) else pytest.mark.long


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


@pytest.mark.parametrize(("clip", "labelled"), _clips())
class TestClip:
    pytestmark = footage

    def test_flags_are_those_of_the_labels(self, clip, labelled, detectors):
        came = judge(
            clip, replay(clip.file, detectors, pace=live_pace(), portrait=clip.portrait), labelled.codes, USUAL
        )
        assert came.outcome.missed == ()
        assert came.outcome.false == ()


def test_what_is_no_video_is_said(tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"no video at all" * 100)
    with pytest.raises(BadInput, match=r"clip\.mp4"):
        replay(file, load_detectors(tmp_path, threads=1), pace=live_pace())
    with pytest.raises(BadInput, match=r"missing\.mp4"):
        replay(tmp_path / "missing.mp4", load_detectors(tmp_path, threads=1), pace=live_pace())
