"""A real Chromium publishes, watches live, and plays what was recorded: with a gap, and as a crash leaves it."""

import asyncio
import shutil
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from appliance.box.token import Claim, FeedTokens
from appliance.capture import index
from appliance.capture.door import Door
from appliance.capture.routing import Routing
from appliance.config import CaptureSettings
from appliance.exam.events import FeedClosed, FeedOpened, GapClosed, GapOpened, SegmentClosed
from tests.capture.peers import until
from tests.capture.scene import SCREEN, WEBCAM, scene

pytestmark = pytest.mark.slow

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
TOKENS = FeedTokens(b"k" * 32)
PAGE = "<!doctype html><title>test</title><video id=v muted autoplay playsinline></video>"
PUBLISH = """
async ({url, token, codec, screen}) => {
  const wanted = {width: 640, height: 480, frameRate: 15};
  const stream = screen ? await navigator.mediaDevices.getDisplayMedia({video: wanted})
                        : await navigator.mediaDevices.getUserMedia({video: wanted, audio: true});
  const pc = new RTCPeerConnection();
  for (const track of stream.getTracks()) {
    const options = {direction: 'sendonly'};
    if (track.kind === 'video') options.sendEncodings = [{scalabilityMode: 'L1T3', maxBitrate: 800000}];
    const transceiver = pc.addTransceiver(track, options);
    if (track.kind === 'video')
      transceiver.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(
        c => ['video/' + codec, 'video/rtx'].includes(c.mimeType)));
  }
  await pc.setLocalDescription();
  await new Promise(done => { pc.iceGatheringState === 'complete' ? done()
    : pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(); });
  const answer = await fetch(url, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + token}});
  if (answer.status !== 201) throw new Error(await answer.text());
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  window.pc = pc;
}"""
WATCH = """
async ({url, token}) => {
  const pc = new RTCPeerConnection(), video = document.getElementById('v');
  const stream = new MediaStream();
  pc.addTransceiver('video', {direction: 'recvonly'});
  pc.addTransceiver('audio', {direction: 'recvonly'});
  pc.ontrack = event => { stream.addTrack(event.track); video.srcObject = stream; };
  await pc.setLocalDescription();
  await new Promise(done => { pc.iceGatheringState === 'complete' ? done()
    : pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(); });
  const answer = await fetch(url, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + token}});
  if (answer.status !== 201) throw new Error(await answer.text());
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  window.pc = pc;
}"""
SEEN = """
async () => {
  const found = {frames: 0, heard: 0};
  for (const report of (await window.pc.getStats()).values()) {
    if (report.type === 'inbound-rtp' && report.kind === 'video') found.frames = report.framesDecoded;
    if (report.type === 'inbound-rtp' && report.kind === 'audio') found.heard = report.packetsReceived;
  }
  return found;
}"""
PLAY = """
async ({url, seeks}) => {
  const video = document.getElementById('v');
  const until = (ready, ms) => new Promise(done => { const since = performance.now();
    const timer = setInterval(() => { const ok = ready() || !!video.error;
      if (ok || performance.now() - since > ms) { clearInterval(timer); done(ok && !video.error); } }, 50); });
  video.srcObject = null; video.src = url;
  const said = {ready: await until(() => video.readyState >= 2, 8000), duration: video.duration, seeks: []};
  await video.play().catch(() => {});
  for (const to of seeks) {
    video.currentTime = to;
    const there = () => !video.seeking && video.readyState >= 2 && Math.abs(video.currentTime - to) < 1;
    const sought = await until(there, 8000);
    const before = video.getVideoPlaybackQuality().totalVideoFrames;
    await until(() => video.getVideoPlaybackQuality().totalVideoFrames > before + 4, 5000);
    said.seeks.push({sought, moved: video.getVideoPlaybackQuality().totalVideoFrames - before,
                     error: video.error && video.error.message});
  }
  return said;
}"""


@asynccontextmanager
async def site(here, media: Path):
    """The door on a TCP port, with a page, and the recordings as the web process serves them."""

    async def page(_request):
        return web.Response(text=PAGE, content_type="text/html")

    async def recording(request):
        file = Path(request.query.get("root", str(media))) / request.match_info["path"]
        if file.name == "playlist.m3u8":
            text = file.read_text()
            text += "" if "#EXT-X-ENDLIST" in text else "#EXT-X-ENDLIST\n"
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl")
        still_open = file.with_name(file.name + ".open")
        return web.FileResponse(file if file.exists() else still_open, headers={"Content-Type": "video/mp4"})

    routing = Routing(here.ownership, lambda number: media / f"{number}.sock")
    application = Door(here.station, TOKENS, routing).application()
    application.router.add_get("/", page)
    application.router.add_get("/media/{path:.*}", recording)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await routing.close()


@pytest.fixture(autouse=True)
def needs_chromium():
    if not Path(CHROMIUM).exists():
        pytest.skip("there is no Chromium on this machine")


@asynccontextmanager
async def chromium():
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def publish(browser, base, *, codec="H264", screen=False, script=""):
    """`script` runs before the page does."""
    page = await browser.new_page()
    await page.add_init_script(script)
    await page.goto(base)
    feed = SCREEN if screen else WEBCAM
    token = TOKENS.mint(Claim("publish", feed, "bio", "S1"))
    await page.evaluate(PUBLISH, {"url": f"/whip/{feed}", "token": token, "codec": codec, "screen": screen})
    return page


def test_chromium_publishes_watches_and_plays_with_a_gap_and_after_a_crash(tmp_path):
    async def work():
        settings = CaptureSettings(segment_seconds=4.0, keyframe_seconds=2.0)
        async with (
            scene(tmp_path / "media", settings=settings) as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            first = await publish(browser, base)
            await until(lambda: len(here.ledger.of(SegmentClosed)) >= 2, seconds=30)
            await watch(browser, base)
            await first.close()  # a page that goes without a goodbye
            await until(lambda: here.ledger.of(GapOpened), seconds=10)
            second = await publish(browser, base)
            await until(lambda: here.ledger.of(GapClosed), seconds=15)
            await asyncio.sleep(3.5)
            recorder = here.station.feeds[WEBCAM].recorder
            await until(lambda: recorder.segment and 1 <= len(recorder.segment.stored) <= 3)
            crashed = tmp_path / "crashed"
            shutil.copytree(tmp_path / "media", crashed)  # what kill -9 leaves
            still = await play(browser, f"{base}/media/bio/a1/webcam/playlist.m3u8", here)
            await second.close()
            assert index.left_open(crashed)
            await recover(browser, base, crashed)
            return here.ledger, still

    ledger, still = asyncio.run(work())
    assert [opened.codecs for opened in ledger.of(FeedOpened)] == [["h264", "opus"]] * 2
    assert ledger.of(FeedClosed)[0].cause == "replaced"  # its end would be noticed after 30 s only
    assert ledger.of(GapClosed)[0].cause == "no_media"
    assert still["ready"]


async def watch(browser, base):
    page = await browser.new_page()
    await page.goto(base)
    token = TOKENS.mint(Claim("view", WEBCAM, "bio", "S1"))
    await page.evaluate(WATCH, {"url": f"/whep/{WEBCAM}", "token": token})
    for _ in range(75):
        seen = await page.evaluate(SEEN)
        if seen["frames"] > 15 and seen["heard"] > 30:
            break
        await asyncio.sleep(0.2)
    else:
        pytest.fail(f"the live picture does not move: {seen}")
    await page.close()


async def play(browser, url, here):
    """The playlist of a feed that is still recorded, with its gap: plays, and seeks to both sides of the gap."""
    text = (here.folder / "playlist.m3u8").read_text()
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    lasts = [float(line[8:-1]) for line in text.splitlines() if line.startswith("#EXTINF:")]
    page = await browser.new_page()
    await page.goto(url.split("/media")[0])
    seeks = [1.0, sum(lasts) - 1.5, lasts[0] + 0.2]
    said = await page.evaluate(PLAY, {"url": url, "seeks": seeks})
    await page.close()
    assert said["ready"], said
    assert said["duration"] >= sum(lasts) - 0.1
    assert said["duration"] < here.station.feeds[WEBCAM].recorder.end - 2, "the gap is left out"
    assert all(seek["sought"] and seek["moved"] > 0 and not seek["error"] for seek in said["seeks"]), said
    return said


async def recover(browser, base, crashed):
    """The index makes the copy whole; its last segment and its playlist play."""
    async with scene(crashed) as again:
        found = index.survey(crashed, crashed / "bio" / "a1" / "webcam")
        assert found.recovered
        again.station.restore(found)
        playlist = crashed / "bio" / "a1" / "webcam" / "playlist.m3u8"
        await until(lambda: found.entries[-1].name in playlist.read_text())
        page = await browser.new_page()
        await page.goto(base)
        total = sum(entry.duration for entry in found.entries)
        root = crashed.as_posix()
        # The names in a playlist are relative, so the copy is served in the place of the original.
        original = crashed.with_name("media")
        shutil.rmtree(original)
        shutil.copytree(root, original)
        said = await page.evaluate(PLAY, {"url": "/media/bio/a1/webcam/playlist.m3u8", "seeks": [0.5, total - 1.2]})
        assert said["ready"], said
        assert said["duration"] == pytest.approx(total, abs=0.1)
        assert all(seek["sought"] and seek["moved"] > 0 for seek in said["seeks"]), said
        alone = await page.evaluate(PLAY, {"url": f"/media/{found.recovered[0].path}", "seeks": []})
        assert alone["ready"], alone
        await page.close()


@pytest.mark.long
def test_chromium_publishes_vp8_and_a_screen(tmp_path):
    async def work():
        async with (
            scene(tmp_path / "media") as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            await publish(browser, base, codec="VP8")
            await publish(browser, base, screen=True)
            await until(lambda: {s.kind for s in here.ledger.of(SegmentClosed)} == {"webcam", "screen"}, seconds=30)
            facts = here.station.facts()["feeds"]
            page = await browser.new_page()
            await page.goto(base)
            path = next(s.path for s in here.ledger.of(SegmentClosed) if s.path.endswith(".webm"))
            said = await page.evaluate(PLAY, {"url": f"/media/{path}", "seeks": []})
            assert said["ready"], said
            return facts, here.ledger

    facts, ledger = asyncio.run(work())
    assert facts["a1/webcam"]["codecs"] == ["vp8", "opus"]
    assert facts["a1/screen"]["codecs"] == ["h264"]
    assert ledger.of(GapClosed) == []
