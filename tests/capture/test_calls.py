"""A call at the box: a voice that is recorded and heard, and no gap where nobody speaks because the call is over."""

import asyncio
import time

import pytest

from appliance.box.token import Claim
from appliance.capture import index
from appliance.capture.station import MOST_LISTENERS
from appliance.errors import ApplianceError, NotAllowed, NotFound, Unavailable
from appliance.exam.events import FeedClosed, FeedOpened, GapClosed, GapOpened, SegmentClosed
from appliance.exam.feed import Feed, Kind
from tests.capture.peers import Listener, Speaker, until
from tests.capture.scene import QUICK, claim, scene

pytestmark = pytest.mark.slow

CALL = Feed("a1", Kind.CALL)


async def speak(here):
    speaker = Speaker()
    _, answer = await here.station.publish(claim(CALL), await speaker.offer())
    await speaker.accept(answer)
    return speaker


async def listen(here, feed=CALL):
    listener = Listener()
    try:
        id, answer = await here.station.view(Claim("view", feed, "bio", "S1"), await listener.offer())
    except ApplianceError:
        await listener.close()
        raise
    await listener.accept(answer)
    return id, listener


async def one_call(here, seconds=2.5):
    """Begin, speak, hang up as a page does: first the ledger, then the line."""
    here.station.call_began("a1", time.time())
    opened, closed = len(here.ledger.of(FeedOpened)), len(here.ledger.of(FeedClosed))
    speaker = await speak(here)
    await until(lambda: len(here.ledger.of(FeedOpened)) > opened)
    await asyncio.sleep(seconds)
    here.station.call_over("a1", time.time())
    await until(lambda: len(here.ledger.of(FeedClosed)) > closed)
    await speaker.close()


def test_two_calls_are_one_feed_and_the_silence_between_them_is_no_gap(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            await one_call(here)
            await asyncio.sleep(2.5)  # longer than a silence that would be a gap
            await one_call(here)
            here.station.end_attempt("a1", time.time())
            await until(lambda: here.station.feeds == {})
            return here.ledger, here.media

    ledger, root = asyncio.run(work())
    assert ledger.of(GapOpened) == []
    assert [said.cause for said in ledger.of(FeedClosed)] == ["ended", "ended"]
    segments = ledger.of(SegmentClosed)
    starts = [segment.starts_at for segment in segments]
    pause = max(b - a - s.duration for a, b, s in zip(starts, starts[1:], segments, strict=False))
    assert 2.0 < pause < 5.0, "the second call stands where it was on the clock"
    assert (root / "bio/a1/call/playlist.m3u8").read_text().count("#EXT-X-DISCONTINUITY\n") >= 1
    assert len(index.survey(root, root / "bio/a1/call").entries) == len(segments)


def test_the_candidate_hears_the_proctor_from_the_first_packet_on(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            with pytest.raises(NotFound, match="not live"):
                await listen(here)
            speaker = await speak(here)
            await until(lambda: here.station.feeds[CALL].live)
            _, listener = await listen(here)
            await until(lambda: listener.packets > 20)
            here.station.call_over("a1", time.time())
            await until(lambda: listener.connection.connectionState == "closed")
            assert here.station.viewings == {}
            await speaker.close()
            await listener.close()

    asyncio.run(work())


def test_a_call_that_is_over_takes_no_voice_and_the_next_one_does(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            await one_call(here, seconds=0.2)
            late = Speaker()
            with pytest.raises(NotAllowed, match="this call is over"):
                await here.station.publish(claim(CALL), await late.offer())
            await late.close()
            await one_call(here, seconds=0.2)
            assert len(here.ledger.of(FeedOpened)) == 2

    asyncio.run(work())


def test_a_lost_voice_is_a_gap_until_the_call_is_over(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            here.station.call_began("a1", time.time())
            speaker = await speak(here)
            await until(lambda: here.ledger.of(FeedOpened))
            speaker.track.paused = True
            await until(lambda: here.ledger.of(GapOpened))
            await asyncio.sleep(1)
            over = time.time()
            here.station.call_over("a1", over)
            await until(lambda: here.ledger.of(GapClosed))
            (gap,) = here.ledger.of(GapClosed)
            assert (gap.kind, gap.cause, gap.ends_at) == ("call", "no_media", over)
            await speaker.close()
            await one_call(here)
            assert len(here.ledger.of(GapOpened)) == 1

    asyncio.run(work())


def test_a_second_call_that_never_comes_to_be_has_a_gap_of_its_own(tmp_path):
    """Both lie after the same segment: they must not have the same name."""

    async def work():
        async with scene(tmp_path / "media") as here:
            for _ in range(2):
                here.station.call_began("a1", time.time())
                speaker = await speak(here)
                if not here.ledger.of(FeedOpened):
                    await until(lambda: here.ledger.of(FeedOpened))
                speaker.track.paused = True
                known = len(here.ledger.of(GapOpened))
                await until(lambda known=known: len(here.ledger.of(GapOpened)) > known)
                here.station.call_over("a1", time.time())
                await until(lambda known=known: len(here.ledger.of(GapClosed)) > known)
                await speaker.close()
            assert len({gap.gap for gap in here.ledger.of(GapOpened)}) == 2

    asyncio.run(work())


def test_an_old_call_that_the_ledger_tells_again_ends_nothing_that_runs(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            here.station.call_over("a1", time.time() - 60)
            here.station.call_began("a1", time.time())
            speaker = await speak(here)
            await until(lambda: here.ledger.of(FeedOpened))
            here.station.call_over("a1", time.time() - 30)
            assert here.station.feeds[CALL].live
            await speaker.close()

    asyncio.run(work())


@pytest.mark.parametrize("goes_on", [True, False])
def test_after_a_restart_only_a_call_that_goes_on_has_a_gap(tmp_path, goes_on):
    async def before():
        async with scene(tmp_path / "media") as here:
            here.station.call_began("a1", time.time())
            speaker = await speak(here)
            await until(lambda: here.ledger.of(FeedOpened))
            await asyncio.sleep(1)
            if not goes_on:
                here.station.call_over("a1", time.time())
                await until(lambda: here.ledger.of(FeedClosed))
            await here.station.stop()
            await speaker.close()
            return here.station.calls

    async def after(calls):
        async with scene(tmp_path / "media") as here:
            here.station.calls.update(calls)
            await here.station.adopt(here.media / "bio/a1/call")
            await asyncio.sleep(0.2)
            opened = len(here.ledger.of(GapOpened))
            over = time.time()
            here.station.call_over("a1", over)
            await until(lambda: len(here.ledger.of(GapClosed)) == opened)
            return here.ledger, over

    ledger, over = asyncio.run(after(asyncio.run(before())))
    assert [gap.cause for gap in ledger.of(GapOpened)] == (["capture_restarted"] if goes_on else [])
    assert [gap.ends_at for gap in ledger.of(GapClosed)] == ([over] if goes_on else [])


def test_a_call_has_room_for_its_candidate_only(tmp_path):
    async def work():
        async with scene(tmp_path / "media", settings=QUICK) as here:
            speaker = await speak(here)
            await until(lambda: here.station.feeds[CALL].live)
            listeners = [(await listen(here))[1] for _ in range(MOST_LISTENERS)]
            with pytest.raises(Unavailable, match="listeners of one call"):
                await listen(here)
            assert here.station.counters["refused_full"] == 1
            for listener in listeners:
                await listener.close()
            await speaker.close()

    asyncio.run(work())
