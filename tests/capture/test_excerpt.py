"""A still and a clip out of a recording: the very pixels, the very frames, across files, to whatever end."""

import io
import stat

import av
import cv2
import numpy as np
import pytest

from appliance.capture import excerpt, vp8
from appliance.capture.excerpt import Job, NotKept
from appliance.exam.feed import Kind
from appliance.recording import h264
from appliance.recording.frame import Sample
from appliance.recording.mp4 import Mp4
from appliance.recording.name import Name
from appliance.recording.webm import WebM
from tests.capture import media

BEGAN = 1_763_805_600.0
FPS = media.FPS
LOOP = 8  # seconds of footage, a key frame each two


def container(codec, sound=True, **size):
    first = media.video(codec, **size)[0]
    return Mp4(h264.Parameters.of(first), sound) if codec == "h264" else WebM(*vp8.picture_size(first), sound)


def second(made, codec, at, **size):
    """What was recorded in the second `at` of the timeline."""
    frames = media.video(codec, **size)[(at % LOOP) * FPS : (at % LOOP + 1) * FPS]
    pictures = [
        Sample(
            at * 90_000 + number * 6000,
            6000,
            h264.sample_data(data) if codec == "h264" else data,
            h264.describe(data)[0] if codec == "h264" else vp8.is_key(data),
        )
        for number, data in enumerate(frames)
    ]
    packets = media.sound()[(at % LOOP) * 50 : (at % LOOP + 1) * 50]
    heard = [Sample(at * 48_000 + number * 960, 960, data, True) for number, data in enumerate(packets)]
    return made.part(at + 1, pictures, heard)


def record(folder, spans, *, codec="h264", still_open=False, **size):
    """A file for each span (first second, the one after the last)."""
    folder.mkdir(parents=True, exist_ok=True)
    made = container(codec, **size)
    there = len(list(folder.iterdir()))
    for number, (first, end) in enumerate(spans, there + 1):
        data = made.header() + b"".join(second(made, codec, at, **size) for at in range(first, end))
        name = str(Name("1", Kind.WEBCAM, BEGAN + first, number, made.suffix))
        last = still_open and (first, end) == spans[-1]
        (folder / f"{name}{'.open' if last else ''}").write_bytes(data)


@pytest.fixture
def feed(tmp_path):
    return tmp_path / "bio" / "a1" / "webcam"


def cut(feed, position, *, around=15.0, moment_at=0.0):
    return excerpt.cut(Job(feed=str(feed), kept="k1", position=position, moment_at=moment_at, around=around))


def frames_of(data):
    """(seconds, bytes of the frame, is it a key frame) of each picture."""
    with av.open(io.BytesIO(data)) as clip:
        return [
            (float(packet.pts * packet.time_base), bytes(packet), packet.is_keyframe)
            for packet in clip.demux(video=0)
            if packet.size
        ]


def pixels(codec, at, **size):
    """What a decoder shows at second `at` of the timeline."""
    context = av.CodecContext.create(codec, "r")
    wanted = round((at % LOOP) * FPS)
    shown = [frame for data in media.video(codec, **size)[: wanted + 1] for frame in context.decode(av.Packet(data))]
    shown += context.decode(None)
    return shown[wanted].to_ndarray(format="bgr24")


@pytest.mark.parametrize(("codec", "width", "height"), [("h264", 320, 240), ("vp8", 96, 64)])  # VP8 is slow to make
def test_M64_a_still_with_all_its_pixels_and_the_clip_around_it_across_two_files(feed, codec, width, height):
    size = {"width": width, "height": height}
    record(feed, [(0, 20), (20, 45)], codec=codec, still_open=True, **size)
    said = cut(feed, 21.4)
    kept = feed.parent / "kept"
    png = cv2.imread(str(kept / said["still"]))
    assert png.shape == (height, width, 3)
    assert np.array_equal(png, pixels(codec, 21.4, **size))
    assert said["taken_at"] == pytest.approx(BEGAN + 21.4, abs=0.002)
    clip = frames_of((kept / said["clip"]).read_bytes())
    assert said["starts_at"] == pytest.approx(BEGAN + 6, abs=0.002), "the key frame before 6.4"
    assert said["ends_at"] == pytest.approx(BEGAN + 36.4, abs=0.08)
    assert clip[0][2]
    assert len(clip) == round((said["ends_at"] - said["starts_at"]) * FPS)
    assert clip[-1][0] == pytest.approx(30.33, abs=0.1), "it begins at zero"
    recorded = media.video(codec, **size)[6 * FPS : 8 * FPS]
    stored = [h264.sample_data(data) if codec == "h264" else data for data in recorded]
    assert [data for _, data, _ in clip[: 2 * FPS]] == stored, "not encoded again"
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept.iterdir()} == {0o600}
    assert {file.name for file in kept.iterdir()} == {said["still"], said["clip"]}


def test_a_recording_that_ended_or_has_just_begun_gives_a_shorter_clip(feed):
    record(feed, [(0, 6)])
    said = cut(feed, None, moment_at=BEGAN + 5.5)
    assert (said["starts_at"], said["ends_at"]) == (BEGAN, BEGAN + 6)
    assert said["taken_at"] == pytest.approx(BEGAN + 5.466, abs=0.002)


def test_pictures_of_another_size_are_not_in_the_same_clip(feed):
    record(feed, [(0, 8)])
    record(feed, [(8, 16)], width=160, height=120)
    said = cut(feed, 9.0)
    assert (said["starts_at"], said["ends_at"]) == (BEGAN + 8, BEGAN + 16)
    assert cv2.imread(str(feed.parent / "kept" / said["still"])).shape == (120, 160, 3)


def test_where_nothing_was_recorded_nothing_is_kept(feed):
    with pytest.raises(NotKept, match="nothing_recorded"):
        cut(feed, 1.0)
    record(feed, [(0, 4), (30, 34)])
    for position in (12.0, 90.0):
        with pytest.raises(NotKept, match="nothing_recorded"):
            cut(feed, position)
    assert not (feed.parent / "kept").exists()


def test_cutting_again_gives_the_same_files(feed):
    record(feed, [(0, 8)])
    assert cut(feed, 4.0) == cut(feed, 4.0)
