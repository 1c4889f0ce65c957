"""The candidate's page when something is in the way: a refused camera, a reload, a box that goes and comes back."""

import time

import pytest
from playwright.sync_api import expect

from appliance.box import health
from appliance.ledger import state
from tests.front.conftest import opened
from tests.front.room import NAMES
from tests.front.test_pages import join, sign_in
from tests.front.test_wall import ask, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

REFUSE = "navigator.mediaDevices.{} = () => Promise.reject(new DOMException({!r}, {!r}));"


@pytest.fixture(scope="module")
def room(make_room):
    def prepare(room):
        for seat in (1, 2):
            room.lead(seat, "equipment")
        for seat in (3, 4):
            room.lead(seat, "in_exam")

    return make_room(5, prepare)


@pytest.fixture
def candidate(room, visit):
    """A page of the candidate at that seat, signed in as the box does it after a code."""

    def open_page(seat, script=""):
        page = visit()
        page.add_init_script(script)
        enter(page, room, seat)
        return page

    return open_page


def enter(page, room, seat):
    """The code again in another browser is refused; a new code is the way (`/api/attempts/.../code`)."""
    sign_in(page, room, "lead")
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    answer = page.request.post(
        f"{room.url}/api/attempts/{room.attempts[seat - 1]}/code", headers={"X-CSRFToken": token}, data={}
    )
    assert answer.status == 201, answer.text()
    room.codes[seat - 1] = answer.json()["code"]
    page.get_by_role("button", name="Sign out").click()
    join(page, room, seat)


def step(page, title):
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


@pytest.mark.parametrize(
    ("method", "name", "message", "button", "said", "hint"),
    [
        ("getUserMedia", "NotAllowedError", "", "Turn on camera", "was not allowed to use the camera", "choose Allow"),
        pytest.param(
            "getUserMedia",
            "NotFoundError",
            "",
            "Turn on camera",
            "No camera or no microphone",
            "Plug it in",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "getUserMedia",
            "NotReadableError",
            "",
            "Turn on camera",
            "used by another program",
            "Close other programs",
            marks=pytest.mark.long,
        ),
        ("getDisplayMedia", "NotAllowedError", "denied", "Share your screen", "screen was not shared", "whole screen"),
        (
            "getDisplayMedia",
            "NotAllowedError",
            "by system",
            "Share your screen",
            "does not let the browser",
            "lab staff",
        ),
    ],
)
def test_a_refused_device_is_no_error_but_a_sentence_and_a_way(candidate, method, name, message, button, said, hint):
    page = candidate(1, REFUSE.format(method, message, name))
    step(page, "Share camera and screen")
    if method == "getDisplayMedia":
        page.get_by_role("button", name=button).click()
    trouble = page.get_by_role("alert").filter(has_text=said)
    expect(trouble).to_contain_text(hint)
    expect(page.get_by_role("button", name=button)).to_be_enabled()
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
    assert "error" not in page.inner_text("main").lower()
    assert not page.faults


def test_a_name_that_is_not_the_candidates(room, candidate):
    page = candidate(5)
    expect(page.get_by_text(NAMES[4]).first).to_be_visible()
    page.get_by_role("button", name="No, that is not me").click()
    expect(page.get_by_role("alert").filter(has_text="Stop here")).to_contain_text("tell the lab staff")
    page.get_by_role("button", name="Yes, that is me").click()
    page.get_by_label("Type your full name to sign").fill("Somebody Else")
    page.get_by_role("button", name="I agree and sign").click()
    expect(page.get_by_role("alert").filter(has_text=NAMES[4])).to_be_visible()
    page.reload()
    step(page, "Read and sign")
    assert ask(room, lambda c: state.attempt(c, room.attempts[4])).stage == "consent"


def test_a_warning_stands_in_the_way_until_it_is_acknowledged(room, candidate, visit):
    page, lead = candidate(3), visit()
    step(page, "Exam")
    expect(page.get_by_text("Recording is interrupted. Share again below")).to_be_visible()
    expect(page.get_by_role("link", name="Open the exam")).to_have_attribute("target", "_blank")
    sign_in(lead, room, "lead")
    token = lead.locator("meta[name=csrf-token]").get_attribute("content")
    url = f"{room.url}/api/attempts/{room.attempts[2]}/messages"
    said = {"text": "Please look at your own screen.", "kind": "warning"}
    assert lead.request.post(url, headers={"X-CSRFToken": token}, data=said).status == 201
    warning = page.get_by_role("alertdialog", name="Warning from your proctor")
    expect(warning).to_contain_text("Please look at your own screen.")
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(warning).to_be_visible()
    page.reload()
    warning.get_by_role("button", name="I have read this").click()
    expect(warning).to_have_count(0)
    assert ask(room, lambda c: state.messages(c, attempt=room.attempts[2]))[0].acknowledged_at is not None


def test_hand_in_asks_and_stops_everything(room, candidate):
    page = candidate(4)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="No, go on").click()
    step(page, "Exam")
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("button", name="Yes, hand in").click()
    step(page, "You have handed in")
    expect(page.get_by_text("Nothing is recorded any more.")).to_be_visible()
    assert ask(room, lambda c: state.attempt(c, room.attempts[3])).stage == "submitted"
    page.reload()
    step(page, "You have handed in")


@pytest.mark.long
def test_the_box_goes_away_and_comes_back_and_nobody_has_to_press_anything(tmp_path, visit):
    with opened(tmp_path, 1, lambda room: room.lead(1, "equipment"), capture=True) as room:
        page = visit()
        enter(page, room, 1)
        page.get_by_role("button", name="Share your screen").click()  # the camera came by itself: it may
        arrives = page.get_by_text("Arrives at the box")
        expect(arrives).to_have_count(2, timeout=15_000)
        page.get_by_role("button", name="Continue").click()
        step(page, "Please wait for your proctor")

        room.kill_capture()
        expect(page.get_by_text("Trying again")).to_have_count(2, timeout=30_000)
        expect(page.get_by_text("Recording is interrupted. The page reconnects by itself.")).to_be_visible()
        room.start_capture()
        expect(arrives).to_have_count(2, timeout=30_000)

        port = int(room.url.rsplit(":", 1)[1])
        room.kill()
        expect(page.get_by_role("alert").filter(has_text="The box cannot be reached since")).to_be_visible(
            timeout=20_000
        )
        expect(arrives).to_have_count(2)  # pages are away, recording is not
        room.kill_capture()  # and with the pages away, publishing comes back too
        room.start_capture()
        until(lambda: health.read(room.paths.health, "capture-1", now=time.time())["healthy"])
        until(lambda: len(room.recorded()) == 2, seconds=5)
        room.start(port=port)
        expect(page.get_by_role("alert").filter(has_text="The box cannot be reached since")).to_be_hidden(
            timeout=20_000
        )
        _reload_comes_back(room, page, arrives)
        assert not page.faults


def _reload_comes_back(room, page, arrives):
    page.reload()
    step(page, "Please wait for your proctor")
    expect(page.get_by_text("Your screen is not shared since the page was loaded again.")).to_be_visible()
    expect(arrives).to_have_count(1, timeout=15_000)
    page.get_by_role("button", name="Share your screen").click()
    expect(arrives).to_have_count(2, timeout=15_000)
    until(lambda: len({file.parent.name for file in room.paths.media.glob("*/*/*/*.mp4*")}) == 2)
