"""A real Chromium sends what the box allows: soon, also with two pictures on one connection, and less when told so."""

import asyncio
import random
import time
from collections import defaultdict

import pytest
from aiohttp import web
from aiortc import RTCPeerConnection

from appliance.box.token import Claim
from appliance.capture import hooks
from appliance.capture.publish import close, configuration, negotiate, preferred
from appliance.config import CaptureSettings
from tests.capture.peers import Candidate, until
from tests.capture.scene import SCREEN, WEBCAM, claim, scene
from tests.capture.test_browser import PAGE, PUBLISH, TOKENS, chromium, needs_chromium, site

__all__ = ["needs_chromium"]  # its fixture counts here too
pytestmark = pytest.mark.slow

NOISE = """
() => {
  window.noise = () => {
    const canvas = document.createElement('canvas'), ink = canvas.getContext('2d');
    canvas.width = 640; canvas.height = 480; document.body.append(canvas);
    const tile = ink.createImageData(160, 120);
    setInterval(() => {
      for (let n = 0; n < tile.data.length; n += 4) {
        tile.data[n] = tile.data[n + 1] = tile.data[n + 2] = Math.random() * 255; tile.data[n + 3] = 255;
      }
      for (let x = 0; x < 640; x += 160) for (let y = 0; y < 480; y += 120) ink.putImageData(tile, x, y);
    }, 66);
    return canvas.captureStream(15).getVideoTracks()[0];
  };
  navigator.mediaDevices.getUserMedia = async () => new MediaStream([noise()]);
  navigator.mediaDevices.getDisplayMedia = async () => new MediaStream([noise()]);
}"""
TWO = """
async () => {
  const pc = window.pc = new RTCPeerConnection();
  for (const track of [noise(), noise()])
    pc.addTransceiver(track, {direction: 'sendonly', sendEncodings: [{maxBitrate: 800000}]});
  await pc.setLocalDescription();
  await new Promise(done => { pc.iceGatheringState === 'complete' ? done()
    : pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(); });
  const answer = await fetch('/two', {method: 'POST', body: pc.localDescription.sdp});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
}"""

KNOWS = """
async () => {
  const targets = []; let allowed = 0;
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'candidate-pair') allowed = Math.max(allowed, report.availableOutgoingBitrate || 0);
    if (report.type === 'outbound-rtp') targets.push(report.targetBitrate);
  }
  return [allowed, targets];
}"""


async def published(browser, base):
    """One page with webcam and screen, as a candidate's."""
    page = await browser.new_page()
    await page.goto(base)
    await page.evaluate(NOISE)
    for feed, screen in ((WEBCAM, False), (SCREEN, True)):
        token = TOKENS.mint(Claim("publish", feed, "bio", "S1"))
        await page.evaluate(PUBLISH, {"url": f"/whip/{feed}", "token": token, "codec": "VP8", "screen": screen})


@pytest.mark.long
def test_a_webcam_and_a_screen_reach_their_targets_within_5_s_and_follow_the_lab_s_budget(tmp_path):
    async def work():
        settings = CaptureSettings(webcam_bitrate=700_000, screen_bitrate=500_000)
        async with (
            scene(tmp_path / "media", settings=settings) as here,
            site(here, tmp_path / "media") as base,
            chromium() as browser,
        ):
            await published(browser, base)
            flows = {feed: here.station.feeds[feed]._rate for feed in (WEBCAM, SCREEN)}
            await until(lambda: all(flow.frames for flow in flows.values()))
            began, reached = time.monotonic(), {}

            def all_there():
                for feed, wanted in ((WEBCAM, 700_000), (SCREEN, 500_000)):
                    if flows[feed].bits > 0.85 * wanted:
                        reached.setdefault(feed, time.monotonic() - began)
                return len(reached) == 2

            await until(all_there, seconds=12)
            elsewhere = [publication.stream for publication in here.station.publications.values()] * 99
            here.station.elsewhere = elsewhere  # the lab is full: everyone gets the same part of it
            await until(lambda: flows[WEBCAM].bits < 400_000 and flows[SCREEN].bits < 250_000, seconds=15)
            return reached, here.station.facts()["feeds"]

    reached, facts = asyncio.run(work())
    assert max(reached.values()) <= 5.0
    assert facts["a1/webcam"]["allowed"] < 640_000
    assert facts["a1/screen"]["allowed"] == 100_000


@pytest.mark.long
def test_a_path_that_loses_a_fifth_is_sent_less(tmp_path):
    """Until it is better: what is lost is measured at the first try, whatever is repeated."""

    async def work():
        async with scene(tmp_path / "media") as here:
            candidate, share = Candidate("h264"), 0.2
            _, answer = await here.station.publish(claim(), await candidate.offer())
            await candidate.accept(answer)
            await until(lambda: here.station.facts()["feeds"])
            transport, chance = candidate.connection.getSenders()[0].transport.transport, random.Random(5)
            send = transport._send

            async def lossy(data):
                if not (127 < data[0] < 192 and not 192 <= data[1] <= 208 and chance.random() < share):
                    await send(data)

            transport._send = lossy
            facts = here.station.publications[WEBCAM].facts
            await until(lambda: facts()["allowed"] < 700_000, seconds=15)
            lost, share = facts()["loss"], 0.0
            await until(lambda: facts()["allowed"] > 800_000, seconds=15)
            await candidate.close()
            return lost

    assert 0.1 < asyncio.run(work()) < 0.45  # of some twenty packets


def test_two_pictures_on_one_connection_reach_their_targets_within_5_s():
    """Said once for the connection: what each receiver would say on its own is taken for all of it."""

    async def work():
        hooks.prepare()
        connection, receivers, came = RTCPeerConnection(configuration()), [], defaultdict(list)
        connection.on("track", lambda track: listen(track))

        def listen(track):
            receiver = hooks.receiver_of(connection, track)
            receivers.append(receiver)
            hooks.tap(receiver, lambda frame: came[frame.ssrc].append((time.monotonic(), len(frame.data))))

        async def answer(request):
            for _ in range(2):
                connection.addTransceiver("video", direction="recvonly").setCodecPreferences(preferred("video"))
            return web.Response(text=await negotiate(connection, await request.text()))

        async def page_of(_request):
            return web.Response(text=PAGE, content_type="text/html")

        application = web.Application()
        application.add_routes([web.get("/", page_of), web.post("/two", answer)])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        try:
            async with chromium() as browser:
                page = await browser.new_page()
                await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}")
                await page.evaluate(NOISE)
                await page.evaluate(TWO)
                began = time.monotonic()
                while time.monotonic() - began < 8:
                    await hooks.allow_bitrate(receivers, 1_600_000)
                    began = began if len(came) == 2 else time.monotonic()
                    await asyncio.sleep(0.1 if time.monotonic() - began < 0.3 else 1)
                return began, came, await page.evaluate(KNOWS)
        finally:
            await close(connection)
            await runner.cleanup()

    began, came, said = asyncio.run(work())
    rates = [8 * sum(size for at, size in frames if began + 5 <= at < began + 7) / 2 for frames in came.values()]
    allowed, targets = said
    assert allowed == pytest.approx(1_600_000, rel=0.05)
    assert sum(targets) > 0.75 * 1_600_000, "Chromium keeps a sixth back for packets sent again"
    assert min(rates) > 200_000, "each gets its part, however busy this machine is"
