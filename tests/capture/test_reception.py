"""What a connection tells of its packets: what came of them, and when the sender took each frame."""

import asyncio
import itertools
import random
import time

import pytest
from aiortc import RTCPeerConnection

from appliance.capture import hooks
from appliance.capture.publish import close, configuration, negotiate
from appliance.recording.frame import Media
from tests.capture.peers import Candidate, until

pytestmark = pytest.mark.slow


class Receiver:
    """One side of a connection that keeps every frame."""

    def __init__(self):
        hooks.prepare()
        self.connection = RTCPeerConnection(configuration())
        self.receivers, self.frames = {}, {"video": [], "audio": []}
        self.connection.on("track", self._track)

    def _track(self, track):
        self.receivers[track.kind] = hooks.receiver_of(self.connection, track)
        hooks.tap(self.receivers[track.kind], lambda frame: self.frames[frame.media.value].append(frame))

    def reception(self, kind):
        return hooks.reception(self.receivers[kind])


def lossy(candidate, chance, seed=7):
    """Every media packet of the candidate may be lost, repeated ones too."""
    transport, draw = candidate.connection.getSenders()[0].transport.transport, random.Random(seed)
    send = transport._send

    async def sometimes(data):
        if not (127 < data[0] < 192 and not 192 <= data[1] <= 223 and draw.random() < chance):
            await send(data)

    transport._send = sometimes


def run(work):
    async def with_both():
        receiver, candidate = Receiver(), Candidate("h264")
        try:
            await candidate.accept(await negotiate(receiver.connection, await candidate.offer()))
            await work(receiver, candidate)
        finally:
            await candidate.close()
            await close(receiver.connection)

    asyncio.run(with_both())


def test_each_frame_says_when_its_sender_took_it():
    """Before the first sender report nobody knows; after it sound and picture are on one clock."""

    async def work(receiver, candidate):
        await until(lambda: receiver.frames["video"])
        assert receiver.frames["video"][0].captured is None
        for kind in ("video", "audio"):
            await until(lambda kind=kind: receiver.frames[kind] and receiver.frames[kind][-1].captured is not None)
            frames = receiver.frames[kind]
            known = [frame for frame in frames if frame.captured is not None]
            enough = len(frames) + 10
            await until(lambda frames=frames, enough=enough: len(frames) > enough)
            arrived = time.time() - (time.monotonic() - known[0].arrived)
            assert abs(known[0].captured - arrived) < 0.5
            assert len({frame.ssrc for frame in frames}) == 1
            for one, two in itertools.pairwise(frames):
                assert two.rtp == (one.rtp + two.timestamp - one.timestamp) % 2**32
        rate = {"video": 90_000, "audio": 48_000}
        for kind, frames in receiver.frames.items():
            known = [frame for frame in frames if frame.captured is not None]
            ticks = (known[-1].timestamp - known[0].timestamp) / rate[kind]
            assert known[-1].captured - known[0].captured == pytest.approx(ticks, abs=0.25)
            assert known[0].media is Media(kind)

    run(work)


def test_what_is_lost_and_comes_again_is_counted():
    async def work(receiver, candidate):
        await until(lambda: receiver.frames["video"])
        lossy(candidate, 0.05)
        await until(lambda: receiver.reception("video").recovered >= 5, seconds=20)
        counted = receiver.reception("video")
        assert counted.lost >= counted.recovered + counted.given_up
        assert counted.given_up <= 1
        assert counted.received > 5 * counted.lost  # of so few packets a twentieth may be a tenth
        assert 0 <= counted.jitter < 0.2
        assert hooks.packets_lost(receiver.receivers["video"]) >= counted.lost

    run(work)


def test_a_receiver_that_is_not_tapped_has_nothing_to_tell():
    async def work():
        connection = RTCPeerConnection(configuration())
        connection.addTransceiver("video", direction="recvonly")
        assert hooks.reception(connection.getReceivers()[0]) == hooks.Reception(0, 0, 0, 0, 0.0)
        await connection.close()

    asyncio.run(work())


@pytest.mark.parametrize(("chance", "longest"), [(0.01, 0.2), pytest.param(0.05, 0.4, marks=pytest.mark.long)])
def test_loss_freezes_nothing(chance, longest):
    """The longest time between two pictures (15 a second), retransmissions being lost too."""

    async def work(receiver, candidate):
        await until(lambda: len(receiver.frames["video"]) > 5)
        lossy(candidate, chance)
        await asyncio.sleep(8)
        await until(lambda: receiver.reception("video").lost > 0, seconds=20)
        arrived = [frame.arrived for frame in receiver.frames["video"]]
        told = receiver.reception("video")
        assert told.lost > 0
        assert told.given_up == 0
        assert max(b - a for a, b in itertools.pairwise(arrived)) <= longest

    run(work)


def test_sound_is_asked_for_again_where_its_sender_can_repeat_it():
    async def work(receiver, candidate):
        await until(lambda: receiver.frames["audio"])
        lossy(candidate, 0.1)
        await until(lambda: receiver.reception("audio").recovered >= 10, seconds=20)

    run(work)
