"""From frames to segments: what is cut where, what waits for what, what a full disk does."""

import asyncio
import errno
import itertools
import struct
from dataclasses import replace

import av
import pytest

from appliance.capture import vp8
from appliance.capture.recorder import Recorder, Resume
from appliance.capture.segment import Place
from appliance.config import CaptureSettings
from appliance.errors import BadInput
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import Cause
from appliance.recording import h264, mp4
from appliance.recording.frame import Encoded, Media
from appliance.recording.name import Name
from tests.capture import media

WALL = 1_795_000_000.0
PLACE = Place("bio", Feed("a1", Kind.WEBCAM), "S1")
SETTINGS = CaptureSettings(segment_seconds=4.0, keyframe_seconds=2.0)


class Memory:
    """A writer that keeps files in memory and answers at once."""

    def __init__(self):
        self.files, self.closed, self.error, self.full = {}, [], None, False

    def append(self, file, data, done):
        if self.full:
            return False
        if self.error is None:
            held = self.files.setdefault(str(file.path), file.header)
            self.files[str(file.path)] = held + data
            file.size = len(self.files[str(file.path)])
        done(self.error, "")
        return True

    def close(self, file, done):
        self.closed.append(str(file.path))
        done(None, "ab" * 32 if file.size else "")


class Heard:
    """Remembers what the recorder says."""

    def __init__(self):
        self.codecs, self.spans, self.segments, self.failures, self.asked = [], [], [], [], 0

    def opened(self, codecs, at):
        self.codecs.append(codecs)

    def stored(self, starts_at, ends_at):
        self.spans.append((starts_at, ends_at))

    def closed(self, segment):
        self.segments.append(segment)

    def failed(self, cause):
        self.failures.append(cause)

    def want_key_frame(self):
        self.asked += 1


class Scene:
    """A recorder with a sender of 15 pictures and 50 packets of sound a second."""

    def __init__(self, tmp_path, *, codec="h264", resume=None, settings=SETTINGS, **video):
        self.writer, self.heard, self.root = Memory(), Heard(), tmp_path
        self.recorder = Recorder(
            PLACE, media=tmp_path, writer=self.writer, settings=settings, listener=self.heard, resume=resume
        )
        self.codec, self.frames, self.now = codec, media.video(codec, **video), 0.0

    def begin(self, *, sound=True, now=0.0, picture=True):
        self.now = now
        self.recorder.begin(wall=WALL + now, now=now, sound=sound, picture=picture)

    def video(self, number, *, frame=None, at=None):
        data = frame or self.frames[number % len(self.frames)]
        key = h264.describe(data)[0] if self.codec == "h264" else vp8.is_key(data)
        now = number / 15 if at is None else at
        return self.recorder.add(Encoded(Media.VIDEO, self.codec, data, number * 6000, now, key), wall=WALL + now)

    def audio(self, number):
        data = media.sound()[number % 400]
        now = number / 50
        self.recorder.add(Encoded(Media.AUDIO, "opus", data, number * 960, now, True), wall=WALL + now)

    def play(self, start, end, *, sound=True, picture=True):
        """From `start` to `end` seconds, in the order of arrival."""
        events = []
        if picture:
            events += [(number / 15, 0, number) for number in range(round(start * 15), round(end * 15))]
        if sound:
            events += [(number / 50, 1, number) for number in range(round(start * 50), round(end * 50))]
        for now, kind, number in sorted(events):
            (self.audio if kind else self.video)(number)
            self.recorder.tick(now)

    def file(self, segment):
        return self.writer.files[str(self.root / segment.path)]


def test_segments_are_cut_at_key_frames_and_parts_before_their_limit(tmp_path):
    scene = Scene(tmp_path)
    scene.begin()
    scene.play(0, 12)
    done = []
    scene.recorder.finish(lambda: done.append(True))
    assert done == [True]
    assert [(s.number, round(s.position, 3), round(s.duration, 3)) for s in scene.heard.segments] == [
        (1, 0.0, 4.0), (2, 4.0, 4.0), (3, 8.0, 4.0)
    ]  # fmt: skip
    assert all(ends - starts <= 0.8 for starts, ends in scene.heard.spans)
    assert scene.heard.spans[0][0] == WALL
    for segment in scene.heard.segments:
        content = scene.file(segment)
        assert len(content) == segment.bytes
        assert segment.codecs == ["h264", "opus"]
        name = Name.parse(segment.path.rsplit("/", 1)[1])
        assert (name.number, name.seat, name.kind, round(name.starts_at - WALL, 3)) == (
            segment.number, "S1", Kind.WEBCAM, round(segment.position, 3)
        )  # fmt: skip


def test_a_player_can_begin_at_each_key_frame_because_a_part_does(tmp_path):
    scene = Scene(tmp_path, settings=replace(SETTINGS, segment_seconds=30.0), every=32)  # off the beat of the parts
    scene.begin()
    scene.play(0, 8)
    scene.recorder.finish(lambda: None)
    path = tmp_path / "one.mp4"
    path.write_bytes(scene.file(scene.heard.segments[0]))
    begins = [round(part.position * 15) for part in mp4.scan(path).parts if part.key]
    assert begins == [0, 32, 64, 96]


def test_a_sender_that_sends_key_frames_only_does_not_get_a_part_for_each(tmp_path):
    scene = Scene(tmp_path, settings=replace(SETTINGS, segment_seconds=30.0), every=1)
    scene.begin()
    scene.play(0, 8)
    scene.recorder.finish(lambda: None)
    assert len(scene.heard.spans) <= 8 / 0.7 + 8


def test_all_frames_of_a_segment_are_in_its_file_with_their_times(tmp_path):
    scene = Scene(tmp_path)
    scene.begin()
    scene.play(0, 8)
    scene.recorder.finish(lambda: None)
    positions = []
    for segment in scene.heard.segments:
        path = tmp_path / "one.mp4"
        path.write_bytes(scene.file(segment))
        with av.open(str(path)) as file:
            positions += [float(frame.pts * frame.time_base) for frame in file.decode(video=0)]
        with av.open(str(path)) as file:
            assert sum(frame.samples for frame in file.decode(audio=0)) / 48_000 == pytest.approx(4, abs=0.1)
    assert positions == pytest.approx([number / 15 for number in range(120)], abs=0.001)


def test_nothing_is_recorded_before_a_key_frame_and_one_is_asked_for(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    for number in range(5, 29):
        assert scene.video(number) is None
    assert scene.heard.codecs == []
    assert 1 <= scene.heard.asked <= 4
    assert scene.video(30) == 0.0
    assert scene.heard.codecs == [("h264",)]


def test_the_first_pictures_wait_for_the_sound_but_not_long(tmp_path):
    scene = Scene(tmp_path)
    scene.begin()
    for number in range(4):
        scene.video(number)
    assert scene.heard.codecs == []
    scene.audio(14)
    scene.video(4)
    assert scene.heard.codecs == [("h264", "opus")]

    silent = Scene(tmp_path)
    silent.begin()
    silent.play(0, 1, sound=False)
    assert silent.heard.codecs == [("h264",)]
    silent.recorder.finish(lambda: None)
    assert silent.heard.segments[0].duration == pytest.approx(1.0)


def test_sound_that_comes_later_begins_a_new_webm_file(tmp_path):
    scene = Scene(tmp_path, codec="vp8")
    scene.begin()
    scene.play(0, 1, sound=False)
    scene.play(1, 4)
    scene.recorder.finish(lambda: None)
    assert [segment.codecs for segment in scene.heard.segments] == [["vp8"], ["vp8", "opus"]]
    assert [segment.position for segment in scene.heard.segments] == pytest.approx([0, 2])


def spans_of_sound(content, track=2):
    """(start, end, sizes) of the sound (of the pictures: track 1) in each part of an MP4 file, in ticks."""
    at, found = 0, []
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind == b"moof":
            for name, traf in mp4.children(content[at + 8 : at + length]):
                inside = dict(mp4.children(traf)) if name == b"traf" else {}
                if inside and struct.unpack_from(">I", inside[b"tfhd"], 4)[0] == track:
                    start, run = struct.unpack_from(">Q", inside[b"tfdt"], 4)[0], inside[b"trun"]
                    count = struct.unpack_from(">I", run, 4)[0]
                    samples = [struct.unpack_from(">II", run, 12 + 12 * n) for n in range(count)]
                    found.append((start, start + sum(lasts for lasts, _ in samples), [size for _, size in samples]))
        at += length
    return found


def test_a_file_has_sound_from_its_beginning_to_its_end_whatever_arrives(tmp_path):
    """Players stop where a track has a hole."""
    scene = Scene(tmp_path, settings=replace(SETTINGS, segment_seconds=30.0))
    scene.begin()
    scene.play(0, 2, sound=False)
    scene.play(2, 4)
    scene.play(4, 7.3, sound=False)
    scene.play(7.3, 10)
    scene.recorder.finish(lambda: None)
    (segment,) = scene.heard.segments
    spans = spans_of_sound(scene.file(segment))
    assert spans[0][0] == 0
    for (_, ends, _), (begins, _, _) in itertools.pairwise(spans):
        assert begins - ends == pytest.approx(0, abs=960)
    assert spans[-1][1] == pytest.approx(10 * 48_000, abs=2000)
    assert all(len(sizes) <= 1 for _, _, sizes in spans[:2]), "silence costs a packet for each part"
    assert segment.codecs == ["h264", "opus"]


def test_a_track_of_sound_that_holds_none_is_not_told_as_sound(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    scene.play(0, 3, sound=False)
    assert scene.recorder.codecs(3.0) == ("h264",)
    scene.recorder.finish(lambda: None)
    (segment,) = scene.heard.segments
    assert scene.heard.codecs == [("h264",)]
    assert segment.codecs == ["h264"]
    path = tmp_path / "one.mp4"
    path.write_bytes(scene.file(segment))
    assert mp4.scan(path).codecs == ("h264",)
    with av.open(str(path)) as file:
        assert len(file.streams.audio) == 1


def test_another_codec_begins_a_new_file_at_its_key_frame(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    scene.play(0, 2, sound=False)
    scene.codec, scene.frames = "vp8", media.video("vp8")
    for number in range(31, 36):  # what comes before the first key frame belongs to nothing
        scene.video(number)
    scene.play(4, 6, sound=False)
    scene.recorder.finish(lambda: None)
    assert [segment.codecs for segment in scene.heard.segments] == [["h264"], ["vp8"]]
    for segment in scene.heard.segments:
        path = tmp_path / segment.path.rsplit("/", 1)[1]
        path.write_bytes(scene.file(segment))
        with av.open(str(path)) as file:
            assert len(list(file.decode(video=0))) == 30


def test_a_call_has_sound_only_and_is_cut_by_time(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(picture=False)
    scene.play(0, 10, picture=False)
    scene.recorder.finish(lambda: None)
    assert [(s.number, s.codecs, round(s.position, 2), round(s.duration, 2)) for s in scene.heard.segments] == [
        (1, ["opus"], 0.0, 4.0), (2, ["opus"], 4.0, 4.0), (3, ["opus"], 8.0, 2.0)
    ]  # fmt: skip
    assert scene.heard.asked == 0
    assert all(ends - starts <= 0.8 for starts, ends in scene.heard.spans)
    assert scene.heard.spans[-1][1] == pytest.approx(WALL + 10)
    path = tmp_path / "one.mp4"
    path.write_bytes(scene.file(scene.heard.segments[0]))
    found = mp4.scan(path)
    assert found.codecs == ("opus",)
    assert sum(part.duration for part in found.parts) == pytest.approx(4.0)
    with av.open(str(path)) as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) / 48_000 == pytest.approx(4, abs=0.05)


def test_another_picture_size_begins_a_new_file(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    for number in range(20):
        scene.video(number)
    larger = media.video("h264", width=640, height=360, seconds=2)
    for number in range(20, 35):
        scene.video(number, frame=larger[number - 20])
    scene.recorder.finish(lambda: None)
    assert [segment.number for segment in scene.heard.segments] == [1, 2]
    assert scene.heard.segments[1].position == pytest.approx(20 / 15)
    assert scene.heard.segments[0].duration == pytest.approx(20 / 15)


def test_a_sender_that_changes_its_picture_all_the_time_does_not_get_a_file_for_each(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    keys = [media.video("h264", width=320 + 16 * size, height=240, seconds=2)[0] for size in range(2)]
    for number in range(15 * 10):
        scene.video(number, frame=keys[number % 2])
    assert scene.recorder.hurried == 4  # twelve files in 0.8 s, then two seconds of none
    assert scene.recorder.number <= 12 * 5
    assert scene.heard.spans  # something of it is on disk all the same


def test_a_full_segment_is_closed_at_the_next_key_frame(tmp_path):
    scene = Scene(tmp_path, settings=replace(SETTINGS, segment_bytes=12_000))
    scene.begin(sound=False)
    scene.play(0, 6, sound=False)
    assert [segment.duration for segment in scene.heard.segments] == pytest.approx([2, 2])
    assert scene.heard.asked > 0


def test_vp8_goes_to_webm(tmp_path):
    scene = Scene(tmp_path, codec="vp8")
    scene.begin()
    scene.play(0, 3)
    scene.recorder.finish(lambda: None)
    (segment,) = scene.heard.segments
    assert segment.path.endswith(".webm")
    assert segment.codecs == ["vp8", "opus"]
    path = tmp_path / "one.webm"
    path.write_bytes(scene.file(segment))
    with av.open(str(path)) as file:
        assert len(list(file.decode(video=0))) == 45


def test_a_slow_stream_is_stored_each_second_all_the_same(tmp_path):
    """A still screen sends a frame a second, or none."""
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    scene.video(0, at=0.0)
    for tick in range(1, 9):
        scene.recorder.tick(tick * 0.25)
    assert len(scene.heard.spans) == 1
    assert scene.heard.spans[0][0] == WALL


def test_a_connection_that_comes_back_goes_on_with_wall_time(tmp_path):
    scene = Scene(tmp_path)
    scene.begin()
    scene.play(0, 2)
    scene.recorder.finish(lambda: None)
    scene.recorder.begin(wall=WALL + 100, now=100.0, sound=False)
    for number in range(30, 46):
        data = scene.frames[number]
        frame = Encoded(Media.VIDEO, "h264", data, number * 6000 + 77, 100.5 + number / 15, h264.describe(data)[0])
        scene.recorder.add(frame, wall=WALL + 102.5)
    scene.recorder.finish(lambda: None)
    assert scene.heard.segments[-1].position == pytest.approx(102.5, abs=0.01)
    assert scene.heard.segments[-1].starts_at == pytest.approx(WALL + 102.5, abs=0.01)
    assert scene.heard.segments[-1].number == 2


def test_a_wall_clock_set_back_never_tells_a_moment_twice(tmp_path):
    scene = Scene(tmp_path, resume=Resume(begins_at=WALL, end=1000.0, number=7))
    scene.recorder.begin(wall=WALL + 200, now=0.0, sound=False)
    scene.play(0, 1, sound=False)
    scene.recorder.finish(lambda: None)
    (segment,) = scene.heard.segments
    assert (segment.number, segment.position) == (8, pytest.approx(1000.0))


def test_a_gap_over_which_the_clock_was_set_back_is_as_long_as_it_was(tmp_path):
    scene = Scene(tmp_path)
    scene.begin()
    scene.play(0, 2)
    scene.recorder.finish(lambda: None)
    before = scene.heard.segments[-1]
    later = scene.recorder._seen_at + 100
    scene.recorder.begin(wall=WALL - 86_400, now=later, sound=False)
    for number in range(30, 46):
        data = scene.frames[number]
        frame = Encoded(Media.VIDEO, "h264", data, number * 6000 + 77, later + number / 15, h264.describe(data)[0])
        scene.recorder.add(frame, wall=WALL - 86_400)
    scene.recorder.finish(lambda: None)
    gap = scene.heard.segments[-1].starts_at - before.starts_at - before.duration
    assert gap == pytest.approx(102, abs=0.2)


@pytest.mark.parametrize(
    ("error", "cause"),
    [(OSError(errno.ENOSPC, "full"), Cause.STORAGE_FULL), (OSError(errno.EROFS, "read-only"), Cause.STORAGE_FAILED)],
)
def test_a_disk_that_fails_closes_the_file_and_is_tried_again(tmp_path, error, cause):
    scene = Scene(tmp_path)
    scene.begin()
    scene.play(0, 2)
    scene.writer.error = error
    scene.play(2, 6)
    assert set(scene.heard.failures) == {cause}
    assert scene.recorder.trouble is cause
    assert scene.heard.segments[0].duration == pytest.approx(2.0, abs=0.8)
    tried = len(scene.heard.failures)
    assert tried <= 3
    scene.writer.error = None
    scene.play(6, 12)
    scene.recorder.finish(lambda: None)
    assert scene.recorder.trouble is None
    assert scene.heard.segments[-1].position >= 6
    assert scene.heard.spans[-1][1] == pytest.approx(WALL + 12, abs=0.2)


def test_a_disk_that_does_not_follow_is_a_failure_too(tmp_path):
    scene = Scene(tmp_path)
    scene.begin()
    scene.play(0, 2)
    scene.writer.full = True
    scene.play(2, 4)
    assert scene.heard.failures[0] is Cause.STORAGE_FAILED


def test_a_key_frame_that_makes_no_sense_is_counted_and_does_no_harm(tmp_path):
    scene = Scene(tmp_path)
    scene.begin(sound=False)
    nonsense = b"\0\0\0\1\x67\x42\xc0\x0d\0\0\0\1\x68\xce\x3c\x80\0\0\0\1\x65\x88\x84"
    frame = Encoded(Media.VIDEO, "h264", nonsense, 0, 0.0, True)
    scene.recorder.add(frame, wall=WALL)
    assert scene.recorder.unreadable == 1
    scene.play(2, 4, sound=False)
    scene.recorder.finish(lambda: None)
    assert len(scene.heard.segments) == 1


def test_pictures_after_a_key_frame_that_makes_no_sense_are_not_recorded(tmp_path):
    """A stream that turns into one of 16383 x 16383 pixels: what belongs to it could not be shown."""
    scene = Scene(tmp_path, codec="vp8")
    scene.begin(sound=False)
    scene.play(0, 2, sound=False)
    huge = b"\0\0\0\x9d\x01\x2a" + b"\xff\x3f" * 2
    scene.recorder.add(Encoded(Media.VIDEO, "vp8", huge, 30 * 6000, 2.0, True), wall=WALL + 2)
    assert (scene.recorder.unreadable, scene.recorder.segment) == (1, None)
    scene.play(2 + 1 / 15, 3, sound=False)
    assert scene.recorder.segment is None
    scene.play(4, 6, sound=False)
    scene.recorder.finish(lambda: None)
    first, second = scene.heard.segments
    assert first.position + first.duration <= 2.1
    assert second.position == pytest.approx(4, abs=0.1)


def test_names_of_recordings_stay_inside_their_folder():
    for wrong in ("..", "a/b", "", ".hidden", "x" * 65):
        with pytest.raises(BadInput):
            Place(wrong, Feed("a1", Kind.WEBCAM), "S1").checked()
        with pytest.raises(BadInput):
            Place("bio", Feed("a1", Kind.WEBCAM), wrong).checked()


def test_a_name_says_what_was_put_into_it():
    name = Name("S-1.2_x", Kind.SCREEN, 1_795_000_000.123, 42, ".mp4")
    assert str(name) == "S-1.2_x-screen-20261118T110640.123Z-00042.mp4"
    assert Name.parse(str(name)) == name
    assert Name.parse(str(name) + ".open") == name
    assert Name.parse("playlist.m3u8") is None
    assert Name.parse("S1-webcam-20269999T110640.123Z-00042.mp4") is None


def test_memory_is_not_the_real_writer(tmp_path):
    """The same frames through the real writer give a file that the index reads back."""
    from appliance.capture.writer import Writer

    async def work():
        writer = Writer(tmp_path, reserve=0)
        writer.start()
        scene = Scene(tmp_path)
        scene.recorder._writer = writer
        scene.begin()
        scene.play(0, 3)
        closed = asyncio.Event()
        scene.recorder.finish(closed.set)
        await asyncio.wait_for(closed.wait(), 5)
        await asyncio.to_thread(writer.stop)
        return scene.heard.segments

    (segment,) = asyncio.run(work())
    found = mp4.scan(tmp_path / segment.path)
    assert found.init_bytes == segment.init_bytes
    assert sum(part.duration for part in found.parts) == pytest.approx(segment.duration)
