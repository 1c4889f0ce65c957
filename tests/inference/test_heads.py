"""Heads, eyes and likeness on a few real pictures with the real models."""

import itertools
from pathlib import Path

import cv2
import pytest

from appliance.box.paths import models_folder
from appliance.inference.detectors import load_detectors
from appliance.inference.likeness import MATCH, template_of
from appliance.inference.look import Look
from appliance.inference.observe import Observer
from appliance.inference.pose import from_five
from appliance.inference.replay import pictures

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOOTAGE.is_dir(), reason="the footage is not here"),
    pytest.mark.skipif(not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"),
]


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


def heads(clip, detectors, *seconds):
    """The heads of a clip at these seconds."""
    (file,) = (FOOTAGE / "clips").glob(f"{clip}_*")
    found, left = [], list(seconds)
    for at, picture in pictures(file):
        if left and at >= left[0] - 0.01:
            left.pop(0)
            wants = {Look.FACES, Look.HEAD}
            found.append(Observer(detectors).look(picture, at=at, position=at, wants=wants).head)
        if not left:
            break
    return found


def test_a_head_turned_to_either_side_is_seen_so(detectors):
    right, ahead, left = heads("A08", detectors, 1.0, 5.0, 8.0)
    assert right.yaw < -35
    assert abs(ahead.yaw) < 8
    assert left.yaw > 20


def test_the_five_points_of_the_detector_say_nearly_the_same(detectors):
    (file,) = (FOOTAGE / "clips").glob("A08_*")
    observer = Observer(detectors)
    for at, picture in itertools.islice(pictures(file), 0, 40, 8):
        seen = observer.look(picture, at=at, position=at, wants={Look.FACES, Look.HEAD})
        rough = from_five(seen.candidate.points, width=seen.width, height=seen.height)
        assert rough.yaw == pytest.approx(seen.head.yaw, abs=15)


def test_eyes_to_one_side_are_seen_while_the_head_stays(detectors):
    for clip, side in (("A09", 1), ("A10", -1)):
        before, aside, after = heads(clip, detectors, 3.0, 8.0, 12.0)
        assert before.gaze == pytest.approx(0.49, abs=0.04)
        assert side * (aside.gaze - 0.49) > 0.075
        assert after.gaze == pytest.approx(0.49, abs=0.04)
        assert max(abs(head.yaw) for head in (before, aside, after)) < 5


def test_grimaces_leave_the_head_where_it_is(detectors):
    found = heads("A03", detectors, 2.0, 9.5, 11.0, 12.0, 18.0)
    assert max(abs(head.yaw) for head in found) < 12
    assert max(head.pitch for head in found) - min(head.pitch for head in found) < 12


def test_photos_of_one_person_are_alike_and_of_two_are_not(detectors):
    templates = {
        photo: template
        for photo in sorted((FOOTAGE / "images" / "faces").glob("*/*.jpg"))
        if (template := template_of(detectors, cv2.imread(str(photo)))) is not None
    }
    assert len(templates) >= 20
    same, other = [], []
    for one, two in itertools.combinations(templates, 2):
        (same if one.parent == two.parent else other).append(templates[one].like(templates[two]))
    assert min(same) >= MATCH > max(other)
