"""What is on disk after a crash: open files are closed, damaged ones set aside, nothing blocks."""

import hashlib

import pytest

from appliance.capture import index
from appliance.exam.feed import Feed, Kind
from appliance.recording.mp4 import Mp4
from appliance.recording.name import Name
from tests.capture.test_containers import container_of, part, whole_file

WALL = 1_795_000_000.0


@pytest.fixture
def feed_folder(tmp_path):
    folder = tmp_path / "bio" / "a1" / "webcam"
    folder.mkdir(parents=True)
    return folder


def record(folder, number, starts_at, content, *, form="mp4", still_open=False):
    name = str(Name("S1", Kind.WEBCAM, starts_at, number, f".{form}")) + (".open" if still_open else "")
    (folder / name).write_bytes(content)
    return folder / name


def seconds(start, count, *, form="mp4"):
    container = container_of(form)
    return container.header() + b"".join(part(container, number, start=start) for number in range(count))


@pytest.mark.parametrize("form", ["mp4", "webm"])
def test_a_file_left_open_becomes_a_segment(tmp_path, feed_folder, form):
    record(feed_folder, 1, WALL, seconds(0, 4, form=form), form=form)
    left = record(feed_folder, 2, WALL + 4, seconds(4, 3, form=form)[:-100], form=form, still_open=True)
    assert index.left_open(tmp_path) == [feed_folder]
    found = index.survey(tmp_path, feed_folder)
    (segment,) = found.recovered
    closed = tmp_path / segment.path
    assert closed == left.with_name(left.name.removesuffix(".open"))
    assert not left.exists()
    assert segment.recovered
    assert (segment.number, segment.bytes) == (2, closed.stat().st_size)
    assert segment.sha256 == hashlib.sha256(closed.read_bytes()).hexdigest()
    assert (segment.position, segment.duration) == pytest.approx((4, 2), abs=0.01)
    assert found.place.feed == Feed("a1", Kind.WEBCAM)
    assert (found.place.exam, found.place.seat) == ("bio", "S1")
    assert found.resume.begins_at == WALL
    assert found.resume.end == pytest.approx(6, abs=0.01)
    assert found.resume.number == 2
    assert [entry.name for entry in found.entries] == sorted(path.name for path in feed_folder.iterdir())
    assert index.left_open(tmp_path) == []
    assert index.survey(tmp_path, feed_folder).recovered == []


def test_a_file_that_makes_no_sense_is_set_aside_and_the_others_are_read(tmp_path, feed_folder):
    record(feed_folder, 1, WALL, b"")
    record(feed_folder, 2, WALL + 4, b"nonsense" * 1000, still_open=True)
    record(feed_folder, 3, WALL + 8, seconds(8, 2))
    record(feed_folder, 4, WALL + 10, b"\0" * 5000)
    found = index.survey(tmp_path, feed_folder)
    assert [entry.position for entry in found.entries] == [8]
    assert found.resume.number == 4  # a number is never used again
    assert found.resume.begins_at == WALL
    assert len(found.damaged) == 3
    for damaged in found.damaged:
        assert (tmp_path / damaged.path).parent == feed_folder / index.DAMAGED
        assert (tmp_path / damaged.path).exists()
        assert damaged.reason
    assert index.survey(tmp_path, feed_folder).damaged == []


def test_a_file_with_a_header_alone_recorded_nothing(tmp_path, feed_folder):
    left = record(feed_folder, 1, WALL, container_of("mp4").header(), still_open=True)
    found = index.survey(tmp_path, feed_folder)
    assert (found.entries, found.recovered, found.damaged) == ([], [], [])
    assert not left.exists()


@pytest.mark.parametrize("content", [b"", bytes(100_000)], ids=["empty", "zeros"])
def test_a_file_whose_first_part_did_not_reach_the_disk_recorded_nothing(tmp_path, feed_folder, content):
    record(feed_folder, 1, WALL, seconds(0, 3))
    left = record(feed_folder, 2, WALL + 3, content, still_open=True)
    found = index.survey(tmp_path, feed_folder)
    assert [entry.duration for entry in found.entries] == [3]
    assert (found.recovered, found.damaged) == ([], [])
    assert found.resume.number == 2
    assert not left.exists()


def test_zeros_that_a_power_cut_left_are_no_recording(tmp_path, feed_folder):
    content = bytearray(seconds(0, 3))
    container = container_of("mp4")
    last = part(container, 2, start=0)
    content[-len(last) + 2000 :] = bytes(len(last) - 2000)
    record(feed_folder, 1, WALL, bytes(content), still_open=True)
    (segment,) = index.survey(tmp_path, feed_folder).recovered
    assert segment.duration == pytest.approx(2)


def test_an_empty_folder_and_foreign_files_are_no_trouble(tmp_path, feed_folder):
    (feed_folder / "playlist.m3u8").write_text("#EXTM3U\n")
    (feed_folder / "notes.txt").write_text("mine")
    (tmp_path / "bio" / "a1" / "snapshots").mkdir()
    (tmp_path / "loose file").write_text("x")
    assert list(index.feed_folders(tmp_path)) == [feed_folder]
    assert index.segments_in(feed_folder) == []
    assert index.survey(tmp_path, feed_folder) is None


def test_a_closed_segment_is_described_from_its_file(tmp_path, feed_folder):
    file = record(feed_folder, 5, WALL + 8, seconds(8, 4))
    said = index.describe(tmp_path, file)
    assert (said.number, said.kind, said.recovered) == (5, "webcam", False)
    assert said.init_bytes == len(container_of("mp4").header())
    assert said.codecs == ["h264", "opus"]
    assert said.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(ValueError, match="no whole"):
        index.describe(tmp_path, record(feed_folder, 6, WALL, whole_file(container_of("mp4"))[:500]))


def test_equal_parameters_make_equal_containers():
    assert container_of("mp4") == container_of("mp4")
    assert isinstance(container_of("mp4"), Mp4)
    assert container_of("mp4") != container_of("mp4", sound=False)
