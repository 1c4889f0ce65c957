"""Pictures that cannot be judged, and models that are not there."""

import shutil

import numpy as np
import pytest

from appliance.box.paths import models_folder
from appliance.exam.episode import Verdict
from appliance.inference.detectors import Detectors, load_detectors
from appliance.inference.judges.context import Context
from appliance.inference.judges.sight import Memory, judge
from appliance.inference.observe import Observer

needs_models = pytest.mark.skipif(
    not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"
)

rng = np.random.default_rng(3)

NOT_PICTURES = {
    "nothing": np.zeros((0, 0, 3), np.uint8),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "a line": np.zeros((480, 1, 3), np.uint8),
    "8K": np.zeros((4320, 7680, 3), np.uint8),
    "one channel": np.zeros((480, 640), np.uint8),
    "four channels": np.zeros((480, 640, 4), np.uint8),
    "floats": np.zeros((480, 640, 3), np.float32),
}

PICTURES = {
    "grey": np.full((480, 640, 3), 128, np.uint8),
    "black": np.zeros((480, 640, 3), np.uint8),
    "white": np.full((480, 640, 3), 255, np.uint8),
    "noise": rng.integers(0, 256, (480, 640, 3), np.uint8),
    "tiny": rng.integers(0, 256, (48, 48, 3), np.uint8),
    "wide": rng.integers(0, 256, (48, 4096, 3), np.uint8),
    "tall": rng.integers(0, 256, (4096, 48, 3), np.uint8),
    "odd": rng.integers(0, 256, (241, 319, 3), np.uint8),
}


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_cannot_be_judged(name):
    seen = Observer(Detectors()).look(NOT_PICTURES[name], at=1.0, position=None)
    _, ticks = judge(Memory(), seen, Context())
    assert ticks
    assert {tick.verdict for tick in ticks.values()} == {Verdict.UNASSESSABLE}


@pytest.mark.slow
@needs_models
@pytest.mark.parametrize("name", PICTURES)
def test_strange_pictures_are_looked_at_and_show_nobody(detectors, name):
    assert detectors.missing == {}
    seen = Observer(detectors).look(PICTURES[name], at=1.0, position=None)
    assert [face for face in seen.faces if face.score >= 0.6] == []
    _, ticks = judge(Memory(), seen, Context())
    assert ticks["multiple_people"].verdict is not Verdict.TRUE
    assert ticks["phone_visible"].verdict is not Verdict.TRUE


def test_without_any_model_light_and_movement_are_judged_all_the_same():
    observer = Observer(Detectors())
    observer.look(PICTURES["noise"], at=1.0, position=None)
    seen = observer.look(PICTURES["noise"], at=1.5, position=None)
    _, ticks = judge(Memory(), seen, Context())
    unassessable = {code for code, tick in ticks.items() if tick.verdict is Verdict.UNASSESSABLE}
    assert unassessable >= {"face_absent", "multiple_people", "phone_visible", "looking_away", "camera_frozen"}
    assert ticks["lighting_poor"].verdict is Verdict.FALSE


def test_an_empty_model_pack_is_said_in_sentences(tmp_path):
    detectors = load_detectors(tmp_path, threads=1)
    assert set(detectors.missing) >= {"faces", "mesh", "iris", "likeness", "objects", "palms", "things"}
    assert detectors.versions == {}
    for sentence in detectors.missing.values():
        assert "appliance models prepare" in sentence


@pytest.mark.slow
@needs_models
@pytest.mark.parametrize("damage", ["faces.bin", "mesh.bin", "objects.xml", "palms.bin", "things.xml"])
def test_a_damaged_model_is_said_and_the_others_work(tmp_path, damage):
    folder = tmp_path / "models"
    shutil.copytree(models_folder(), folder)
    data = bytearray((folder / damage).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / damage).write_bytes(data)
    detectors = load_detectors(folder, threads=1)
    name = damage.split(".")[0]
    assert set(detectors.missing) == {name}
    assert damage in detectors.missing[name]
    assert "damaged" in detectors.missing[name]
    seen = Observer(detectors).look(PICTURES["grey"], at=1.0, position=None)
    assert (seen.faces is None) == (name == "faces")
    assert (seen.persons is None) == (name == "objects")
    assert (seen.phones is None) == (name in {"objects", "palms", "things"})


@pytest.mark.slow
@needs_models
def test_the_portraits_of_the_pack_show_one_face_each(detectors):
    import cv2

    for file in ("astronaut.png", "grace_hopper.jpg"):
        picture = cv2.imread(str(models_folder() / "pictures" / file))
        seen = Observer(detectors).look(picture, at=1.0, position=None)
        assert len([face for face in seen.faces if face.score >= 0.7]) == 1
        assert len([person for person in seen.persons if person.score >= 0.5]) == 1
        assert 35 < seen.face_light < 225
