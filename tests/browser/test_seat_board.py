"""A lab's computer in a real browser: its seat is bound, checked over the real way to the box, and takes part in a
rehearsal, of which nothing stays."""

import json
import time

import psutil
import pytest
from playwright.sync_api import expect

from appliance.ledger import board, reader, state
from appliance.rehearsal import files
from tests.browser.people import PATIENCE_MS, chromium, new_page
from tests.conftest import SHARED
from tests.whole_box import Box

pytestmark = pytest.mark.long

PASSWORD = "four good words here"
CAMERA = SHARED / "footage" / "fake-camera" / "candidate_phone_natural.mjpeg"
VOICE = SHARED / "footage" / "fake-camera" / "voice_after_3s.wav"


@pytest.fixture
def box(tmp_path):
    """A box of its own, with somebody of the lab staff."""
    made = Box(tmp_path / "seats" / "data")
    done = made.command("user", "create", "staff", "--role", "staff", text=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def staff(box, playwright):
    """Signed in, in a browser of their own, with a room of three seats."""
    with chromium(playwright) as browser:
        page = new_page(browser)
        page.goto(f"{box.url}/sign-in")
        page.get_by_label("User name").fill("staff")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{box.url}/seats/arrange")
        page.get_by_label("Seats").fill("12 13 14")
        page.get_by_role("button", name="Save the plan").click()
        yield page
        assert page.faults == []


def code_of(staff, box, seat: str) -> str:
    staff.goto(f"{box.url}/seats/cards")
    card = staff.locator(".board-card").filter(has_text=f"Seat {seat}")
    return card.locator(".board-card-code").inner_text()


def sit(browser, box, code: str):
    page = new_page(browser)
    page.goto(f"{box.url}/seat/{code}")
    page.get_by_role("button", name="Yes, this is seat").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Seat 14")
    return page


def there(box, query):
    with reader.opened(box.paths.database) as ledger, ledger.connect() as connection:
        return query(connection)


def own_runs_open(box) -> list[str]:
    planned = {row.exam for row in there(box, state.planned)}
    return [row.exam for row in there(box, state.exams) if row.exam not in planned and row.ended_at is None]


def test_a_seat_is_bound_checked_and_takes_part_in_a_rehearsal(box, staff, playwright):
    if not CAMERA.exists():
        pytest.skip("the footage of shared/ is not here: a fake camera has no phone in its picture")
    code = code_of(staff, box, "14")
    with chromium(playwright, camera=CAMERA, microphone=VOICE) as browser:
        seat = sit(browser, box, code)
        seat.get_by_role("button", name="Check this seat").click()
        staff.goto(f"{box.url}/seats")
        expect(staff.locator(".board-seat").filter(has_text="14")).to_contain_text("Checking", timeout=PATIENCE_MS)
        expect(seat.get_by_text("Checked at")).to_be_visible(timeout=60_000)
        found = there(box, board.checks)["14"]
        assert found.facts.fps > 5
        assert found.facts.level > -60
        assert found.facts.card_looks >= 3, "the box's own detector saw the phone"
        expect(staff.locator(".board-seat").filter(has_text="14")).not_to_contain_text("Checking")
        assert own_runs_open(box) == []

        done = box.command("rehearse", "--seats", "3", "--minutes", "0.4", "--json", seconds=180)
        report = json.loads(done.stdout)
        verdict = report["verdict"]
        print(json.dumps(verdict, indent=1))
        assert (report["outcome"], verdict["asked"], verdict["real"]) == ("done", 3, 1), done.stderr
        assert verdict["here"] >= 2
        assert verdict["holds"] is not None
        assert verdict["weakest"] in verdict["parts"]
        figures = verdict["figures"]
        assert figures["cpu"] > 0
        assert figures["written"] > 50_000
        assert figures["flush_ms"] > 0
        assert seat.faults == []
        staff.goto(f"{box.url}/rehearsal")
        expect(staff.get_by_text("This lab can hold")).to_be_visible()
    assert own_runs_open(box) == []
    deadline = time.monotonic() + 150
    while media := [file for file in box.paths.media.rglob("*") if file.is_file()]:
        assert time.monotonic() < deadline, f"left: {media[:5]}"
        time.sleep(1)
    assert not (box.paths.run / "rehearsal" / "codes.csv").exists()


def test_a_browser_that_refuses_the_camera_is_red_on_the_board(box, staff, playwright):
    code = code_of(staff, box, "14")
    with chromium(playwright) as browser:
        seat = sit(browser, box, code)
        seat.evaluate(
            "() => { navigator.mediaDevices.getUserMedia ="
            " () => Promise.reject(new DOMException('', 'NotAllowedError')) }"
        )
        seat.get_by_role("button", name="Check").click()
        expect(seat.get_by_text("The browser may not use the camera.")).to_be_visible()
        other = seat.context.new_page()
        other.goto(f"{box.url}/seat")
        expect(other.get_by_role("button", name="Check again")).to_be_visible()
        expect(seat.get_by_role("button", name="Go on here")).to_be_visible()
        staff.goto(f"{box.url}/seats")
        expect(staff.get_by_text("1 of 3 seats need somebody")).to_be_visible()


def test_a_rehearsal_that_loses_its_web_process_is_over_and_leaves_nothing(box):
    files.ask(box.paths, seats=2, minutes=5.0, by="test")
    deadline = time.monotonic() + 90
    while files.said(box.paths).get("phase") != "measuring":
        assert time.monotonic() < deadline, files.said(box.paths)
        time.sleep(0.5)
    assert own_runs_open(box)
    before = box.kill("web")
    box.wait_healthy("web", other_than=before)
    deadline = time.monotonic() + 20
    while own_runs_open(box) or files.said(box.paths).get("phase") != "over":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert files.said(box.paths)["reason"] == "restarted"
    time.sleep(1)
    assert not [line for line in _processes() if "simulate" in line and str(box.data) in line]


def _processes() -> list[str]:
    return [" ".join(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])]
