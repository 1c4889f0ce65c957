"""A candidate at a fake box: every step, and what may go wrong."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from appliance.errors import BadInput, Unavailable
from appliance.simulate import pictures, publish, seat
from appliance.simulate.chat import ANSWER
from appliance.simulate.client import Client, SignedOut
from appliance.simulate.page import Page
from appliance.simulate.reel import Reel, pool
from appliance.simulate.seat import Candidate
from appliance.simulate.sound import Hush
from appliance.simulate.track import Place, ReelTrack
from tests.simulate.fake_box import FakeBox, until

pytestmark = [
    pytest.mark.slow,  # whole conversations with a server
    # aioice leaves a socket to the garbage collector when a connection is given up while it gathers addresses
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def quick(monkeypatch):
    """The same, in less time."""
    monkeypatch.setattr(seat, "_SOON", 0.1)
    monkeypatch.setattr(seat, "_LATER", 0.1)
    monkeypatch.setattr(seat, "ANSWER_AFTER", 0.3)


@asynccontextmanager
async def sitting(box, *, code="CDFHJKMN", cookies=None, url=None, film=None):
    """A candidate at work, and its task; gone at the end."""
    with pool(2) as encoders:
        screen, hush = Reel(film or Page(0).make, encoders), Reel(Hush().make, encoders)
        picture, sound, page = Place(screen), Place(hush), Place(screen)
        candidate = Candidate(
            1,
            code,
            Client(url or box.url, cookies=cookies),
            lambda: [ReelTrack("video", picture), ReelTrack("audio", sound)],
            lambda: [ReelTrack("video", page)],
        )
        task = asyncio.ensure_future(candidate.run())
        try:
            yield candidate, task
        finally:
            task.cancel()
            await asyncio.wait([task])
            await screen.close()
            await hush.close()


def test_from_the_code_to_the_end(quick, tmp_path):
    async def exam():
        box = FakeBox()
        box.say("m1", kind="warning")
        box.say("m2", kind="chat")
        async with box.running(), sitting(box, cookies=tmp_path / "seat.json") as (candidate, task):
            await until(lambda: box.stage == "in_exam")
            await until(lambda: box.messages[0]["acknowledged_at"] and len(box.messages) == 3)
            await until(lambda: box.frames["webcam"].get("audio", 0) > 10 and box.frames["webcam"].get("video", 0) > 1)
            box.stage = "submitted"
            await asyncio.wait_for(task, 4)
        return box, candidate.outcome

    box, outcome = asyncio.run(exam())
    steps = [path for path in box.paths if path != "/api/me/equip"]
    assert steps[:2] == ["/join", "/api/me/sign"]
    assert sorted(steps[2:]) == [
        "/api/me/messages",
        "/api/me/messages/m1/acknowledge",
        "/api/me/read",
        "/api/me/selftest",
        "/api/me/start",
    ]
    assert dict(box.said)["/api/me/read"] == {"message": "m2"}
    assert dict(box.said)["/api/me/messages"] == {"text": ANSWER}
    assert dict(box.said)["/api/me/sign"] == {"signature": "Amara Okafor"}
    assert box.sizes["screen"] == (1280, 720)
    assert sorted(box.deleted) == ["1", "2"]
    assert (outcome.stage, outcome.problem, outcome.reconnects) == ("submitted", None, 0)
    assert outcome.webcam_seconds > 0.4
    assert outcome.sentence().startswith("seat 1: submitted, sent ")
    assert json.loads((tmp_path / "seat.json").read_text())["box"] == "candidate"
    assert (tmp_path / "seat.json").stat().st_mode & 0o077 == 0


def test_every_stage_of_the_check_in_is_walked(quick, monkeypatch):
    monkeypatch.setattr(pictures, "SCAN_SECONDS", 2)

    async def exam():
        box = FakeBox()
        box.after |= {"equip": "identification", "identify": "room_scan", "scan": "position", "position": "briefing"}
        box.after["brief"] = "admitted"
        async with box.running(), sitting(box):
            await until(lambda: box.stage == "in_exam")
        return box

    box = asyncio.run(exam())
    paths = [path.removeprefix("/api/me/") for path in box.paths if "equip" not in path]
    assert paths[2:] == ["selftest", "identity", "identify", "scan", "position", "brief", "start"]
    said = dict(box.said)
    assert said["/api/me/scan"]["bytes"].startswith(b"\x1a\x45\xdf\xa3")
    assert said["/api/me/identity"]["bytes"].count(b"\xff\xd8\xff") == 2
    assert said["/api/me/brief"] == {"sha256": "b" * 64}


def test_a_wrong_code_is_said_and_ends_the_seat():
    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box, code="CDFHJKMP") as (candidate, task):
            await asyncio.wait_for(task, 4)
        return candidate.outcome

    outcome = asyncio.run(exam())
    assert isinstance(outcome.problem, BadInput)
    assert outcome.sentence() == "seat 1: This code is not known. Read it again."


def test_nobody_there(monkeypatch, free_port):
    monkeypatch.setattr(seat, "REACH_SECONDS", 0.2)

    async def exam():
        async with sitting(None, url=f"http://127.0.0.1:{free_port}") as (candidate, task):
            await asyncio.wait_for(task, 4)
        return candidate.outcome

    outcome = asyncio.run(exam())
    assert isinstance(outcome.problem, Unavailable)
    assert "cannot be reached" in outcome.sentence()


def test_a_box_that_is_away_for_a_while_is_waited_for(quick):
    async def exam():
        box = FakeBox()
        box.failing = 1
        async with box.running(), sitting(box) as (candidate, _):
            await until(lambda: box.stage == "in_exam")
            box.failing = 8
            await until(lambda: box.failing == 0)
            box.stage = "admitted"
            await until(lambda: box.stage == "in_exam")
        return candidate.outcome

    assert asyncio.run(exam()).problem is None


def test_a_token_of_an_old_page_is_fetched_again(quick):
    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box):
            await until(lambda: box.stage == "in_exam")
            box.csrf = "two"
            box.stage = "admitted"
            await until(lambda: box.stage == "in_exam")

    asyncio.run(exam())


def test_a_connection_that_ended_is_made_again(quick):
    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box) as (candidate, _):
            await until(lambda: box.stage == "in_exam")
            await box.connections[0].close()
            box.frames.clear()
            await until(lambda: len(box.connections) == 3, seconds=5)
            await until(lambda: [True for arrived in box.frames.values() if arrived.get("video", 0) > 1])
        return candidate.outcome

    assert asyncio.run(exam()).reconnects == 1


def test_a_camera_that_fails_is_opened_again(quick):
    page, chunks = Page(0), []

    def fails_once():
        chunks.append(page.make())
        if len(chunks) == 1:
            raise ValueError("no picture")
        return chunks[-1]

    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box, film=fails_once) as (candidate, _):
            await until(lambda: all(box.frames.get(kind, {}).get("video", 0) > 1 for kind in ("webcam", "screen")))
        return candidate.outcome

    outcome = asyncio.run(exam())
    assert outcome.reconnects >= 1
    assert outcome.problem is None


def test_a_box_that_says_nothing_any_more_is_asked_again(quick, monkeypatch):
    """As after kill -9: no goodbye, and ICE would take half a minute to notice."""
    monkeypatch.setattr(publish, "FIRST_SILENCE_SECONDS", 2.0)
    monkeypatch.setattr(publish, "SILENCE_SECONDS", 2.0)
    silent = asyncio.Event()

    async def since(connection):
        return 60.0 if silent.is_set() else 0.0

    monkeypatch.setattr(publish, "_since_report", since)

    async def exam():
        box = FakeBox()
        async with box.running(), sitting(box):
            await until(lambda: box.stage == "in_exam")
            silent.set()
            await until(lambda: len(box.connections) == 4, seconds=5)
            silent.clear()
            assert sorted(box.deleted) == ["1", "2"]

    asyncio.run(exam())


def test_the_box_reports_what_it_received(quick):
    """What the simulator listens for, from aiortc as it is: longest silence in some seconds."""

    async def exam():
        box, silences = FakeBox(), []
        async with box.running(), sitting(box) as (candidate, _):
            await until(lambda: box.stage == "in_exam")
            await asyncio.sleep(publish.FIRST_SILENCE_SECONDS - publish.SILENCE_SECONDS)
            for _ in range(25):
                await asyncio.sleep(0.1)
                silences += [publisher.silence for publisher in candidate.publishers.values()]
        return silences, candidate.outcome

    silences, outcome = asyncio.run(exam())
    assert 0 < max(silences) < publish.SILENCE_SECONDS - 0.5
    assert outcome.reconnects == 0


def test_cookies_of_the_last_time_are_used(tmp_path):
    async def exam(box):
        (tmp_path / "seat.json").write_text('{"box": "candidate"}')
        client = Client(box.url, cookies=tmp_path / "seat.json")
        try:
            return await client.me()
        finally:
            await client.close()

    async def run():
        async with FakeBox().running() as box:
            return await exam(box)

    assert asyncio.run(run())["attempt"] == "a1"


def test_a_browser_that_is_not_known_any_more():
    async def run():
        async with FakeBox().running() as box:
            client = Client(box.url)
            try:
                with pytest.raises(SignedOut, match="Nobody is signed in"):
                    await client.me()
            finally:
                await client.close()

    asyncio.run(run())
