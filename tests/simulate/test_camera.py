"""The painted candidates, looked at by the models that will look at them."""

import itertools

import numpy as np
import pytest

from appliance.box.paths import models_folder
from appliance.errors import Unavailable
from appliance.inference import models, replay
from appliance.inference.detectors import load_detectors
from appliance.inference.faces import SHAPE, FaceFinder
from appliance.simulate.camera import FPS, Camera
from appliance.simulate.cutout import people
from appliance.simulate.painter import Look, Painter
from appliance.simulate.script import Scene, of_seat
from tests.simulate.reels import decoded, filmed

there = pytest.mark.skipif(
    not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"
)


@pytest.fixture(scope="module")
def everybody():
    return people(models_folder() / "pictures")


@pytest.fixture(scope="module")
def finder():
    return FaceFinder(models.load("faces", folder=models_folder(), threads=1, shape=SHAPE))


def test_without_photos_it_says_what_to_do(tmp_path):
    with pytest.raises(Unavailable, match="astronaut") as raised:
        people(tmp_path)
    assert "appliance models prepare" in raised.value.hint


@there
def test_no_two_pictures_are_the_same_and_all_move_a_little(everybody):
    painter = Painter(Look.of_seat(6), everybody)
    pictures = [painter.paint(Scene(), n / FPS)[:480].astype(int) for n in range(0, 150, 15)]
    for one, other in itertools.pairwise(pictures):
        assert 0.5 < np.abs(one - other).mean() < 25


@there
def test_seats_differ(everybody):
    pictures = [Painter(Look.of_seat(seat), everybody).paint(Scene(), 0.0).astype(int) for seat in range(1, 9)]
    for number, one in enumerate(pictures):
        assert min([np.abs(one - other).mean() for other in pictures[number + 1 :]], default=99) > 6


@there
@pytest.mark.slow
@pytest.mark.parametrize("seat", [1, 6, *(pytest.param(seat, marks=pytest.mark.long) for seat in (2, 7, 12))])
def test_faces_are_there_when_they_should_be(seat, everybody, finder):
    """As a proctor's box gets it: encoded and decoded. While somebody moves in or out anything goes."""
    camera, script = Camera(seat, everybody), of_seat(seat)
    pictures = decoded(*(camera.make() for _ in range(11)))
    for number in range(0, len(pictures), 5):
        scene = script(number / FPS)
        if scene.covered > 0 or scene.dark > 0 or 0 < scene.away < 1 or 0 < scene.joined < 1:
            continue
        expected = 0 if scene.away else 2 if scene.joined else 1
        scores = [face.score for face in finder.find(pictures[number], at_least=0.6 if expected else 0.3)]
        assert len(scores) == expected, f"{seat=} {number / FPS:.1f} s: {scores}"
        assert min(scores, default=1.0) >= 0.7


@there
@pytest.mark.slow
@pytest.mark.parametrize(
    ("seat", "flags"),
    [
        pytest.param(1, [("face_absent", 5), ("face_absent", 39)], marks=pytest.mark.long),
        pytest.param(2, [("multiple_people", 5), ("multiple_people", 45)], marks=pytest.mark.long),
        pytest.param(3, [("camera_covered", 12)], marks=pytest.mark.long),
        pytest.param(4, [("lighting_poor", 10)], marks=pytest.mark.long),
        pytest.param(5, [], marks=pytest.mark.long),
        pytest.param(6, [], marks=pytest.mark.long),
        pytest.param(7, [], marks=pytest.mark.long),
    ],
)
def test_each_seat_raises_its_flags_and_no_other(seat, flags, everybody, tmp_path):
    """A minute of it, by the rules as they are."""
    file = filmed(Camera(seat, everybody).make, tmp_path / "seat.mp4", seconds=60)
    found = replay.replay(file, load_detectors(models_folder(), threads=1), pace=replay.live_pace()).found
    assert [flag.code for flag in found] == [code for code, _ in flags]
    for flag, (_, at) in zip(found, flags, strict=True):
        assert at <= flag.onset <= at + 1.5
