"""What capture reads of H.264, VP8 and Opus without decoding."""

import contextlib

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.capture import opus, vp8
from appliance.recording import h264
from tests.capture import media

pytestmark = pytest.mark.slow  # together too long for `make check`


def _one_frame(width, height, profile):
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv444p" if profile == "high444" else "yuv420p"
    context.framerate = 15
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": profile}
    frame = av.VideoFrame.from_ndarray(np.zeros((height, width, 3), np.uint8), format="rgb24")
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


@pytest.mark.parametrize("profile", ["baseline", "main", "high", "high444"])
@pytest.mark.parametrize(("width", "height"), [(320, 240), (1280, 720), (1920, 1080), (642, 362)])
def test_the_picture_size_is_read_from_the_parameter_sets(width, height, profile):
    parameters = h264.Parameters.of(_one_frame(width, height, profile))
    assert (parameters.width, parameters.height) == (width, height)
    assert parameters.codec_string().startswith("avc1.")


def test_key_frames_are_told_from_others():
    frames = media.video("h264")
    assert [number for number, frame in enumerate(frames) if h264.describe(frame)[0]] == [0, 30, 60, 90]
    assert all(h264.describe(frame)[1] for frame in frames)
    frames = media.video("vp8")
    assert [number for number, frame in enumerate(frames) if vp8.is_key(frame)] == [0, 30, 60, 90]
    assert vp8.picture_size(frames[0]) == (320, 240)


def test_a_frame_without_reference_can_be_skipped():
    assert h264.describe(b"\0\0\0\1\x01\x9a\x00") == (False, False)
    assert h264.describe(b"\0\0\0\1\x61\x9a\x00") == (False, True)


def test_parameter_sets_leave_the_sample_and_slices_stay():
    frame = media.video("h264")[0]
    data = h264.sample_data(frame)
    kinds, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kinds.append(data[at + 4] & 0x1F)
        at += 4 + length
    assert h264.IDR in kinds
    assert not {h264.SPS, h264.PPS, h264.DELIMITER} & set(kinds)


def test_a_key_frame_without_parameter_sets_cannot_begin_a_file():
    with pytest.raises(ValueError, match="no parameter sets"):
        h264.Parameters.of(b"\0\0\0\1\x65\x88\x80")


@given(st.binary(max_size=200))
def test_hostile_bytes_raise_nothing_but_value_error(data):
    h264.describe(data)
    h264.sample_data(data)
    opus.duration(data)
    for read in (h264.Parameters.of, h264.picture_size):
        with contextlib.suppress(ValueError):
            read(data)


def test_opus_packets_say_how_long_they_last():
    assert {opus.duration(packet) for packet in media.sound(seconds=1)} == {960}
    assert opus.duration(bytes([0b00011000])) == 2880  # SILK, 60 ms
    assert opus.duration(bytes([0b10000001])) == 240  # CELT, 2 x 2.5 ms
    assert opus.duration(bytes([0b11111011, 3])) == 2880  # CELT, 3 x 20 ms
    assert opus.duration(b"") == 960
