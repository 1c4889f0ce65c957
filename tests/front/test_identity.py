"""Who sits there, in two browsers: a candidate shows an ID and turns the head, a proctor sees, asks and decides."""

import pytest
from playwright.sync_api import expect

from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import BOX, AnalysisCovered, BaselineTaken, ChallengeAnswered, DetectionSet, IdentityCompared
from appliance.ledger import detection, state
from appliance.ledger.record import Draft
from tests.front.conftest import opened
from tests.front.room import EXAM, NAMES, flag
from tests.front.test_pages import assert_accessible, join, sign_in
from tests.front.test_wall import ask, item, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

WANTED = DetectionSet(exam=EXAM, policy=DetectionPolicy(identity=True).to_json(), by="planner", override="")


def prepare(room):
    room.services.writer.append(Draft(payload=WANTED, chain=BOX, exam=EXAM, actor="planner"))
    room.lead(3, "consent")


def known(room, seat):
    return ask(room, lambda c: detection.identity(c, room.attempts[seat - 1]))


def stage(room, seat):
    return ask(room, lambda c: state.attempt(c, room.attempts[seat - 1])).stage.value


def share(page):
    """Name, agreement, camera and screen; the next step is the ID."""
    page.get_by_role("button", name="Yes, that is me").click()
    page.get_by_label("Type your full name to sign").fill(page.get_by_text("As it stands here: ").inner_text()[19:])
    page.get_by_role("button", name="I agree and sign").click()
    page.get_by_role("button", name="Turn on camera").click()
    page.get_by_role("button", name="Share your screen").click()
    expect(page.get_by_text("Arrives at the box")).to_have_count(2, timeout=15_000)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Show your ID")


def watch(room, page):
    sign_in(page, room, "lead")
    page.goto(f"{room.url}/wall/{EXAM}")
    expect(page.locator(".line-state")).to_have_text("live")


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path, 3, prepare, capture=True) as room:
        yield room


def test_an_id_is_shown_compared_and_decided_by_a_person(room, visit, axe):
    page, lead = visit(viewport={"width": 320, "height": 800}), visit(viewport={"width": 1440, "height": 900})
    join(page, room, 1)
    share(page)
    watch(room, lead)
    assert_accessible(page, axe, "the ID")
    page.get_by_role("button", name="Take the picture of my ID").click()
    page.get_by_role("button", name="Take again: my ID").click()
    page.keyboard.press("Enter")  # the focus is on the button that comes next
    page.get_by_role("button", name="Take the picture of my face", exact=True).click()
    assert_accessible(page, axe, "both pictures")
    assert known(room, 1).photo is None, "nothing is sent before Send"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Please wait for your proctor")
    expect(page.get_by_text("Your ID was sent.")).to_be_visible()

    waits = item(lead, "Seat 1")
    waits.get_by_role("button").first.click()
    expect(waits.get_by_text("Being compared…")).to_be_visible()
    sha = known(room, 1).photo_sha256
    room.append(1, IdentityCompared(photo_sha256=sha, score=0.61, limit=0.363, reason="", model="m"))
    expect(waits.get_by_text("0.61, above the limit 0.36: likely the same person.")).to_be_visible()
    assert waits.locator(".id-pictures img").evaluate_all("images => images.every(i => i.naturalWidth > 0)")
    expect(waits.locator(".item-body").get_by_role("button", name="Admit")).to_have_count(0)
    assert_accessible(lead, axe, "the list with an ID")
    lead.keyboard.press("a")
    expect(lead.get_by_text("Nobody has decided yet who this candidate is")).to_be_visible()
    lead.keyboard.press("1")
    assert known(room, 1).decision is None, "a digit alone decides nothing"
    lead.keyboard.press("i")
    lead.keyboard.press("1")
    until(lambda: known(room, 1).decision == "matched")
    waits.locator(".item-body").get_by_role("button", name="Admit").click()
    until(lambda: stage(room, 1) == "admitted")
    _turns_the_head(room, page, lead)
    _is_told_why_and_why_not(room, lead, axe)
    assert page.faults == lead.faults == []


def _turns_the_head(room, page, lead):
    """In the look: asked once, shown at the candidate's by itself, answered."""
    lead.get_by_role("button", name="Look at seat 1").click()
    lead.get_by_role("button", name="Ask to turn the head").click()
    expect(page.get_by_role("dialog", name="Please move your head")).to_be_visible()
    expect(page.locator(".challenge-what")).to_have_text("Sit straight and look at the screen.")
    expect(lead.locator(".look-challenge")).to_contain_text("the candidate has been asked")
    expect(lead.get_by_role("button", name="Ask to turn the head")).to_be_disabled()
    (asked,) = ask(room, lambda c: detection.challenges(c, room.attempts[0]))
    room.append(1, ChallengeAnswered(challenge=asked.challenge, seen=["done", "not_seen", "unassessable"]))
    said = lead.locator(".look-challenge")
    for words in (": seen", ": not seen", ": could not be judged"):
        expect(said).to_contain_text(words)


def _is_told_why_and_why_not(room, lead, axe):
    raised = flag("why")
    room.append(1, raised)
    shown = lead.locator(".flag", has_text="Phone visible")
    expect(shown).to_contain_text("3 of 3 looks · 0.81")
    expect(shown.locator(".why").first).to_contain_text(f"Limit{raised.threshold:g}")
    expect(shown).to_contain_text("Usual innocent causes")
    room.append(1, AnalysisCovered(kind="webcam", ticks={"face_absent": [9, 10], "phone_visible": [1, 10]}))
    room.append(1, BaselineTaken(kind="webcam", values={"yaw": 1.0}, objects=[], late=False))
    judged = lead.locator(".look-judged")
    expect(judged).to_contain_text("1 of 2 rules that were looked at", timeout=12_000)
    judged.get_by_text("Each rule").click()
    expect(judged.get_by_role("row", name="Phone visible")).to_contain_text("10 % (1 of 10 looks)")
    expect(judged).to_contain_text("Base line of the camera taken at")
    lead.keyboard.press("f")
    dialog = lead.get_by_role("dialog", name="Flag this moment")
    dialog.get_by_label("What is it?").select_option("headphones")
    assert_accessible(lead, axe, "a tick")
    dialog.get_by_role("button", name="Raise flag").click()
    expect(lead.locator(".flag", has_text="Headphones")).to_be_visible()
    assert_accessible(lead, axe, "the look with why and why not")


@pytest.mark.long
def test_who_declines_is_looked_at_by_a_person(room, visit, axe):
    page, lead = visit(), visit()
    join(page, room, 2)
    share(page)
    page.get_by_text("I do not want my face compared").click()
    assert_accessible(page, axe, "declining")
    page.get_by_role("button", name="Do not compare my face").click()
    expect(page.get_by_text("The box compares nothing. Your proctor looks at your ID")).to_be_visible()
    watch(room, lead)
    waits = item(lead, "Seat 2")
    waits.get_by_role("button").first.click()
    expect(waits.get_by_text("The candidate wants no comparison by the box")).to_be_visible()
    waits.get_by_role("button", name="Refuse…").click()
    dialog = lead.get_by_role("dialog", name="Refuse the identity of seat 2?")
    expect(dialog).to_contain_text(NAMES[1])
    dialog.get_by_label("Reason").fill("no ID at hand")
    dialog.get_by_role("button", name="Refuse").click()
    expect(page.get_by_text("Your proctor could not accept what was shown.")).to_be_visible()
    lead.keyboard.press("i")
    lead.keyboard.press("2")
    expect(page.get_by_text("Your proctor has looked at your ID.")).to_be_visible()
    assert known(room, 2).photo is None
    assert page.faults == lead.faults == []
