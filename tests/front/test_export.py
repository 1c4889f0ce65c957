"""Evidence leaves the box, as a reviewer does it: real recordings, the real page, the real maker of clips."""

import re
import shutil
import threading
import time
import zipfile
from pathlib import Path

import av
import pytest
from playwright.sync_api import expect

from appliance.bench.review import recording
from appliance.bundle.keys import BoxKey
from appliance.config import CaptureSettings, Settings
from appliance.exam import totp
from appliance.ledger.client import Client
from appliance.ledger.reader import Reader
from appliance.sync.exports import Exports
from tests.front.room import Room
from tests.front.test_pages import assert_accessible

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SHOTS = Path("/tmp/e-shots")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two minutes of camera, screen and phone."""
    return recording.make(tmp_path_factory.mktemp("exported") / "data", hours=1 / 30, small=True, flags=1)


@pytest.fixture(scope="module")
def room(made):
    room = Room(made.paths)
    room.attempts = made.attempts
    room.start()
    yield room
    room.stop()
    shutil.rmtree(made.paths.run, ignore_errors=True)


@pytest.fixture
def exporter(room, made):
    """The thread of sync that makes clips, without the rest of sync."""
    stopping = threading.Event()
    client = Client(made.paths.ledger_socket, process="sync")
    client.start()
    reader = Reader(made.paths.database)
    settings = Settings(capture=CaptureSettings(low_water_bytes=0))
    key = BoxKey.from_folder(made.paths.keys)
    worker = Exports(paths=made.paths, settings=settings, key=key, reader=reader, ledger=client)
    thread = threading.Thread(target=worker.run, args=(stopping,))
    thread.start()
    yield worker
    stopping.set()
    thread.join()
    client.stop()
    reader.close()


@pytest.fixture
def sit(room, made, visit):
    def sit(role, **options):
        page = visit(**{"viewport": {"width": 1280, "height": 860}, "accept_downloads": True} | options)
        page.goto(f"{room.url}/sign-in")
        page.get_by_label("User name").fill(made.people[role])
        page.get_by_label("Password").fill(recording.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        return page

    return sit


def shot(page, name):
    if SHOTS.is_dir():
        (SHOTS / f"{name}.png").write_bytes(page.screenshot())


def test_M91_from_the_player_to_a_clip_on_ones_own_disk(room, made, sit, exporter, axe, tmp_path):
    page = sit("reviewer")
    at = made.begins_at + 40
    page.goto(f"{room.url}/review/{made.exam}/{made.attempts[0]}?at={at:.3f}")
    page.get_by_role("button", name=re.compile("^Export")).first.click()
    dialog = page.get_by_role("dialog", name="Export a clip")
    expect(dialog).to_be_visible()
    dialog.get_by_label("What it is for").fill("for the board")
    dialog.get_by_label("Your password, again").fill("not the password")
    shot(page, "dialog")
    assert_accessible(page, axe, "the dialog")
    dialog.get_by_role("button", name="Cut the clip").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The password is not right.")
    assert dialog.get_by_label("What it is for").input_value() == "for the board", "nothing that was written is lost"
    dialog.get_by_label("Your password, again").fill(recording.PASSWORD)
    dialog.get_by_role("button", name="Cut the clip").click()
    ready = page.get_by_role("dialog", name="Export a clip").get_by_role("status")
    expect(ready).to_have_text("The clip is ready.", timeout=20_000)
    shot(page, "ready")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save the clip with everything").click()
    assert saved.value.suggested_filename.endswith("EXPORT.zip")
    with zipfile.ZipFile(saved.value.path()) as packed:
        packed.extractall(tmp_path / "clip")
    (folder,) = (tmp_path / "clip").iterdir()
    with av.open(str(folder / "clip.mp4")) as clip:
        assert [stream.type for stream in clip.streams.video] == ["video"] * 3
        assert 25 < clip.duration / av.time_base < 45
    page.get_by_role("link", name="All exports of this exam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Exports")
    expect(page.get_by_text("for the board")).to_be_visible()
    expect(page.get_by_text("Saved: 1")).to_be_visible()
    shot(page, "exports")
    assert_accessible(page, axe, "the exports")


def test_M91_a_second_factor_is_set_up_on_the_page_and_asked_for_from_then_on(room, made, sit, axe):
    page = sit("lead")
    page.get_by_role("link", name=re.compile("lead", re.IGNORECASE)).first.click()
    expect(page.get_by_role("img", name="QR code for an authenticator app")).to_be_visible()
    shot(page, "account")
    assert_accessible(page, axe, "the account")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(totp.code(secret, int(time.time() // 30)))
    page.get_by_label("Your password").fill(recording.PASSWORD)
    page.get_by_role("button", name="Set up the second factor").click()
    expect(page.get_by_text("A second factor is set up.")).to_be_visible()
    page.goto(f"{room.url}/review/{made.exam}/{made.attempts[0]}")
    page.get_by_role("button", name=re.compile("^Export")).first.click()
    expect(page.get_by_label("Code of your second factor")).to_be_visible()


def test_the_page_of_exports_reads_at_320_pixels_in_the_dark(room, made, sit, exporter, axe):
    page = sit("institution", viewport={"width": 320, "height": 700}, color_scheme="dark")
    page.goto(f"{room.url}/review/{made.exam}/exports")
    expect(page.get_by_role("heading", level=1)).to_have_text("Exports")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shot(page, "narrow")
    assert_accessible(page, axe, "the exports, narrow and dark")
    page.goto(f"{room.url}/account")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    shot(page, "narrow-account")
