"""The wall as a proctor uses it: one key for each thing, and the truth about the line."""

import re
import time

import pytest
from playwright.sync_api import expect

from appliance.exam.flags import Decision
from appliance.ledger import state
from appliance.ledger.reader import Reader
from tests.front.conftest import opened
from tests.front.room import EXAM, flag
from tests.front.test_pages import sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def room(make_room):
    def prepare(room):
        for seat in range(1, 25):
            room.lead(seat, {12: "waiting", 24: "arrived"}.get(seat, "in_exam"))

    made = make_room(24, prepare)
    made.send(*range(1, 24))
    return made


def watching(room, visit):
    page = visit(viewport={"width": 1440, "height": 900})
    sign_in(page, room, "lead")
    page.goto(f"{room.url}/wall/{EXAM}")
    expect(page.locator(".line-state")).to_have_text("live")
    return page


@pytest.fixture
def wall(room, visit):
    """The lead's wall: all 24."""
    page = watching(room, visit)
    yield page
    assert not page.faults


def ask(room, query):
    reader = Reader(room.paths.database)
    try:
        with reader.connect() as connection:
            return query(connection)
    finally:
        reader.close()


def decision(room, name):
    found = ask(room, lambda c: state.flag(c, name))
    return found.state, found.reason


def until(true, seconds=5):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def item(page, text):
    return page.locator(".next-list > li", has_text=text)


def test_24_seats_fit_and_no_picture_is_left_out(room, wall):
    expect(wall.locator(".tile .still:not([hidden])")).to_have_count(23)
    expect(wall.locator(".tile .none:visible")).to_have_text(["No picture"])
    bottom = wall.evaluate(
        "Math.max(...[...document.querySelectorAll('.tile')].map(t => t.getBoundingClientRect().bottom))"
    )
    assert bottom <= 900
    numbers = wall.evaluate("[...document.querySelectorAll('.tile .age')].map(age => age.textContent)")
    assert all(re.fullmatch(r"[0-3] s|", number) for number in numbers), numbers


def test_a_flag_appears_at_once_and_is_confirmed_by_one_key(room, wall):
    began = time.monotonic()
    room.append(14, flag("key-c"))
    expect(item(wall, "Seat 14")).to_contain_text("Phone visible")
    assert time.monotonic() - began < 2
    expect(wall.locator(".tile").first).to_contain_text("14")
    item(wall, "Seat 14").get_by_role("button").first.click()  # a new one never takes the place of what is looked at
    expect(item(wall, "Seat 14")).to_contain_text("3 of 3 looks · 0.81")
    wall.keyboard.press("c")
    until(lambda: decision(room, "key-c") == (Decision.CONFIRMED, ""))
    expect(item(wall, "Seat 14")).to_have_count(0)
    expect(wall.locator(".tile").first).not_to_contain_text("14")


def test_dismiss_needs_a_reason_and_can_be_undone(room, wall):
    room.append(9, flag("key-d", "face_absent", "medium"))
    item(wall, "Seat 9").get_by_role("button").first.click()
    wall.keyboard.press("2")  # no reason is asked for yet
    wall.keyboard.press("d")
    expect(wall.get_by_role("group", name="Why dismiss?")).to_be_visible()
    wall.keyboard.press("2")
    expect(wall.get_by_text("Seat 9: dismissed as Detector error")).to_be_visible()
    assert decision(room, "key-d") == (Decision.DISMISSED, "detector_error")
    wall.keyboard.press("u")
    until(lambda: decision(room, "key-d") == (Decision.OPEN, ""))
    expect(item(wall, "Seat 9")).to_have_count(1)
    item(wall, "Seat 9").get_by_role("button").first.click()
    wall.keyboard.press("o")
    expect(wall.get_by_role("group", name="Why inconclusive?")).to_be_visible()
    wall.keyboard.press("1")
    expect(wall.get_by_text("Seat 9: left as inconclusive (Cannot be made out)")).to_be_visible()
    assert decision(room, "key-d") == (Decision.INCONCLUSIVE, "unclear_picture")
    wall.keyboard.press("u")
    until(lambda: decision(room, "key-d") == (Decision.OPEN, ""))
    expect(item(wall, "Seat 9")).to_have_count(1)
    item(wall, "Seat 9").get_by_role("button").first.click()
    wall.keyboard.press("c")
    until(lambda: decision(room, "key-d")[0] == Decision.CONFIRMED)


def test_j_and_k_walk_the_list_most_urgent_first(room, wall):
    room.append(3, flag("walk-low", "lighting_poor", "low", category="technical"))
    room.append(4, flag("walk-medium", "face_absent", "medium"))
    room.append(5, flag("walk-high"))
    expect(wall.locator(".next-list > li")).to_have_count(4)  # and seat 12, who waits
    wall.keyboard.press("k")
    wall.keyboard.press("k")
    wall.keyboard.press("k")
    seen = []
    for _ in range(4):
        seen.append(wall.locator(".next-list > [aria-current] .item-seat").inner_text())
        wall.keyboard.press("j")
    assert seen == ["Seat 5", "Seat 4", "Seat 12", "Seat 3"]


def test_keys_never_act_inside_a_text_field_and_can_be_turned_off(room, wall):
    room.append(16, flag("typed"))
    expect(item(wall, "Seat 16")).to_have_count(1)
    item(wall, "Seat 16").get_by_role("button").first.click()
    wall.keyboard.press("/")
    wall.keyboard.type("c 16")
    expect(wall.get_by_role("searchbox")).to_have_value("c 16")
    wall.keyboard.press("Escape")
    wall.keyboard.press("?")
    wall.get_by_label("Keys are on").uncheck()
    wall.get_by_role("button", name="Close").click()
    wall.keyboard.press("c")
    time.sleep(0.5)
    assert decision(room, "typed")[0] == Decision.OPEN


def test_admit_and_own_flag_with_what_was_seen(room, wall):
    item(wall, "Seat 12").get_by_role("button").first.click()
    wall.keyboard.press("a")
    until(lambda: ask(room, lambda c: state.attempt(c, room.attempts[11])).stage == "admitted")
    wall.get_by_role("button", name="Look at seat 2,").click()
    expect(wall.get_by_role("heading", name="Seat 2 · Ken Thompson")).to_be_focused()
    wall.keyboard.press("f")
    pressed = time.time()
    wall.get_by_label("What did you see?").fill("a note under the keyboard: c d f")
    wall.get_by_role("button", name="Raise flag").click()
    raised = until(
        lambda: [f for f in ask(room, lambda c: state.flags(c, attempt=room.attempts[1])) if f.source == "lead"]
    )
    assert raised[0].facts["note"] == "a note under the keyboard: c d f"
    assert 8 < pressed - raised[0].onset_at < 12
    expect(wall.locator(".look-flags")).to_contain_text("a note under the keyboard")


def test_offline_nothing_pretends_and_everything_missed_arrives(tmp_path, visit):
    with opened(tmp_path, 24, lambda room: [room.lead(seat, "in_exam") for seat in range(1, 25)]) as room:
        room.send(*range(1, 24))
        wall = watching(room, visit)
        _goes_and_comes_back(room, wall)
        assert not wall.faults


def _goes_and_comes_back(room, wall):
    room.append(20, flag("before"))
    expect(item(wall, "Seat 20")).to_have_count(1)
    item(wall, "Seat 20").get_by_role("button").first.click()
    expect(wall.locator(".tile .still:not([hidden])")).to_have_count(23)
    port = room.url.rsplit(":", 1)[1]
    room.kill()
    expect(wall.get_by_role("alert").filter(has_text="Offline since")).to_be_visible()
    wall.keyboard.press("c")
    expect(wall.locator(".toast.bad")).to_contain_text("Offline: nothing was sent.")
    expect(wall.locator(".tile[data-old] .age").first).to_contain_text("Picture is", timeout=8000)
    expect(wall.locator(".box-state")).to_be_hidden()
    with room.ledger():
        room.raised(21, flag("missed"))
    room.start(port=int(port))
    expect(wall.locator(".line-state")).to_have_text("live", timeout=15_000)
    expect(item(wall, "Seat 21")).to_have_count(1)
    expect(wall.get_by_role("alert").filter(has_text="Offline since")).to_be_hidden()
    assert decision(room, "before")[0] == Decision.OPEN
    wall.keyboard.press("c")
    until(lambda: decision(room, "before")[0] == Decision.CONFIRMED)
