"""Real reading of real screenshots: what must not be there is found, what may be there is not, in bounded time."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from appliance.box.paths import models_folder
from appliance.exam.detection import DetectionPolicy
from appliance.inference import ocr, words
from tests.browser.people import CHROMIUM, QUIET
from tests.inference.desktops import DESKTOPS, SIZE, draw, shared

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (models_folder() / "text.xml").is_file(), reason="no model pack: appliance models prepare"),
]

NOT = DetectionPolicy(not_apps=("whatsapp", "discord", "telegram"), not_sites=("chatgpt.com", "wikipedia.org"))
ONLY = DetectionPolicy(apps=("chromium",), sites=("exam.test",))


def always():
    return True


@pytest.fixture(scope="module")
def reader():
    return ocr.load(models_folder())


@pytest.fixture(scope="module")
def pictures():
    """Name -> what arrives at the box at 300 kbit/s, half of what a page is allowed."""
    if not Path(CHROMIUM).exists():
        pytest.skip("there is no Chromium")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport=SIZE)
        drawn = {name: shared(draw(page, desktop)) for name, desktop in DESKTOPS.items()}
        browser.close()
    return drawn


@pytest.fixture(scope="module")
def lines(reader, pictures):
    """Name -> what was read; it takes seconds, so once."""
    return {name: reader.read(picture, go_on=always).lines for name, picture in pictures.items()}


@pytest.mark.parametrize("name", DESKTOPS)
def test_what_an_exam_forbids_is_found_on_the_desktop_that_shows_it_and_on_no_other(name, lines):
    site, app = words.address(lines[name], NOT), words.application(lines[name], NOT)
    assert (site and site.word, app and app.word) == (DESKTOPS[name].site, DESKTOPS[name].app)
    assert all(found.score > 0.9 and not found.doubt for found in (site, app) if found)


@pytest.mark.parametrize("name", DESKTOPS)
def test_where_only_the_exam_is_allowed_every_other_address_is_found(name, lines):
    found = words.address(lines[name], ONLY)
    assert (found is not None) == (DESKTOPS[name].site is not None)


def test_a_reading_ends_when_its_time_is_over_and_says_so(reader, pictures):
    began = time.monotonic()
    cut = reader.read(pictures["exam"], go_on=lambda: False)
    assert not cut.whole
    assert cut.lines == ()
    assert time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((1080, 1920, 3), np.uint8),
        np.full((4320, 7680, 3), 255, np.uint8),
        np.zeros((4000, 20, 3), np.uint8),
    ],
    ids=["a pixel", "black", "8K", "a strip"],
)
def test_where_nothing_stands_nothing_is_read(picture, reader):
    assert reader.read(picture, go_on=always).lines == ()


def test_noise_and_a_crowd_of_small_letters_end_in_time(reader):
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 256, (1080, 1920, 3), np.uint8)
    small = np.full((1080, 1920, 3), 250, np.uint8)
    for y in range(10, 1080, 14):
        for x in range(4, 1900, 90):
            cv2.putText(small, "abcdefgh", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (20, 20, 20), 1)
    for picture in (noise, small):
        assert len(reader.read(picture, go_on=always).lines) <= ocr.MOST_LINES
