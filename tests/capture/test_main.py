"""The real process: ready, killed, stopped, started again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import aiohttp
import numpy as np
import psutil
import pytest

from appliance.box import picture, sound
from appliance.box.sound import RATE
from appliance.box.token import Claim, FeedTokens
from appliance.capture import index
from appliance.capture.loop import Loop
from appliance.capture.main import Capture, run
from appliance.config import Settings
from appliance.errors import ConfigError
from appliance.exam import events
from appliance.exam.feed import Feed, Kind
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.record import Draft
from appliance.ledger.socket import LedgerServer
from appliance.recording import mp4
from tests.capture import media
from tests.capture.peers import Candidate, until

pytestmark = pytest.mark.slow

WEBCAM = Feed("a1", Kind.WEBCAM)
PROGRAM = """
import sys
from pathlib import Path
from appliance.box.paths import Paths
from appliance.capture.main import run
from appliance.config import Settings
sys.exit(run(paths=Paths.of(Path(sys.argv[1])), settings=Settings(), number=int(sys.argv[2])))
"""


@contextmanager
def capture(paths, number=1):
    """A capture worker; killed at the end if it still runs."""
    paths.capture_socket(number).unlink(missing_ok=True)
    command = [sys.executable, "-c", PROGRAM, str(paths.data), str(number)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not paths.capture_socket(number).exists():
            assert process.poll() is None, "the process ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


async def publish(paths, candidate, feed=WEBCAM, *, at=1):
    """At the door of worker `at`."""
    token = FeedTokens.from_file(paths.feed_key).mint(Claim("publish", feed, "bio", "S1"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    connector = aiohttp.UnixConnector(str(paths.capture_socket(at)))
    async with (
        aiohttp.ClientSession(connector=connector) as http,
        http.post(f"http://box/whip/{feed}", data=await candidate.offer(), headers=headers) as answer,
    ):
        assert answer.status == 201, await answer.text()
        await candidate.accept(await answer.text())


def health(paths, number=1):
    return json.loads((paths.health / f"capture-{number}.json").read_text())


def on_disk(paths):
    folder = paths.media / "bio" / "a1" / "webcam"
    return [mp4.scan(file) for file, _ in index.segments_in(folder)] if folder.is_dir() else []


def recorded(paths):
    return sum(part.duration for scan in on_disk(paths) for part in scan.parts)


def test_kill_9_loses_at_most_a_second_and_the_rest_plays_on(paths):
    async def work():
        media.video("h264")  # made before the clock runs
        media.sound()
        candidate, lost = Candidate(), []
        with capture(paths) as process:
            await publish(paths, candidate)
            await until(lambda: recorded(paths) > 2.0)
            await asyncio.sleep(2.6)
            child = psutil.Process(process.pid).children()
            process.kill()
            sent = candidate.video.sent
            process.wait()
            await candidate.close()
            lost.append(sent / media.FPS - recorded(paths))
        psutil.wait_procs(child, timeout=5)
        assert not any(one.is_running() for one in child), "the decoder outlives its parent"
        assert lost[0] <= 1.0, f"{lost[0]:.2f} s lost"
        assert index.left_open(paths.media)

        candidate = Candidate()
        with capture(paths) as process:
            assert not index.left_open(paths.media)
            await publish(paths, candidate)
            await until(lambda: len(on_disk(paths)) == 2)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert await asyncio.to_thread(process.wait, 5) == 0
            assert time.monotonic() - began < 3.0
            await candidate.close()
        text = (paths.media / "bio" / "a1" / "webcam" / "playlist.m3u8").read_text()
        assert text.count("#EXTINF") == 2
        assert text.count("#EXT-X-DISCONTINUITY") == 1
        assert "#EXT-X-ENDLIST" not in text  # SIGTERM ends no exam

    asyncio.run(work())


def test_sigterm_closes_the_segment_with_everything_that_came(paths):
    async def work():
        candidate = Candidate()
        with capture(paths) as process:
            await publish(paths, candidate)
            await until(lambda: recorded(paths) > 2.0)
            process.send_signal(signal.SIGTERM)
            sent = candidate.video.sent
            began = time.monotonic()
            assert await asyncio.to_thread(process.wait, 5) == 0
            assert time.monotonic() - began < 3.0
            await candidate.close()
        assert not index.left_open(paths.media)
        assert recorded(paths) > sent / media.FPS - 0.5
        assert not paths.capture_socket(1).exists()
        assert health(paths)["healthy"] is False

    asyncio.run(work())


@contextmanager
def ledger(paths):
    """The real ledger with one attempt; -> (append, read)."""
    with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
        server = LedgerServer(paths.ledger_socket, writer=writer, reader=reader)
        server.start()

        def append(payload, chain):
            writer.append(Draft(payload=payload, chain=chain, exam="bio", actor="test"))

        try:
            append(
                events.ExamCreated(
                    exam="bio", title="Biology", minutes=90, starts_at=time.time(), admission="automatic", link="",
                    warnings_before_end=1, ratio=8, retention_days=30,
                ),
                events.BOX,
            )  # fmt: skip
            append(events.AttemptCreated(exam="bio", seat="S1", name="N", candidate="1"), "a1")
            yield append, lambda: reader.events(after=0)
        finally:
            server.stop()


def test_the_ledger_tells_a_kill_as_a_gap_and_the_end_of_the_attempt_is_heard(paths):
    async def work(append):
        candidate = Candidate()
        with capture(paths) as process:
            await publish(paths, candidate)
            await until(lambda: recorded(paths) > 2.0)
            process.kill()
            process.wait()
            await candidate.close()
        candidate = Candidate()
        with capture(paths) as process:
            await until(lambda: "a1/webcam" in health(paths).get("feeds", {}))
            await publish(paths, candidate)
            await until(lambda: len(on_disk(paths)) == 2 and health(paths)["feeds"]["a1/webcam"]["gap"] is None)
            append(events.AttemptFinished(), "a1")
            await until(lambda: health(paths)["feeds"] == {})
            await candidate.close()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 5) == 0

    with ledger(paths) as (append, read):
        asyncio.run(work(append))
        said = [event for event in read() if event.chain == "a1"][1:]
    assert [event.type for event in said if event.type != "attempt.finished"] == [
        "feed.opened", "segment.closed", "gap.opened", "feed.opened", "gap.closed", "segment.closed", "feed.closed"
    ]  # fmt: skip
    by_type = {event.type: event.payload for event in said}
    closed = [event.payload for event in said if event.type == "segment.closed"]
    assert [segment.recovered for segment in closed] == [True, False]
    assert by_type["gap.opened"].cause == "capture_restarted"
    assert by_type["gap.opened"].starts_at == pytest.approx(closed[0].starts_at + closed[0].duration, abs=0.001)
    assert by_type["gap.closed"].ends_at == pytest.approx(closed[1].starts_at, abs=0.001)
    assert closed[1].position == pytest.approx(closed[1].starts_at - closed[0].starts_at, abs=0.001)


def test_a_process_whose_clock_fails_says_so_and_closes_its_files(paths, monkeypatch):
    async def work(loop):
        running = Capture(paths, Settings(), loop)
        loop.call_later(1.0, monkeypatch.setattr, running.station, "tick", None)
        assert await running.run() == 1

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(work(runner.get_loop()))
    assert health(paths)["sentence"] == "stopped"


def test_health_tells_of_feeds_queues_and_counters_and_pictures_are_there(paths):
    async def work():
        candidate = Candidate()
        with capture(paths) as process:
            await publish(paths, candidate)
            await until(lambda: picture.read_header(paths.pictures, WEBCAM) is not None)
            await until(lambda: health(paths)["feeds"].get("a1/webcam", {}).get("fps", 0) > 10)
            said = health(paths)
            assert said["healthy"]
            assert set(said["feeds"]["a1/webcam"]) >= {"fps", "bitrate", "lost", "position", "silent_s", "viewers"}
            assert said["writer"]["refused"] == said["writer"]["failed"] == said["decoder"]["respawned"] == 0
            assert said["decoder"]["sent"] > 10
            assert said["udp"]["sockets"] >= 1
            assert said["udp"]["refused"] == said["udp"]["unsent"] == 0

            (child,) = psutil.Process(process.pid).children()
            os.kill(child.pid, signal.SIGKILL)
            before = picture.read_header(paths.pictures, WEBCAM).taken_at
            await until(lambda: health(paths)["decoder"]["respawned"] == 1)
            position = health(paths)["feeds"]["a1/webcam"]["position"]

            def newer():
                header = picture.read_header(paths.pictures, WEBCAM)
                return header is not None and header.taken_at > before + 1

            await until(newer)
            assert health(paths)["feeds"]["a1/webcam"]["gap"] is None
            await until(lambda: health(paths)["feeds"]["a1/webcam"]["position"] > position + 1)
            await candidate.close()
            await until(lambda: picture.read_header(paths.pictures, WEBCAM) is None)

    asyncio.run(work())


def test_what_a_microphone_hears_is_there_while_it_is_published(paths):
    async def work():
        candidate = Candidate()
        with capture(paths):
            await publish(paths, candidate)
            await until(lambda: (heard := sound.read(paths.sounds, WEBCAM)) is not None and heard[0].end > 2 * RATE)
            header, samples = sound.read(paths.sounds, WEBCAM)
            assert abs(time.time() - header.ends_at) < 2.0
            assert header.position == pytest.approx(health(paths)["feeds"]["a1/webcam"]["position"], abs=3.0)
            assert np.abs(samples[-RATE:]).max() > 1000
            assert health(paths)["decoder"]["unheard"] == 0
            await candidate.close()
            await until(lambda: sound.read(paths.sounds, WEBCAM) is None)

    asyncio.run(work())


def gaps(read):
    """Of attempt a1: (kind, cause, begins, ends) of each gap, and how many segments were recovered."""
    said = [event.payload for event in read() if event.chain == "a1"]
    opened = [e for e in said if isinstance(e, events.GapOpened)]
    closed = {e.gap: e for e in said if isinstance(e, events.GapClosed)}
    recovered = [e for e in said if isinstance(e, events.SegmentClosed) and e.recovered]
    told = [(e.kind, e.cause, e.starts_at, closed[e.gap].ends_at if e.gap in closed else None) for e in opened]
    return sorted(told), sorted(segment.kind for segment in recovered)


def test_a_killed_workers_feeds_come_back_on_another_and_it_takes_none_of_them_back(paths):
    screen = Feed("a1", Kind.SCREEN)

    async def work():
        candidates = [Candidate() for _ in range(4)]
        with capture(paths, 1) as first, capture(paths, 2):
            await publish(paths, candidates[0])
            await publish(paths, candidates[1], screen, at=2)  # the wrong worker: passed on
            await until(lambda: set(health(paths, 1)["feeds"]) == {"a1/webcam", "a1/screen"})
            assert health(paths, 2)["feeds"] == {}
            await until(lambda: health(paths, 2)["passed_on"] == 1)
            await until(lambda: recorded(paths) > 2.0)
            first.kill()
            first.wait()
            began = time.monotonic()
            await publish(paths, candidates[2], at=2)
            await until(lambda: health(paths, 2)["feeds"].get("a1/webcam", {}).get("fps", 0) > 0)
            assert time.monotonic() - began < 5.0
            await until(lambda: "a1/screen" in health(paths, 2)["feeds"])  # it came along, with its gap
            with capture(paths, 1):
                await publish(paths, candidates[3], screen, at=1)
                await until(lambda: health(paths, 2)["feeds"]["a1/screen"]["gap"] is None)
                await until(lambda: health(paths, 1)["passed_on"] == 1)
                await asyncio.sleep(1.5)
                assert health(paths, 1)["feeds"] == {}
        for candidate in candidates:
            await candidate.close()

    with ledger(paths) as (_, read):
        asyncio.run(work())
        told, recovered = gaps(read)
    assert [(kind, cause) for kind, cause, _, _ in told] == [
        ("screen", "capture_restarted"),
        ("webcam", "capture_restarted"),
    ]
    assert all(ends is not None and 0 < ends - begins < 15 for _, _, begins, ends in told)
    assert recovered == ["screen", "webcam"]


def test_what_a_dead_worker_carried_is_carried_on_though_no_page_comes_back(paths):
    async def work(append, read):
        candidate = Candidate()
        with capture(paths, 1) as first, capture(paths, 2):
            await publish(paths, candidate)
            await until(lambda: recorded(paths) > 2.0)
            first.kill()
            first.wait()
            await until(lambda: all(gaps(read)), seconds=12)
            assert [(kind, cause, ends) for kind, cause, _, ends in gaps(read)[0]] == [
                ("webcam", "capture_restarted", None)
            ]
            await until(lambda: set(health(paths, 2)["feeds"]) == {"a1/webcam"})
            append(events.AttemptFinished(), "a1")
            await until(lambda: health(paths, 2)["feeds"] == {})
            await until(lambda: gaps(read)[0][0][3] is not None)
            await until(lambda: not list(paths.feeds.iterdir()))
        await candidate.close()

    with ledger(paths) as (append, read):
        asyncio.run(work(append, read))
        assert len(gaps(read)[0]) == 1


def test_a_worker_that_the_settings_do_not_have_is_refused(paths):
    with pytest.raises(ConfigError, match="no capture worker 3"):
        run(paths=paths, settings=Settings(), number=3)
