"""The phone's feed: recorded like any other, and over as soon as the phone is refused."""

import asyncio
import time

import pytest

from appliance.box.token import Claim
from appliance.capture import catch_up
from appliance.errors import NotAllowed
from appliance.exam.events import FeedClosed, FeedOpened, GapClosed, GapOpened, PhoneRefused, SegmentClosed
from appliance.exam.feed import Feed, Kind
from tests.capture.peers import Candidate, until
from tests.capture.scene import scene
from tests.capture.test_catch_up import Ledger
from tests.capture.test_door import TOKENS, at_the_door

pytestmark = pytest.mark.slow

PHONE = Feed("a1", Kind.PHONE)


async def publish(here, candidate, pairing="p1"):
    claim = Claim("publish", PHONE, "bio", "S1", pairing)
    _, answer = await here.station.publish(claim, await candidate.offer())
    await candidate.accept(answer)


def refused(pairing="p1"):
    return PhoneRefused(pairing=pairing, by="lead", reason="points away")


def test_a_phone_that_is_removed_sends_nothing_two_seconds_later(tmp_path):
    ledger = Ledger()

    async def work():
        async with scene(tmp_path / "media", ledger=ledger) as here:
            await catch_up.begin(here.station, here.ownership, ledger, here.media)
            candidate = Candidate("h264")
            await publish(here, candidate)
            await until(lambda: ledger.of(FeedOpened))
            began = time.monotonic()
            ledger.tell("a1", refused())
            await until(lambda: ledger.of(FeedClosed) and not here.station.publications)
            assert time.monotonic() - began < 2.0
            await until(lambda: candidate.connection.connectionState == "closed")
            assert ledger.of(FeedClosed)[0].cause == "removed"
            assert [gap.cause for gap in ledger.of(GapOpened)] == ["removed"]
            assert {segment.kind for segment in ledger.of(SegmentClosed)} == {"phone"}
            again = Candidate("h264")
            with pytest.raises(NotAllowed, match="not let in"):
                await publish(here, again)
            await again.close()
            await candidate.close()

    asyncio.run(work())


def test_the_next_phone_goes_on_where_the_first_was_removed(tmp_path):
    ledger = Ledger()

    async def work():
        async with scene(tmp_path / "media", ledger=ledger) as here:
            first, second = Candidate("h264"), Candidate("h264")
            await publish(here, first, "p1")
            await until(lambda: ledger.of(FeedOpened))
            here.station.remove_phone("a1", "p1")
            await publish(here, second, "p2")
            await until(lambda: len(ledger.of(FeedOpened)) == 2 and ledger.of(GapClosed))
            here.station.remove_phone("a1", "p1")  # told again: it is not the one that sends
            await asyncio.sleep(0.3)
            assert here.station.publications[PHONE].pairing == "p2"
            assert [gap.cause for gap in ledger.of(GapClosed)] == ["removed"]
            await first.close()
            await second.close()

    asyncio.run(work())


def test_a_phone_that_was_removed_before_this_process_began_stays_out(tmp_path):
    ledger = Ledger([("a1", refused())])

    async def work():
        async with scene(tmp_path / "media", ledger=ledger) as here:
            follower = await catch_up.begin(here.station, here.ownership, ledger, here.media)
            ledger.tell_all()
            await until(lambda: follower.compared)
            candidate = Candidate("h264")
            with pytest.raises(NotAllowed):
                await publish(here, candidate)
            assert here.station.feeds == {}
            await candidate.close()

    asyncio.run(work())


def test_a_phone_that_was_removed_cannot_bring_anything_later_either(tmp_path):
    async def work(ask, here):
        token = TOKENS.mint(Claim("publish", PHONE, "bio", "S1", "p1"))
        other = TOKENS.mint(Claim("publish", PHONE, "bio", "S1", "p2"))
        here.station.remove_phone("a1", "p1")
        for path, kind in (("/fill/a1/phone", "application/json"), ("/whip/a1/phone", "application/sdp")):
            status, said, _ = await ask("POST", path, token=token, body="{}", kind=kind)
            assert (status, said["error"]) == (409, "this phone is not let in")
        status, _, _ = await ask("POST", "/fill/a1/phone", token=other, body="{}", kind="application/json")
        assert status == 404  # let in, but nothing of it is recorded yet

    at_the_door(tmp_path, work)
