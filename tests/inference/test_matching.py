"""Templates and pictures: what is compared, what is kept, and what is dropped. With the real models."""

import hashlib
import time

import cv2
import pytest

from appliance.box.paths import models_folder
from appliance.config import InferenceSettings
from appliance.inference.boxes import Box
from appliance.inference.detectors import Detectors, load_detectors
from appliance.inference.enrolment import File, Shown
from appliance.inference.faces import Face
from appliance.inference.looker import Looker
from appliance.inference.matching import Matcher, Wanted, on_card
from tests.inference.test_looker import FakeRoom, show, turns

needs_models = pytest.mark.skipif(
    not (models_folder() / "pack.json").is_file(), reason="no model pack: appliance models prepare"
)


@pytest.fixture(scope="module")
def detectors():
    return load_detectors(models_folder(), threads=1)


@pytest.fixture(scope="module")
def portraits():
    folder = models_folder() / "pictures"
    return {name: cv2.imread(str(folder / name)) for name in ("astronaut.png", "grace_hopper.jpg")}


def kept(folder, name, picture):
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    (folder / name).write_bytes(jpeg)
    return File(name, hashlib.sha256(jpeg).hexdigest())


def small(picture, share):
    return cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def with_card(picture, print_of):
    """The candidate, and at the lower left a print of a portrait, its face about 55 pixels wide."""
    whole = picture.copy()
    printed = print_of[: round(0.6 * len(print_of))]
    scale = 55 / (86 if len(print_of) == 512 else 182)
    printed = cv2.resize(printed, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    whole[-printed.shape[0] :, : printed.shape[1]] = printed[:, : whole.shape[1]]
    return whole


def test_the_printed_face_is_the_largest_that_is_narrower_than_the_own():
    own, printed, far = (Face(Box(0, 0, w, w), 0.9, ()) for w in (100.0, 60.0, 20.0))
    assert on_card([own, printed, far], 100.0) is printed
    assert on_card([own], 100.0) is None
    assert on_card([], 100.0) is None


def test_without_models_it_says_so(tmp_path):
    said = Matcher(tmp_path, Detectors()).compare(Shown(File("p", "aa"), File("f", "bb")))
    assert (said.score, said.reason, said.photo_sha256) == (None, "model_missing", "aa")


@pytest.mark.slow
@needs_models
class TestWithModels:
    def compared(self, folder, detectors, photo, face):
        shown = Shown(kept(folder, "photo.jpg", photo), kept(folder, "face.jpg", face))
        return Matcher(folder, detectors).compare(shown)

    def test_the_face_on_the_card_is_held_against_the_live_one(self, tmp_path, detectors, portraits):
        ada, grace = portraits.values()
        same = self.compared(tmp_path, detectors, with_card(ada, ada), ada)
        other = self.compared(tmp_path, detectors, with_card(ada, grace), ada)
        assert (same.reason, other.reason) == ("", "")
        assert same.score > same.limit > other.score

    def test_a_photo_that_shows_nobody_but_the_candidate_is_no_id(self, tmp_path, detectors, portraits):
        ada = portraits["astronaut.png"]
        said = self.compared(tmp_path, detectors, ada, ada)
        assert (said.score, said.reason) == (None, "no_face_on_id")
        leaning_back = cv2.copyMakeBorder(ada, 300, 0, 300, 300, cv2.BORDER_CONSTANT)
        said = self.compared(tmp_path, detectors, leaning_back, ada)
        assert (said.score, said.reason) == (None, "no_face_on_id")

    def test_what_cannot_be_compared_has_its_reason(self, tmp_path, detectors, portraits):
        ada = portraits["astronaut.png"]
        card = with_card(ada, ada)
        assert self.compared(tmp_path, detectors, card, ada[:60]).reason == "no_face"
        assert self.compared(tmp_path, detectors, small(card, 0.6), small(ada, 0.6)).reason == "too_small"
        dark = cv2.convertScaleAbs(ada, alpha=0.15)
        assert self.compared(tmp_path, detectors, card, dark).reason == "too_dark"

    def test_a_picture_that_was_changed_is_not_looked_at(self, tmp_path, detectors, portraits):
        ada = portraits["astronaut.png"]
        photo, face = kept(tmp_path, "photo.jpg", ada), kept(tmp_path, "face.jpg", ada)
        (tmp_path / "face.jpg").write_bytes(b"another")
        assert Matcher(tmp_path, detectors).compare(Shown(photo, face)).reason == "unreadable"

    @pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff"])
    def test_what_is_no_picture_has_its_reason(self, tmp_path, detectors, data):
        (tmp_path / "photo.jpg").write_bytes(data)
        file = File("photo.jpg", hashlib.sha256(data).hexdigest())
        matcher = Matcher(tmp_path, detectors)
        assert matcher.compare(Shown(file, file)).reason == "unreadable"
        matcher.hold({"a1": file})
        assert matcher.template("a1") is None

    def test_a_template_lives_as_long_as_it_is_wanted(self, tmp_path, detectors, portraits):
        matcher = Matcher(tmp_path, detectors)
        jpeg = cv2.imencode(".jpg", portraits["astronaut.png"])[1].tobytes()
        enrolled = matcher.enrol(jpeg, exam="bio", attempt="a1")
        assert (tmp_path / enrolled.face).read_bytes() == jpeg
        file = File(enrolled.face, enrolled.face_sha256)
        matcher.hold({"a1": file})
        held = matcher.template("a1")
        assert held is not None
        again = Matcher(tmp_path, detectors)
        again.hold({"a1": file})
        assert again.template("a1").like(held) == pytest.approx(1.0, abs=1e-5)
        matcher.hold({})
        assert matcher.template("a1") is None
        assert sorted(path.suffix for path in tmp_path.rglob("*") if path.is_file()) == [".jpg"]


def test_what_was_shown_is_compared_at_the_next_turn(tmp_path):
    room = FakeRoom("a1")
    room.wanted = Wanted(shown={"a1": Shown(File("p", "aa"), File("f", "bb"))})
    turns(Looker(tmp_path, InferenceSettings(), Detectors(), room, seen=tmp_path), 1)
    assert [(attempt, said.reason) for attempt, said in room.said] == [("a1", "model_missing")]


@pytest.mark.slow
@needs_models
def test_the_first_picture_that_is_worth_it_becomes_the_one_that_later_looks_are_held_against(
    tmp_path, detectors, portraits
):
    room = FakeRoom("a1")
    room.media = tmp_path / "media"
    room.wanted = Wanted(missing={"a1": "bio"})
    looker = Looker(tmp_path, InferenceSettings(), detectors, room, seen=tmp_path)
    picture = cv2.resize(portraits["grace_hopper.jpg"], None, fx=0.8, fy=0.8)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    size = (picture.shape[1], picture.shape[0])
    show(tmp_path, "a1", 1, size=size, raw=bytes(size[0] * size[1] * 3))
    turns(looker, 1)
    assert room.said == []  # nobody is in it
    show(tmp_path, "a1", 2, at=time.time() + 5, size=size, raw=picture.tobytes(), jpeg=jpeg)
    turns(looker, 3)
    ((attempt, enrolled),) = room.said
    assert attempt == "a1"
    room.wanted = Wanted(held={"a1": File(enrolled.face, enrolled.face_sha256)})
    show(tmp_path, "a1", 3, at=time.time() + 10, size=size, raw=picture.tobytes(), jpeg=jpeg)
    turns(looker, 3)
    assert room.seen[-1][1].likeness.score > 0.9
