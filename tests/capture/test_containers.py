"""The files: every frame comes back with its time, and a file cut anywhere is whole up to its last whole part."""

from fractions import Fraction

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.capture import vp8
from appliance.recording import h264, mp4, webm
from appliance.recording.frame import Sample
from appliance.recording.mp4 import Mp4
from appliance.recording.webm import WebM
from tests.capture import media

FORMATS = ("mp4", "webm")
START = 1000.0


def container_of(form, *, sound=True):
    if form == "mp4":
        return Mp4(h264.Parameters.of(media.video("h264")[0]), sound)
    return WebM(*vp8.picture_size(media.video("vp8")[0]), sound)


def scan(path):
    return (mp4 if path.suffix == ".mp4" else webm).scan(path)


def part(container, number, *, start=START, frames=15):
    """The `number`-th second (from 0) of a recording that begins at `start` seconds."""
    codec = container.codecs[0]
    encoded = media.video(codec)[number * frames : (number + 1) * frames]
    first = round(start * 90_000) + number * 90_000
    video = [
        Sample(
            first + index * 6000,
            6000,
            h264.sample_data(data) if codec == "h264" else data,
            h264.describe(data)[0] if codec == "h264" else vp8.is_key(data),
        )
        for index, data in enumerate(encoded)
    ]
    begin = round(start * 48_000) + number * 48_000
    audio = [
        Sample(begin + index * 960, 960, data, True)
        for index, data in enumerate(media.sound()[number * 50 : (number + 1) * 50])
    ]
    return container.part(number + 1, video, audio if "opus" in container.codecs else [])


def whole_file(container, *, parts=4):
    return container.header() + b"".join(part(container, number) for number in range(parts))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("sound", [True, False])
def test_every_frame_comes_back_with_its_time(tmp_path, form, sound):
    path = tmp_path / f"file.{form}"
    path.write_bytes(whole_file(container_of(form, sound=sound)))
    with av.open(str(path)) as file:
        assert [stream.codec_context.name for stream in file.streams] == (
            [{"mp4": "h264", "webm": "vp8"}[form], "opus"] if sound else [{"mp4": "h264", "webm": "vp8"}[form]]
        )
        assert (file.streams.video[0].width, file.streams.video[0].height) == (320, 240)
        pictures = [frame.pts * frame.time_base for frame in file.decode(video=0)]
    assert len(pictures) == 60
    expected = [Fraction(round(START)) + Fraction(number, 15) for number in range(60)]
    assert max(abs(a - b) for a, b in zip(pictures, expected, strict=True)) <= Fraction(1, 1000)
    if sound:
        with av.open(str(path)) as file:
            assert sum(frame.samples for frame in file.decode(audio=0)) == 4 * 48_000


@pytest.mark.parametrize("form", FORMATS)
def test_the_parts_are_read_back(tmp_path, form):
    container = container_of(form)
    path = tmp_path / f"file.{form}"
    path.write_bytes(whole_file(container))
    found = scan(path)
    assert found.init_bytes == len(container.header())
    assert found.codecs == container.codecs
    assert found.whole_bytes == path.stat().st_size
    assert [round(piece.position, 2) for piece in found.parts] == [1000, 1001, 1002, 1003]
    assert [piece.duration for piece in found.parts] == pytest.approx([1, 1, 1, 1], abs=0.002)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_cut_anywhere_is_whole_up_to_its_last_whole_part(tmp_path, form, data):
    container = container_of(form)
    content = whole_file(container)
    path = tmp_path / f"cut.{form}"
    path.write_bytes(content)
    ends = [piece.offset + piece.length for piece in scan(path).parts]
    size = data.draw(st.integers(0, len(content)))
    following = min((end for end in [len(container.header()), *ends] if end > size), default=size + 100)
    tail = data.draw(st.sampled_from([b"", b"\0", b"\xff"])) * min(100, following - size - 1)
    path.write_bytes(content[:size] + tail)
    if size < len(container.header()):
        try:
            assert scan(path).parts == ()
        except ValueError:
            return
    else:
        found = [piece.offset + piece.length for piece in scan(path).parts]
        assert found == [end for end in ends if end <= size]


@pytest.mark.parametrize("form", FORMATS)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_anywhere_is_a_value_error_or_fewer_parts(tmp_path, form, data):
    content = bytearray(whole_file(container_of(form), parts=2))
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), min_size=1, max_size=20)
    ):
        content[at] = value
    path = tmp_path / f"damaged.{form}"
    path.write_bytes(content)
    try:
        found = scan(path)
    except ValueError:
        return
    assert len(found.parts) <= 2
    assert found.whole_bytes <= len(content)


def test_a_part_may_hold_sound_alone(tmp_path):
    for form in FORMATS:
        container = container_of(form)
        audio = [Sample(48_000 + index * 960, 960, data, True) for index, data in enumerate(media.sound()[:50])]
        path = tmp_path / f"sound.{form}"
        path.write_bytes(container.header() + container.part(1, [], audio))
        (only,) = scan(path).parts
        assert (only.position, only.duration) == pytest.approx((1.0, 1.0), abs=0.03)
