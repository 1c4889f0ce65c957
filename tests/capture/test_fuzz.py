"""Whatever bytes come: bounded work, whole frames in order, and no error but the one that is foreseen."""

import itertools
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from appliance.capture import opus, payload, reassembly, reception, rtp, vp8
from appliance.capture.publish import read_offer
from appliance.capture.reassembly import Reassembly
from appliance.errors import BadInput
from appliance.recording import h264
from tests.capture import media
from tests.capture.test_rtp import packets

pytestmark = pytest.mark.slow  # together too long for `make check`

CODECS = ("h264", "vp8", "opus")


@given(st.binary(max_size=1500))
def test_a_header_is_read_or_refused(data):
    try:
        packet = rtp.parse(data)
    except ValueError:
        return
    assert data.endswith(packet.payload) or data[0] & 0x20
    assert len(packet.payload) <= len(data) - 12
    again = rtp.repeated(packet, payload_type=96, ssrc=1)
    assert again is None or again.payload == packet.payload[2:]


@given(codec=st.sampled_from(CODECS), payloads=st.lists(st.binary(min_size=1, max_size=60), max_size=20))
def test_payloads_make_frames_or_are_refused(codec, payloads):
    """What a builder keeps is never more than it got, but for start codes."""
    builder = payload.builder(codec)
    for one in payloads:
        builder.begins(one)
        try:
            builder.add(one)
        except ValueError:
            continue
    content = builder.take()
    assert len(content.data) <= sum(3 * len(one) + 5 for one in payloads)
    assert 0 <= content.layer <= 3
    assert builder.take().data == b""


@given(st.binary(max_size=400))
def test_bytes_of_video_are_described_or_refused(data):
    h264.describe(data)
    h264.sample_data(data)
    vp8.is_key(data)
    for read in (h264.Parameters.of, vp8.picture_size):
        try:
            found = read(data)
        except ValueError:
            continue
        width, height = (found.width, found.height) if isinstance(found, h264.Parameters) else found
        assert 16 <= min(width, height) <= 4320
        assert max(width, height) <= 7680


@given(st.data())
def test_a_damaged_parameter_set_is_read_or_refused(data):
    units = {h264.kind_of(unit): unit for unit in h264.nal_units(media.video("h264")[0])}
    damaged = bytearray(units[h264.SPS])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(1, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        width, height = h264.picture_size(bytes(damaged[: data.draw(st.integers(4, len(damaged)))]))
    except ValueError:
        return
    assert max(width, height) <= 7680


@pytest.mark.parametrize(("width", "height"), [(7680, 4320), (4320, 7680), (16, 16)])
def test_the_largest_pictures(width, height):
    key = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    assert vp8.picture_size(key) == (width, height)


@pytest.mark.parametrize(("width", "height"), [(7681, 100), (4321, 4321), (15, 400), (16_383, 16_383)])
def test_a_picture_that_nobody_has_is_refused(width, height):
    with pytest.raises(ValueError, match="makes no sense"):
        vp8.picture_size(b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height))


@given(st.binary(max_size=100))
def test_the_length_of_sound_is_never_absurd(data):
    assert 120 <= opus.duration(data) <= opus.LONGEST


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.floats(0, 1e6)), max_size=60))
def test_a_receiver_report_can_always_be_written(arrivals):
    statistics = reception.Statistics(90_000)
    for number, timestamp, now in arrivals:
        statistics.add(number, timestamp, now)
    if arrivals:
        struct.pack(
            ">BiLL",
            statistics.fraction_lost,
            statistics.packets_lost,
            statistics.max_seq,
            statistics.jitter,
        )
        assert -(1 << 23) <= statistics.packets_lost < 1 << 23


OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=fingerprint:sha-256 AA\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=sendonly\r\na=rtpmap:97 H264/90000\r\n"
)


@given(st.text(max_size=300), st.integers(0, len(OFFER)))
def test_an_offer_is_read_or_refused_in_words(text, at):
    for offer in (text, OFFER[:at] + text + OFFER[at:]):
        try:
            found = read_offer(offer, wanted=("sendonly",))
        except BadInput:
            continue
        assert found["video"] == "sendonly"


def test_an_offer_with_hundreds_of_sections_is_refused_at_once():
    section = OFFER[OFFER.index("m=") :]
    began = time.perf_counter()
    with pytest.raises(BadInput, match="too many"):
        read_offer(OFFER + section * 600, wanted=("sendonly",))
    assert time.perf_counter() - began < 0.2


class Line(RuleBasedStateMachine):
    """A sender and a line that loses, repeats, delays and reorders; the clock goes on."""

    sent = Bundle("sent")

    @initialize(codec=st.sampled_from(["h264", "vp8"]))
    def begin(self, codec):
        self.source = packets(codec, frames=40)
        self.frames = {}
        builder = payload.builder(codec)
        for packet in self.source:
            builder.add(packet.payload)
            if packet.marker:
                self.frames[packet.timestamp] = builder.take().data
        self.reassembly = Reassembly(codec)
        self.now, self.at, self.whole = 0.0, 0, []

    def take(self, whole):
        self.whole += whole

    @rule(target=sent, lost=st.booleans(), seconds=st.floats(0, 0.03))
    def send(self, lost, seconds):
        packet = self.source[self.at % len(self.source)]
        turn = self.at // len(self.source)
        packet = packet._replace(
            sequence_number=(packet.sequence_number + turn * len(self.source)) & 0xFFFF,
            timestamp=(packet.timestamp + turn * 40 * 6000) & 0xFFFFFFFF,
        )
        self.at += 1
        self.now += seconds
        if not lost:
            self.take(self.reassembly.add(packet, self.now))
        return packet

    @rule(packet=sent)
    def comes_late_or_again(self, packet):
        self.take(self.reassembly.add(packet, self.now))

    @rule(seconds=st.floats(0, 1))
    def time_goes_on(self, seconds):
        self.now += seconds
        self.take(self.reassembly.give_up(self.now))
        for number in self.reassembly.wanted(self.now):
            assert 0 <= number <= 0xFFFF
        self.reassembly.wants_key_frame(self.now)

    @invariant()
    def only_whole_frames_in_order(self):
        if not hasattr(self, "whole"):
            return
        for number, frame in enumerate(self.whole):
            turns = (frame.rtp - self.source[0].timestamp) % 2**32 // (40 * 6000)
            original = (frame.rtp - turns * 40 * 6000) % 2**32
            if number or frame.key or self.reassembly.codec != "h264":
                assert frame.data == self.frames[original]
            else:  # where the line begins, parameter sets may be missing
                assert self.frames[original].endswith(frame.data)
        times = [frame.timestamp for frame in self.whole]
        assert times == sorted(set(times))

    @invariant()
    def bounded(self):
        if hasattr(self, "reassembly"):
            assert len(self.reassembly._packets) + len(self.reassembly._missing) <= reassembly._WINDOW
            counted = self.reassembly
            assert counted.lost == counted.recovered + counted.given_up + len(counted._missing)


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)


def test_a_frame_that_never_ends_is_not_kept():
    """The same timestamp for ever, no marker: 8 MB are kept at most, and the next frame comes through."""
    stream, size = Reassembly("vp8"), 1400
    for number in range(3 * reassembly.MOST_FRAME_BYTES // size):
        stream.add(rtp.Packet(97, False, number & 0xFFFF, 77, 1, b"\x10" + bytes(size)), 0.0)
        assert sum(map(len, stream._builder._pieces)) <= reassembly.MOST_FRAME_BYTES
    number += 1
    (whole,) = stream.add(rtp.Packet(97, True, number & 0xFFFF, 3077, 1, b"\x10frame"), 0.0)
    assert whole.data == b"frame"
    assert stream.frames_lost == 1


@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=2, max_size=30))
def test_timestamps_that_jump_or_run_back_never_repeat_a_frame(times):
    stream, whole = Reassembly("vp8"), []
    for number, timestamp in enumerate(times):
        whole += stream.add(rtp.Packet(97, True, number, timestamp, 1, b"\x10frame"), 0.0)
    assert [frame.rtp for frame in whole] == times
    assert all(abs(two.timestamp - one.timestamp) <= 2**31 for one, two in itertools.pairwise(whole))
