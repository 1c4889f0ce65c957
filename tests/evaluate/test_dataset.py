"""Labels are read with care: what does not hold is named one by one, the rest is used."""

import json

import pytest

from appliance.errors import BadInput
from appliance.evaluate import dataset, oep
from appliance.evaluate.dataset import EVERYTHING, Span

CODES = {"phone": ["phone_visible"], "absent": ["face_absent"]}


def folder(tmp_path, *clips, codes=CODES, **more):
    """A folder with these clips; their files are there unless `gone`."""
    for clip in clips:
        if isinstance(clip, dict) and "file" in clip and not clip.pop("gone", False):
            file = tmp_path / clip["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
    (tmp_path / "labels.json").write_text(json.dumps({"clips": clips, "codes": codes, **more}))
    return tmp_path


def segment(flag, start, end):
    return {"flag": flag, "start_s": start, "end_s": end}


def test_a_clip_is_read_with_its_labels_and_whose_it_is(tmp_path):
    where = folder(
        tmp_path,
        {
            "file": "clips/a.mp4",
            "duration_s": 20,
            "kind": "flagged",
            "origin": "natural_looped",
            "enrolled": "ada",
            "light": "dim",
            "segments": [segment("phone", 5, 10)],
            "ignore": [segment("absent", 1, 2)],
        },
    )
    found = dataset.read(where)
    (clip,) = found.clips
    assert found.findings == ()
    assert (clip.name, clip.file, clip.seconds) == ("a.mp4", where / "clips/a.mp4", 20.0)
    assert (clip.labels, clip.ignored) == ((Span("phone", 5, 10),), (Span("absent", 1, 2),))
    assert (clip.natural, clip.clean, clip.subject) == (True, False, "ada")
    assert (clip.traits["light"], clip.traits["glasses"]) == ("dim", "unknown")


def test_the_enrolled_person_is_the_photo_of_that_name_and_the_reference_before_others(tmp_path):
    faces = [
        {"file": f"images/{name}.jpg", "kind": "face", "identity": "ada"} for name in ("ada_1", "ada_ref", "ada_2")
    ]
    (tmp_path / "images").mkdir()
    for face in faces:
        (tmp_path / face["file"]).write_bytes(b"")
    where = folder(tmp_path, {"file": "a.mp4", "enrolled": "ada"}, {"file": "b.mp4", "enrolled": "bob"}, images=faces)
    known, unknown = dataset.read(where).clips
    assert known.portrait == where / "images/ada_ref.jpg"
    assert unknown.portrait is None


def test_sound_files_are_clips_without_pictures(tmp_path):
    (tmp_path / "v.wav").write_bytes(b"")
    where = folder(tmp_path, audio=[{"file": "v.wav", "duration_s": 3, "kind": "clean"}])
    (clip,) = dataset.read(where).clips
    assert (clip.pictures, clip.clean, clip.subject) == (False, True, "v.wav")


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        (segment("phone", 5, 5), "no span of time"),
        (segment("phone", 9, 5), "no span of time"),
        (segment("phone", -3, 5), "no span of time"),
        (segment("phone", float("nan"), 5), "no span of time"),
        (segment("phone", 1, float("inf")), "no span of time"),
        (segment("phone", 30, 40), "the clip has 20 s"),
        (segment("ufo", 5, 10), "does not stand among the codes"),
        ({"flag": "phone"}, "is no label"),
        ({"flag": "phone", "start_s": "soon", "end_s": 3}, "is no label"),
        ("phone from 5 to 10", "is no label"),
        (None, "is no label"),
    ],
)
def test_a_label_that_is_nonsense_is_named_and_the_others_are_used(tmp_path, said, finding):
    good = segment("phone", 5, 10)
    found = dataset.read(folder(tmp_path, {"file": "a.mp4", "duration_s": 20, "segments": [said, good]}))
    assert found.clips[0].labels == (Span("phone", 5, 10),)
    assert len(found.findings) == 1
    assert found.findings[0].startswith("a.mp4: ")
    assert finding in found.findings[0]


def test_a_label_that_runs_over_the_end_is_cut_there(tmp_path):
    said = {"file": "a.mp4", "duration_s": 20, "segments": [segment("phone", 15, 25)]}
    found = dataset.read(folder(tmp_path, said))
    assert found.clips[0].labels == (Span("phone", 15, 20),)
    assert len(found.findings) == 1


def test_labels_of_one_flag_that_overlap_count_as_one_and_it_is_said(tmp_path):
    said = [segment("phone", 5, 10), segment("phone", 8, 12), segment("phone", 9, 11), segment("absent", 6, 9)]
    found = dataset.read(folder(tmp_path, {"file": "a.mp4", "duration_s": 20, "segments": said}))
    assert found.clips[0].labels == (Span("phone", 5, 12), Span("absent", 6, 9))
    assert len(found.findings) == 2


@pytest.mark.parametrize(
    ("entry", "finding"),
    [
        ({"file": "gone.mp4", "gone": True}, "gone.mp4: is missing"),
        ({"file": "../secret.mp4", "gone": True}, "outside the folder"),
        ({"duration_s": 3}, "names no file"),
        ("a.mp4", "names no file"),
        ({"file": "a.mp4"}, "stands twice"),
    ],
)
def test_a_clip_that_cannot_be_used_is_named_and_the_others_are(tmp_path, entry, finding):
    found = dataset.read(folder(tmp_path, {"file": "a.mp4"}, entry))
    assert [clip.name for clip in found.clips] == ["a.mp4"]
    assert finding in found.findings[0]


def test_codes_of_another_version_are_named(tmp_path):
    found = dataset.read(folder(tmp_path, {"file": "a.mp4"}, codes={"phone": ["phone_visible", "mind_reading"]}))
    assert found.codes == {"phone": ("phone_visible",)}
    assert "mind_reading" in found.findings[0]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"clips": []}', '{"codes": 3}', "\ud800".encode("utf-8", "surrogatepass")]
)
def test_what_is_no_labels_file_is_refused(tmp_path, text):
    (tmp_path / "labels.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=r"labels\.json"):
        dataset.read(tmp_path)


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"no labels\.json and no gt\.txt"):
        dataset.read(tmp_path)


# --- the OEP set ---

TRUTH = "0010\t0025\t1\n0130\t0200\t2\n0210\t0220\t5\n"


def subject(tmp_path, name, truth, *videos):
    where = tmp_path / name
    where.mkdir(parents=True)
    (where / "gt.txt").write_text(truth)
    for video in videos:
        (where / video).write_bytes(b"")


def test_ground_truth_is_minutes_and_seconds(tmp_path):
    subject(tmp_path, "subject1", TRUTH, "yousef2.avi", "yousef1.avi", "yousef.wav")
    assert oep.is_oep(tmp_path)
    found = oep.read(tmp_path)
    (clip,) = found.clips
    assert (clip.name, clip.subject) == ("subject1/yousef1.avi", "subject1")
    assert clip.labels == (Span("book_notes", 10, 25), Span("talking", 90, 120), Span("phone_use", 130, 140))
    assert found.findings == ()


@pytest.mark.parametrize("line", ["0010 0020", "10:00\t0020\t1", "a b c", "0010\t0020\t1\tx", "0010\t0075\t1", "\x00"])
def test_a_malformed_line_is_named_and_the_others_are_read(line):
    findings = []
    labels, ignored = oep.spans(f"0010\t0020\t1\n\n{line}\n0030\t0040\t5\n", name="s", findings=findings)
    assert [label.start for label in labels] == [10, 30]
    assert ignored == []
    assert len(findings) == 1
    assert "line 3" in findings[0]


@pytest.mark.parametrize("kind", ["6", "0", "10", "12"])
def test_where_the_type_is_not_explained_nothing_counts(kind):
    findings = []
    labels, ignored = oep.spans(f"0010\t0020\t{kind}\n", name="s", findings=findings)
    assert labels == []
    assert ignored == [Span(EVERYTHING, 10, 20)]
    assert len(findings) == 1


def test_a_subject_without_video_is_named_and_the_others_are_used(tmp_path):
    subject(tmp_path, "subject1", TRUTH)
    subject(tmp_path, "subject2", TRUTH, "a.avi")
    found = oep.read(tmp_path)
    assert [clip.subject for clip in found.clips] == ["subject2"]
    assert found.findings == ("subject1: has no video",)


def test_a_folder_in_which_no_subject_can_be_used_is_refused(tmp_path):
    subject(tmp_path, "subject1", TRUTH)
    with pytest.raises(BadInput, match="subject1: has no video"):
        oep.read(tmp_path)
