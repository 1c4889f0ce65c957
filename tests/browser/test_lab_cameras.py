"""Lab cameras in a whole box: one of a seat, one of the room; recorded, seen live by a lead, proved upstream."""

import asyncio
import contextlib
import json
import threading
import time

import pytest
from playwright.sync_api import expect

from appliance.proof.verify import verify
from appliance.simulate.camera_server import CameraServer, Login
from tests.browser.people import Proctor, chromium
from tests.capture.media import FPS, video
from tests.whole_box import Box

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


PLAYS = """selector => [...document.querySelectorAll(selector)].some(
    video => video.currentTime > 0.3 && video.videoWidth === 320)"""
RECORDED = "() => [...document.querySelectorAll('dialog[open] video')].some(video => video.duration > 1)"


@contextlib.contextmanager
def lab():
    """Two cameras on loopback, in a thread of their own; -> (the seat's, the room's)."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="cameras")
    thread.start()
    cameras = [CameraServer(video("h264"), fps=FPS, login=Login("lab", "s3cret")) for _ in range(2)]
    try:
        for camera in cameras:
            asyncio.run_coroutine_threadsafe(camera.start(), loop).result(5)
        yield cameras
    finally:
        for camera in cameras:
            asyncio.run_coroutine_threadsafe(camera.stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def until(true, seconds, what):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.2)
    return found


def recorded(box, chain):
    """Seconds of the lab camera of an attempt or room."""
    feed = box.feeds().get(f"{chain}/camera")
    return feed["position"] if feed else 0.0


@pytest.mark.long
def test_a_seats_camera_and_a_rooms_are_recorded_seen_and_proved(tmp_path, playwright):
    with lab() as (side, door):
        box = Box(tmp_path / "data")
        box.data.mkdir(parents=True)
        cameras = {"side": (side, 'seat = "1"'), "door": (door, "")}
        lines = [f'[[camera]]\nname = "{name}"\nurl = "{c.url}"\n{more}\n' for name, (c, more) in cameras.items()]
        (box.data / "appliance.toml").write_text("".join(lines), encoding="utf-8")
        box.start(demo=True)
        try:
            until(lambda: side.plays and door.plays, 60, box.logs)
            feeds = until(lambda: [name for name in box.feeds() if name.endswith("/camera")], 20, box.logs)
            until(lambda: len([name for name in box.feeds() if name.endswith("/camera")]) == 2, 20, lambda: str(feeds))
            chains = [name.split("/")[0] for name in box.feeds() if name.endswith("/camera")]
            until(lambda: all(recorded(box, chain) > 3 for chain in chains), 40, box.logs)
            with chromium(playwright) as browser:
                watch(browser, box)
            assert "s3cret" not in box.logs()
            ended = box.command("end", "--exam", "demo", "--wait", "--seconds", "120", seconds=150)
            assert ended.returncode == 0, ended.stderr + box.logs()
        finally:
            box.stop()
        (exam,) = box.paths.upstream.glob("*/*/demo")
        outcome = verify(box.paths.upstream)
        assert outcome.findings == []
        for chain in chains:
            assert list((exam / chain / "media" / "camera").glob("*.mp4"))
        assert set(chains) <= set(json.loads((exam / "manifest.json").read_text())["attempts"])


def watch(browser, box):
    """The lead sees the room's still on the wall, and both cameras live."""
    lead = Proctor(browser, box.url, "lead", box.password)
    lead.watch("demo")
    page = lead.page
    room = page.locator(".room-open")
    expect(room).to_contain_text("Room: door")
    expect(room.locator("img")).to_have_js_property("complete", True)
    room.click()
    page.wait_for_function(PLAYS, arg="dialog[open] .live video")
    page.get_by_role("button", name="Recording of the room").click()
    page.wait_for_function(RECORDED)
    page.get_by_role("button", name="Close").click()
    lead.look("1")
    page.wait_for_function(PLAYS, arg="dialog[open] .live.camera video")
    assert not page.faults
