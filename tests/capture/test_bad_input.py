"""Somebody sprays the port that a seat is recorded on, or a seat itself sends nonsense: nobody's recording notices."""

import asyncio
import itertools
import os
import random
import socket
import time

import pytest

from appliance.capture import hooks
from appliance.capture.loop import Loop
from appliance.exam.events import GapOpened, SegmentClosed
from appliance.exam.feed import Feed, Kind
from tests.capture.peers import Candidate, until
from tests.capture.scene import WEBCAM, scene
from tests.capture.test_sessions import decoded, publish

pytestmark = pytest.mark.slow

OTHER = Feed("a2", Kind.WEBCAM)


def run(work):
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(work())


class Wire:
    """What a candidate sends, as it is on the wire."""

    def __init__(self, candidate):
        self.transport = candidate.connection.getSenders()[0].transport
        ice, self.seen = self.transport.transport, []
        send = ice._send

        async def noting(data):
            self.seen.append(data)
            await send(data)

        ice._send = noting
        self.ice = ice

    @property
    def boxs_address(self):
        (pair,) = self.ice._connection._nominated.values()
        return pair.remote_addr


def spray(wire, chance, count):
    """From another socket: noise, forgeries, and what the candidate itself sent a moment ago."""
    address = wire.boxs_address
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as stranger:
        for number in range(count):
            kind = number % 7
            genuine = chance.choice(wire.seen)
            if kind == 0:
                data = os.urandom(chance.randrange(0, 1500))
            elif kind == 1:
                data = bytes([chance.choice((128, 144, 176))]) + os.urandom(chance.randrange(1, 40))
            elif kind == 2:
                data = b"\x80\xc8" + os.urandom(chance.choice((10, 1600)))  # as RTCP; over 1500 bytes too
            elif kind == 3:
                data = genuine  # replayed
            elif kind == 4:
                data = genuine[:-1] + bytes([genuine[-1] ^ 1])  # forged
            elif kind == 5:
                data = genuine[: chance.randrange(1, len(genuine))]
            else:
                data = bytes([22]) + b"\xfe\xfd" + os.urandom(60)  # as DTLS
            stranger.sendto(data, address)


def test_garbage_forgeries_and_replays_at_a_seats_port(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate, other = Candidate("h264"), Candidate("h264")
            await publish(here, candidate)
            await publish(here, other, OTHER)
            await until(lambda: all(here.station.feeds[feed].codec for feed in (WEBCAM, OTHER)))
            wire = Wire(candidate)
            await until(lambda: len(wire.seen) > 20)
            before, began = len(here.ledger.of(SegmentClosed)), time.monotonic()
            chance = random.Random(3)
            while time.monotonic() - began < 4:
                spray(wire, chance, 60)
                await asyncio.sleep(0.02)
            await until(lambda: len(here.ledger.of(SegmentClosed)) >= before + 4)
            publication = here.station.publications[WEBCAM]
            receiver = publication._receivers["video"]
            refused, told = hooks.refused(receiver), hooks.reception(receiver)
            assert refused.forged > 1000
            assert refused.replayed > 100
            assert refused.malformed > 200
            assert told.given_up == 0
            facts = here.station.facts()["feeds"]["a1/webcam"]
            assert facts["refused"]["forged"] > 1000
            assert (facts["given_up"], facts["jitter_ms"] < 200) == (0, True)
            assert here.ledger.of(GapOpened) == []
            assert candidate.connection.connectionState == other.connection.connectionState == "connected"
            for feed in (WEBCAM, OTHER):
                here.station.end_attempt(feed.attempt, time.time())
            await until(lambda: here.station.feeds == {})
            await candidate.close()
            await other.close()
            for folder in ("a1", "a2"):
                frames = [
                    moment
                    for segment in here.ledger.of(SegmentClosed)
                    if f"/{folder}/" in segment.path
                    for moment in decoded(here.media / segment.path)
                ]
                assert max(b - a for a, b in itertools.pairwise(frames)) < 0.25

    run(work)


def test_nonsense_under_the_right_keys_costs_its_seat_nothing(tmp_path):
    """RTCP and RTP that make no sense, new streams without end, sequence numbers that jump."""

    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = Candidate("h264")
            await publish(here, candidate)
            await until(lambda: here.station.feeds[WEBCAM].codec)
            transport = candidate.connection.getSenders()[0].transport
            chance, began = random.Random(5), time.monotonic()
            while time.monotonic() - began < 3:
                for _ in range(10):
                    kind = chance.choice((200, 201, 203, 205, 206, 207))
                    words = os.urandom(4 * chance.randrange(1, 30))
                    length = chance.choice((len(words) // 4, chance.randrange(0, 70)))
                    head = bytes([0x80 | chance.randrange(32), kind]) + length.to_bytes(2, "big")
                    await transport._send_rtp(head + words)
                    payload_type = chance.choice((97, 98, 99, 35, 120))
                    await transport._send_rtp(bytes([0x80, payload_type]) + os.urandom(chance.randrange(10, 60)))
                await asyncio.sleep(0.02)
            receiver = here.station.publications[WEBCAM]._receivers["video"]
            assert hooks.refused(receiver).stray > 100
            assert len(receiver.transport.__dict__[hooks._TAKER].intake._streams) <= 16
            assert candidate.connection.connectionState == "connected"
            seen = len(here.pictures.shown)
            await until(lambda: len(here.pictures.shown) > seen + 30)
            assert here.ledger.of(GapOpened) == []
            await candidate.close()

    run(work)


def test_before_there_are_keys_only_so_much_is_kept():
    async def work():
        from aiortc import RTCPeerConnection

        from appliance.capture.publish import close, configuration, negotiate

        hooks.prepare()
        connection, candidate = RTCPeerConnection(configuration()), Candidate("h264")
        tapped = []
        connection.on("track", lambda track: tapped.append(hooks.receiver_of(connection, track)))
        answer = await negotiate(connection, await candidate.offer())
        words = next(line for line in answer.splitlines() if line.startswith("a=candidate:")).split(" ")
        family = socket.AF_INET6 if ":" in words[4] else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as stranger:
            for _ in range(50):
                for _ in range(40):
                    stranger.sendto(b"\x80\x60" + os.urandom(1000), (words[4], int(words[5])))
                await asyncio.sleep(0.005)
        ice = tapped[0].transport.transport._connection
        assert ice._queue.qsize() <= 256
        assert hooks.refused(tapped[0]).flooded > 1000
        await candidate.close()
        await close(connection)

    run(work)
