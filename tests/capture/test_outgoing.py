"""One stream to one viewer: numbers, times, marks, and what is repeated."""

import pytest

from appliance.capture import rtp
from appliance.capture.outgoing import KEPT, REPEATS_A_SECOND, Format, Outgoing

FORMAT = Format(ssrc=7, payload_type=102, rate=90_000, rtx_ssrc=8, rtx_payload_type=103, send_time=3)


class Port:
    def __init__(self):
        self.packets, self.reports = [], []

    def send(self, packet):
        self.packets.append(packet)

    def sent(self, **said):
        self.reports.append(said)

    def parsed(self):
        return [rtp.parse(packet) for packet in self.packets]


@pytest.fixture
def port():
    return Port()


def stream(port, format=FORMAT, number=100):
    return Outgoing(port, format, origin=5000, number=number)


def test_a_frame_is_numbered_timed_and_marked_at_its_end(port):
    stream(port).frame([b"one", b"two", b"three"], 2.0)
    assert [(p.sequence_number, p.marker, p.payload) for p in port.parsed()] == [
        (100, False, b"one"),
        (101, False, b"two"),
        (102, True, b"three"),
    ]
    assert {(p.ssrc, p.payload_type, p.timestamp) for p in port.parsed()} == {(7, 102, 5000 + 180_000)}
    assert port.reports == [{"timestamp": 185_000, "packets": 3, "octets": 11}]


def test_two_viewers_of_a_feed_share_its_payloads_but_no_numbers(port):
    payloads = [b"picture"]
    stream(port, number=100).frame(payloads, 0.0)
    stream(port, Format(ssrc=9, payload_type=96, rate=90_000), number=200).frame(payloads, 0.0)
    first, second = port.parsed()
    assert (first.ssrc, first.sequence_number, second.ssrc, second.sequence_number) == (7, 100, 9, 200)
    assert first.payload == second.payload


def test_the_send_time_stands_in_the_header_where_it_was_negotiated(port):
    stream(port).frame([b"x"], 0.0)
    stream(port, Format(ssrc=9, payload_type=96, rate=90_000)).frame([b"x"], 0.0)
    told, not_told = port.packets
    assert told[12:16] == bytes.fromhex("bede0001")
    assert told[16] == 3 << 4 | 2
    assert not_told[16:20] == bytes(4)


def test_numbers_and_times_wrap(port):
    one = Outgoing(port, FORMAT, origin=0xFFFFFFFF, number=0x7FFF)
    for _ in range(0x8002):
        one.frame([b"x"], 1 / 90_000)
    assert port.parsed()[-1].sequence_number == 0x0000
    assert port.parsed()[0].timestamp == 0


def test_what_is_lost_is_repeated_on_the_stream_for_that(port):
    one = stream(port)
    one.frame([b"one", b"two"], 0.0)
    one.repeat([101], now=0.0)
    again = port.parsed()[-1]
    assert (again.ssrc, again.payload_type, again.marker) == (8, 103, True)
    whole = rtp.repeated(again, payload_type=102, ssrc=7)
    assert (whole.sequence_number, whole.payload, whole.timestamp) == (101, b"two", 5000)
    assert one.counters == {"repeated": 1, "not_repeated": 0}


def test_without_a_stream_for_that_the_packet_itself_comes_again(port):
    one = stream(port, Format(ssrc=9, payload_type=96, rate=48_000))
    one.frame([b"sound"], 0.0)
    one.repeat([100], now=0.0)
    first, again = port.parsed()
    assert first == again


def test_what_is_too_long_ago_or_was_never_sent_is_not_repeated(port):
    one = stream(port)
    for _ in range(KEPT + 1):
        one.frame([b"x"], 0.0)
    sent = len(port.packets)
    one.repeat([100, 60_000], now=0.0)
    assert len(port.packets) == sent
    assert one.counters["not_repeated"] == 2


def test_who_has_lost_everything_does_not_get_everything_twice(port):
    one = stream(port)
    one.frame([b"x"] * 400, 0.0)
    one.repeat(range(100, 500), now=10.0)
    assert one.counters == {"repeated": REPEATS_A_SECOND, "not_repeated": 400 - REPEATS_A_SECOND}
    one.repeat(range(100, 200), now=10.1)
    assert one.counters["repeated"] == pytest.approx(REPEATS_A_SECOND * 1.1, abs=1)
