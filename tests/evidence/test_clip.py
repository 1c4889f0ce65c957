"""A clip of several feeds: the very packets, in step, cut at key frames, with everything that is missing named."""

import json
import subprocess
import sys
from dataclasses import asdict, replace

import av
import pytest

from appliance.evidence.__main__ import make
from appliance.evidence.job import Gap, NotMade
from appliance.exam.feed import Kind
from tests.evidence.recorded import BEGAN, FPS, Recorder, packets_of, stored

pytestmark = pytest.mark.slow


@pytest.fixture
def recorder(tmp_path):
    return Recorder(tmp_path / "media")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_M91_feeds_are_cut_at_key_frames_and_stand_in_step_by_wall_time(recorder, out):
    recorder.record(Kind.WEBCAM, (0, 10), (10, 30), sound=True)
    recorder.record(Kind.PHONE, (0, 30), begins_at=BEGAN + 3.4, width=160, height=120)
    recorder.record(Kind.SCREEN, (0, 30), begins_at=BEGAN + 0.5)
    said = make(recorder.job(out, 9.5, 21.0))
    assert said["files"] == ["clip.mp4"]
    assert said["begins_at"] == pytest.approx(BEGAN + 8, abs=0.002), "the key frame of the webcam before 9.5"
    assert [(track["kind"], track["media"], track["size"]) for track in said["tracks"]] == [
        ("webcam", "video", "320x240"),
        ("webcam", "audio", ""),
        ("phone", "video", "160x120"),
        ("screen", "video", "320x240"),
    ]
    found = packets_of(out / "clip.mp4")
    assert [data for _, data, _ in found[0]][: 2 * FPS] == stored("h264", 8, 9), "not encoded again"
    begins = [found[track][0][0] for track in (0, 2, 3)]
    assert begins == pytest.approx([0, 1.4, 0.5], abs=0.003), "key frames at 8, 9.4 and 8.5 seconds"
    assert all(found[track][0][2] for track in (0, 2, 3))
    assert found[1][0][0] == pytest.approx(0, abs=0.03), "sound with its picture"
    for track in (0, 2, 3):
        assert 13 <= found[track][-1][0] + 1 / FPS <= 13.1, "to the end that was asked for"
    assert said["holes"] == []
    assert {segment["state"] for segment in said["segments"]} == {"there"}


def test_M91_where_the_span_begins_and_ends_is_marked_in_the_file(recorder, out):
    recorder.record(Kind.WEBCAM, (0, 30))
    make(recorder.job(out, 9.5, 21.0))
    with av.open(str(out / "clip.mp4")) as clip:
        said = [(float(c["start"] * c["time_base"]), c["metadata"]["title"]) for c in clip.chapters()]
    assert said == [(0.0, "lead-in"), (1.5, "asked for")]


def test_the_lead_in_may_lie_in_the_file_before(recorder, out):
    recorder.record(Kind.WEBCAM, (0, 9), (9, 30), sound=True)
    recorder.record(Kind.SCREEN, (0, 9), (9, 30))
    said = make(recorder.job(out, 9.5, 21.0))
    assert said["begins_at"] == pytest.approx(BEGAN + 8, abs=0.002)
    assert [data for _, data, _ in packets_of(out / "clip.mp4")[0]][: 2 * FPS] == stored("h264", 8, 9)


def test_what_is_missing_stays_a_hole_and_is_named(recorder, out):
    recorder.record(Kind.WEBCAM, (0, 4), (4, 8), (8, 12), (12, 16), (20, 26))
    recorder.gaps[Kind.WEBCAM] = [Gap(starts_at=BEGAN + 16, ends_at=BEGAN + 20, cause="network")]
    files = recorder.sources[Kind.WEBCAM]
    (recorder.media / files[1].path).write_bytes(b"other bytes")
    files[2] = replace(files[2], deleted=True)
    (recorder.media / files[3].path).unlink()
    said = make(recorder.job(out, 1, 30))
    assert [(hole["starts_at"] - BEGAN, hole["ends_at"] - BEGAN, hole["cause"]) for hole in said["holes"]] == [
        (4, 8, "changed"),
        (8, 12, "deleted"),
        (12, 16, "missing"),
        (16, 20, "network"),
        (26, 30, "not_recorded"),
    ]
    assert [segment["state"] for segment in said["segments"]] == ["there", "changed", "deleted", "missing", "there"]
    times = [at for at, _, _ in packets_of(out / "clip.mp4")[0]]
    assert not [at for at in times if 4.01 < at < 19.99], "nothing was moved together"
    assert times[-1] == pytest.approx(26 - 1 / FPS, abs=0.01)


def test_pictures_of_another_size_go_on_in_a_track_of_their_own(recorder, out):
    recorder.record(Kind.WEBCAM, (0, 4), sound=True)
    recorder.record(Kind.WEBCAM, (4, 8), width=160, height=120, sound=True)
    recorder.record(Kind.WEBCAM, (8, 12), sound=True)
    said = make(recorder.job(out, 0, 12))
    assert [(track["media"], track["size"]) for track in said["tracks"]] == [
        ("video", "320x240"),
        ("audio", ""),
        ("video", "160x120"),
    ]
    found = packets_of(out / "clip.mp4")
    assert len(found[0]) == 8 * FPS
    assert len(found[2]) == 4 * FPS
    assert found[2][0][0] == pytest.approx(4, abs=0.002)
    assert said["holes"] == []


def test_VP8_goes_into_a_file_of_its_own_that_begins_at_the_same_moment(recorder, out):
    recorder.record(Kind.WEBCAM, (0, 12))
    recorder.record(Kind.PHONE, (0, 12), codec="vp8", width=96, height=64, begins_at=BEGAN + 0.5)
    said = make(recorder.job(out, 3, 9))
    assert said["files"] == ["clip.mp4", "clip-phone.webm"]
    assert packets_of(out / "clip.mp4")[0][0][0] == pytest.approx(0, abs=0.002)
    phone = packets_of(out / "clip-phone.webm")[0]
    assert phone[0][0] == pytest.approx(0.5, abs=0.002), "2.5 s, while the clip begins at 2 s"
    assert phone[0][2]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [("nothing", "nothing_recorded"), ("delete", "deleted"), ("lose", "unreadable"), ("change", "unreadable")],
)
def test_nothing_at_all_says_why(recorder, out, spoil, reason):
    recorder.record(Kind.WEBCAM, (0, 4) if spoil != "nothing" else (60, 64))
    (source,) = recorder.sources[Kind.WEBCAM]
    if spoil == "delete":
        recorder.sources[Kind.WEBCAM] = [replace(source, deleted=True)]
    if spoil == "lose":
        (recorder.media / source.path).unlink()
    if spoil == "change":
        (recorder.media / source.path).write_bytes(b"")
    with pytest.raises(NotMade) as failed:
        make(recorder.job(out, 0, 4))
    assert failed.value.reason == reason


def test_the_process_says_what_came_of_it_in_a_file(recorder, out, tmp_path):
    recorder.record(Kind.WEBCAM, (0, 4))
    job = tmp_path / "job.json"
    job.write_text(json.dumps(asdict(recorder.job(out, 0, 4))))
    subprocess.run([sys.executable, "-m", "appliance.evidence", str(job)], check=True, capture_output=True)
    said = json.loads((out / "result.json").read_text())
    assert said["files"] == ["clip.mp4"]
    assert said["masked"] is None
