"""Frames cut into payloads are the same frames when they are put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.capture import pack
from appliance.capture.payload import builder
from tests.capture import media


def together(codec, payloads):
    found = builder(codec)
    for payload in payloads:
        found.add(payload)
    return found.take()


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_real_frames_come_together_again(codec):
    for number, frame in enumerate(media.video(codec, width=960, height=540, seconds=2)):
        payloads = pack.payloads(codec, frame)
        assert all(len(payload) <= pack.LARGEST for payload in payloads)
        found = together(codec, payloads)
        assert found.data.replace(b"\0\0\0\1", b"\0\0\1") == frame.replace(b"\0\0\0\1", b"\0\0\1")
        assert found.key == (number % 30 == 0)


def test_sound_goes_as_it_is():
    packet = media.sound()[0]
    assert pack.payloads("opus", packet) == [packet]


@given(st.lists(st.binary(min_size=1, max_size=5000), min_size=1, max_size=6))
def test_every_byte_of_every_nal_unit_arrives(bodies):
    units = [b"\x65" + body.replace(b"\0", b"\x01") for body in bodies]
    payloads = pack.payloads("h264", b"".join(b"\0\0\0\1" + unit for unit in units))
    assert all(len(payload) <= pack.LARGEST for payload in payloads)
    assert together("h264", payloads).data.split(b"\0\0\0\1")[1:] == units


@given(st.binary(max_size=6000))
def test_nonsense_makes_bounded_payloads(data):
    for codec in ("h264", "vp8"):
        assert sum(map(len, pack.payloads(codec, data))) <= 2 * len(data) + 100
