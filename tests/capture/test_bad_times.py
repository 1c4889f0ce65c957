"""Whatever times a sender makes up: its files can be read, no place is told twice, nothing is unaccounted for."""

import tempfile
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.capture import vp8
from appliance.capture.playlist import Entry
from appliance.exam.gap import SILENCE_SECONDS, Cause
from appliance.recording import h264, mp4, webm
from appliance.recording.frame import Encoded, Media
from tests.capture import media
from tests.capture.test_feed import WALL, Scene
from tests.capture.test_recorder import spans_of_sound

KINDS = ("small", "large", "vp8", "sound", "nonsense")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 59),  # which frame of the clip: 0 and 30 are key frames
        st.sampled_from([6000, 6000, 6000, 960, 0, 1, -3000, 2**31, -(2**33), 90_000 * 3]),  # ticks since the last
        st.sampled_from([0.02, 0.066, 0.066, 0.3, 1.1, 2.5, 0.0]),  # seconds since the last
        st.sampled_from([None, 0.0, 0.0, 0.05, -7.0, 1e9]),  # what the sender's clock is off by
        st.sampled_from([1, 1, 1, 8]),  # so often in a row
    ),
    max_size=40,
)


def frame_of(kind, number):
    """-> media, codec, data, key."""
    if kind == "sound":
        return Media.AUDIO, "opus", media.sound()[number], True
    if kind == "nonsense":
        return Media.VIDEO, "h264", b"\0\0\0\1\x67\x42\xc0\x0d\0\0\0\1\x68\xce\0\0\0\1\x65" + bytes([number]), True
    if kind == "vp8":
        data = media.video("vp8")[number]
        return Media.VIDEO, "vp8", data, vp8.is_key(data)
    data = (media.video("h264") if kind == "small" else media.video("h264", width=640, height=360))[number]
    return Media.VIDEO, "h264", data, h264.describe(data)[0]


def play(scene, steps):
    """Frames as they are told to come; the clock of the box goes on in quarters of a second between them."""
    times = {Media.VIDEO: 0, Media.AUDIO: 0}
    for kind, number, ticks, elapsed, off, count in steps:
        for repeat in range(count):
            target = scene.clock.now + elapsed
            while scene.clock.now + 0.25 < target:
                scene.clock.now += 0.25
                scene.feed.tick(scene.clock.now)
            scene.clock.now = target
            what, codec, data, key = frame_of(kind, (number + repeat) % 60)
            times[what] += ticks
            captured = None if off is None else 1.7e9 + scene.clock.now + off
            scene.feed.frame(Encoded(what, codec, data, times[what], target, key, True, captured))
            scene.feed.tick(target)


@given(STEPS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_is_readable_in_order_and_accounted_for(steps):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        scene = Scene(Path(folder), patch)
        spans, stored = [], scene.feed.stored

        def remember(starts_at, ends_at):
            spans.append((starts_at, ends_at))
            stored(starts_at, ends_at)

        scene.feed.stored = remember
        scene.connect(sound=True)
        play(scene, steps)
        scene.feed.disconnected("c1", Cause.PAGE_CLOSED)
        scene.feed.over(WALL + scene.clock.now)
        check_files(Path(folder), scene)
        check_coverage(scene, spans)


def check_files(folder, scene):
    newest, heard = -1.0, -1.0
    for name, content in sorted(scene.files.files.items(), key=lambda pair: pair[0].rsplit("-", 1)[1]):
        path = folder / Path(name).name.removesuffix(".open")
        path.write_bytes(content)
        found = (mp4 if path.suffix == ".mp4" else webm).scan(path)
        assert found.whole_bytes == len(content), "every part can be read"
        seen = [start / 90_000 for start, *_ in spans_of_sound(content, 1)] if path.suffix == ".mp4" else []
        for position in seen or [found.parts[0].position]:  # later parts of a WebM file may hold sound alone
            assert position > newest - 0.001  # WebM counts in milliseconds
            assert position <= scene.clock.now + 2.01, "nobody records the future"
            newest = position
        for start, _, sizes in spans_of_sound(content) if path.suffix == ".mp4" else []:
            if sizes != [3]:
                assert start / 48_000 > heard
                heard = start / 48_000
        entry = Entry.of(path.name, WALL, found.init_bytes, found.parts)
        assert entry.duration == max(part.end for part in found.parts) - entry.position


def check_coverage(scene, spans):
    """From the first moment on disk to the end: stored, in a gap, or less than is called a gap."""
    if not spans:
        return
    ends = WALL + scene.clock.now
    gaps = [(starts, until or ends) for _, starts, until in scene.exact_gaps()]
    covered = min(starts for starts, _ in spans)
    for starts, until in sorted([*spans, *gaps]):
        assert starts - covered <= SILENCE_SECONDS + 0.01
        covered = max(covered, until)
    assert ends - covered <= SILENCE_SECONDS + 0.01


def test_two_frames_of_one_moment_are_both_kept(tmp_path, monkeypatch):
    scene = Scene(tmp_path, monkeypatch)
    scene.connect()
    steps = [("small", number, 6000 if number % 2 else 0, 0.066, None, 1) for number in range(30)]
    play(scene, steps)
    scene.feed.disconnected("c1", Cause.PAGE_CLOSED)
    (content,) = scene.files.files.values()
    path = tmp_path / "one.mp4"
    path.write_bytes(content)
    with av.open(str(path)) as file:
        places = [frame.pts for frame in file.decode(video=0)]
    assert len(places) == len(set(places)) == 30


def test_how_often_a_sender_counted_anew_is_told(tmp_path, monkeypatch):
    scene = Scene(tmp_path, monkeypatch)
    scene.connect()
    steps = [("small", number, -(2**33) if number == 15 else 6000, 0.066, None, 1) for number in range(30)]
    play(scene, steps)
    assert scene.feed.facts(scene.clock.now)["timestamp_jumps"] == 1
