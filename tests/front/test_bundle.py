"""The page of a bundle in a real Chromium, opened from its folder: it plays across files, jumps, verifies."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from appliance.exam.feed import Kind
from appliance.proof.verify import verify

from .bundled import Bundled
from .test_pages import assert_accessible

pytestmark = pytest.mark.slow

WEBCAM = ".rp-feed[data-kind=webcam]"
FRONT = f"document.querySelector('{WEBCAM} video[data-front]')"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundled")
    yield Bundled(folder)
    shutil.rmtree(folder)


@pytest.fixture
def page(visit):
    page = visit(color_scheme="dark", viewport={"width": 1400, "height": 900})
    yield page
    assert page.faults == []


def until(page, so):
    """Wait until it is so. The page lets nobody compile a sentence, so it is asked again and again."""
    for _ in range(200):
        if page.evaluate(so):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never so: {so}")


def second(page):
    """Of its minute, what the clock over the timeline shows."""
    return int(page.locator(".rv-clock").inner_text().split(":")[2])


def at(page, wall):
    """Does the page show this moment, to the second?"""
    return abs((second(page) - int(wall) % 60 + 30) % 60 - 30) <= 1


def picture(page):
    return page.locator(f"{WEBCAM} .rp-picture").screenshot()


def checks(page, folder):
    """Choose the folder; -> the verdict."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose").click()
    chooser.value.set_files(str(folder))
    return page.locator(".verdict").inner_text()


def test_I7_an_attempt_plays_from_its_folder_across_its_files_with_flags_to_jump_to(page, bundled, axe):
    page.goto((bundled.attempt / "index.html").as_uri())
    page.locator(f"{WEBCAM}[data-state=shown]").wait_for()
    page.keyboard.press("ArrowRight")  # five seconds on: three more to the end of the first file
    page.keyboard.press("k")
    until(page, f"{FRONT}.currentSrc.endsWith('00001.mp4')")
    before = picture(page)
    until(page, f"{FRONT}.currentSrc.endsWith('00002.mp4')")
    until(page, f"{FRONT}.currentTime > 8.8")
    assert picture(page) != before
    assert page.locator(".rp-feed[data-state=shown]").count() == 2
    assert page.locator(".rv-play-state").inner_text() == ""
    page.get_by_label("Speed").select_option("4")
    until(page, f"{FRONT}.playbackRate > 3")
    page.locator(f"{WEBCAM}[data-state=gap]").wait_for()
    assert page.locator(f"{WEBCAM} .rp-words").inner_text() == "Not recorded: connection lost."
    page.keyboard.press("k")
    for number in (2, 0):
        page.locator(".rv-flag-head").nth(number).click()
        page.locator(".rv-flag[data-selected]").wait_for()
        assert at(page, bundled.begins_at + 40 * (number + 0.5) / 3 - 2)
    page.keyboard.press("n")
    assert at(page, bundled.begins_at + 20 - 2)
    page.keyboard.press("g")
    page.get_by_label("Time of day", exact=True).last.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").press("Escape")
    assert page.locator(".bd-pictures img").count() == 9
    assert page.evaluate("[...document.querySelectorAll('.bd-pictures img')].every(i => !i.complete || i.naturalWidth)")
    assert_accessible(page, axe, "an attempt's bundle, dark")


def test_I7_the_page_proves_its_bundle_and_names_the_file_that_was_changed(page, bundled, tmp_path):
    assert verify(bundled.exam).findings == []
    copy = shutil.copytree(bundled.attempt, tmp_path / "copy" / bundled.attempt.name)
    page.goto((copy / "index.html").as_uri())
    assert "OK" in checks(page, copy)
    assert page.locator(".bd-key").inner_text() == bundled.key
    segment = copy / bundled.segment(Kind.SCREEN, 2).relative_to(bundled.attempt)
    raw = bytearray(segment.read_bytes())
    raw[1000] ^= 1
    segment.write_bytes(raw)
    verdict = checks(page, copy)
    assert f"{segment.relative_to(copy)}: it was changed" in verdict
    assert str(verify(copy).findings[0]) in verdict, "the same as the command says"
    page.get_by_label("Fingerprint").fill("ab")
    page.get_by_role("button", name="Choose").click()
    assert "64" in page.locator("#trusted-key-wrong").inner_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 320)])
def test_an_exams_page_leads_to_its_attempts_and_fits_small_screens(visit, bundled, axe, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto((bundled.exam / "index.html").as_uri())
    assert "OK" in checks(page, bundled.exam)
    assert_accessible(page, axe, f"an exam's bundle, {scheme}")
    page.get_by_role("link", name="Candidate Number 1").click()
    page.get_by_role("heading", name="Candidate Number 1, seat 1").wait_for()
    assert_accessible(page, axe, f"an attempt's bundle, {scheme}, {width}")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.faults == []


def test_where_a_store_serves_the_page_it_reads_the_files_itself_and_says_what_it_cannot_see(page, bundled):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=bundled.exam))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/{bundled.attempt.name}/index.html")
        page.get_by_role("button", name="Verify", exact=True).click()
        assert "OK" in page.locator(".verdict").inner_text()
        assert "cannot be looked for here" in page.locator(".bd-check").inner_text()
        page.locator(f"{WEBCAM}[data-state=shown]").wait_for()
    finally:
        page.goto("about:blank")
        server.shutdown()
        server.server_close()
        thread.join()
