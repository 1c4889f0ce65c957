"""The review of a recording, as a reviewer uses it: real files, the real page, the real player."""

import shutil
import time

import pytest
from playwright.sync_api import expect

from appliance.bench.review import recording
from appliance.exam.flags import Decision
from appliance.ledger import review, state
from appliance.ledger.reader import Reader
from appliance.recording import loudness
from tests.front.room import Room
from tests.front.test_pages import assert_accessible

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

PATIENCE_MS = 10_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Five minutes of camera, screen and phone, with three flags."""
    made = recording.make(tmp_path_factory.mktemp("recorded") / "data", hours=1 / 12, small=True, flags=3)
    (attempt,) = made.attempts
    for kind in ("webcam", "phone"):  # as the box does while somebody looks: a child that outlives a test is a leak
        out = made.paths.data / "loudness" / made.exam / attempt / kind
        out.mkdir(parents=True)
        loudness.measure(made.paths.media / made.exam / attempt / kind, out)
    return made


@pytest.fixture(scope="module")
def room(made):
    room = Room(made.paths)
    room.attempts = made.attempts
    room.start()
    yield room
    room.stop()
    shutil.rmtree(made.paths.run, ignore_errors=True)


@pytest.fixture(scope="module")
def logins():
    """What a browser knows of somebody who signed in, by role."""
    return {}


@pytest.fixture
def sitting(room, made, visit, logins):
    """Somebody at the page. -> opens it as a person of that role."""

    def sit(role="reviewer", query="", **options):
        page = visit(viewport={"width": 1440, "height": 900}, storage_state=logins.get(role), **options)
        if role not in logins:
            page.goto(f"{room.url}/sign-in")
            page.get_by_label("User name").fill(made.people[role])
            page.get_by_label("Password").fill(recording.PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/*")
            logins[role] = page.context.storage_state()
        page.goto(f"{room.url}/review/{made.exam}/{made.attempts[0]}{query}")
        expect(page.locator(".tl-picture .tl-recorded").first).to_be_attached(timeout=PATIENCE_MS)
        expect(page.locator(".line-state")).to_have_text("live", timeout=PATIENCE_MS)
        return page

    return sit


@pytest.fixture
def ask(made):
    def query(what):
        with Reader(made.paths.database).connect() as connection:
            return what(connection)

    return query


def until(true, seconds=8):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def position(page):
    """Where the slider stands, seconds, and what it says of it."""
    slider = page.get_by_role("slider", name="Play position")
    return float(slider.get_attribute("aria-valuenow")), slider.get_attribute("aria-valuetext")


PLACES = "() => [...document.querySelectorAll('.rp-picture video')].map(v => v.currentTime)"
BEGAN = (0.0, 0.5, 8.0)
"""Camera, screen and phone were not begun at once: what they show together lies so far apart in their own times."""


def test_I4_any_stream_of_a_finished_session_plays_with_the_others_at_a_chosen_speed(sitting, made):
    page = sitting(query=f"?at={made.begins_at + 30:.3f}")
    page.wait_for_function("() => [...document.querySelectorAll('.rp-picture video')].every(v => v.readyState >= 2)")
    page.get_by_label("Speed").select_option("2")
    before = page.evaluate(PLACES)
    page.keyboard.press("k")
    page.wait_for_timeout(3000)
    after = page.evaluate(PLACES)
    page.keyboard.press("k")
    assert len(after) == len(BEGAN)
    assert all(now - then > 3 for then, now in zip(before, after, strict=True)), (before, after)
    walls = [began + now for began, now in zip(BEGAN, after, strict=True)]
    assert max(walls) - min(walls) < 0.5, walls
    said = page.get_by_text("these pictures were within")
    expect(said).to_contain_text("ms of one another")
    expect(said).to_contain_text("camera ±12 ms")
    assert not page.faults


def test_everything_is_done_by_keys_and_the_slider_says_where_it_is(sitting, made):
    page = sitting()
    page.get_by_role("slider", name="Play position").focus()
    page.keyboard.press("Home")
    start, said = position(page)
    assert said.count(":") >= 2, said
    for keys, seconds in ((["ArrowRight"], 5), (["l"], 15), (["Shift+ArrowRight"], 16), (["j"], 6)):
        for key in keys:
            page.keyboard.press(key)
        until(lambda wanted=seconds: abs(position(page)[0] - start - wanted) <= 1)
    page.keyboard.press("n")
    expect(page.locator(".rv-flag[data-selected]")).to_have_count(1)
    first = page.locator(".rv-flag[data-selected]").get_attribute("data-flag")
    page.keyboard.press("n")
    assert page.locator(".rv-flag[data-selected]").get_attribute("data-flag") != first
    page.keyboard.press("p")
    assert page.locator(".rv-flag[data-selected]").get_attribute("data-flag") == first
    page.keyboard.press("]")
    expect(page.get_by_label("Speed")).to_have_value("1.25")
    page.keyboard.press("q")
    expect(page.get_by_role("button", name="Stop at flags")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Skip quiet parts")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Skip quiet parts, or not")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    page.get_by_label("Time of day").press("ArrowUp")
    page.get_by_label("Time of day").press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not page.faults


def test_I5_a_decision_is_two_keys_and_undone_by_another_entry(sitting, ask):
    page, other = sitting(), sitting("lead")
    page.keyboard.press("n")
    flag = page.locator(".rv-flag[data-selected]").get_attribute("data-flag")

    def now():
        found = ask(lambda connection: state.flag(connection, flag))
        return found.state, found.reason

    if now()[0] != Decision.OPEN:
        page.get_by_role("button", name="Decide again").click()
        until(lambda: now()[0] == Decision.OPEN)
        expect(page.get_by_role("button", name="Inconclusive")).to_be_visible()
    page.keyboard.press("2")  # no reason is asked for yet
    page.keyboard.press("u")
    expect(page.get_by_role("group", name="Why inconclusive?")).to_be_visible()
    page.keyboard.press("1")
    until(lambda: now() == (Decision.INCONCLUSIVE, "unclear_picture"))
    expect(other.locator(f'.rv-flag[data-flag="{flag}"]')).to_have_attribute("data-state", "inconclusive")
    page.get_by_role("button", name="Decide again").click()
    until(lambda: now()[0] == Decision.OPEN)
    expect(page.locator(f'.rv-flag[data-flag="{flag}"]')).to_have_attribute("data-state", "open")
    page.keyboard.press("d")
    page.keyboard.press("2")
    until(lambda: now() == (Decision.DISMISSED, "detector_error"))
    assert not [*page.faults, *other.faults]


def test_two_reviewers_who_race_are_told_calmly_and_the_first_word_stands(sitting, ask):
    page, other = sitting(), sitting("lead")
    last = page.locator(".rv-flag").last.get_attribute("data-flag")
    for one in (page, other):
        one.locator(f'.rv-flag[data-flag="{last}"] .rv-flag-head').click()
        expect(one.locator(".rv-detail").get_by_role("button", name="Confirm")).to_be_visible()
    held = []
    page.route("**/decide", lambda route: held.append(route))
    page.keyboard.press("d")
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    other.keyboard.press("c")
    until(lambda: ask(lambda c: state.flag(c, last)).state == Decision.CONFIRMED)
    held[0].continue_()
    expect(page.locator(".toast")).to_contain_text("meanwhile")
    expect(page.locator(".toast.bad")).to_have_count(0)
    expect(page.locator(f'.rv-flag[data-flag="{last}"]')).to_have_attribute("data-state", "confirmed")
    assert ask(lambda c: state.flag(c, last)).state == Decision.CONFIRMED


def test_I6_a_flag_raised_at_the_play_position_is_on_everybodys_timeline_at_once(sitting, made, ask):
    page, other = sitting(query=f"?at={made.begins_at + 40:.3f}"), sitting("lead")
    there = other.locator(".tl-item.flags").count()
    until(lambda: abs(position(page)[0] - made.begins_at - 40) < 2)
    page.keyboard.press("i")
    page.keyboard.press("l")
    until(lambda: abs(position(page)[0] - made.begins_at - 50) < 2)
    page.keyboard.press("o")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What is it?").select_option("phone_visible")
    expect(dialog.get_by_label("How soon should somebody look?")).to_have_value("high")
    dialog.get_by_label("What did you see?").fill("x" * 20_000)
    dialog.get_by_role("button", name="Raise flag").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()  # the box says how long it may be
    note = dialog.get_by_label("What did you see?")
    assert len(note.input_value()) == 20_000, "nothing that was written is lost"
    note.fill("A phone beside the keyboard.")
    dialog.get_by_role("button", name="Raise flag").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".rv-flag[data-selected]")).to_contain_text("A phone beside the keyboard.")
    expect(other.locator(".tl-item.flags")).to_have_count(there + 1)
    said = ask(lambda c: state.flags(c, attempt=made.attempts[0]))
    (found,) = [one for one in said if one.source == made.people["reviewer"]]
    assert (found.code, found.severity) == ("phone_visible", "high")
    assert abs(found.onset_at - made.begins_at - 40) < 1.5
    assert 9 < found.ended_at - found.onset_at < 11


def test_notes_are_shared_and_one_that_is_too_long_stays_in_its_field(sitting):
    page, other = sitting(), sitting("lead")
    for one in (page, other):
        one.keyboard.press("n")
    field = page.get_by_label("A note on this flag")
    field.fill("y" * 20_000)
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".writing .wrong:visible")).not_to_be_empty()
    assert len(field.input_value()) == 20_000
    field.fill("I see a hand, not a phone.")
    page.keyboard.press("c")  # a letter of the note, not a decision
    page.get_by_role("button", name="Add note").click()
    expect(field).to_have_value("")
    expect(other.locator(".rv-notes")).to_contain_text("I see a hand, not a phone.")


def test_to_refer_waits_for_a_second_reviewer_who_is_somebody_else(sitting, ask, made):
    page, other = sitting(), sitting("lead")
    page.get_by_text("Recommend a next step").click()
    page.get_by_label("Refer to the institution").check()
    page.get_by_label("What did you observe, and when?").fill("Two voices at the end.")
    page.get_by_role("button", name="Recommend", exact=True).click()
    expect(page.locator(".rv-recommendations")).to_contain_text("waits for a second reviewer")
    expect(page.get_by_label("I agree", exact=True)).to_have_count(0)
    other.get_by_label("I agree", exact=True).check()
    other.get_by_role("button", name="Send answer").click()
    expect(page.locator(".rv-recommendations")).to_contain_text("stands")
    (one,) = ask(lambda c: review.recommendations(c, attempt=made.attempts[0]))
    assert one.agreed


def test_without_the_box_nothing_pretends_to_be_saved(sitting):
    page = sitting()
    page.keyboard.press("n")
    page.get_by_label("A note on this flag").fill("Kept.")
    page.context.set_offline(True)
    expect(page.locator(".line-state")).to_contain_text("offline", timeout=40_000)
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".writing .wrong:visible")).to_contain_text("nothing was sent")
    expect(page.get_by_label("A note on this flag")).to_have_value("Kept.")


def test_the_page_is_for_everybody_in_light_and_dark_wide_and_narrow(sitting, axe):
    page = sitting(color_scheme="light")
    page.keyboard.press("n")
    page.get_by_text("Everything on the timeline as a list").click()
    expect(page.get_by_role("button", name="Play at").first).to_be_visible()
    assert_accessible(page, axe, "review, wide and light")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    assert_accessible(page, axe, "review, narrow and dark")
    page.keyboard.press("f")
    assert_accessible(page, axe, "raising a flag, narrow and dark")


def test_a_blind_minute_shows_no_flag_and_ends_with_a_word_on_it(room, made, sitting, ask):
    page = sitting()
    answer = page.evaluate(
        """async exam => {
            const token = document.querySelector('meta[name="csrf-token"]').content;
            const said = await fetch(`/api/review/${exam}/sample`, {method: "POST",
                headers: {"Content-Type": "application/json", "X-CSRFToken": token}, body: '{"more": true}'});
            return [said.status, await said.json()];
        }""",
        made.exam,
    )
    assert answer[0] == 201, answer[1]
    page.goto(room.url + answer[1]["url"])
    expect(page.get_by_role("heading", level=1)).to_have_text("A minute to watch")
    expect(page.locator(".tl-item.flags")).to_have_count(0)
    expect(page.locator(".rv-flag")).to_have_count(0)
    assert "Candidate Number" not in page.locator("main").inner_text()
    page.get_by_role("button", name="Nothing there").click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("link", name="To the queue", exact=True)).to_be_visible()
    (one,) = ask(lambda c: review.samples(c, made.exam))
    assert one.verdict == "clear"
