"""The setup as a person does it: a fresh box, a browser, six steps with their live tests, a camera from a second
browser, the restart, the card, the end."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from appliance.box import recovery
from appliance.provision import setup_code
from tests.browser.people import chromium, new_page
from tests.whole_box import Box

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

AXE = Path(__file__).parents[2] / "appliance/web/frontend/node_modules/axe-core/axe.min.js"
PASSWORD = "four odd words here"


@pytest.fixture
def fresh(tmp_path_factory):
    """For one test: its processes begin again in it."""
    with Box.running(tmp_path_factory.mktemp("setup") / "data") as box:
        yield box


@pytest.fixture
def shot(tmp_path):
    """Pictures of each page: in the test's folder."""

    def take(page, name):
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    return take


def accessible(page, name):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    said = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]
    assert not said, f"{name}: {said}"
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{name} is {width} px too wide"


def checked(page, group, *, bad=()):
    """The live tests of a step have all said something."""
    section = page.locator(f'[data-checks="{group}"]')
    expect(section).not_to_have_attribute("aria-busy", "true", timeout=60_000)
    states = section.locator(".setup-finding").evaluate_all("all => all.map(one => one.dataset.state)")
    assert states
    assert ("bad" in states) == bool(bad), section.inner_text()
    return section.inner_text()


def onward(page, title):
    page.locator("#setup-save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_from_a_fresh_box_to_the_card_and_the_first_sign_in(fresh, playwright, shot, tmp_path):
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    with chromium(playwright) as browser, chromium(playwright) as lab_computer:
        page = new_page(browser, viewport={"width": 390, "height": 844})
        page.goto(fresh.url)
        expect(page).to_have_url(re.compile("/setup$"))
        accessible(page, "code")
        shot(page, "1-code")
        page.get_by_label("Setup code").fill(setup_code.shown(fresh.paths))
        page.keyboard.press("Enter")
        _lab(page, shot)
        _people(page, shot)
        _network(page, shot)
        _certificate(page, shot)
        _upstream(page, shot, evidence)
        _seats(page, shot, new_page(lab_computer))
        _taken_over(page, shot)
        _card(page, shot, tmp_path, fresh)
        _signs_in(page)
        assert not page.faults


def _lab(page, shot):
    expect(page.get_by_role("heading", level=1)).to_have_text("This lab")
    page.get_by_label("Name of the lab").fill("Physik 2.14 (Süd)")
    expect(page.get_by_label("Name of the box, short")).to_have_value("physik-2-14-sued")
    page.get_by_label("Site, short").fill("physics")
    page.get_by_label("Name of the box, short").fill("lab-214")
    page.get_by_label("Whom to call").fill("Ada Lovelace, 030 4711")
    accessible(page, "lab")
    shot(page, "2-lab")
    onward(page, "Who signs in")


def _people(page, shot):
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("The password once more").fill("short")
    page.locator("#setup-save").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
    for label in ("Password", "The password once more"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    accessible(page, "people")
    page.locator("#setup-save").click()
    expect(page.locator("#setup-people-known")).to_contain_text("Ada Lovelace")
    shot(page, "3-people")
    onward(page, "Network and time")


def _network(page, shot):
    checked(page, "network,clock")
    page.get_by_label("A fixed address").check()
    page.get_by_label("Address with prefix").fill("10.4.7.20")
    page.get_by_role("button", name="Try again").click()
    checked(page, "network,clock", bad=("no prefix",))
    accessible(page, "network")
    shot(page, "4-network")
    page.get_by_label("By itself (DHCP)").check()
    checked(page, "network,clock")
    onward(page, "Certificate")


def _certificate(page, shot):
    checked(page, "certificate")
    expect(page.locator("#setup-fingerprint")).to_have_text(re.compile("^([0-9A-F]{2}:){31}[0-9A-F]{2}$"))
    accessible(page, "certificate")
    shot(page, "5-certificate")
    onward(page, "Where evidence goes")


def _upstream(page, shot, evidence):
    page.get_by_label("A folder, a disk or a stick").check()
    page.get_by_label("Folder", exact=True).fill("/nowhere/at/all")
    page.get_by_role("button", name="there and back").click()
    assert "There is no folder" in checked(page, "store", bad=("folder",))
    page.get_by_label("Folder", exact=True).fill(str(evidence))
    page.get_by_role("button", name="there and back").click()
    assert "written to the folder and read back" in checked(page, "store")
    assert list(evidence.rglob("*.txt"))
    accessible(page, "upstream")
    shot(page, "6-upstream")
    onward(page, "Seats and cameras")


def _seats(page, shot, computer):
    page.get_by_label("Seats in this lab").fill("30")
    expect(page.locator("[data-capacity-said]")).to_contain_text("at most 24 can be recorded")
    page.get_by_role("button", name="Show the link").click()
    link = page.locator("#setup-camera-link")
    expect(link).to_have_attribute("href", re.compile("/setup/camera#"))
    computer.goto(link.get_attribute("href"))
    accessible(computer, "camera")
    computer.get_by_role("button", name="Use camera and microphone").click()
    expect(page.locator("[data-still]")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-camera-said]")).to_contain_text("Picture and sound arrived", timeout=30_000)
    expect(computer.locator("[data-said]")).to_contain_text("Picture and sound arrived")
    shot(computer, "7-camera")
    accessible(page, "seats")
    shot(page, "7-seats")
    assert not computer.faults
    onward(page, "Ready to begin?")


def _taken_over(page, shot):
    accessible(page, "finish")
    shot(page, "8-finish")
    page.locator("#setup-apply").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The box takes it over")
    shot(page, "9-wait")
    expect(page.get_by_role("heading", level=1)).to_have_text("The box is ready", timeout=90_000)


def _card(page, shot, folder, fresh):
    key = recovery.secret(fresh.paths.keys)
    expect(page.locator("#setup-recovery")).to_have_text(key)
    accessible(page, "card")
    shot(page, "10-card")
    for size in ("A4", "A5"):
        page.pdf(path=folder / f"card-{size}.pdf", format=size)
    page.get_by_label("I have printed or saved the card").check()
    page.get_by_label("I have the recovery key on paper").check()
    page.locator("#setup-done").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("That is all")
    shot(page, "11-done")
    assert recovery.secret(fresh.paths.keys) is None


def _signs_in(page):
    page.locator("#setup-sign-in").click()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/(box|account)"))
    page.goto(re.sub(r"/(box|account).*", "/setup", page.url))
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing to set up")
