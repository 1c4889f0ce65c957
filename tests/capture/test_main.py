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
import psutil
import pytest

from appliance.box import picture
from appliance.box.token import Claim, FeedTokens
from appliance.capture import index, mp4
from appliance.capture.main import Capture
from appliance.config import Settings
from appliance.exam.feed import Feed, Kind
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
sys.exit(run(paths=Paths.of(Path(sys.argv[1])), settings=Settings()))
"""


@contextmanager
def capture(paths):
    """A capture process; killed at the end if it still runs."""
    paths.capture_socket.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(paths.data)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not paths.capture_socket.exists():
            assert process.poll() is None, "the process ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


async def publish(paths, candidate):
    token = FeedTokens.from_file(paths.feed_key).mint(Claim("publish", WEBCAM, "bio", "S1"))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    connector = aiohttp.UnixConnector(str(paths.capture_socket))
    async with (
        aiohttp.ClientSession(connector=connector) as http,
        http.post("http://box/whip/a1/webcam", data=await candidate.offer(), headers=headers) as answer,
    ):
        assert answer.status == 201, await answer.text()
        await candidate.accept(await answer.text())


def health(paths):
    return json.loads((paths.health / "capture.json").read_text())


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
        assert not paths.capture_socket.exists()
        assert health(paths)["healthy"] is False

    asyncio.run(work())


def test_a_process_whose_clock_fails_says_so_and_closes_its_files(paths, monkeypatch):
    async def work():
        running = Capture(paths, Settings())
        asyncio.get_running_loop().call_later(1.0, monkeypatch.setattr, running.station, "tick", None)
        assert await running.run() == 1

    asyncio.run(work())
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
