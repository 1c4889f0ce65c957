"""Real connections over this machine's addresses: publish, view, replace, lose packets, end."""

import asyncio
import contextlib
import itertools
import random
import time

import av
import pytest

from appliance.exam.events import FeedClosed, FeedOpened, GapClosed, GapOpened, SegmentClosed
from appliance.recording import mp4, webm
from tests.capture import media
from tests.capture.peers import Candidate, Proctor, until
from tests.capture.scene import SCREEN, WEBCAM, claim, scene

pytestmark = pytest.mark.slow


async def publish(here, candidate, feed=WEBCAM):
    id, answer = await here.station.publish(claim(feed), await candidate.offer())
    await candidate.accept(answer)
    return id


async def view(here, proctor, feed=WEBCAM):
    id, answer = await here.station.view(claim(feed, "view"), await proctor.offer())
    await proctor.accept(answer)
    return id


def decoded(path):
    with av.open(str(path)) as file:
        return [float(frame.pts * frame.time_base) for frame in file.decode(video=0)]


@pytest.mark.parametrize(("codec", "suffix"), [("h264", ".mp4"), ("vp8", ".webm")])
def test_what_is_published_is_on_disk_and_plays(tmp_path, codec, suffix):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = Candidate(codec)
            await publish(here, candidate)
            await until(lambda: len(here.ledger.of(SegmentClosed)) >= 2, seconds=15)
            here.station.end_attempt("a1", time.time())
            await until(lambda: here.station.feeds == {})
            await candidate.close()
            return here.ledger, here.folder, here.pictures

    ledger, folder, pictures = asyncio.run(work())
    segments = ledger.of(SegmentClosed)
    assert {segment.path.rsplit("/", 1)[1] for segment in segments} == {p.name for p in folder.glob(f"*{suffix}")}
    assert not list(folder.glob("*.open"))
    frames = [moment for segment in segments for moment in decoded(folder.parents[2] / segment.path)]
    steps = [b - a for a, b in itertools.pairwise(frames)]
    assert frames[0] == pytest.approx(0, abs=0.002)
    assert max(steps) < 0.2, "no frame is missing between parts or segments"
    assert segments[0].codecs == [codec, "opus"]
    playlist = (folder / "playlist.m3u8").read_text()
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    assert playlist.count("#EXTINF") == len(segments)
    assert ledger.of(FeedOpened)[0].codecs == [codec, "opus"]
    assert ledger.of(FeedClosed)[0].cause == "ended"
    assert ledger.of(GapOpened) == []
    assert len(pictures.shown) >= 30
    scans = [(mp4 if suffix == ".mp4" else webm).scan(folder.parents[2] / s.path) for s in segments]
    assert all(part.duration <= 1.0 for scan in scans for part in scan.parts)


def test_a_viewer_sees_the_stream_from_a_key_frame_on_and_hears_it(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate, proctor = Candidate("h264"), Proctor()
            await publish(here, candidate)
            await until(lambda: here.station.feeds[WEBCAM].codec)
            session = await view(here, proctor)
            await until(lambda: proctor.frames["video"] > 20 and proctor.frames["audio"] > 20)
            assert (proctor.first.width, proctor.first.height) == (320, 240)
            assert here.station.facts()["feeds"]["a1/webcam"]["viewers"] == 1
            await here.station.end_session(WEBCAM, session)
            assert here.station.viewings == {}
            assert here.station.feeds[WEBCAM].viewers == set()
            await proctor.close()
            await candidate.close()

    asyncio.run(work())


def test_a_second_publication_replaces_the_first(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            first, second = Candidate("h264"), Candidate("h264")
            await publish(here, first)
            await until(lambda: here.ledger.of(FeedOpened))
            await publish(here, second)
            await until(lambda: len(here.ledger.of(FeedOpened)) == 2 and here.ledger.of(GapClosed))
            assert [closed.cause for closed in here.ledger.of(FeedClosed)] == ["replaced"]
            assert [gap.cause for gap in here.ledger.of(GapClosed)] == ["replaced"]
            assert here.station.counters["replaced"] == 1
            assert len(here.station.publications) == 1
            await first.close()
            await asyncio.sleep(0.5)
            assert len(here.station.publications) == 1
            await second.close()
            await until(lambda: len(here.ledger.of(FeedClosed)) == 2)
            assert here.ledger.of(FeedClosed)[1].cause == "page_closed"

    asyncio.run(work())


@pytest.mark.long
def test_one_percent_loss_costs_no_second(tmp_path):
    """The stock receive path of aiortc freezes for seconds here."""

    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = Candidate("h264", frames=media.video("h264", width=960, height=540, seconds=4))
            await publish(here, candidate)
            (sender, *_) = candidate.connection.getSenders()
            transport, chance = sender.transport.transport, random.Random(7)
            send = transport._send

            async def lossy(data):
                if 127 < data[0] < 192 and not 192 <= data[1] <= 208 and chance.random() < 0.03:
                    return
                await send(data)

            transport._send = lossy
            await asyncio.sleep(8)
            facts = here.station.facts()["feeds"]["a1/webcam"]
            here.station.end_attempt("a1", time.time())
            await until(lambda: here.station.feeds == {})
            await candidate.close()
            return here.ledger, here.media, facts

    ledger, folder, facts = asyncio.run(work())
    assert facts["lost"] > 0
    frames = [moment for segment in ledger.of(SegmentClosed) for moment in decoded(folder / segment.path)]
    longest = max(b - a for a, b in itertools.pairwise(frames))
    assert longest < 1.0
    assert len(frames) > 0.9 * 7 * media.FPS


def test_silence_and_return_within_one_connection(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = Candidate("h264", with_sound=False)
            await publish(here, candidate, SCREEN)
            await until(lambda: here.ledger.of(FeedOpened))
            candidate.video.paused = True
            await until(lambda: here.ledger.of(GapOpened))
            (gap,) = here.ledger.of(GapOpened)
            assert (gap.kind, gap.cause) == ("screen", "no_media")
            assert 1.9 < time.time() - gap.starts_at < 4.0
            candidate.video.paused = False
            await until(lambda: here.ledger.of(GapClosed))
            (closed,) = here.ledger.of(GapClosed)
            assert closed.gap == gap.gap
            assert closed.ends_at > gap.starts_at + 1.9
            await candidate.close()

    asyncio.run(work())


def test_a_full_disk_is_a_gap_until_there_is_room(small_disk):
    ballast = small_disk / "ballast"

    async def work():
        async with scene(small_disk / "media") as here:
            candidate, proctor = Candidate("h264"), Proctor()
            await publish(here, candidate)
            await until(lambda: here.ledger.of(FeedOpened))
            await view(here, proctor)
            with contextlib.suppress(OSError):
                ballast.write_bytes(bytes(4_000_000))
            await until(lambda: here.ledger.of(GapOpened))
            assert here.ledger.of(GapOpened)[0].cause == "storage_full"
            seen = proctor.frames["video"]
            await until(lambda: proctor.frames["video"] > seen + 10)  # who watches does not notice
            await asyncio.sleep(2.5)  # it is tried in vain
            assert here.ledger.of(GapClosed) == []
            ballast.unlink()
            await until(lambda: here.ledger.of(GapClosed))
            before = len(here.ledger.of(SegmentClosed))
            await until(lambda: len(here.ledger.of(SegmentClosed)) > before)
            here.station.end_attempt("a1", time.time())
            await until(lambda: here.station.feeds == {})
            await candidate.close()
            await proctor.close()
            assert len(here.ledger.of(GapOpened)) == 1
            for segment in here.ledger.of(SegmentClosed):
                assert decoded(here.media / segment.path)

    asyncio.run(work())


def test_an_attempt_that_ends_closes_every_connection(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate, proctor = Candidate("h264"), Proctor()
            await publish(here, candidate)
            await until(lambda: here.station.feeds[WEBCAM].codec)
            await view(here, proctor)
            await until(lambda: proctor.frames["video"] > 5)
            here.station.end_attempt("a1", time.time())
            await until(lambda: not here.station.publications and not here.station.viewings)
            await until(lambda: candidate.connection.connectionState == "closed")
            await candidate.close()
            await proctor.close()

    asyncio.run(work())


def test_a_box_that_stops_closes_its_files_and_the_gap_is_its_own(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            candidate = Candidate("h264")
            await publish(here, candidate)
            await until(lambda: here.ledger.of(FeedOpened))
            began = time.monotonic()
            await here.station.stop()
            assert time.monotonic() - began < 2.0
            assert not list(here.folder.glob("*.open"))
            assert here.ledger.of(FeedClosed)[0].cause == "capture_restarted"
            assert here.ledger.of(GapOpened)[0].cause == "capture_restarted"
            await candidate.close()

    asyncio.run(work())


def test_connections_that_never_came_to_be_are_counted_apart_from_those_that_did(tmp_path):
    async def work():
        async with scene(tmp_path / "media") as here:
            for _ in range(2):  # an offer is answered, and no packet comes: a firewall between
                lost = Candidate("h264")
                await here.station.publish(claim(WEBCAM), await lost.offer())
                here.station.tick_sessions(time.monotonic() + 60)
                await until(lambda: not here.station.publications)
                await lost.close()
            candidate = Candidate("h264")
            await publish(here, candidate)
            await until(lambda: here.ledger.of(FeedOpened))
            facts = here.station.facts()
            await candidate.close()
            return facts

    facts = asyncio.run(work())
    assert (facts["connections_made"], facts["connections_failed"]) == (1, 2)
