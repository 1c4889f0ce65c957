"""A busy machine: fewer pictures rather than none."""

import asyncio
import threading

import numpy as np
import pytest

from appliance.simulate import clip
from appliance.simulate.camera import FPS, HURRY, Camera
from appliance.simulate.cutout import Cutout
from appliance.simulate.reel import AHEAD, CHUNK_SECONDS, LITTLE, Reel, pool
from tests.simulate.fake_box import until
from tests.simulate.reels import decoded

FULL = round(FPS * CHUNK_SECONDS)


class Slow:
    """Makes chunks as soon as it may."""

    def __init__(self):
        self.may, self.order = threading.Semaphore(0), []

    def make(self):
        return self._made("full")

    def hurry(self):
        return self._made("hurried")

    def _made(self, how):
        assert self.may.acquire(timeout=5)
        self.order.append(how)
        return (how.encode(),)


def _run(work):
    async def all_of_it(encoders):
        source = Slow()
        reel = Reel(source.make, encoders, hurry=source.hurry)
        try:
            return await work(reel, source)
        finally:
            source.may.release(100)
            await reel.close()

    with pool(2) as encoders:
        return asyncio.run(all_of_it(encoders))


def test_only_a_reel_that_has_little_left_hurries():
    async def work(reel, source):
        source.may.release(100)
        for number in range(4):
            await reel.chunk(number)
            await until(lambda upto=number: len(source.order) == upto + AHEAD + 1)
        assert reel.hurried == source.order.count("hurried")
        return source.order

    order = _run(work)
    assert order == ["hurried"] * (LITTLE + 1) + ["full"] * (AHEAD + 3 - LITTLE)


def test_a_reel_that_fell_behind_hurries_until_it_has_some_again():
    async def work(reel, source):
        source.may.release(1 + AHEAD)
        await reel.chunk(0)
        await until(lambda: len(source.order) == 1 + AHEAD)
        wanted = asyncio.ensure_future(reel.chunk(1 + AHEAD))  # all that was ahead has been sent
        await asyncio.sleep(0)
        source.may.release(100)
        await wanted
        await until(lambda: len(source.order) == 2 + 2 * AHEAD)
        return source.order[1 + AHEAD :]

    assert _run(work) == ["hurried"] * (LITTLE + 1) + ["full"] * (AHEAD - LITTLE)


def test_a_reel_without_a_quick_way_goes_on_and_counts_nothing():
    async def work():
        with pool(1) as encoders:
            reel = Reel(lambda: (b"x",), encoders)
            try:
                return [(await reel.chunk(n))[1] for n in range(3)], reel.hurried
            finally:
                await reel.close()

    assert asyncio.run(work()) == ([(b"x",)] * 3, 0)


@pytest.fixture
def somebody():
    """Anybody will do."""
    colour = np.random.default_rng(1).integers(0, 255, (120, 100, 3)).astype(np.uint8)
    return [Cutout(colour, np.full((120, 100), 255, np.uint8), (50.0, 40.0), 30.0)] * 2


def test_a_camera_in_a_hurry_makes_fewer_pictures_of_the_same_time(somebody, monkeypatch):
    camera, painted = Camera(6, somebody), []
    paint = camera._script
    monkeypatch.setattr(camera, "_script", lambda seconds: painted.append(round(seconds * FPS)) or paint(seconds))
    chunks = [camera.make(), camera.hurry(), camera.make()]
    assert [len(chunk) for chunk in chunks] == [FULL, FULL // HURRY, FULL]
    assert painted == [*range(FULL), *range(FULL, 2 * FULL, HURRY), *range(2 * FULL, 3 * FULL)]
    assert len(decoded(*chunks)) == 2 * FULL + FULL // HURRY


def test_a_chunk_made_in_a_hurry_can_be_shown_by_itself(somebody):
    camera = Camera(6, somebody)
    camera.make()
    assert len(decoded(camera.hurry())) == FULL // HURRY


def test_a_clip_in_a_hurry_goes_on_at_its_own_pace(tmp_path):
    import av

    with av.open(str(tmp_path / "levels.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for second in range(8):
            for _ in range(FPS):
                level = np.full((120, 160, 3), 20 + 25 * second, np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="bgr24")))
        out.mux(stream.encode(None))
    pictures = clip.Pictures(tmp_path / "levels.mp4", 1)
    chunks = [pictures.make(), pictures.hurry(), pictures.make()]
    assert [len(chunk) for chunk in chunks] == [FULL, FULL // HURRY, FULL]
    shown = [float(picture.mean()) for picture in decoded(*chunks)]
    first, hurried, third = shown[0], shown[FULL], shown[FULL + FULL // HURRY]
    assert hurried - first == pytest.approx(50, abs=6)
    assert third - first == pytest.approx(100, abs=6)
