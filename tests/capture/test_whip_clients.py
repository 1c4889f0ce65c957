"""WHIP clients that are not our page: a token for them, and FFmpeg's WHIP muxer, written by others."""

import asyncio
import contextlib
import subprocess
import sys

import aiohttp
import av
import pytest
from aiohttp import web

from appliance import cli
from appliance.box.token import Claim, FeedTokens
from appliance.capture.door import Door
from appliance.capture.routing import Routing
from appliance.exam.events import SegmentClosed
from appliance.exam.feed import Feed, Kind
from tests.capture.peers import Candidate, until
from tests.capture.scene import scene
from tests.report.evidence import build

TOKENS = FeedTokens(bytes(32))
MUXER = """
import sys
import time
from fractions import Fraction
import av
options = {"authorization": sys.argv[2], "handshake_timeout": "4000"}
if len(sys.argv) > 3:
    options |= {"cert_file": sys.argv[3], "key_file": sys.argv[4]}
out = av.open(sys.argv[1], "w", format="whip", options=options)
video = out.add_stream("libx264", rate=15)
video.width, video.height, video.pix_fmt, video.gop_size = 320, 240, "yuv420p", 15
video.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
sound = out.add_stream("libopus", rate=48000, layout="stereo")
began, pts = time.monotonic(), 0
for number in range(15 * 4):
    frame = av.VideoFrame(320, 240, "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, 15)
    for packet in video.encode(frame):
        out.mux(packet)
    while pts <= number * 3200:
        heard = av.AudioFrame(format="flt", layout="stereo", samples=960)
        heard.planes[0].update(bytes(960 * 2 * 4))
        heard.sample_rate, heard.pts, heard.time_base = 48000, pts, Fraction(1, 48000)
        pts += 960
        for packet in sound.encode(heard):
            out.mux(packet)
    time.sleep(max(0.0, began + (number + 1) / 15 - time.monotonic()))
out.close()
"""


@contextlib.asynccontextmanager
async def box(tmp_path):
    """Capture's door on a port of loopback; -> (scene, base URL, requests seen)."""
    seen = []

    @web.middleware
    async def note(request, handler):
        answer = await handler(request)
        seen.append((request.method, request.path, answer.status, request.headers.get("User-Agent", "")))
        return answer

    async with scene(tmp_path / "media") as here:
        routing = Routing(here.ownership, lambda number: tmp_path / f"{number}.sock")
        application = Door(here.station, TOKENS, routing).application()
        application.middlewares.insert(0, note)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield here, f"http://127.0.0.1:{runner.addresses[0][1]}", seen
        finally:
            await runner.cleanup()
            await routing.close()


def token(kind=Kind.WEBCAM):
    return TOKENS.mint(Claim("publish", Feed("a1", kind), "bio", "S1"))


def certificate(folder):
    """A certificate on P-256 and its key, as RFC 8827 6.5 wants it; -> the two files."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=ffmpeg -days 2"
    files = folder / "certificate.pem", folder / "key.pem"
    subprocess.run([*command.split(), "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return [str(file) for file in files]


async def ffmpeg(base, *arguments):
    """FFmpeg 8 as PyAV brings it sends four seconds, with its own HTTP, SDP, ICE, DTLS and RTP; -> its exit code."""
    if "whip" not in av.formats_available:
        pytest.skip("this PyAV has no WHIP muxer")
    command = [sys.executable, "-c", MUXER, f"{base}/whip/a1/webcam", *arguments]
    client = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    await asyncio.wait_for(client.communicate(), 40)
    return client.returncode


@pytest.mark.slow
def test_ffmpeg_is_recorded_with_picture_and_sound(tmp_path):
    async def run():
        async with box(tmp_path) as (here, base, seen):
            assert await ffmpeg(base, token(), *certificate(tmp_path)) == 0
            assert [(method, status) for method, _, status, _ in seen] == [("POST", 201), ("DELETE", 200)]
            assert seen[0][3].startswith("Lavf/")
            await until(lambda: here.station.publications == {}, seconds=5)
        segments = here.ledger.of(SegmentClosed)
        assert all(segment.codecs == ["h264", "opus"] for segment in segments)
        assert sum(segment.duration for segment in segments) > 2.5
        with av.open(str(here.media / segments[0].path)) as container:
            assert sum(1 for _ in container.decode(video=0)) > 10

    asyncio.run(run())


@pytest.mark.slow
def test_ffmpeg_with_the_certificate_it_makes_itself_leaves_nothing_behind(tmp_path):
    """With GnuTLS it makes one on P-224, which OpenSSL refuses (mended in later FFmpeg: ossrs/ffmpeg-webrtc#70)."""

    async def run():
        async with box(tmp_path) as (here, base, seen):
            await ffmpeg(base, token())
            assert seen[0][2] == 201
            await until(lambda: here.station.publications == {}, seconds=25)
            assert seen[-1][0] == "DELETE"  # it found the session's address in Location

    asyncio.run(run())


@pytest.mark.slow
def test_ffmpeg_without_a_token_is_refused(tmp_path):
    async def run():
        async with box(tmp_path) as (here, base, seen):
            assert await ffmpeg(base, "guess") != 0
            assert seen[0][2] == 401
            assert here.station.publications == {}

    asyncio.run(run())


@pytest.mark.slow
def test_a_plain_client_over_http_is_recorded_with_picture_and_sound(tmp_path):
    """RFC 9725 and nothing else: POST, Location, DELETE. No page, no browser, no trickle."""

    async def run():
        async with box(tmp_path) as (here, base, _), aiohttp.ClientSession(base) as http:
            candidate = Candidate()
            try:
                headers = {"Authorization": f"Bearer {token(Kind.PHONE)}", "Content-Type": "application/sdp"}
                async with http.post("/whip/a1/phone", data=await candidate.offer(), headers=headers) as answer:
                    assert (answer.status, answer.content_type) == (201, "application/sdp")
                    location = answer.headers["Location"]
                    await candidate.accept(await answer.text())
                await until(lambda: here.ledger.of(SegmentClosed), seconds=20)
                async with http.delete(location) as answer:
                    assert answer.status == 200
            finally:
                await candidate.close()
        segment = here.ledger.of(SegmentClosed)[0]
        assert (segment.kind, segment.codecs) == ("phone", ["h264", "opus"])
        with av.open(str(here.media / segment.path)) as container:
            assert sum(1 for _ in container.decode(video=0)) > 10

    asyncio.run(run())


def test_the_command_prints_where_to_and_a_token_that_the_worker_takes(paths, capsys):
    from appliance.ledger.writer import opened

    with opened(paths.database) as writer:
        evidence = build(writer, paths.media)
        attempt = evidence.sit("1")
        assert cli.main(["--data", str(paths.data), "token", attempt, "camera"]) == 0
        said = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines()[:2])
        assert said["url"] == f"http://127.0.0.1:8080/whip/{attempt}/camera"
        claim = FeedTokens.from_file(paths.feed_key).check(said["token"], "publish")
        assert claim == Claim("publish", Feed(attempt, Kind.CAMERA), "bio", "1")
        evidence.over(attempt)
        for wrong in ([attempt, "camera"], [attempt, "call"], [attempt, "mirror"], ["nobody", "camera"]):
            assert cli.main(["--data", str(paths.data), "token", *wrong]) == 2
    assert "token" not in capsys.readouterr().out
