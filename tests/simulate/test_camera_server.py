"""The lab camera that is none: it plays for whoever asks as RFC 2326 says, and misbehaves when told to."""

import asyncio
import contextlib
from itertools import pairwise

import av
import pytest

from appliance.simulate.camera_server import Behaviour, CameraServer, Login
from tests.capture.media import FPS, video

pytestmark = pytest.mark.slow  # whole conversations with a server, or a process of their own

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "1", "probesize": "32"}


@contextlib.asynccontextmanager
async def camera(**settings):
    server = CameraServer(video("h264"), fps=FPS, **settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def watch(url, *, frames):
    """Packets of an independent client: FFmpeg's."""
    seen = []
    with av.open(url, options=OPTIONS, timeout=(3.0, 2.0)) as stream:
        for packet in stream.demux(video=0):
            seen.append(packet)
            if len(seen) == frames:
                return seen
    return seen


@pytest.mark.parametrize("login", [None, Login("lab", "s3cret", "Basic"), Login("lab", "s3cret", "Digest")])
def test_an_independent_client_plays_it_frame_by_frame(login):
    async def run():
        async with camera(login=login) as server:
            packets = await asyncio.to_thread(watch, server.url, frames=35)
            assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 30]
            assert [units(bytes(packet)) for packet in packets[1:8]] == [units(frame) for frame in video("h264")[1:8]]
            times = [packet.pts for packet in packets[1:]]
            assert {after - before for before, after in pairwise(times)} == {90_000 // FPS}

    asyncio.run(run())


def test_a_wrong_password_is_refused():
    async def run():
        async with camera(login=Login("lab", "s3cret")) as server:
            wrong = server.url.replace("s3cret", "guess")
            with pytest.raises(av.HTTPUnauthorizedError):
                await asyncio.to_thread(watch, wrong, frames=1)
            assert server.plays == 0

    asyncio.run(run())


def units(frame):
    """Without start codes: they may have three bytes or four."""
    return [piece for piece in frame.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if piece]


async def ask(server, text):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(text.replace("\n", "\r\n").encode())
    try:
        return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2.0)).decode()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("OPTIONS * RTSP/1.0\nCSeq: 4\n\n", "200 OK"),
        ("SETUP rtsp://x/track1 RTSP/1.0\nCSeq: 4\nTransport: RTP/AVP;unicast;client_port=5000-5001\n\n", "461"),
        ("RECORD rtsp://x/ RTSP/1.0\nCSeq: 4\n\n", "405"),
    ],
)
def test_requests_are_answered_as_the_standard_says(request_, status):
    async def run():
        async with camera() as server:
            said = await ask(server, request_)
            assert said.startswith(f"RTSP/1.0 {status}")
            assert "CSeq: 4" in said

    asyncio.run(run())


def test_a_mute_camera_answers_nothing_and_still_stops():
    async def run():
        async with camera(behaviour=Behaviour.MUTE) as server:
            with pytest.raises(TimeoutError):
                await ask(server, "OPTIONS * RTSP/1.0\nCSeq: 1\n\n")
            assert server.requests == 1

    asyncio.run(run())


def test_it_is_back_on_the_same_port_after_it_was_away():
    async def run():
        async with camera() as server:
            url = server.url
            await server.stop()
            with pytest.raises(av.error.ConnectionRefusedError):
                await asyncio.to_thread(watch, url, frames=1)
            await server.start(server.port)
            assert len(await asyncio.to_thread(watch, url, frames=5)) == 5

    asyncio.run(run())
