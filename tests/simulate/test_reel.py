"""Chunks: made once, in order, ahead, kept for a while."""

import asyncio
import threading

import pytest

from appliance.simulate.reel import AHEAD, KEEP, Reel, pool
from appliance.simulate.track import LATE_SECONDS, Place, ReelTrack


class Counting:
    """Makes chunks that say their number; `made` of them so far."""

    def __init__(self, *, packets=4, hold=None):
        self.made, self.packets, self.hold = 0, packets, hold

    def make(self):
        if self.hold is not None:
            assert self.hold.wait(5)
        self.made += 1
        return tuple(f"{self.made - 1}.{n}".encode() for n in range(self.packets))


def with_reel(work, source=None):
    """Run `work(reel)` in an event loop, with threads that are gone afterwards."""

    async def run(encoders):
        reel = Reel((source or Counting()).make, encoders)
        try:
            return await work(reel)
        finally:
            await reel.close()

    with pool(2) as encoders:
        return asyncio.run(run(encoders))


def test_in_order_and_a_few_ahead():
    source = Counting()

    async def work(reel):
        found = [(await reel.chunk(n))[1][0] for n in range(3)]
        await asyncio.sleep(0.1)
        return found

    assert with_reel(work, source) == [b"0.0", b"1.0", b"2.0"]
    assert source.made == 3 + AHEAD


def test_two_seats_share_what_is_encoded_once():
    source = Counting()

    async def work(reel):
        first = [await reel.chunk(n) for n in range(6)]
        second = [await reel.chunk(n) for n in range(6)]
        assert first == second
        await asyncio.sleep(0.05)

    with_reel(work, source)
    assert source.made == 6 + AHEAD


def test_who_comes_too_late_gets_the_oldest_and_it_is_counted():
    async def work(reel):
        for n in range(KEEP + 5):
            await reel.chunk(n)
        number, chunk = await reel.chunk(0)
        assert chunk[0] == f"{number}.0".encode()
        return number, reel.skipped

    number, skipped = with_reel(work)
    assert number == skipped == KEEP + 5 + AHEAD - KEEP


def test_nobody_gets_ahead_of_the_encoder():
    async def work(reel):
        return await reel.chunk(900)

    assert with_reel(work)[0] == 0


def test_what_encoding_raised_reaches_the_sender():
    def broken():
        raise ValueError("no camera")

    async def work(reel):
        with pytest.raises(ValueError, match="no camera"):
            await reel.chunk(0)

    source = Counting()
    source.make = broken
    with_reel(work, source)


def test_what_comes_after_a_failure_is_made_all_the_same():
    source = Counting()
    make = source.make

    def fails_first():
        chunk = make()
        if source.made == 1:
            raise ValueError("no camera")
        return chunk

    async def work(reel):
        with pytest.raises(ValueError, match="no camera"):
            await reel.chunk(0)
        return (await reel.chunk(1))[1][0]

    source.make = fails_first
    assert with_reel(work, source) == b"1.0"


def test_a_place_goes_on_where_it_was():
    async def work(reel):
        place = Place(reel)
        assert [(await place.next())[0] for _ in range(3)] == [b"0.0", b"1.0", b"2.0"]
        behind = Place(reel, behind=2)
        assert behind.number == reel.head - 2
        track = ReelTrack("video", place)
        packet = await track.recv()
        track.stop()
        return bytes(packet)

    assert with_reel(work) == b"3.0"


def test_packets_come_at_their_pace():
    async def work(reel):
        track, loop = ReelTrack("video", Place(reel)), asyncio.get_running_loop()
        started = loop.time()
        packets = [await track.recv() for _ in range(6)]
        took = loop.time() - started
        track.stop()
        return took, [packet.pts for packet in packets]

    took, stamps = with_reel(work, Counting(packets=40))
    assert 0.2 < took < 1.0
    assert stamps == [4500 * n for n in range(6)]


def test_late_encoding_is_a_pause_and_no_burst_and_is_counted():
    hold = threading.Event()
    hold.set()
    source = Counting(packets=400, hold=hold)

    async def work(reel):
        place = Place(reel)
        track = ReelTrack("audio", place)
        first = await track.recv()
        await asyncio.sleep(LATE_SECONDS + 0.2)  # this process stood still
        second = await track.recv()
        track.stop()
        return place.late, (second.pts - first.pts) / 48_000

    late, step = with_reel(work, source)
    assert late == 1
    assert step > LATE_SECONDS
