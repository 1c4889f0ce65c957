"""Real clips through the live path: what is labelled is found, what is clean stays clean (docs/detection.md)."""

import json
from pathlib import Path

import pytest

from appliance.box.paths import models_folder
from appliance.errors import BadInput
from appliance.exam.flags import RULES
from appliance.inference.detectors import load_detectors
from appliance.inference.replay import replay
from appliance.inference.schedule import Pace

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage"
LABELS = FOOTAGE / "labels.json"

footage = [
    pytest.mark.slow,
    pytest.mark.skipif(not LABELS.is_file(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]

KNOWN_MISSES = {("A19", "phone"), ("A40", "phone")}
"""The stock detector does not see these phones (docs/detection.md). One that does must take its line out here."""

TOLERANCE = 0.3


def _clips():
    if not LABELS.is_file():
        return []
    labels = json.loads(LABELS.read_text())
    return [pytest.param(clip, labels["codes"], id=clip["file"][6:9]) for clip in labels["clips"]]


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


def _pace():
    return Pace(face_rate=2.0, object_rate=1.0)


def _expected(clip, codes):
    """Labels that these rules can see and that last long enough for one of them, with some looks to spare."""
    for label in clip["segments"]:
        ours = [code for code in codes[label["flag"]] if code in RULES]
        if ours and label["end_s"] - label["start_s"] >= min(RULES[code].seconds for code in ours) + 0.5:
            yield label, ours


@pytest.mark.parametrize(("clip", "codes"), _clips())
class TestClip:
    pytestmark = footage

    def test_flags_are_those_of_the_labels(self, clip, codes, detectors):
        name = clip["file"][6:9]
        found = replay(FOOTAGE / clip["file"], detectors, pace=_pace())
        missed = {
            (name, label["flag"])
            for label, ours in _expected(clip, codes)
            if not any(flag.code in ours and _meets(flag, label) for flag in found)
        }
        assert missed == {miss for miss in KNOWN_MISSES if miss[0] == name}
        spans = [*clip["segments"], *clip["ignore"]]
        false = [
            flag
            for flag in found
            if not any(flag.code in codes.get(span["flag"], []) and _meets(flag, span) for span in spans)
        ]
        assert false == []


def _meets(flag, span):
    return flag.onset <= span["end_s"] + TOLERANCE and flag.end >= span["start_s"] - TOLERANCE


def test_what_is_no_video_is_said(tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"no video at all" * 100)
    with pytest.raises(BadInput, match=r"clip\.mp4"):
        replay(file, load_detectors(tmp_path, threads=1), pace=_pace())
    with pytest.raises(BadInput, match=r"missing\.mp4"):
        replay(tmp_path / "missing.mp4", load_detectors(tmp_path, threads=1), pace=_pace())
