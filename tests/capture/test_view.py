"""Many watch one feed; who cannot take it is dropped, and nobody else notices."""

import asyncio
import random
import time

import pytest

from appliance.capture.view import Dropped
from appliance.config import CaptureSettings
from appliance.errors import NotFound, Unavailable
from appliance.exam.events import GapOpened
from appliance.exam.gap import SILENCE_SECONDS
from tests.capture import media
from tests.capture.peers import Candidate, Proctor, until
from tests.capture.scene import WEBCAM, claim, scene

pytestmark = pytest.mark.slow


async def publish(here, **options):
    candidate = Candidate("h264", **options)
    _, answer = await here.station.publish(claim(), await candidate.offer())
    await candidate.accept(answer)
    await until(lambda: here.station.feeds[WEBCAM].live)
    return candidate


async def watch(here):
    proctor = Proctor()
    try:
        id, answer = await here.station.view(claim(WEBCAM, "view"), await proctor.offer())
    except Unavailable:
        await proctor.close()
        raise
    await proctor.accept(answer)
    return id, proctor


def lose(viewing, share, seed=3):
    """What is sent to this viewer is lost by chance."""
    chance = random.Random(seed)
    for stream in viewing.streams.values():
        send = stream._port.send
        stream._port.send = lambda packet, send=send: None if chance.random() < share else send(packet)


def vanish(proctor):
    """Its cable is out: nothing arrives there any more."""
    for transceiver in proctor.connection.getTransceivers():
        for protocol in transceiver.receiver.transport.transport._connection._protocols:
            protocol.datagram_received = lambda data, addr: None


def test_a_dozen_watch_one_feed_and_each_begins_soon_at_a_key_frame(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = await publish(here, frames=media.video("h264", seconds=8, every=60))
            asked, began = candidate.video.requests, time.monotonic()
            watching = [await watch(here) for _ in range(12)]
            proctors = [proctor for _, proctor in watching]
            await until(lambda: all(proctor.frames["video"] > 20 for proctor in proctors))
            assert all(proctor.first.key_frame for proctor in proctors)
            seconds = time.monotonic() - began
            assert candidate.video.requests - asked <= seconds / 0.5 + 1, "however many ask, twice a second at most"
            assert here.station.feeds[WEBCAM].counters["skipped_key_frame_requests"] > 0
            assert here.station.facts()["feeds"]["a1/webcam"]["viewers"] == 12
            for proctor in proctors:
                await proctor.close()
            await candidate.close()

    asyncio.run(work())


def test_a_key_frame_that_was_asked_for_too_soon_is_asked_for_a_little_later(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = await publish(here, frames=media.video("h264", seconds=8, every=60))
            feed = here.station.feeds[WEBCAM]
            await asyncio.sleep(0.6)
            feed.want_key_frame()
            await until(lambda: not feed._wants_key_frame)
            await asyncio.sleep(0.15)  # the key frame has come
            asked = candidate.video.requests
            feed.want_key_frame()
            assert feed.counters["skipped_key_frame_requests"] >= 1
            await until(lambda: candidate.video.requests > asked, seconds=1.5)
            await candidate.close()

    asyncio.run(work())


def test_who_vanishes_is_dropped_and_counted_and_nobody_else_notices(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = await publish(here)
            gone, lost = await watch(here)
            _, stays = await watch(here)
            await until(lambda: lost.frames["video"] > 5 and stays.frames["video"] > 5)
            seen, began = stays.frames["video"], time.monotonic()
            vanish(lost)
            await until(lambda: here.station.counters["slow_viewers"] == 1, seconds=15)
            assert len(here.station.viewings) == 1
            seconds = time.monotonic() - began
            assert stays.frames["video"] - seen > 0.8 * seconds * media.FPS
            with pytest.raises(Dropped, match="too slow"):
                await here.station.end_session(WEBCAM, gone)
            with pytest.raises(NotFound, match="no such session"):
                await here.station.end_session(WEBCAM, "another")
            await asyncio.sleep(max(0.0, SILENCE_SECONDS - 1))
            assert here.ledger.of(GapOpened) == [], "and the recording goes on"
            for proctor in (lost, stays):
                await proctor.close()
            await candidate.close()

    asyncio.run(work())


def test_a_line_that_carries_half_of_it_is_dropped(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = await publish(here)
            _, proctor = await watch(here)
            await until(lambda: proctor.frames["video"] > 5)
            (viewing,) = here.station.viewings.values()
            lose(viewing, 0.5)
            await until(lambda: here.station.counters["slow_viewers"] == 1, seconds=20)
            await proctor.close()
            await candidate.close()

    asyncio.run(work())


@pytest.mark.long
def test_five_percent_loss_is_repeated_and_nobody_is_dropped(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = await publish(here, frames=media.video("h264", width=960, height=540, seconds=4))
            _, proctor = await watch(here)
            await until(lambda: proctor.frames["video"] > 5)
            (viewing,) = here.station.viewings.values()
            lose(viewing, 0.05)
            seen, began = proctor.frames["video"], time.monotonic()
            await asyncio.sleep(8)
            frames = (proctor.frames["video"] - seen) / (time.monotonic() - began)
            repeated = sum(stream.counters["repeated"] for stream in viewing.streams.values())
            assert here.station.counters["slow_viewers"] == 0
            await proctor.close()
            await candidate.close()
            return frames, repeated

    frames, repeated = asyncio.run(work())
    assert repeated > 5
    assert frames > 0.7 * media.FPS, "aiortc's own jitter buffer loses some"


def test_the_setting_bounds_the_live_views_of_the_box(tmp_path):
    settings = CaptureSettings(workers=2, viewers=4)

    async def work():
        async with scene(tmp_path / "media", settings=settings) as here:
            candidate = await publish(here)
            proctors = [(await watch(here))[1] for _ in range(2)]  # this worker's half
            with pytest.raises(Unavailable, match="at most 2 live views"):
                await watch(here)
            assert here.station.counters["refused_full"] == 1
            await until(lambda: all(proctor.frames["video"] > 5 for proctor in proctors))
            for proctor in proctors:
                await proctor.close()
            await candidate.close()

    asyncio.run(work())
