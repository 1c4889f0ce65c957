"""The power goes, or the processes are killed, while feeds are recorded: at most a part of each is lost, what is left
plays, the ledger is whole.

The data folder lies on a file system of its own, whose power can be cut; the web process (which owns the ledger) and a
capture worker are the real ones. Who sends counts its frames elsewhere: frames sent less frames in the files is what
was lost.
"""

import asyncio
import contextlib
import hashlib
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from appliance.bench.capture import clip
from appliance.bench.capture.box import frames_in
from appliance.bench.capture.job import helper
from appliance.box import health
from appliance.box.paths import Paths
from appliance.box.token import Claim, FeedTokens
from appliance.exam.events import BOX
from appliance.exam.feed import Feed, Kind
from appliance.ledger import chain
from appliance.ledger import reader as readers
from appliance.ledger.writer import opened
from tests.capture.test_browser import CHROMIUM, FLAGS, PAGE, PLAY
from tests.chaos.disk import Disk
from tests.ledger import world

PART_SECONDS = 1.0
"""The most that may be lost of a feed: one part."""

LATENESS_SECONDS = 0.4
"""From a frame's being sent to its part's flush, on a machine that is busy."""

FPS = 15.0
SETTINGS = f"""
[capture]
workers = 1
part_seconds = {PART_SECONDS}
segment_seconds = 4.0
keyframe_seconds = 2.0
low_water_bytes = 80000000
"""


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "power")
    disk.make()
    yield disk
    disk.remove()


class Box:
    """The web process and one capture worker on the disk; their logs are elsewhere."""

    def __init__(self, disk: Disk, logs: Path) -> None:
        self.disk, self.logs = disk, logs
        self.paths = Paths.of(disk.folder / "data")
        self._running: list[subprocess.Popen] = []

    def start(self) -> None:
        for process, arguments in (("web", ["web", "--port", "0"]), ("capture-1", ["capture"])):
            with open(self.logs / f"{process}.log", "ab") as log:
                command = [sys.executable, "-m", "appliance", "--data", str(self.paths.data), *arguments]
                self._running.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
            self.wait_for(process)

    def wait_for(self, process: str, seconds: float = 30.0) -> None:
        """Until this one says something itself, not the one before it."""
        pid, deadline = self._running[-1].pid, time.monotonic() + seconds
        while health.read(self.paths.health, process, now=time.time()).get("pid") != pid:
            assert time.monotonic() < deadline, f"{process} says nothing\n{self.log()}"
            time.sleep(0.05)

    def kill(self) -> None:
        """What is left of them when the power is gone."""
        for process in self._running:
            process.kill()
            process.wait()
        self._running.clear()

    def log(self) -> str:
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in sorted(self.logs.glob("*.log")))

    def files(self, feed: Feed) -> list[Path]:
        """The closed segments of a feed, in order."""
        return sorted((self.paths.media / "bio" / feed.attempt / feed.kind.value).glob("*.mp4"), key=_number)

    def open_files(self) -> list[Path]:
        return list(self.paths.media.glob("*/*/*/*.open"))

    def frames(self, feed: Feed) -> int:
        return sum(frames_in(file) for file in self.files(feed))


def _number(file: Path) -> int:
    return int(file.stem.rpartition("-")[2])


@pytest.fixture
def box(disk, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    box = Box(disk, logs)
    yield box
    box.kill()
    shutil.rmtree(box.paths.run, ignore_errors=True)


def prepare(box: Box, clips: Path) -> list[Feed]:
    """An exam with two candidates in it, and what is sent; -> their four feeds."""
    box.paths.make()
    box.paths.config.write_text(SETTINGS, encoding="utf-8")
    with opened(box.paths.database) as writer:
        exam = world.build(writer, seats=2)
        attempts = [world.bring_to_exam(writer, exam, seat) for seat in ("1", "2")]
    clips.mkdir()
    clip.camera().write(clips / "picture")
    clip.tone().write(clips / "sound")
    return [Feed(attempt, kind) for attempt in attempts for kind in (Kind.WEBCAM, Kind.SCREEN)]


def publishing(box: Box, feeds: list[Feed], clips: Path):
    """A process elsewhere that sends all feeds and counts; the webcams with sound."""
    tokens = FeedTokens.from_file(box.paths.feed_key)
    streams = [
        {
            "picture": str(clips / "picture"),
            "sound": str(clips / "sound") if feed.kind is Kind.WEBCAM else None,
            "whip": {
                "socket": str(box.paths.capture_socket(1)),
                "path": f"/whip/{feed}",
                "token": tokens.mint(Claim("publish", feed, "bio", f"S{number // 2 + 1}")),
            },
        }
        for number, feed in enumerate(feeds)
    ]
    return helper("appliance.bench.capture.sender", {"streams": streams})


def known(box: Box) -> dict[int, bytes]:
    """What the ledger has acknowledged: seq to hash."""
    with readers.opened(box.paths.database) as ledger:
        return {event.seq: event.hash for event in everything(ledger)}


def everything(ledger):
    after = 0
    while page := ledger.events(after=after):
        yield from page
        after = page[-1].seq


def check_ledger(box: Box, before: dict[int, bytes]) -> None:
    """Whole, and nothing is gone that was there."""
    with contextlib.closing(sqlite3.connect(box.paths.database)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with readers.opened(box.paths.database) as ledger, ledger.connect() as connection:
        after = {event.seq: event.hash for event in everything(ledger)}
        assert {seq: after.get(seq) for seq in before} == before, "an event that was acknowledged is gone or changed"
        for name in {event.chain for event in everything(ledger)} | {BOX}:
            chain.check(readers.links(connection, name), chain=name)


def check_files(box: Box, feeds: list[Feed]) -> None:
    """Every picture of every segment can be decoded; those that the ledger knows are as it says."""
    for feed in feeds:
        for file in box.files(feed):
            with av.open(str(file)) as container:
                container.streams.video[0].codec_context.options = {"err_detect": "explode"}
                assert sum(1 for _ in container.decode(video=0)) > 0, file
    with readers.opened(box.paths.database) as ledger:
        for event in ledger.events(after=0, limit=100_000, types=frozenset({"segment.closed", "segment.damaged"})):
            assert event.type == "segment.closed", f"set aside: {event.payload}"
            data = (box.paths.media / event.payload.path).read_bytes()
            assert hashlib.sha256(data).hexdigest() == event.payload.sha256, event.payload.path


def wait_until(true, seconds: float, box: Box, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what}\n{box.log()}"
        time.sleep(0.1)


def gaps(box: Box) -> set[tuple[str, str]]:
    """The gaps that are open."""
    with readers.opened(box.paths.database) as ledger:
        opened_ = {e.payload.gap: e for e in everything(ledger) if e.type == "gap.opened"}
        closed = {e.payload.gap for e in everything(ledger) if e.type == "gap.closed"}
    return {(e.chain, e.payload.kind) for gap, e in opened_.items() if gap not in closed}


def cut_once(box: Box, feeds: list[Feed], clips: Path, seconds: float, *, power: bool) -> dict[str, float]:
    """Record for so long, cut the power or `kill -9`, start again; -> what each feed lost, in seconds."""
    before = {feed: box.frames(feed) for feed in feeds}
    with publishing(box, feeds, clips) as sender:
        time.sleep(seconds)
        acknowledged = known(box)
        sent = dict(zip(feeds, sender.ask()["frames"], strict=True))
        if power:
            box.disk.cut()
        box.kill()
    if power:
        box.disk.unmount()
        box.disk.mount()
    check_ledger(box, acknowledged)
    box.start()
    wait_until(lambda: not box.open_files(), 10, box, "a file stays open")
    wait_until(lambda: gaps(box) == {(f.attempt, f.kind.value) for f in feeds}, 10, box, "the gap is not in the ledger")
    lost = {str(feed): (sent[feed] - (box.frames(feed) - before[feed])) / FPS for feed in feeds}
    print(f"after {seconds:.1f} s: lost {', '.join(f'{s:.2f} s' for s in lost.values())}", flush=True)
    return lost


async def played(box: Box, feed: Feed, seeks: int = 4) -> dict:
    """What a real Chromium makes of the playlist, sought to several places."""
    media = box.paths.media

    async def page(_request):
        return web.Response(text=PAGE, content_type="text/html")

    async def recording(request):
        file = media / request.match_info["path"]
        if file.name == "playlist.m3u8":
            text = file.read_text() + "#EXT-X-ENDLIST\n"
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl")
        return web.FileResponse(file, headers={"Content-Type": "video/mp4"})

    application = web.Application()
    application.router.add_get("/", page)
    application.router.add_get("/media/{path:.*}", recording)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    folder = media / "bio" / feed.attempt / feed.kind.value
    lasts = [float(line[8:-1]) for line in (folder / "playlist.m3u8").read_text().splitlines() if "#EXTINF:" in line]
    places = [sum(lasts) * n / seeks + 0.2 for n in range(seeks)] + [sum(lasts) - 1.0]
    try:
        async with async_playwright() as play:
            browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            tab = await browser.new_page()
            await tab.goto(base)
            url = f"{base}/media/bio/{feed.attempt}/{feed.kind.value}/playlist.m3u8"
            said = await tab.evaluate(PLAY, {"url": url, "seeks": random.sample(places, len(places))})
            await browser.close()
    finally:
        await runner.cleanup()
    return said | {"wanted": sum(lasts)}


def check_played(said: dict) -> None:
    assert said["ready"], said
    assert abs(said["duration"] - said["wanted"]) < 1.0, said
    assert all(seek["sought"] and seek["moved"] > 0 and not seek["error"] for seek in said["seeks"]), said


FEW = [pytest.mark.slow, pytest.mark.timeout(240)]
MANY = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.long
@pytest.mark.parametrize("cuts", [pytest.param(2, marks=FEW), pytest.param(20, marks=MANY)])
@pytest.mark.parametrize("power", [pytest.param(True, id="power"), pytest.param(False, id="kill", marks=MANY)])
def test_a_cut_takes_at_most_a_part_of_each_feed(box, tmp_path, power, cuts):
    if not Path(CHROMIUM).exists():
        pytest.skip("there is no Chromium on this machine")
    clips = tmp_path / "clips"
    feeds = prepare(box, clips)
    box.start()
    worst = 0.0
    chance = random.Random(cuts)
    for number in range(1, cuts + 1):
        lost = cut_once(box, feeds, clips, chance.uniform(2.5, 8.0), power=power)
        worst = max(worst, *lost.values())
        assert max(lost.values()) <= PART_SECONDS + LATENESS_SECONDS, f"cut {number} lost {lost}"
        check_files(box, feeds)
        if number > cuts - max(1, cuts // 6):
            for feed in feeds[:2]:
                check_played(asyncio.run(played(box, feed)))
    print(f"{cuts} cuts, {len(feeds)} feeds: at most {worst:.2f} s of a feed were lost", flush=True)
