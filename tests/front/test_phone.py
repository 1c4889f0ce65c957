"""The phone as a second camera, without media: the code on the candidate's page, read with a camera's eyes; the phone's
own page; what the wall and the look page say of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.front.room import EXAM, NAMES
from tests.front.test_candidate import enter
from tests.front.test_pages import assert_accessible, sign_in
from tests.qr import read

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def room(make_room):
    def prepare(room):
        for seat in range(1, 7):
            room.lead(seat, "in_exam")

    made = make_room(6, prepare)
    made.send(*range(1, 7))
    return made


@pytest.fixture
def candidate(room, visit):
    def open_page(seat, **options):
        page = visit(**options)
        enter(page, room, seat)
        return page

    return open_page


@pytest.fixture
def watcher(room, visit):
    """A proctor's page."""

    def open_page(path, theme="dark"):
        page = visit(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
        page.context.add_cookies([{"name": "theme", "value": theme, "url": room.url}])
        sign_in(page, room, "lead")
        page.goto(room.url + path)
        expect(page.locator(".line-state")).to_have_text("live")
        return page

    return open_page


def show_code(page):
    page.get_by_role("button", name="Use your phone as a second camera").click()
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    return read(picture.screenshot())


def scan(visit, link, **options):
    """A phone opens exactly this link."""
    page = visit(**{**PHONE, **options})
    page.goto(link)
    page.wait_for_url("**/phone")
    return page


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_the_code_is_read_from_the_screen_and_leads_to_the_phones_page(room, visit, candidate, axe, scheme):
    page = candidate(1, color_scheme=scheme)
    link = show_code(page)
    assert link.startswith(f"{room.url}/phone/join#")
    assert_accessible(page, axe, f"code {scheme}")
    phone = scan(visit, link, color_scheme=scheme)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Second camera of seat 1")
    expect(phone.get_by_text("Waiting for the proctor to confirm this phone")).to_be_visible()
    assert_accessible(phone, axe, f"phone {scheme}")
    expect(page.get_by_text("A phone is there.")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_hidden()


@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=pytest.mark.long)])
def test_the_proctor_is_told_at_once_and_lets_it_in_by_a_key(visit, room, candidate, watcher, axe, theme):
    wall = watcher(f"/wall/{EXAM}", theme=theme)
    page = candidate(6)
    phone = scan(visit, show_code(page))
    item = wall.get_by_role("button", name="Seat 6 A phone wants to join")
    item.click()
    expect(wall.locator(".item-body").get_by_text("Chrome, Linux")).to_be_visible()
    assert_accessible(wall, axe, f"wall with a phone {theme}")
    wall.keyboard.press("a")
    expect(item).to_be_hidden()
    expect(page.get_by_text("Your phone is connected as a second camera.")).to_be_visible()
    expect(phone.get_by_text("The box does not answer")).to_be_visible()  # there is no capture here
    tile = wall.locator(".tile", has_text=NAMES[5])
    expect(tile.locator(".dot", has_text="phone")).to_be_visible()
    expect(tile.locator(".second-age")).to_have_text(re.compile(r"phone \d+ s"))


@pytest.mark.long
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_on_the_look_page_it_is_asked_for_placed_and_removed(visit, room, candidate, watcher, axe, theme):
    page = candidate(2)
    look = watcher(f"/look/{room.attempts[1]}", theme=theme)
    look.get_by_role("button", name="Ask for the phone").click()
    expect(page.get_by_text("Your proctor asks you to add your phone")).to_be_visible()
    picture = page.get_by_role("img", name="QR code")  # shown by itself
    expect(picture).to_be_visible()
    phone = scan(visit, read(picture.screenshot()))
    line = look.get_by_role("region", name="The candidate's phone")
    expect(line).to_contain_text("A phone wants to join seat 2: Chrome, Linux")
    assert_accessible(look, axe, f"look with a phone {theme}")
    line.get_by_role("button", name="Confirm").press("Enter")
    expect(line).to_contain_text("Phone connected since")
    look.get_by_label("phone", exact=True).select_option("over paper")
    expect(look.get_by_text("Seat 2, phone: over paper")).to_be_visible()
    expect(look.get_by_label("phone", exact=True)).to_have_value("paper")
    assert_accessible(look, axe, f"look with a phone that is in {theme}")
    line.get_by_role("button", name="Remove").press("Enter")
    look.get_by_label("Reason").fill("shows the ceiling")
    assert_accessible(look, axe, f"removing {theme}")
    look.keyboard.press("Enter")
    expect(line).to_be_hidden()
    expect(phone.get_by_role("alert")).to_contain_text("This phone is not connected.")
    assert_accessible(phone, axe, f"phone that was removed {theme}")
    expect(page.get_by_text("your proctor did not let it in or has removed it")).to_be_visible()


def test_a_code_is_typed_where_no_camera_reads_it(room, visit, candidate, axe):
    page = candidate(2)
    show_code(page)
    code = page.get_by_label("Code", exact=True).inner_text()
    phone = visit(**PHONE)
    phone.goto(f"{room.url}/phone/join")
    assert_accessible(phone, axe, "door for phones")
    phone.get_by_label("Code").fill("nonsense")
    phone.get_by_role("button", name="Connect").tap()
    expect(phone.get_by_role("alert")).to_contain_text("not a code for a phone")
    phone.get_by_label("Code").fill(code.upper())
    phone.get_by_role("button", name="Connect").tap()
    phone.wait_for_url("**/phone")


def test_a_code_that_was_used_is_said_in_words(visit, candidate):
    link = show_code(candidate(3))
    scan(visit, link)
    second = visit(**PHONE)
    second.goto(link)
    expect(second.get_by_role("alert")).to_contain_text("used already")


def test_the_code_counts_down_and_grows_old(candidate):
    page = candidate(3)

    def hurry(route):
        answer = route.fetch()
        said = answer.json()
        route.fulfill(response=answer, json={**said, "expires_at": said["now"] + 4})

    page.route("**/api/me/phone", hurry)
    show_code(page)
    expect(page.get_by_text("Good for 00:0")).to_be_visible()
    expect(page.get_by_text("This code is too old.")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_hidden()
    page.unroute("**/api/me/phone")
    page.get_by_role("button", name="Show a new code").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.get_by_text("Good for 0")).to_be_visible()


def test_on_this_computer_a_second_window_stands_in_for_the_phone(candidate):
    page = candidate(4)
    show_code(page)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open in a second window").click()
    window = opened.value
    window.wait_for_url("**/phone")
    expect(window.get_by_role("heading", level=1)).to_have_text("Second camera of seat 4")
    page.reload()
    expect(page.get_by_text("A phone is there.")).to_be_visible()  # and this page is still the candidate's


def test_with_the_exam_the_phone_is_over_too(visit, candidate):
    page = candidate(4)
    phone = scan(visit, show_code(page))
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="Yes, hand in").click()
    expect(phone.get_by_text("Nothing is recorded any more. You can close this page.")).to_be_visible(timeout=10_000)
    expect(phone.get_by_label("What this phone sees")).to_be_hidden()


def test_a_camera_that_is_refused_is_no_error_but_a_sentence_and_a_way(visit, candidate, axe):
    phone = visit(**PHONE)
    phone.add_init_script(
        """const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
        window.allow = () => { navigator.mediaDevices.getUserMedia = get; };"""
    )
    phone.goto(show_code(candidate(5)))
    phone.wait_for_url("**/phone")
    expect(phone.get_by_role("alert")).to_contain_text("was not allowed to use the camera")
    expect(phone.get_by_text("Nothing is sent yet. Turn on the camera.")).to_be_visible()
    assert_accessible(phone, axe, "phone without a camera")
    phone.evaluate("allow()")
    phone.get_by_role("button", name="Turn on the camera").tap()
    expect(phone.get_by_label("What this phone sees")).to_be_visible()
