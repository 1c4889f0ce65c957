"""A detector that people keep dismissing at one seat: the wall says so, a lead mutes it there, the page shows it."""

import pytest
from playwright.sync_api import expect

from appliance.exam.events import FlagDecided
from tests.front.room import EXAM, flag
from tests.front.test_pages import WINDOWS, assert_accessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

HINT = "Phone visible at seat 1: dismissed 3 of 3"


def dismissed(room, seat, *names, code="phone_visible", reason="detector_error"):
    for name in names:
        room.raised(seat, flag(name, code))
        room.raised(seat, FlagDecided(flag=name, decision="dismissed", reason=reason, note="", by="pia"))


@pytest.fixture(scope="module")
def room(make_room):
    def prepare(room):
        for seat in (1, 2, 3):
            room.lead(seat, "in_exam")
        dismissed(room, 1, "p1", "p2")
        dismissed(room, 2, "s1", "s2", "s3", "s4", code="speech", reason="innocent_action")
        room.raised(3, flag("f1", "face_absent", "medium"))

    return make_room(3, prepare)


def test_a_rate_that_crosses_the_limit_is_said_on_the_wall_and_muted_from_there(room, visit, axe):
    page = visit(viewport={"width": 1440, "height": 900})
    sign_in(page, room, "lead")
    page.goto(f"{room.url}/wall/{EXAM}")
    expect(page.locator(".line-state")).to_have_text("live")
    expect(page.locator(".detector-hints")).to_contain_text("Speaking at seat 2: dismissed 4 of 4")
    expect(page.locator(".detector-hints")).not_to_contain_text("seat 1")
    room.append(1, flag("p3"))
    page.locator(".item-head", has_text="Phone visible").click()
    page.keyboard.press("d")
    page.keyboard.press("2")
    hint = page.locator(".detector-hints li", has_text=HINT)
    expect(hint).to_contain_text("move the lamp")
    assert_accessible(page, axe, "wall with hints")
    hint.get_by_role("button", name="Mute here").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").fill("the lamp reflects")
    dialog.get_by_role("button", name="Mute here").click()
    expect(hint).to_have_count(0)
    expect(page.locator(".toast", has_text="muted by")).to_contain_text("the lamp reflects")
    other = page.locator(".detector-hints li", has_text="seat 2")
    other.get_by_role("button", name="Not now").click()
    expect(page.locator(".detector-hints")).to_be_hidden()
    assert not page.faults


@pytest.mark.parametrize(("scheme", "width"), WINDOWS)
def test_the_page_of_seats(room, visit, axe, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    sign_in(page, room, "lead")
    page.goto(f"{room.url}/review/{EXAM}/seats")
    expect(page.locator(".seat-grid")).to_contain_text("dismissed 4 of 4, worth a look")
    assert_accessible(page, axe, f"seats {scheme}")
    unmute = page.get_by_role("button", name="Unmute")
    if unmute.count():
        unmute.click()
        page.get_by_label("Reason").fill("moved")
        page.get_by_role("dialog").get_by_role("button", name="Unmute").click()
        expect(unmute).to_have_count(0)
        expect(page.get_by_role("button", name="Mute here").first).to_be_visible()


def test_a_proctor_reads_it_and_has_no_button(room, visit):
    page = visit()
    sign_in(page, room, "proctor")
    page.goto(f"{room.url}/review/{EXAM}/seats")
    expect(page.get_by_role("heading", name="Seats and detectors")).to_be_visible()
    expect(page.get_by_role("button", name="Mute here")).to_have_count(0)
