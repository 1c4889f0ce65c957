"""The candidate's page while the exam goes on: parts, time, breaks, announcements, questions to the institution."""

import re
import time

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from appliance.exam.events import AttemptAccommodated, ContentStored, ExamPlanned, SectionReleased
from appliance.exam.plan import ExamKind, ExamPlan, Section
from appliance.ledger import day_tables, planning, state, tables
from appliance.ledger import sitting as rows
from appliance.ledger.actions import announcements, attempts, inquiries, sections, sitting, users
from appliance.ledger.record import Draft
from appliance.web.auth import COOKIE
from tests.front.room import EXAM
from tests.front.test_pages import assert_accessible
from tests.front.test_wall import ask, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>"
)
PLAN = ExamPlan(
    kind=ExamKind.PAPER,
    print_minutes=10,
    one_by_one=True,
    contact="+49 30 1234567",
    sections=(
        Section(title="Reading", link="https://exam.test/1", minutes=25, break_minutes=10),
        Section(title="Writing", link="https://exam.test/2", minutes=40),
        Section(title="Listening"),
    ),
)
WHERE = ("printing", "in_exam", "on_break", "paused", "admitted", "in_exam", "on_break", "in_exam")
SEATS = dict(enumerate(WHERE, start=1))


class Sat:
    """The room, its candidates' tokens, and staff who do things while it runs."""

    def __init__(self, room, playwright, tokens) -> None:
        self.room, self.tokens, self.request = room, tokens, playwright.request

    def token(self, seat):
        return self.tokens[self.room.attempts[seat - 1]]

    def post(self, user, path, said=None):
        """As this member of staff."""
        cookies = {"cookies": [_cookie(self.room.url, self.tokens[user])], "origins": []}
        context = self.request.new_context(base_url=self.room.url, storage_state=cookies)
        try:
            csrf = re.search(r'name="csrf-token" content="([^"]+)"', context.get("/flags").text())[1]
            answer = context.post(path, headers={"X-CSRFToken": csrf}, data=said or {})
            assert answer.ok, answer.text()
        finally:
            context.dispose()

    def attempt(self, seat):
        return self.room.attempts[seat - 1]


def _cookie(url, token):
    host = url.split("//")[1].split(":")[0]
    flags = {"httpOnly": True, "secure": False, "sameSite": "Strict", "expires": -1}
    return {"name": COOKIE, "value": token, "domain": host, "path": "/", **flags}


def shift(t, attempt, seconds, *, ends_at=None):
    """Let time pass for one candidate."""
    pause, row = day_tables.pause, tables.attempt
    earlier = {"begun_at": pause.c.begun_at - seconds, "until": pause.c.until - seconds}
    t.connection.execute(sa.update(pause).where(pause.c.attempt == attempt).values(earlier))
    if ends_at is not None:
        t.connection.execute(sa.update(row).where(row.c.attempt == attempt).values(ends_at=ends_at))


def prepare(room):
    """Seats as in SEATS: number 6 has nine minutes left, 7 is late from a break, 8 may take breaks at will."""
    writer = room.services.writer

    def say(payload, chain="box"):
        writer.append(Draft(payload=payload, chain=chain, exam=EXAM, actor="planner"))

    path = room.paths.data / "content" / "1.pdf"
    path.parent.mkdir()
    path.write_bytes(PDF)
    say(ExamPlanned(exam=EXAM, plan=PLAN.to_json(), by="planner"))
    say(ContentStored(exam=EXAM, section=1, name="paper.pdf", path="content/1.pdf", sha256="0", bytes=len(PDF), by="p"))
    say(SectionReleased(exam=EXAM, section=1, by="lead"))
    for seat, stage in SEATS.items():
        room.lead(seat, "admitted")
        _on(writer, room.attempts[seat - 1], stage)
    say(AttemptAccommodated(switches=["breaks"]), room.attempts[7])
    writer.transact(lambda t: sitting.grant_time(t, room.attempts[7], minutes=15, by="institution"))
    writer.transact(lambda t: shift(t, room.attempts[5], 0, ends_at=time.time() + 9 * 60))
    writer.transact(lambda t: shift(t, room.attempts[6], 7 * 60))
    words = {"spoken": True, "by": "lead", "by_name": "Lea Lead", "attempts": [room.attempts[5]]}
    for text in ("Question 3 is about the second picture.", "Please close the window. رجاءً أغلق النافذة 🙂"):
        writer.transact(lambda t, text=text: announcements.announce(t, EXAM, text=text, **words))
    asked = writer.transact(
        lambda t: inquiries.inquire(t, room.attempts[5], kind="content", text="Is 4 about 2020?", by="candidate")
    )
    writer.transact(
        lambda t: inquiries.answer(t, asked, text="Yes, about 2020.", by="institution", by_name="Ina Institution")
    )
    room.tokens = {
        **{a: writer.transact(lambda t, a=a: users.open_login(t, attempt=a)) for a in room.attempts},
        **{u: writer.transact(lambda t, u=u: users.open_login(t, user=u)) for u in ("lead", "institution")},
    }


def _on(writer, attempt, stage):
    steps = [("printing", attempts.start), ("in_exam", attempts.start)]
    for name, step in steps:
        if stage == "admitted":
            return
        writer.transact(lambda t, step=step: step(t, attempt))
        if stage == name:
            break
    if stage == "in_exam":
        writer.transact(lambda t: sections.open_section(t, attempt, 1))
    if stage == "on_break":
        writer.transact(lambda t: sitting.begin_break(t, attempt, minutes=5, by="lead"))
    if stage == "paused":
        writer.transact(lambda t: sitting.pause(t, attempt, reason="fire drill", by="lead"))


@pytest.fixture(scope="module")
def sat(make_room, playwright):
    room = make_room(9, prepare)
    return Sat(room, playwright, room.tokens)


@pytest.fixture
def candidate(sat, visit):
    """The page of the candidate at that seat."""

    def open_page(seat, script="", **options):
        page = visit(**options)
        page.context.add_cookies([_cookie(sat.room.url, sat.token(seat))])
        if script:
            page.add_init_script(script)
        page.goto(f"{sat.room.url}/exam")
        page.wait_for_selector("h1:not(:empty)")
        return page

    return open_page


def left(page):
    """Seconds that the page says are left."""
    found = page.locator(".time-left").inner_text().split(":")
    return sum(int(part) * 60**power for power, part in enumerate(reversed(found)))


# --- what it looks like ---


@pytest.mark.parametrize("seat", [one if one in (1, 4) else pytest.param(one, marks=pytest.mark.long) for one in SEATS])
def test_every_screen_is_for_everybody(candidate, axe, seat):
    page = candidate(seat, viewport={"width": 320, "height": 800}, color_scheme="light")
    page.evaluate("document.querySelector('.help').open = true")
    assert_accessible(page, axe, f"seat {seat} ({SEATS[seat]}), narrow and light")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, axe, f"seat {seat} ({SEATS[seat]}), wide and dark")


# --- time ---


@pytest.mark.parametrize("hours", [-1, 1])
def test_the_time_left_is_right_on_a_computer_whose_clock_is_an_hour_off(candidate, hours):
    page = candidate(6, f"const real = Date.now; Date.now = () => real() + {hours} * 3600e3;")
    assert 5 * 60 < left(page) <= 9 * 60
    expect(page.get_by_text("The last ten minutes have begun.")).to_be_visible()
    page = candidate(8)
    expect(page.get_by_text("15 minutes of extra time are counted in.")).to_be_visible()
    assert 100 * 60 < left(page) <= 105 * 60


def test_M56_the_ten_minutes_are_called_by_the_page_itself_with_the_line_down(candidate):
    page = candidate(8, viewport={"width": 390, "height": 800})
    said = page.get_by_text("The last ten minutes have begun.")
    expect(said).to_be_hidden()
    page.context.set_offline(True)
    page.evaluate("() => { const real = Date.now; Date.now = () => real() + 95.5 * 60e3; }")
    expect(said).to_be_visible()
    assert said.get_attribute("role") == "status"
    assert "min left" in page.title()
    banner = page.get_by_role("alert").filter(has_text="cannot be reached")
    expect(banner).to_contain_text("+49 30 1234567", timeout=15_000)
    page.evaluate("Date.now = ((now) => () => now() + 10 * 60e3)(Date.now)")
    expect(page.get_by_role("alert").filter(has_text="Time is up. Hand in now.")).to_be_visible()


# --- the parts ---


def test_M34_paper_is_printed_and_the_time_begins_when_one_says_so(candidate):
    page = candidate(5)
    page.get_by_role("button", name="Open the exam and print it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Print the exam")
    assert 9 * 60 < left(page) <= 10 * 60
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the paper (PDF)").click()
    assert opened.value.url.endswith("/api/me/content/1")
    page.get_by_role("button", name="I have printed, begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Exam")
    assert 89 * 60 < left(page) <= 90 * 60
    assert not page.faults


def test_M99_a_part_can_be_opened_as_soon_as_it_is_released(sat, candidate):
    page = candidate(2)
    parts = page.get_by_role("list", name="Parts of the exam").get_by_role("listitem")
    expect(parts).to_have_count(3)
    expect(parts.nth(0)).to_contain_text("You are here")
    expect(parts.nth(0).get_by_role("link", name="Open the exam")).to_have_attribute("target", "_blank")
    expect(parts.nth(1)).to_contain_text("Not released yet")
    expect(parts.nth(1).get_by_role("link")).to_have_count(0)
    for number in (2, 3):
        sat.post("lead", f"/api/exams/{EXAM}/sections/{number}/release")
    link = parts.nth(1).get_by_role("link", name="Open the exam")
    expect(link).to_be_visible(timeout=2_000)
    expect(parts.nth(2)).to_contain_text("Comes after the one before it")
    page.context.route("https://exam.test/**", lambda route: route.fulfill(body="part two"))
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.locator("body")).to_have_text("part two")
    page.bring_to_front()
    expect(parts.nth(2).get_by_role("link", name="Open the exam")).to_be_visible(timeout=2_000)
    expect(parts.nth(1)).to_contain_text("You are here")
    expect(parts.nth(0)).to_contain_text("Opened before")


# --- the time stands still ---


def test_M98_a_break_is_taken_by_keyboard_and_the_time_stands_still(candidate):
    page = candidate(8)
    before, began = left(page), time.monotonic()
    page.get_by_role("button", name="Take the break").focus()
    page.keyboard.press("Enter")
    page.get_by_label("How many minutes?").fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Break")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert 170 < left(page) <= 180
    expect(page.get_by_text("Your time stands still: 1:4")).to_be_visible()
    time.sleep(4)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="I am back")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Exam")
    lost = before - left(page)
    assert lost <= time.monotonic() - began - 3, "the time stood still while the break lasted"


def test_a_break_that_is_too_long_says_so_and_a_pause_goes_on_by_itself(sat, candidate):
    late = candidate(7)
    expect(late.get_by_role("alert").filter(has_text="Your break is over.")).to_be_visible()
    page = candidate(4)
    expect(page.get_by_role("heading", level=1)).to_have_text("Paused")
    expect(page.get_by_role("link", name="Open the exam")).to_have_count(0)
    expect(page.get_by_text("fire drill")).to_have_count(0)
    sat.post("lead", f"/api/attempts/{sat.attempt(4)}/resume")
    expect(page.get_by_role("heading", level=1)).to_have_text("Exam", timeout=2_000)
    assert left(page) > 89 * 60


# --- words ---

LISTENS = "speechSynthesis.speak = (said) => { (window.spoken ??= []).push(said.text); };"


def test_M57_an_announcement_is_read_out_once_and_counted_once_it_was_seen(sat, candidate):
    page = candidate(3, LISTENS, viewport={"width": 390, "height": 800})
    text = "Page <b>4</b> has a misprint. 🙂"
    sat.post("lead", f"/api/exams/{EXAM}/announcements", {"text": text, "spoken": True})
    card = page.get_by_role("region", name="Announcement")
    expect(card).to_contain_text(text, timeout=2_000)
    assert page.evaluate("window.spoken") == [text]
    expect(page.get_by_role("status").filter(has_text="Announcement: Page")).to_have_count(1)
    until(lambda: any(one.text == text and one.read_at for one in heard(sat, 3)))
    (said,) = [one for one in ask(sat.room, lambda c: planning.announcements(c, EXAM)) if one.text == text]
    assert (said.read, said.told) == (1, 8)
    page.reload()
    expect(card).to_contain_text(text)
    assert page.evaluate("window.spoken") is None


def heard(sat, seat):
    return ask(sat.room, lambda c: planning.heard(c, sat.attempt(seat)))


def test_I32_I34_a_question_about_the_content_goes_to_the_institution_and_comes_back(sat, candidate):
    page = candidate(2)
    page.get_by_role("button", name="Question about the content").click()
    field = page.get_by_label("What is your question about the content?")
    expect(field).to_be_focused()
    page.keyboard.type("Is 7 a typo?")
    page.get_by_role("button", name="Ask my institution").click()
    asked = page.get_by_role("list", name="Your questions to the institution").get_by_role("listitem")
    expect(asked).to_contain_text("Passed to your institution.")
    expect(field).to_have_value("")
    (row,) = ask(sat.room, lambda c: rows.inquiries(c, attempt=sat.attempt(2)))
    page.get_by_text("Help and contact").click()  # closed: an answer opens it
    sat.post("institution", f"/api/inquiries/{row.inquiry}/answer", {"text": "Yes: it is 8."})
    expect(asked).to_contain_text("Yes: it is 8.", timeout=2_000)
    expect(asked.get_by_text("Yes: it is 8.")).to_be_visible()


def test_I28_the_chat_and_the_page_ask_nobody_but_the_box(sat, candidate):
    asked = []
    page = candidate(1)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.get_by_role("button", name="I need the bathroom.").click()
    expect(page.get_by_role("log").get_by_text("I need the bathroom.")).to_be_visible()
    # the page shows it at once, the ledger has it a moment later
    (said,) = until(lambda: ask(sat.room, lambda c: state.messages(c, attempt=sat.attempt(1))))
    assert said.text == "I need the bathroom."
    sat.post("lead", f"/api/attempts/{sat.attempt(1)}/read", {"message": said.message})
    expect(page.get_by_role("log").get_by_text("seen", exact=False)).to_be_visible(timeout=2_000)
    assert asked
    assert not [url for url in asked if not url.startswith((sat.room.url, "blob:", "data:"))]


def test_I35_an_ended_candidate_has_nothing_left_within_two_seconds_and_the_others_go_on(sat, candidate):
    page, other = candidate(6), candidate(2)
    link = other.get_by_role("link", name="Open the exam").first
    expect(link).to_be_visible()
    sat.post("lead", f"/api/attempts/{sat.attempt(6)}/end", {"reason": "a phone in the hand", "override": True})
    expect(page.get_by_role("heading", level=1)).to_have_text("Your session was ended", timeout=2_000)
    for path in ("/api/me/content/1", "/api/me/sections/1"):
        assert page.request.get(f"{sat.room.url}{path}").status == 409
        assert other.request.get(f"{sat.room.url}{path}").status == 200
    expect(page.get_by_text("a phone in the hand")).to_have_count(0)
    expect(link).to_be_visible()
