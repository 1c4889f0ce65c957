"""Lab cameras by RTSP: recorded as they come, back by themselves, and harmless whatever they send."""

import asyncio
import contextlib
import json
import os
import socket
import time
from pathlib import Path

import av
import pytest

from appliance.capture import camera_reader
from appliance.capture.camera import REASONS, Camera
from appliance.capture.camera_reader import LATEST_SECONDS, Given, Pipe
from appliance.capture.feed import LiveFeed
from appliance.capture.pictures import LENGTHS
from appliance.capture.segment import Place
from appliance.config import CameraSettings
from appliance.exam.events import FeedOpened, GapClosed, GapOpened, SegmentClosed
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import Cause
from appliance.simulate.camera_server import Behaviour, CameraServer, Login
from tests.capture.media import FPS, video
from tests.capture.peers import until
from tests.capture.scene import scene

pytestmark = pytest.mark.slow
FEED = Feed("a1", Kind.CAMERA)


@contextlib.asynccontextmanager
async def lab(tmp_path, *, behaviour=Behaviour.GOOD, login=None, command=None):
    """A camera, and the worker that records it."""
    server = CameraServer(video("h264"), fps=FPS, behaviour=behaviour, login=login)
    await server.start()
    async with scene(tmp_path / "media") as here:
        feed = await here.station.expect(Place("bio", FEED, "S1"))
        options = {} if command is None else {"command": command}
        camera = Camera(CameraSettings(name="door", url=server.url, seat="S1"), feed, **options)
        camera.start()
        try:
            yield here, server, camera
        finally:
            await camera.stop(Cause.CAPTURE_RESTARTED)
            await server.stop()


def play(file):
    """Decoded frames."""
    with av.open(str(file)) as container:
        return sum(1 for _ in container.decode(video=0))


def recorded(camera):
    return camera.feed.recorder.end


def test_it_is_recorded_without_being_decoded_and_can_be_played(tmp_path):
    async def run():
        async with lab(tmp_path, login=Login("lab", "s3cret", "Digest")) as (here, server, camera):
            await until(lambda: recorded(camera) > 4, seconds=20)
            assert camera.facts()["trouble"] == ""
            assert server.plays == 1
        segments = here.ledger.of(SegmentClosed)
        assert {(segment.kind, tuple(segment.codecs)) for segment in segments} == {("camera", ("h264",))}
        assert sum(play(here.media / segment.path) for segment in segments) >= 4 * FPS
        (opened,) = here.ledger.of(FeedOpened)
        assert opened.kind == "camera"
        first = here.ledger.of(GapClosed)[0]
        assert (first.cause, first.kind) == ("connection_lost", "camera")
        assert first.ends_at - first.starts_at < 5

    asyncio.run(run())


def test_a_camera_that_is_away_is_a_gap_from_the_start_and_is_found_when_it_comes(tmp_path):
    async def run():
        async with lab(tmp_path) as (here, server, camera):
            port = server.port
            await server.stop()
            await until(lambda: camera.trouble == "away", seconds=10)
            (gap,) = here.ledger.of(GapOpened)
            assert (gap.cause, gap.kind) == ("connection_lost", "camera")
            assert camera.facts()["trouble"] == REASONS["away"]
            await asyncio.sleep(LATEST_SECONDS)
            await server.start(port)
            back = time.monotonic()
            await until(lambda: recorded(camera) > 0, seconds=15)
            assert time.monotonic() - back < LATEST_SECONDS + 3.5  # its next try, a part, and a busy machine

    asyncio.run(run())


@pytest.mark.parametrize("how", ["breaks off", "falls silent"])
def test_a_camera_that_fails_in_the_middle_is_a_gap_and_comes_back_by_itself(tmp_path, how):
    async def run():
        async with lab(tmp_path) as (here, server, camera):
            await until(lambda: recorded(camera) > 2, seconds=20)
            failed, port = time.time(), server.port
            if how == "breaks off":
                await server.stop()
            else:
                server.behaviour = Behaviour.SILENT
            await until(lambda: len(here.ledger.of(GapOpened)) == 2, seconds=10)
            gap = here.ledger.of(GapOpened)[1]
            noticed = time.time()
            assert noticed - failed < 2 + 1.5
            assert gap.cause == ("connection_lost" if how == "breaks off" else "no_media")
            assert gap.starts_at == pytest.approx(failed, abs=1.0)
            server.behaviour = Behaviour.GOOD
            if how == "breaks off":
                await server.start(port)
            back = time.time()
            await until(lambda: len(here.ledger.of(GapClosed)) == 2, seconds=20)
            assert here.ledger.of(GapClosed)[1].ends_at - back < 5.0

    asyncio.run(run())


@pytest.mark.parametrize(
    ("behaviour", "reasons"),
    [
        (Behaviour.GARBAGE, {"silent", "lost", "nonsense"}),
        pytest.param(Behaviour.LENGTHS, {"silent", "lost", "nonsense", "too_much"}, marks=pytest.mark.long),
        pytest.param(Behaviour.ENDLESS, {"silent", "lost", "nonsense", "too_much"}, marks=pytest.mark.long),
        (Behaviour.RUBBISH, {"no_picture", "nonsense", "lost"}),
        (Behaviour.MUTE, {"silent", "lost"}),
        (Behaviour.HEVC, {"codec"}),
    ],
)
def test_nonsense_is_given_up_with_a_reason_and_never_recorded(tmp_path, behaviour, reasons):
    async def run():
        async with lab(tmp_path, behaviour=behaviour) as (here, _server, camera):
            await until(lambda: camera.trouble in REASONS, seconds=60)
            assert camera.trouble in reasons
            assert here.ledger.of(SegmentClosed) == []
            assert len(here.ledger.of(GapOpened)) == 1

    asyncio.run(run())


def test_an_absurd_picture_size_is_counted_and_the_rest_of_the_box_goes_on(tmp_path):
    async def run():
        async with lab(tmp_path, behaviour=Behaviour.ABSURD) as (here, server, camera):
            other = await here.station.expect(Place("bio", Feed("a2", Kind.CAMERA), "S2"))
            well = CameraServer(video("h264"), fps=FPS)
            await well.start()
            neighbour = Camera(CameraSettings(name="well", url=well.url), other)
            neighbour.start()
            await until(lambda: recorded(neighbour) > 3, seconds=25)
            assert camera.feed.recorder.unreadable > 0
            gaps = [gap for chain, _, gap in here.ledger.said if isinstance(gap, GapOpened) and chain == "a2"]
            assert len(gaps) == 1  # until it was connected
            server.behaviour, before = Behaviour.GOOD, len(here.ledger.of(SegmentClosed))
            await until(lambda: len(here.ledger.of(SegmentClosed)) > before, seconds=25)
            await neighbour.stop(Cause.CAPTURE_RESTARTED)
            await well.stop()

    asyncio.run(run())


def test_a_wrong_password_is_said_without_the_password(tmp_path, capfd):
    async def run():
        async with lab(tmp_path, login=Login("lab", "s3cret")) as (_here, server, camera):
            await camera.stop(Cause.CAPTURE_RESTARTED)
            wrong = CameraSettings(name="door", url=server.url.replace("s3cret", "gu3ss"))
            second = Camera(wrong, camera.feed)
            second.start()
            await until(lambda: second.trouble == "login", seconds=10)
            command = Path(f"/proc/{second.process.pid}/cmdline")
            assert b"gu3ss" not in await asyncio.to_thread(command.read_bytes)
            assert "gu3ss" not in json.dumps(second.facts())
            assert "gu3ss" not in repr(wrong)
            assert "gu3ss" not in wrong.shown
            await second.stop(Cause.CAPTURE_RESTARTED)
        said = capfd.readouterr()
        assert "gu3ss" not in said.err + said.out

    asyncio.run(run())


def test_a_reader_that_dies_is_replaced(tmp_path):
    async def run():
        async with lab(tmp_path) as (here, _server, camera):
            await until(lambda: recorded(camera) > 1.5, seconds=20)
            killed = time.time()
            os.kill(camera.process.pid, 9)
            await until(lambda: len(here.ledger.of(GapClosed)) == 2, seconds=20)
            assert camera.counters["respawned"] == 1
            assert here.ledger.of(GapClosed)[1].ends_at - killed < 5.0

    asyncio.run(run())


LIES = {
    "a huge frame": LENGTHS.pack(2, 1 << 31) + b"{}",
    "a huge head": LENGTHS.pack(1 << 31, 0),
    "no JSON": LENGTHS.pack(4, 0) + b"nope",
    "a list": LENGTHS.pack(2, 0) + b"[]",
    "a frame without a connection": LENGTHS.pack(2, 1) + b"{}x",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_reader_that_was_taken_over_is_not_believed(tmp_path, lie):
    script = tmp_path / "reader.py"
    script.write_text(
        "import socket, sys, time\nlink = socket.socket(fileno=int(sys.argv[1]))\n"
        f"link.sendall({LIES[lie]!r})\ntime.sleep(60)\n"
    )

    async def run():
        async with lab(tmp_path, command=(str(script),)) as (here, _server, camera):
            await until(lambda: camera.counters["nonsense"] >= 1, seconds=10)
            assert here.ledger.of(FeedOpened) == []

    asyncio.run(run())


def test_frames_that_capture_has_no_time_for_are_dropped_up_to_a_key_frame_and_counted():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pipe = Pipe(theirs)
        frame = bytes(100_000)
        sent = 0
        while not pipe.dropped:
            pipe.frame(frame, key=sent == 0, reference=True, timestamp=sent, arrived=0.0)
            sent += 1
            assert sent < 200
        pipe.frame(frame, key=True, reference=True, timestamp=sent, arrived=0.0)
        assert pipe.dropped == 2  # capture is still behind: a key frame too
        ours.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            while ours.recv(1 << 20):
                pipe.wait(0.0)
        pipe.frame(frame, key=False, reference=True, timestamp=sent, arrived=0.0)
        assert pipe.dropped == 3
        pipe.frame(frame, key=True, reference=True, timestamp=sent, arrived=0.0)
        head_bytes, _ = LENGTHS.unpack(ours.recv(LENGTHS.size))
        assert json.loads(ours.recv(head_bytes))["dropped"] == 3
        assert pipe.dropped == 0


def test_a_camera_may_not_send_without_end():
    flow = camera_reader._Flow(0.0)
    for _ in range(80):
        flow.add(50_000, 0.5)
    with pytest.raises(Given, match="too_much"):
        flow.add(50_000, 0.5)
    patient = camera_reader._Flow(0.0)
    for second in range(100):
        patient.add(3_000_000, float(second))


def test_the_attempt_ends_and_so_does_the_camera(tmp_path):
    async def run():
        async with lab(tmp_path) as (here, _server, camera):
            await until(lambda: recorded(camera) > 1, seconds=20)
            here.station.end_attempt("a1", time.time())
            camera.halt()
            await camera.stop(Cause.PAGE_CLOSED)
            await until(lambda: FEED not in here.station.feeds)
            count = len(here.ledger.of(FeedOpened))
            await asyncio.sleep(0.5)
            assert len(here.ledger.of(FeedOpened)) == count
            assert isinstance(camera.feed, LiveFeed)
            assert await here.station.expect(Place("bio", FEED, "S1")) is None

    asyncio.run(run())
