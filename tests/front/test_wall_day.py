"""The day on the wall, by its keys: check-in, announcements, breaks, notes, staff, sections; what is not recorded."""

import re

import pytest
from playwright.sync_api import expect

from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import BOX, DetectionSet, IdentityCompared, IdentityPictured
from appliance.exam.plan import CheckOut, ExamPlan, Mode, Section
from appliance.ledger import planning, sitting, state
from appliance.ledger.actions import checkin, plans
from appliance.ledger.record import Draft
from tests.front.conftest import opened
from tests.front.room import EXAM, flag
from tests.front.test_pages import assert_accessible, sign_in
from tests.front.test_wall import ask, item, until, watching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SECTIONS = (Section(title="Reading", minutes=40, break_minutes=7), Section(title="Writing", minutes=50))
PLAN = ExamPlan(room="B2", sections=SECTIONS, one_by_one=True, check_out=CheckOut.PROCTOR)


def planned(room, plan):
    room.services.writer.transact(lambda transaction: plans.set_plan(transaction, EXAM, plan, by="planner"))


def prepare_exam(room):
    planned(room, PLAN)
    for seat in range(1, 5):
        room.lead(seat, "in_exam")


@pytest.fixture(scope="module")
def room(make_room):
    made = make_room(4, prepare_exam)
    made.send(1, 2, 3, 4)
    return made


@pytest.fixture
def wall(room, visit):
    page = watching(room, visit)
    yield page
    assert not page.faults


def look_at(wall, seat):
    wall.get_by_role("button", name=f"Look at seat {seat},").click()
    expect(wall.locator(".look-title")).to_contain_text(f"Seat {seat}")


def tile(wall, seat):
    return wall.locator(".tile", has=wall.locator("h3", has_text=re.compile(rf"^{seat} · ")))


# --- check-in ---


def prepare_check_in(room):
    """Eight who have shown an ID and the room, and wait: nobody has looked at anything yet."""
    wanted = DetectionSet(exam=EXAM, policy=DetectionPolicy(identity=True).to_json(), by="planner", override="")
    room.services.writer.append(Draft(payload=wanted, chain=BOX, exam=EXAM, actor="planner"))
    planned(room, ExamPlan(room_scan=True))
    write = room.services.writer.transact
    for seat, attempt in enumerate(room.attempts, start=1):
        room.lead(seat, "waiting")  # as far as it goes: to the ID
        shown = IdentityPictured(photo="p.jpg", photo_sha256="aa", face="f.jpg", face_sha256="bb")
        compared = IdentityCompared(photo_sha256="aa", score=0.61, limit=0.36, reason="", model="test")
        for said in (shown, compared):
            room.services.writer.append(Draft(payload=said, chain=attempt, exam=EXAM, actor="inference"))
        write(lambda t, attempt=attempt: checkin.identify(t, attempt))
        write(lambda t, attempt=attempt: checkin.record_scan(t, attempt, path="x.webm", sha256="0", size=9, seconds=20))


@pytest.mark.long
def test_eight_candidates_are_checked_in_with_at_most_six_keys_each(tmp_path, visit):
    with opened(tmp_path, 8, prepare_check_in) as room:
        room.send(*range(1, 9))
        wall = watching(room, visit)
        expect(wall.locator(".next-list > li")).to_have_count(16)
        pressed = dict.fromkeys(room.attempts, 0)
        while wall.locator(".next-list > li").count():
            chosen = wall.locator(".next-list > [aria-current]")
            key, text = chosen.get_attribute("data-kind"), chosen.inner_text()
            attempt = room.attempts[int(re.search(r"Seat (\d+)", text)[1]) - 1]
            keys = {"scan": "c", "admit": "a"}[key] if "Who is" not in text or key == "scan" else "i1"
            before = wall.locator(".next").inner_text()
            for one in keys:
                wall.keyboard.press(one)
                pressed[attempt] += 1
            until(lambda before=before: _calmer(wall.locator(".next").inner_text()) != _calmer(before))
        stages = {ask(room, lambda c, a=a: state.attempt(c, a)).stage for a in room.attempts}
        assert stages == {"admitted"}
        assert max(pressed.values()) <= 6, pressed
        assert not wall.faults


def _calmer(text):
    """Without what grows by itself."""
    return re.sub(r"\d+ s|\d+:\d+ min", "", text)


# --- the sitting ---


def test_a_flag_is_decided_with_at_most_three_keys(room, wall):
    room.append(3, flag("three-keys", "face_absent", "medium"))
    expect(item(wall, "Seat 3")).to_have_count(1)
    wall.keyboard.press("d")
    wall.keyboard.press("1")
    expect(item(wall, "Seat 3")).to_have_count(0)


def test_M57_an_announcement_is_typed_and_spoken_and_its_readers_are_counted(room, wall, axe):
    wall.keyboard.press("x")
    assert_accessible(wall, axe, "announce")
    wall.get_by_text("Ready-made sentences").click()
    wall.get_by_role("button", name="Ten minutes are left. Save your work.").click()
    expect(wall.get_by_label("Also read it out loud")).to_be_checked()
    wall.get_by_role("button", name="Announce", exact=True).last.click()
    expect(wall.locator(".announcements")).to_contain_text("Ten minutes are left.")
    expect(wall.locator(".announcements")).to_contain_text("read by 0 of 4")
    [said] = ask(room, lambda c: planning.announcements(c, EXAM))
    assert (said.spoken, said.told) == (1, 4)
    assert_accessible(wall, axe, "the announcement")


def test_M98_a_break_begins_and_ends_by_one_key(room, wall):
    look_at(wall, 2)
    wall.keyboard.press("b")
    expect(wall.get_by_label("Minutes")).to_have_value("7")  # the break of the plan's sections
    wall.keyboard.press("Enter")
    expect(wall.locator(".look-who")).to_contain_text("Break, ")
    expect(wall.get_by_role("button", name="End the break")).to_be_visible()
    expect(wall.locator(".look-actions").get_by_role("button", name="Pause")).to_be_hidden()  # does not fit the stage
    expect(wall.get_by_label("Minutes")).to_be_hidden()  # keys wait for the question to be answered
    wall.keyboard.press("b")
    expect(wall.locator(".look-who")).to_contain_text("In the exam")
    [taken] = ask(room, lambda c: sitting.pauses(c, attempt=room.attempts[1]))
    assert (taken.kind, taken.minutes, taken.ended_at is not None) == ("break", 7, True)


def test_what_does_not_fit_the_stage_is_said_and_not_done(room, wall):
    room.append(1, flag("stage", "face_absent", "low"))
    item(wall, "Seat 1").get_by_role("button").first.click()
    wall.keyboard.press("p")
    wall.get_by_label("Reason").fill("fire alarm: b x n")
    wall.get_by_role("button", name="Pause", exact=True).last.click()
    expect(tile(wall, 1)).to_contain_text("Paused for")
    wall.keyboard.press("b")
    expect(wall.locator(".toast.bad")).to_contain_text("Seat 1: not possible now (Paused)")
    wall.keyboard.press("p")
    expect(tile(wall, 1)).not_to_contain_text("Paused for")
    wall.keyboard.press("c")
    expect(item(wall, "Seat 1")).to_have_count(0)


def test_M63_an_irregularity_is_noted_with_its_moment(room, wall, axe):
    look_at(wall, 4)
    wall.keyboard.press("n")
    assert_accessible(wall, axe, "note")
    wall.get_by_label("What kind").select_option("environment.noise")
    wall.get_by_role("textbox", name="What happened").fill("Drilling next door")
    wall.get_by_label("Seconds ago").fill("30")
    wall.get_by_role("button", name="Note it").click()
    expect(wall.locator(".look-notes")).to_contain_text("Drilling next door")
    [noted] = ask(room, lambda c: sitting.irregularities(c, attempt=room.attempts[3]))
    assert noted.category == "environment.noise"
    assert 29 < noted.noted_at - noted.happened_at < 45


def test_a_look_is_counted_as_attention_and_a_question_goes_to_the_institution(room, wall):
    look_at(wall, 3)
    until(lambda: ask(room, lambda c: sitting.sitting(c, room.attempts[2])).looked_by == "lead")
    wall.keyboard.press("q")
    wall.get_by_role("textbox", name="Question").fill("Is 4b about mitosis?")
    wall.get_by_role("button", name="Pass it on").click()
    expect(wall.locator(".look-notes")).to_contain_text("Is 4b about mitosis?")
    expect(wall.locator(".look-chat")).to_contain_text("I have passed your question to your institution.")
    expect(wall.get_by_role("button", name="extra time")).to_have_count(0)  # never a proctor's


def test_M60_muting_is_of_what_is_played_here_and_its_state_is_seen(room, wall):
    look_at(wall, 3)
    sent = []
    wall.on("request", lambda asked: sent.append(asked.url) if asked.method != "GET" else None)
    sound, camera = wall.locator(".look-actions button", has_text="Sound"), wall.locator(".live.webcam video")
    expect(sound).to_have_text("Sound: on")
    expect(sound).to_have_attribute("aria-pressed", "true")
    assert camera.evaluate("video => video.muted") is False
    wall.keyboard.press("h")
    expect(sound).to_have_text("Sound: off")
    expect(sound).to_have_attribute("aria-pressed", "false")
    assert camera.evaluate("video => video.muted") is True
    assert not [url for url in sent if not url.endswith(("/view", "/webcam", "/screen", "/phone", "/camera"))], sent
    expect(wall.locator(".call")).to_be_hidden()  # the proctor's own microphone is off unless there is a call


def test_M10_another_seat_comes_with_a_new_code(room, wall):
    look_at(wall, 4)
    wall.get_by_role("button", name="Another seat").click()
    wall.get_by_label("New seat").fill("40")
    wall.get_by_label("Reason").fill("the monitor broke")
    wall.get_by_role("button", name="Change the seat").click()
    expect(wall.locator(".new-code")).to_have_text(re.compile(r"^[A-Z0-9-]{8,12}$"))
    assert ask(room, lambda c: state.attempt(c, room.attempts[3])).seat == "40"


def test_M94_staff_talk_among_themselves(room, wall, visit, axe):
    other = visit(viewport={"width": 1280, "height": 800})
    sign_in(other, room, "proctor")
    other.goto(f"{room.url}/wall/{EXAM}")
    expect(other.locator(".line-state")).to_have_text("live")
    wall.keyboard.press("g")
    wall.get_by_label("Say something to the staff").fill("Seat 2 comes back late")
    wall.keyboard.press("Enter")
    expect(wall.get_by_role("log")).to_contain_text("Seat 2 comes back late")
    expect(other.get_by_role("button", name="Staff (1 new)")).to_be_visible()
    assert_accessible(wall, axe, "back channel")


def test_M99_sections_are_given_out_one_at_a_time(room, wall):
    wall.get_by_role("button", name="Sections: 0 of 2 out").click()
    expect(wall.get_by_role("button", name="Give out")).to_have_count(1)
    wall.get_by_role("button", name="Give out").click()
    expect(wall.get_by_role("dialog")).to_contain_text("given out at")
    expect(wall.locator(".section-line", has_text="Writing").get_by_role("button")).to_be_visible()
    assert set(ask(room, lambda c: planning.released(c, EXAM))) == {1}


def test_keys_can_be_other_ones(room, wall):
    wall.keyboard.press("?")
    wall.get_by_label("Announce to everybody").fill("y")
    wall.get_by_role("button", name="Close").click()
    wall.keyboard.press("x")
    expect(wall.locator("dialog[open]")).to_have_count(0)
    wall.keyboard.press("y")
    expect(wall.get_by_role("heading", name="Announce to everybody")).to_be_visible()


def test_M95_the_institution_sees_all_and_does_nothing(room, visit, axe):
    page = visit(viewport={"width": 1280, "height": 800})
    sign_in(page, room, "institution")
    page.goto(f"{room.url}/wall/{EXAM}")
    expect(page.locator(".tile")).to_have_count(4)
    expect(page.get_by_text("Watching only")).to_be_visible()
    for key in ("x", "b", "n", "p", "c"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.get_by_role("button", name="Look at seat 1,").click()
    buttons = page.locator(".look-actions button:visible").all_inner_texts()
    assert [text for text in buttons if not text.startswith("Sound")] == []
    assert_accessible(page, axe, "read-only")


def test_M14_who_is_not_recorded_is_said_in_red(tmp_path, visit):
    with opened(tmp_path, 2, prepare_two) as room:
        room.send(1)
        wall = watching(room, visit)
        banner = wall.get_by_role("alert").filter(has_text="Not recorded")
        expect(banner).to_contain_text("seat 2 (camera, screen)", timeout=10_000)
        expect(item(wall, "Seat 2")).to_contain_text("Not recorded: camera, screen")
        room.send(2)
        expect(banner).to_be_hidden(timeout=10_000)
        expect(item(wall, "Seat 2")).to_have_count(0)


def prepare_two(room):
    for seat in (1, 2):
        room.lead(seat, "in_exam")


def test_I3_nothing_live_is_offered_where_an_exam_is_reviewed_later(tmp_path, visit):
    with opened(tmp_path, 1, prepare_review) as room:
        room.send(1)
        wall = watching(room, visit)
        expect(wall.get_by_text("recorded and reviewed later")).to_be_visible()
        look_at(wall, 1)
        buttons = wall.locator(".look-actions button:visible").all_inner_texts()
        assert not [text for text in buttons if re.search("Call|Warn|Break|Pause|Sound", text)], buttons
        assert any("Message" in text for text in buttons)


def prepare_review(room):
    planned(room, ExamPlan(mode=Mode.RECORD_REVIEW))
    room.lead(1, "waiting")  # nobody watches: who waits is admitted by the box
