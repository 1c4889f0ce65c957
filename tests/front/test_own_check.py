"""A proctor's own equipment, checked by the page itself before the exam."""

import pytest
from playwright.sync_api import expect

from tests.front.test_pages import assert_accessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def room(make_room):
    return make_room(1, lambda room: None)


def test_M4_the_proctors_own_equipment_is_checked_and_its_trouble_is_said_before_the_exam(room, visit, axe):
    page = visit(viewport={"width": 1280, "height": 800})
    sign_in(page, room, "proctor")
    page.goto(f"{room.url}/wall")
    hint = page.locator("[data-own-check-hint]")
    expect(hint).to_contain_text("has not been checked today")
    hint.get_by_role("link").click()
    cards = page.locator(".own-check")
    expect(cards).to_have_count(6)
    expect(cards.filter(has_text="Line to the box")).to_contain_text("works")
    expect(cards.filter(has_text="Clock")).to_contain_text("agrees with the box")
    page.get_by_role("button", name="Try the microphone").click()
    page.get_by_role("button", name="Play a sound").click()
    page.get_by_role("button", name="I heard nothing").click()
    expect(cards.filter(has_text="Loudspeaker")).to_contain_text("does not work")
    assert_accessible(page, axe, "own check")
    page.goto(f"{room.url}/wall")
    expect(hint).to_contain_text("will not work")
    page.goto(f"{room.url}/own-check")
    page.get_by_role("button", name="Play a sound").click()
    page.get_by_role("button", name="I heard it").click()
    page.get_by_role("button", name="Try the microphone").click()
    expect(cards.filter(has_text="Microphone")).to_have_attribute("data-state", "pass", timeout=10_000)
    expect(page.get_by_text("Everything that is needed works.")).to_be_visible()
    page.goto(f"{room.url}/wall")
    expect(hint).to_be_hidden()
