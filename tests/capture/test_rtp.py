"""Packets: what they carry, and how they become frames again when some are lost, late or twice."""

import functools
import struct
from fractions import Fraction

import av
import pytest
from aiortc.codecs import depayload
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.capture import payload, rtp
from appliance.capture.reassembly import Reassembly
from appliance.recording import h264
from tests.capture import media

PACKERS = {"h264": H264Encoder, "vp8": Vp8Encoder}


def sent_frames(codec, count):
    """With start codes of four bytes throughout: packets do not say which kind stood there."""
    frames = media.video(codec)[:count]
    if codec == "vp8":
        return list(frames)
    return [b"".join(b"\0\0\0\1" + unit for unit in h264.nal_units(frame)) for frame in frames]


@functools.cache
def packets(codec, *, frames=40, first=65_500, timestamp=2**32 - 90_000):
    """The frames as a sender packs them; sequence numbers and timestamps wrap."""
    packer, found = PACKERS[codec](), []
    for number, data in enumerate(media.video(codec)[:frames]):
        packet = av.Packet(data)
        packet.pts, packet.time_base = number * 6000, Fraction(1, 90_000)
        payloads, _ = packer.pack(packet)
        for index, piece in enumerate(payloads):
            found.append(
                rtp.Packet(
                    97,
                    index == len(payloads) - 1,
                    (first + len(found)) & 0xFFFF,
                    (timestamp + number * 6000) & 0xFFFFFFFF,
                    1,
                    piece,
                )
            )
    return found


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_payloads_are_read_as_aiortc_reads_them(codec):
    parameters = RTCRtpCodecParameters(mimeType=f"video/{codec.upper()}", clockRate=90_000, payloadType=97)
    for packet in packets(codec):
        builder = payload.builder(codec)
        builder.add(packet.payload)
        assert builder.take().data == depayload(parameters, packet.payload)


def test_headers_with_everything_in_them():
    plain = RtpPacket(payload_type=100, marker=1, sequence_number=7, timestamp=9, ssrc=11, payload=b"media")
    plain.csrc, plain.padding_size = [1, 2], 4
    data = plain.serialize()
    assert rtp.parse(data) == rtp.Packet(100, True, 7, 9, 11, b"media")
    extended = bytes([data[0] | 0x10]) + data[1:20] + struct.pack(">HH", 0xBEDE, 1) + b"abcd" + data[20:]
    assert rtp.parse(extended) == rtp.Packet(100, True, 7, 9, 11, b"media")


@given(st.binary(max_size=80))
def test_hostile_bytes_raise_nothing_but_value_error(data):
    for read in (rtp.parse, *(payload.builder(codec).add for codec in PACKERS if data)):
        try:
            read(data)
        except ValueError:
            continue
    for codec in PACKERS:
        payload.builder(codec).begins(data)


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_frame_leaves_with_its_last_packet(codec):
    reassembly, whole = Reassembly(codec), []
    sent = packets(codec)
    for at, packet in enumerate(sent):
        found = reassembly.add(packet, at * 0.01)
        assert bool(found) == packet.marker
        whole += found
    assert [frame.data for frame in whole] == sent_frames(codec, 40)
    assert [frame.timestamp for frame in whole] == [number * 6000 for number in range(40)]
    assert not reassembly.incomplete


def test_the_first_packet_of_a_frame_begins_it():
    """Of a key frame the slice after the parameter sets says so too."""
    for codec in PACKERS:
        first, number = True, 0
        for packet in packets(codec):
            begins = payload.builder(codec).begins(packet.payload)
            assert begins or not first
            assert first or not begins or (codec == "h264" and number % 30 == 0)
            number += packet.marker
            first = packet.marker


@settings(max_examples=40)
@given(data=st.data(), codec=st.sampled_from(["h264", "vp8"]))
def test_what_is_repeated_in_time_is_never_missed(data, codec):
    """Any packet may be lost, late or twice; each lost one comes when it is asked for."""
    sent = packets(codec, frames=20)
    dropped = data.draw(st.sets(st.integers(1, len(sent) - 2)))
    swapped = data.draw(st.sets(st.integers(1, len(sent) - 2)))
    order = [at for at in range(len(sent)) if at not in dropped]
    for at in swapped:
        if at + 1 < len(order):
            order[at], order[at + 1] = order[at + 1], order[at]
    if order[0] != 0:
        order.remove(0)
        order.insert(0, 0)
    by_number = {packet.sequence_number: packet for packet in sent}
    reassembly, whole, now = Reassembly(codec), [], 0.0
    for at in order:
        now += 0.01
        whole += reassembly.add(sent[at], now)
        for number in reassembly.wanted(now):
            whole += reassembly.add(by_number[number], now)
            whole += reassembly.add(by_number[number], now)  # twice is harmless
    assert [frame.data for frame in whole] == sent_frames(codec, 20)
    assert reassembly.frames_lost == 0


@settings(max_examples=40)
@given(data=st.data(), codec=st.sampled_from(["h264", "vp8"]))
def test_what_never_comes_costs_its_frames_and_no_others(data, codec):
    sent = packets(codec, frames=20)
    dropped = data.draw(st.sets(st.integers(1, len(sent) - 2), max_size=6))
    frame_of, number = {}, 0
    for at, packet in enumerate(sent):
        frame_of[at] = number
        number += packet.marker
    reassembly, whole = Reassembly(codec, patience=0.6), []
    for at, packet in enumerate(sent):
        if at not in dropped:
            whole += reassembly.add(packet, 0.0)
    asked_for_key_frame, clock = False, 1.0
    for _ in range(len(dropped) + 1):
        whole += reassembly.give_up(clock)
        asked_for_key_frame = asked_for_key_frame or reassembly.wants_key_frame(clock)
        clock += 1
    assert not reassembly._missing
    assert asked_for_key_frame == bool(dropped)
    lost = {frame_of[at] for at in dropped}
    kept = [data for number, data in enumerate(sent_frames(codec, 20)) if number not in lost]
    assert [frame.data for frame in whole] == kept


def test_missing_packets_are_asked_for_again_a_little_later_than_an_answer_takes():
    sent = packets("h264", frames=4)
    number = sent[1].sequence_number
    reassembly = Reassembly("h264", answer_seconds=0.04)
    reassembly.add(sent[0], 0.0)
    reassembly.add(sent[2], 0.0)
    assert reassembly.wanted(0.0) == [number]
    assert reassembly.wanted(0.05) == []
    assert reassembly.wanted(0.06) == [number]
    assert reassembly.packets_asked == 2
    assert reassembly.give_up(0.25) == ()
    reassembly.give_up(0.31)
    assert not reassembly._missing


def test_how_long_an_answer_takes_is_learnt_from_those_asked_for_once():
    def packet(number):
        return rtp.Packet(97, True, number, number * 6000, 1, b"\x41\x9aslice")

    reassembly, now = Reassembly("h264"), 0.0
    reassembly.add(packet(0), now)
    for number in range(1, 40, 2):
        reassembly.add(packet(number + 1), now)
        reassembly.wanted(now)
        reassembly.add(packet(number), now + 0.004)
        now += 0.1
    assert reassembly.answer_seconds == pytest.approx(0.004, abs=0.002)
    reassembly.add(packet(42), now)
    reassembly.wanted(now)
    assert reassembly.wanted(now + 0.015)  # no answer: the same sender has become slow
    reassembly.add(packet(41), now + 0.2)
    assert 0.03 < reassembly.answer_seconds < 0.06


def test_after_a_loss_a_key_frame_is_wanted_until_one_comes():
    sent = packets("h264", frames=40)
    keys = [at for at, packet in enumerate(sent) if packet.timestamp == sent[0].timestamp + 30 * 6000 - 2**32]
    reassembly = Reassembly("h264")
    for at in (0, 1, *range(8, keys[0])):
        reassembly.add(sent[at], 0.0)
    assert not reassembly.wants_key_frame(0.2)
    reassembly.give_up(0.4)
    assert reassembly.wants_key_frame(0.4)
    assert not reassembly.wants_key_frame(0.5)  # it is on its way
    assert reassembly.wants_key_frame(0.7)
    for at in keys:
        reassembly.add(sent[at], 0.8)
    assert not reassembly.incomplete
    assert not reassembly.wants_key_frame(2.0)


def test_a_new_count_of_the_sender_is_not_a_loss():
    sent = packets("h264", frames=2, first=100)
    again = packets("h264", frames=2, first=30_000)
    reassembly, whole = Reassembly("h264"), []
    for packet in sent + again:
        whole += reassembly.add(packet, 0.0)
    assert [frame.data for frame in whole] == sent_frames("h264", 2) * 2
    assert not reassembly.incomplete


def test_a_sender_that_floods_fills_a_window_and_no_more():
    reassembly = Reassembly("vp8")
    whole = []
    for number in range(0, 60_000, 2):  # every second packet is missing
        whole += reassembly.add(rtp.Packet(97, True, number & 0xFFFF, number * 3000, 1, b"\x10frame"), 0.0)
        assert len(reassembly._packets) + len(reassembly._missing) <= 4096
    assert reassembly.frames_lost >= 10
    assert len(whole) >= 10


def test_sound_does_not_wait_long():
    reassembly = Reassembly("opus", patience=0.1, repeats=False)
    packet = [rtp.Packet(111, False, number, number * 960, 5, bytes([number])) for number in range(4)]
    assert [frame.data for frame in reassembly.add(packet[0], 0.0)] == [b"\0"]
    assert reassembly.add(packet[2], 0.02) == ()
    assert reassembly.give_up(0.05) == ()
    assert [frame.data for frame in reassembly.give_up(0.13)] == [b"\2"]
    assert [frame.timestamp for frame in reassembly.add(packet[3], 0.14)] == [3 * 960]


def test_every_packet_is_counted_once():
    sent = packets("h264", frames=4)
    reassembly = Reassembly("h264", patience=0.6)
    for at in (0, 3, 1, 1, 3):  # 2 is missing, 1 comes late, two come twice
        reassembly.add(sent[at], 0.0)
    assert (reassembly.received, reassembly.lost, reassembly.recovered, reassembly.given_up) == (3, 2, 1, 0)
    reassembly.give_up(1.0)
    assert (reassembly.received, reassembly.lost, reassembly.recovered, reassembly.given_up) == (3, 2, 1, 1)
