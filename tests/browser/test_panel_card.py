"""The card of the lights in a real browser: it can be read on any screen, and is one page on paper, A4 and Letter."""

import re

import pytest

from tests.browser.people import chromium, new_page
from tests.browser.test_panel import web  # noqa: F401 - a fixture
from tests.browser.test_setup import accessible

pytestmark = pytest.mark.slow


def pages(data: bytes) -> int:
    return max(int(count) for count in re.findall(rb"/Count (\d+)", data))


def test_the_card_is_read_on_a_narrow_screen_and_is_one_page_on_either_paper(web, playwright, tmp_path):  # noqa: F811
    with chromium(playwright) as browser:
        page = new_page(browser, viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.context.add_cookies([web.cookie])
        page.goto(f"http://127.0.0.1:{web.port}/box/panel/card")
        assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        page.screenshot(path=tmp_path / "card.png", full_page=True)
        for paper in ("A4", "Letter"):
            made = page.pdf(format=paper, path=tmp_path / f"{paper}.pdf")
            assert pages(made) == 1, paper
        page.set_viewport_size({"width": 320, "height": 800})
        page.emulate_media(color_scheme="dark")
        accessible(page, "card, dark, narrow")
        page.screenshot(path=tmp_path / "card-narrow.png", full_page=True)
        assert page.faults == []
