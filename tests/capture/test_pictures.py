"""The way to the decoder is bounded, and a dead decoder is replaced."""

import asyncio
import os
import resource
import signal
import time

import cv2
import numpy as np
import pytest

from appliance.box import picture
from appliance.capture import vp8
from appliance.capture.decoder import Decoder
from appliance.capture.pictures import MOST_DEATHS, STILL_SECONDS, WAITING_FRAMES, DecoderLink
from appliance.exam.feed import Feed, Kind
from appliance.recording import h264
from appliance.recording.frame import Encoded, Media
from tests.capture import media
from tests.capture.mortal_decoder import HOLDS_UP, KILLS
from tests.capture.peers import until

WEBCAM, SCREEN = Feed("a1", Kind.WEBCAM), Feed("a1", Kind.SCREEN)


def encoded(codec, number, *, key=None, reference=True, layer=0):
    data = media.video(codec)[number % 120]
    is_key = h264.describe(data)[0] if codec == "h264" else vp8.is_key(data)
    return Encoded(
        Media.VIDEO, codec, data, number * 6000, number / 15, is_key if key is None else key, reference, layer=layer
    )


def show(link, number, *, feed=WEBCAM, **options):
    link.show(feed, encoded("h264", number, **options), taken_at=1000 + number / 15, position=number / 15)


def link_of(tmp_path):
    async def make():
        return DecoderLink(tmp_path, tmp_path)

    return asyncio.run(make())


def test_only_one_group_of_pictures_waits(tmp_path):
    link = link_of(tmp_path)
    show(link, 5)
    assert (link.waiting, link.counters["skipped"]) == (0, 1)  # nothing before a key frame
    for number in range(30, 60):
        show(link, number)
    assert link.waiting == 30
    show(link, 60)  # the next key frame makes the older group worthless
    assert link.waiting == 1
    assert link.counters["skipped"] == 31


def test_a_group_that_is_too_long_is_skipped_to_the_next_key_frame(tmp_path):
    link = link_of(tmp_path)
    show(link, 0)
    for _ in range(WAITING_FRAMES - 1):
        show(link, 1)
    assert link.waiting == WAITING_FRAMES
    show(link, 1)
    assert (link.waiting, link.counters["skipped"]) == (0, WAITING_FRAMES + 1)
    show(link, 1)
    assert link.waiting == 0
    show(link, 30)
    assert link.waiting == 1


def test_frames_that_none_depends_on_are_not_sent(tmp_path):
    link = link_of(tmp_path)
    show(link, 0)
    show(link, 1, reference=False)
    show(link, 2, layer=1)
    assert link.waiting == 1
    show(link, 0, feed=SCREEN)
    show(link, 1, feed=SCREEN)
    assert link.waiting == 3


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_four_pictures_a_second_of_fifteen(tmp_path, codec):
    decoder = Decoder(tmp_path, tmp_path)
    for number in range(30):
        head = {"feed": str(WEBCAM), "codec": codec, "taken_at": 1000 + number / 15, "position": number / 15}
        decoder.handle(head, encoded(codec, number).data)
    header, jpeg, raw = picture.read_raw(tmp_path, WEBCAM)
    assert 7 <= header.number <= 8
    assert (header.width, header.height, len(raw)) == (320, 240, 320 * 240 * 3)
    assert header.taken_at == pytest.approx(1000 + header.position)
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    pixels = np.frombuffer(raw, np.uint8).reshape(240, 320, 3)
    assert shown.shape == pixels.shape
    assert np.abs(shown.astype(int) - pixels).mean() < 12
    decoder.handle({"feed": str(WEBCAM), "end": True}, b"")
    assert picture.read_header(tmp_path, WEBCAM) is None


def test_a_large_picture_is_made_640_wide(tmp_path):
    frame = media.video("h264", width=1280, height=720, seconds=1)[0]
    Decoder(tmp_path, tmp_path).handle({"feed": str(WEBCAM), "codec": "h264", "taken_at": 1.0, "position": 0.0}, frame)
    header = picture.read_header(tmp_path, WEBCAM)
    assert (header.width, header.height) == (640, 360)


def test_hostile_video_makes_no_picture_and_no_harm(tmp_path):
    decoder = Decoder(tmp_path, tmp_path)
    head = {"feed": str(WEBCAM), "codec": "h264", "taken_at": 1.0, "position": 0.0}
    for data in (b"\xff" * 500, b"\0\0\0\1\x65" + bytes(range(256)), b"\0\0\0\1\x67\xff\xff\xff"):
        decoder.handle(head, data)
    assert picture.read_header(tmp_path, WEBCAM) is None
    decoder.handle(head, encoded("h264", 0).data)
    assert picture.read_header(tmp_path, WEBCAM) is not None


@pytest.mark.slow
def test_a_dead_decoder_is_replaced_within_two_seconds(tmp_path):
    async def work():
        link = DecoderLink(tmp_path, tmp_path)
        link.start()
        try:
            await _until_picture(link, tmp_path, 1000.0)
            os.kill(link.process.pid, signal.SIGKILL)
            killed = time.monotonic()
            await until(lambda: link.counters["respawned"] and link.process.returncode is None)
            assert time.monotonic() - killed < 2.0
            await _until_picture(link, tmp_path, 2000.0)
            link.end(WEBCAM)
            await asyncio.sleep(0.3)
            assert picture.read_header(tmp_path, WEBCAM) is None
        finally:
            await link.stop()

    asyncio.run(work())


async def _until_picture(link, folder, taken_at):
    """Show the clip until a picture of it is there."""
    async with asyncio.timeout(15):
        for number in range(100_000):
            link.show(WEBCAM, encoded("h264", number), taken_at=taken_at + number / 15, position=number / 15)
            await asyncio.sleep(0.02)
            header = picture.read_header(folder, WEBCAM)
            if header is not None and header.taken_at >= taken_at:
                return


def mortal(tmp_path):
    return DecoderLink(tmp_path, tmp_path, command=("-m", "tests.capture.mortal_decoder"))


def show_bytes(link, feed, data):
    frame = Encoded(Media.VIDEO, "h264", data, 0, 0.0, key=True)
    link.show(feed, frame, taken_at=1000.0, position=0.0)


@pytest.mark.slow
def test_a_decoder_that_stands_still_is_replaced(tmp_path):
    async def work():
        link = mortal(tmp_path)
        link.start()
        try:
            await _until_picture(link, tmp_path, 1000.0)
            show_bytes(link, SCREEN, HOLDS_UP)
            began = time.monotonic()
            await until(lambda: link.counters["respawned"])
            assert STILL_SECONDS < time.monotonic() - began < STILL_SECONDS + 1.5
            assert link.counters["stood_still"] == 1
            await _until_picture(link, tmp_path, 2000.0)
            assert time.monotonic() - began < STILL_SECONDS + 2.0 + 2.0
        finally:
            await link.stop()

    asyncio.run(work())


@pytest.mark.slow
def test_a_feed_that_kills_the_decoder_again_and_again_rests_and_the_others_go_on(tmp_path):
    async def work():
        link = mortal(tmp_path)
        link.start()
        try:
            await _until_picture(link, tmp_path, 1000.0)
            for deaths in range(1, MOST_DEATHS + 1):
                show_bytes(link, SCREEN, KILLS)
                await until(lambda deaths=deaths: link.counters["respawned"] == deaths)
                await _until_picture(link, tmp_path, 1000.0 + 100 * deaths)  # this feed lost a moment
            assert link.counters["rested"] == 1
            skipped = link.counters["skipped"]
            show_bytes(link, SCREEN, KILLS)
            assert link.counters["skipped"] == skipped + 1
            await _until_picture(link, tmp_path, 9000.0)
            assert link.counters["respawned"] == MOST_DEATHS
            link._tracks[SCREEN, Media.VIDEO].rests_until = time.monotonic()  # it has rested
            show_bytes(link, SCREEN, encoded("h264", 0).data)
            await until(lambda: picture.read_header(tmp_path, SCREEN) is not None)
            assert link.counters["respawned"] == MOST_DEATHS
        finally:
            await link.stop()

    asyncio.run(work())


def test_a_picture_too_large_to_be_one_is_not_decoded(tmp_path):
    """A header of a few bytes may claim 12000 x 12000 pixels: 200 MB, were it believed."""
    key = media.video("vp8")[0]
    huge = key[:6] + (12_000).to_bytes(2, "little") * 2 + key[10:] + bytes(200_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    decoder = Decoder(tmp_path, tmp_path)
    decoder.handle({"feed": str(WEBCAM), "codec": "vp8", "taken_at": 1.0, "position": 0.0}, huge)
    assert picture.read_header(tmp_path, WEBCAM) is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
