"""The masked copy: neighbours cannot be seen in it, it says what it is, and the clip beside it is untouched."""

import itertools
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from appliance.box.paths import models_folder
from appliance.evidence.__main__ import make
from appliance.evidence.mask import BLOCKS, masked, parted, place_of
from appliance.exam.feed import Kind
from appliance.inference.baseline import NOT_TAKEN, Baseline
from appliance.inference.boxes import Box
from tests.evidence.recorded import FPS, Recorder

FOOTAGE = Path(__file__).parents[3] / "shared" / "footage" / "clips"
SEATED = Baseline(person=Box(0.35, 0.3, 0.65, 1.0))
OWN, OTHER = Box(0.45, 0.35, 0.55, 0.5), Box(0.8, 0.3, 0.88, 0.42)


def noise(width=320, height=240):
    return np.random.default_rng(1).integers(0, 255, (height, width, 3)).astype(np.uint8)


def colours(picture, box):
    height, width = picture.shape[:2]
    rows, columns = (
        slice(round(box.top * height), round(box.bottom * height)),
        slice(round(box.left * width), round(box.right * width)),
    )
    return len(np.unique(picture[rows, columns].reshape(-1, 3), axis=0))


def test_M91_what_is_outside_the_candidates_place_is_a_few_blocks():
    picture = noise()
    made = masked(picture, place_of(SEATED, []), None, [])
    inside = Box(0.4, 0.4, 0.6, 0.9)
    assert colours(made, Box(0.75, 0.2, 1, 1)) <= BLOCKS * BLOCKS / 4
    assert colours(made, inside) == colours(picture, inside)


def test_a_strangers_face_inside_the_place_is_hidden_and_the_candidates_own_is_not():
    place = place_of(SEATED, [])
    leaning = Box(0.36, 0.4, 0.42, 0.5)
    own, hidden = parted([OWN, leaning, OTHER], place)
    made = masked(noise(), place, own, hidden)
    assert (own, len(hidden)) == (OWN, 2)
    assert colours(made, leaning) < 10
    assert colours(made, OWN) > 100


def test_the_candidates_own_face_is_the_one_at_its_place_however_large_another_is():
    place = place_of(Baseline(head=OWN), [])
    close = Box(0.38, 0.3, 0.62, 0.6).moved(0.1, 0.1)
    assert place.kept.holds(*close.middle)
    assert parted([close, OWN], place) == (OWN, [close])


def test_without_a_base_line_only_what_is_around_the_largest_face_stays():
    place = place_of(NOT_TAKEN, [OWN, OWN, OTHER])
    assert place.known == "face"
    assert place.kept.holds(*OWN.middle)
    assert not place.kept.holds(*OTHER.middle)


def test_where_nobody_is_known_everything_is_hidden():
    place = place_of(NOT_TAKEN, [])
    made = masked(noise(), place, None, [])
    assert (place.kept, place.known) == (None, "nothing")
    assert colours(made, Box(0, 0.3, 1, 1)) <= BLOCKS * BLOCKS


def test_who_sat_beside_at_check_in_is_hidden_even_at_the_edge_of_the_place():
    beside = Box(0.66, 0.3, 0.9, 1.0)
    made = masked(noise(), place_of(Baseline(person=SEATED.person, others=(beside,)), []), None, [])
    assert colours(made, Box(0.67, 0.4, 0.7, 0.9)) < 30


def test_without_the_model_pack_the_clip_is_made_and_the_copy_refused_in_words(tmp_path):
    recorder = Recorder(tmp_path / "media").record(Kind.WEBCAM, (0, 4))
    said = make(recorder.job(tmp_path / "out", 0, 4, masked=True, models=str(tmp_path / "none")))
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["clip.mp4"]
    assert said["masked"]["file"] is None
    assert "model pack" in said["masked"]["why"]


# --- real pictures ---


def encoded(name: str, *, begin: int, seconds: int = 8, width=640, height=480):
    """Frames of a real clip from frame `begin` on, as a page would send them."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate, context.gop_size = Fraction(1, FPS), Fraction(FPS), 30
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "crf": "20"}
    context.options |= {"x264-params": "repeat-headers=1:scenecut=0:keyint=30"}
    frames = []
    with av.open(str(FOOTAGE / name)) as clip:
        wanted = itertools.islice(clip.decode(video=0), begin, begin + seconds * FPS)
        source = [frame.to_ndarray(format="bgr24") for frame in wanted]
    for number in range(seconds * FPS):
        picture = cv2.resize(source[number], (width, height))
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        frame.pict_type = 1 if number % 30 == 0 else 0
        frames += [bytes(packet) for packet in context.encode(frame)]
    return [*frames, *(bytes(packet) for packet in context.encode(None))]


real = pytest.mark.skipif(not FOOTAGE.is_dir(), reason=f"needs the footage in {FOOTAGE}")
pack = pytest.mark.skipif(not (models_folder() / "pack.json").exists(), reason="needs the model pack")


def frames_of(file: Path, every: int = 5):
    with av.open(str(file)) as clip:
        for number, frame in enumerate(clip.decode(video=0)):
            if number % every == 0:
                yield frame.time, frame.to_ndarray(format="bgr24")


@real
@pack
@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["base line", "the largest face of most pictures"])
def test_M91_a_second_face_that_comes_in_is_no_face_any_more_in_the_masked_copy(tmp_path, known):
    from appliance.evidence.masking import finder

    find, _ = finder(models_folder())
    recorder = Recorder(tmp_path / "media")
    recorder.record(Kind.WEBCAM, (0, 8), frames=encoded("A13_second_face_enters.mp4", begin=100), sound=True)
    if known:
        first = next(frames_of(FOOTAGE / "A13_second_face_enters.mp4"))[1]
        head = max(find(first), key=lambda box: box.area)
        recorder.base[Kind.WEBCAM] = {
            f"head.{side}": getattr(head, side) for side in ("left", "top", "right", "bottom")
        }
    said = make(recorder.job(tmp_path / "out", 0, 7 if known else 4, masked=True, models=str(models_folder())))
    assert said["masked"]["file"] == "clip-masked.mp4", said["masked"]
    plain = {round(at, 2): picture for at, picture in frames_of(tmp_path / "out" / "clip.mp4")}
    copied = {round(at, 2): picture for at, picture in frames_of(tmp_path / "out" / "clip-masked.mp4")}
    assert list(plain) == list(copied), "the very same moments"
    seen = {at: len(find(picture)) for at, picture in plain.items()}
    left = {at: len(find(picture)) for at, picture in copied.items()}
    assert max(seen.values()) >= 2, "in the clip two can be seen"
    assert max(left.values()) <= 1, "in the copy nobody but the candidate"
    for at, picture in plain.items():
        height, width = picture.shape[:2]
        eyes = slice(round(0.5 * height), round(0.6 * height)), slice(round(0.4 * width), round(0.6 * width))
        assert cv2.absdiff(picture[eyes], copied[at][eyes]).mean() < 8, "the candidate can be seen"
    with av.open(str(tmp_path / "out" / "clip-masked.mp4")) as clip:
        assert [stream.type for stream in clip.streams] == ["video", "audio", "data"], "pictures, sound, chapters"
