"""A simulated phone at a fake box: by the link of its candidate's page, and only once somebody has confirmed it."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from appliance.simulate import phone, seat
from appliance.simulate.client import Client
from appliance.simulate.page import Page
from appliance.simulate.phone import Phone
from appliance.simulate.reel import Reel, pool
from appliance.simulate.seat import Candidate
from appliance.simulate.sound import Hush
from appliance.simulate.track import Place, ReelTrack
from tests.simulate.fake_box import FakeBox, until

pytestmark = pytest.mark.slow  # whole conversations with a server, or a process of their own


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The same, in less time."""
    monkeypatch.setattr(seat, "_SOON", 0.1)
    monkeypatch.setattr(seat, "_LATER", 0.1)
    monkeypatch.setattr(phone, "_ASK_SECONDS", 0.1)


@asynccontextmanager
async def sitting(box, *, cookies=None):
    """A candidate with a phone, and its task; gone at the end."""
    with pool(2) as encoders:
        screen, hush = Reel(Page(0).make, encoders), Reel(Hush().make, encoders)
        second = Phone(1, Client(box.url, cookies=cookies), lambda: [ReelTrack("video", Place(screen))])
        candidate = Candidate(
            1,
            "CDFHJKMN",
            Client(box.url),
            lambda: [ReelTrack("video", Place(screen)), ReelTrack("audio", Place(hush))],
            lambda: [ReelTrack("video", Place(screen))],
            second,
        )
        task = asyncio.ensure_future(candidate.run())
        try:
            yield candidate, task
        finally:
            task.cancel()
            await asyncio.wait([task])
            await screen.close()
            await hush.close()


def test_it_joins_by_the_link_waits_and_publishes_until_the_end(tmp_path):
    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box, cookies=tmp_path / "phone.json") as (candidate, task):
            await until(lambda: box.phone == "scanned" and box.stage == "in_exam")
            await asyncio.sleep(0.5)
            assert "phone" not in box.frames, "nothing is sent before somebody has confirmed it"
            box.phone = "confirmed"
            await until(lambda: box.frames.get("phone", {}).get("video", 0) > 1)
            assert "audio" not in box.frames["phone"]
            box.stage = "submitted"
            await asyncio.wait_for(task, 4)
        return box, candidate.outcome

    box, outcome = asyncio.run(exam())
    assert box.paths.index("/api/me/phone") > box.paths.index("/api/me/equip")
    assert outcome.phone_seconds > 0.2
    assert "s of phone" in outcome.sentence()


def test_one_that_is_refused_sends_nothing_more_and_the_candidate_goes_on():
    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box) as (candidate, task):
            await until(lambda: box.phone == "scanned")
            box.phone = "confirmed"
            await until(lambda: "phone" in box.frames)
            box.phone = "refused"
            await until(lambda: len(box.deleted) == 1)
            assert not task.done()
            assert candidate.outcome.stage == "in_exam"
            assert box.paths.count("/api/me/phone") == 1

    asyncio.run(exam())


def test_with_the_cookie_of_before_nobody_is_asked_again(tmp_path):
    async def exam():
        box = FakeBox()
        async with box.running():
            for _ in range(2):
                async with sitting(box, cookies=tmp_path / "phone.json"):
                    await until(lambda: box.phone)
                    box.phone = "confirmed"
                    await until(lambda: "phone" in box.frames)
                box.frames.pop("phone")
        assert box.paths.count("/phone/join") == 1

    asyncio.run(exam())
