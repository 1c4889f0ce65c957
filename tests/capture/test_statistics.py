"""Receiver reports say what RFC 3550 means, and temporal layers are told from what the packets carry."""

import random

import pytest
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RtcpReceiverInfo, RtpPacket

from appliance.capture import payload, reception
from appliance.capture.reception import SenderClock, Statistics


def test_losses_are_told_as_aiortc_tells_them():
    """Of two thousand packets some are lost, some come late; the count wraps."""
    chance, ours, theirs = random.Random(1), Statistics(90_000), StreamStatistics(90_000)
    numbers = [(65_000 + at) & 0xFFFF for at in range(2000) if at == 0 or chance.random() > 0.03]
    for at in range(5, len(numbers), 50):
        numbers[at], numbers[at + 1] = numbers[at + 1], numbers[at]
    for at, number in enumerate(numbers):
        ours.add(number, at // 7 * 6000, at * 0.01)
        theirs.add(RtpPacket(sequence_number=number, timestamp=at // 7 * 6000))
        if at % 300 == 299:
            assert ours.fraction_lost == theirs.fraction_lost
            assert ours.packets_lost == theirs.packets_lost
            assert ours.max_seq & 0xFFFF == theirs.max_seq
    assert ours.max_seq > 0xFFFF, "the cycles are counted, which aiortc leaves out"
    report = RtcpReceiverInfo(1, ours.fraction_lost, ours.packets_lost, ours.max_seq, ours.jitter, 0, 0)
    assert RtcpReceiverInfo.parse(bytes(report)).highest_sequence == ours.max_seq


def test_jitter_is_that_of_the_line_and_not_of_the_frames():
    """A line that delays every second frame by 20 ms has a jitter of 20 ms; a steady one has none."""
    for late, expected in ((0.0, 0.0), (0.02, 0.02)):
        statistics = Statistics(90_000)
        for number in range(500):
            statistics.add(number, number * 6000, number / 15 + late * (number % 2))
        assert statistics.jitter_seconds == pytest.approx(expected, abs=0.001)


def test_a_new_count_of_the_sender_is_no_loss():
    statistics = Statistics(90_000)
    for number in (*range(100), *range(30_000, 30_100)):
        statistics.add(number, number * 3000, number * 0.03)
    assert (statistics.packets_lost, statistics.fraction_lost) == (0, 0)


def test_the_senders_clock_goes_on_over_the_wrap_of_its_timestamps():
    clock = SenderClock(1000.0, 2**32 - 45_000)
    assert clock.at(45_000, 90_000) == pytest.approx(1001.0)
    assert clock.at(2**32 - 90_000, 90_000) == pytest.approx(999.5)
    assert reception.signed(2**32 - 1) == -1


def h264(kind, priority):
    return bytes([priority << 5 | kind]) + b"slice"


KEY = (h264(7, 3), h264(8, 3), h264(5, 3))


def frames(builder, *sent):
    found = []
    for payloads in sent:
        for one in payloads:
            builder.add(one)
        found.append(builder.take())
    return found


def test_layers_of_h264_are_told_by_priority_where_both_ends_are_seen():
    group = [KEY] + [(h264(1, priority),) for priority in (0, 1, 0, 3, 0, 1, 0, 3)]
    found = frames(payload.builder("h264"), *group, *group)
    assert [frame.key for frame in found] == ([True] + [False] * 8) * 2
    assert [frame.layer for frame in found[9:]] == [0, 2, 1, 2, 0, 2, 1, 2, 0]
    assert [frame.layer for frame in found[4:9]] == [0, 2, 1, 2, 0]
    assert [frame.reference for frame in found[1:4]] == [False, True, False]


@pytest.mark.parametrize("priorities", [(1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3), (2, 0, 2, 0)])
def test_a_stream_without_layers_loses_no_frame_that_others_need(priorities):
    """Encoders of phones give every frame 1, x264 gives 2, OpenH264 3."""
    group = [KEY] + [(h264(1, priority),) for priority in priorities]
    found = frames(payload.builder("h264"), *group, *group)
    assert not [frame for frame in found if frame.reference and frame.layer]


@pytest.mark.parametrize(
    ("descriptor", "reference", "layer"),
    [
        (b"\x10", True, 0),
        (b"\x30", False, 0),  # N: no other frame needs it
        (b"\x90\x20\x80", True, 2),  # T
        (b"\x90\xe0\x81\x23\x07\x40", True, 1),  # picture id of two bytes, level, T
        (b"\x90\x80\x12", True, 0),
    ],
)
def test_layers_of_vp8_stand_in_the_descriptor(descriptor, reference, layer):
    builder = payload.builder("vp8")
    builder.add(descriptor + b"frame")
    assert builder.take() == payload.Content(b"frame", False, reference, layer)
