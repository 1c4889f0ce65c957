"""The box's front in a real browser: its lamp moves in time and rests for whoever wants that, its code binds a
computer, by keyboard alone, on a narrow screen, in both themes."""

import shutil
import time

import pytest
from playwright.sync_api import expect

from appliance.box import pairing, panel
from appliance.box.panel import Panel, Part
from appliance.exam.permissions import Role
from appliance.exam.seating import parse
from appliance.ledger.actions import board, users
from appliance.ledger.writer import opened
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import Status
from appliance.web.auth import COOKIE
from tests.browser.people import chromium, new_page
from tests.browser.test_setup import accessible
from tests.web.test_process import Web

pytestmark = pytest.mark.slow

LAMP = """async () => {
  const seen = new Set();
  for (let look = 0; look < 22; look += 1) {
    seen.add(getComputedStyle(document.querySelector('.panel-lamp')).backgroundColor);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return [...seen].sort();
}"""
"""The colours of the lamp within 0.45 s."""

DARK, RED = "rgb(0, 0, 0)", "rgb(255, 0, 0)"
OLED = Part(name="display", driver="oled", trouble="unplugged", since=1.0, about="i2c-1, 0x3c")


@pytest.fixture
def web(paths):
    """The pages alone, with somebody of the lab staff and two seats."""

    def furnish(transaction):
        users.create_user(transaction, user="staff", name="Staff", role=Role.STAFF, password_hash="", by="test")
        board.arrange(transaction, parse("1 2"), by="test")
        return users.open_login(transaction, user="staff")

    with opened(paths.database) as writer:
        token = writer.transact(furnish)
    made = Web(paths).start()
    made.cookie = {"name": COOKIE, "value": token, "url": f"http://127.0.0.1:{made.port}"}
    yield made
    made.stop()
    shutil.rmtree(paths.run, ignore_errors=True)


def shows(paths, status: Status, *, lines=("Recording", "24 of 24 recorded", "41 min left", "310 GB free"), parts=()):
    """As the panel's process would say it."""
    steps = PATTERNS[status].steps
    light = tuple((s.seconds, s.colour.red, s.colour.green, s.colour.blue, s.curve.value) for s in steps)
    now = time.time()
    said = Panel(at=now, status=status.value, since=now - 60, lines=tuple(lines), light=light, parts=parts)
    panel.write(paths.run, said)


def test_the_front_as_it_is_now_and_a_computer_that_is_paired_by_its_code(web, paths, playwright, tmp_path):
    shows(paths, Status.READY, parts=(Part(name="lights", driver="usb", about="blink(1)"), OLED))
    url = f"http://127.0.0.1:{web.port}"
    with chromium(playwright) as browser:
        page = new_page(browser, viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.context.add_cookies([web.cookie])
        page.goto(f"{url}/box/panel")
        page.screenshot(path=tmp_path / "front-light.png", full_page=True)
        window = pairing.open_(paths.run, now=time.time())
        shows(paths, Status.FAULT)
        expect(page.get_by_role("heading", name="Fault")).to_be_visible()
        expect(page.get_by_text(window.shown)).to_be_visible()
        assert page.evaluate(LAMP) == [DARK, RED]
        page.set_viewport_size({"width": 320, "height": 800})
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.wait_for_function("matchMedia('(prefers-reduced-motion: reduce)').matches")
        page.wait_for_timeout(100)  # the frame that was under way
        assert page.evaluate(LAMP) == [RED]
        accessible(page, "front, dark, narrow")
        page.screenshot(path=tmp_path / "front-dark-narrow.png", full_page=True)

        desk = new_page(browser, viewport={"width": 320, "height": 700}, color_scheme="dark")
        desk.goto(f"{url}/pair")
        accessible(desk, "pair")
        desk.screenshot(path=tmp_path / "pair.png", full_page=True)
        for key in (window.code.lower(), "Tab", "2", "Tab", "Enter"):  # by keyboard alone
            desk.keyboard.press(key) if key in ("Tab", "Enter") else desk.keyboard.type(key)
        expect(desk.get_by_role("heading", level=1)).to_have_text("Is this seat 2?")
        desk.get_by_role("button", name="Yes, this is seat 2").press("Enter")
        expect(desk.get_by_role("heading", level=1)).to_have_text("Seat 2")
        pairing.close(paths.run)
        desk.goto(f"{url}/pair")
        accessible(desk, "pair, closed")
        desk.screenshot(path=tmp_path / "pair-closed.png", full_page=True)
        assert page.faults + desk.faults == []
