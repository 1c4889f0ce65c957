"""The check-in in a real browser, by keyboard alone: every step of an exam that wants all of them, axe at each, a
reload in between; asked once more; a room scan beside the exam; and exams that want less."""

import contextlib
import dataclasses
import threading
import time

import pytest
from playwright.sync_api import expect

from appliance.box import seen
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import BOX, DetectionSet
from appliance.exam.plan import ExamKind, ExamPlan, Level, Sight
from appliance.ledger import checkin, state
from appliance.ledger.actions import plans
from appliance.ledger.record import Draft
from tests.front.conftest import opened
from tests.front.room import EXAM
from tests.front.test_pages import assert_accessible, join, sign_in
from tests.front.test_wall import ask, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PLAN = ExamPlan(
    room_scan=True,
    position=True,
    required=frozenset({Sight.FACE, Sight.HANDS, Sight.SCREEN}),
    briefing="1. Stay in view.\n2. Hand in at the end.",
    items=("a calculator",),
    contact="Exam desk, room 12",
)
WANTED = DetectionSet(exam=EXAM, policy=DetectionPolicy(identity=True).to_json(), by="planner", override="")


def planned(plan, *, identity=False):
    def prepare(room):
        room.services.writer.transact(lambda t: plans.set_plan(t, EXAM, plan, by="planner"))
        if identity:
            room.services.writer.append(Draft(payload=WANTED, chain=BOX, exam=EXAM, actor="planner"))

    return prepare


@contextlib.contextmanager
def looked_at(room, **facts):
    """As detection would say it, twice a second; `facts` may be changed meanwhile."""
    over = threading.Event()

    def say():
        while not over.wait(0.3):
            said = {sight.value: "not_assessable" for sight in Sight} | facts
            seen.write(
                room.paths.seen, room.attempts[0], {"webcam": {**said, "box": [0.4, 0.2, 0.2, 0.4], "at": time.time()}}
            )

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield facts
    finally:
        over.set()
        thread.join()


def step(page, title):
    expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=20_000)


def press(page, name):
    """Go there by the tabulator, and press it."""
    expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled(timeout=30_000)
    for _ in range(60):
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return page.keyboard.press("Enter")
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {name!r} by keyboard")


def into(page, room):
    """Name and agreement."""
    join(page, room, 1)
    press(page, "Yes, that is me")
    step(page, "Read and sign")
    page.get_by_label("Type your full name to sign").focus()
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Enter")


def as_staff(room, lead, path, **said):
    token = lead.locator("meta[name=csrf-token]").get_attribute("content")
    answer = lead.request.post(
        f"{room.url}/api/attempts/{room.attempts[0]}/{path}", headers={"X-CSRFToken": token}, data=said
    )
    assert answer.ok, answer.text()


def show_room(page):
    press(page, "Record my room")
    press(page, "That was all")  # possible after fifteen seconds
    press(page, "Send it to my proctor")


@pytest.fixture
def room(tmp_path):
    with opened(tmp_path, 1, planned(PLAN, identity=True), capture=True) as room:
        yield room


def test_I10_M48_every_step_by_keyboard_and_a_reload_comes_back(room, visit, axe):
    page, lead = visit(viewport={"width": 320, "height": 800}, color_scheme="dark"), visit()
    page.set_default_timeout(20_000)
    sign_in(lead, room, "lead")
    into(page, room)
    step(page, "Share camera and screen")
    press(page, "Turn on camera and microphone")
    press(page, "Share your screen")
    expect(page.get_by_role("button", name="Continue")).to_be_enabled(timeout=30_000)
    assert_accessible(page, axe, "the self-test")
    tested = ask(room, lambda c: checkin.selftest(c, room.attempts[0])).results
    assert {tested[name]["state"] for name in ("browser", "camera", "microphone", "screen", "loss")} == {"pass"}
    assert tested["applications"] == {"state": "not_assessable", "value": ""}
    press(page, "Continue")
    _shows_the_id_twice(room, page, lead)
    step(page, "Show your room")
    assert_accessible(page, axe, "the room")
    show_room(page)
    step(page, "Sit so that you can be seen")
    _sits(room, page, lead, axe)
    step(page, "The rules of this exam")
    page.reload()
    step(page, "The rules of this exam")
    assert_accessible(page, axe, "the rules")
    press(page, "I have read this")
    step(page, "Please wait for your proctor")
    expect(page.get_by_text("Your proctor looks at your room.")).to_be_visible()
    assert_accessible(page, axe, "waiting")
    assert page.faults == []


def _shows_the_id_twice(room, page, lead):
    """I13: asked once more, the candidate is back on that step within two seconds, and reads why."""
    for times in (1, 2):
        step(page, "Show your ID")
        press(page, "Take the picture of my ID")
        press(page, "Take the picture of my face")
        press(page, "Send both to my proctor")
        step(page, "Show your room")
        if times == 1:
            as_staff(room, lead, "back", stage="identification", reason="the card is blurred")
            expect(page.get_by_role("heading", level=1)).to_have_text("Show your ID", timeout=2_000)
            expect(page.get_by_text("Your proctor asks for this once more: the card is blurred")).to_be_visible()
    folder = room.paths.media / EXAM / room.attempts[0] / "identity"
    assert len(list(folder.glob("*.jpg"))) == 4, "what was shown before is kept"


def _sits(room, page, lead, axe):
    with looked_at(room, face="seen", hands="not_seen") as facts:
        missing = page.get_by_text("Still missing: Both hands, Your screen.")
        expect(missing).to_be_visible()
        expect(page.get_by_text("Put both hands on the desk")).to_be_visible()
        assert_accessible(page, axe, "the position")
        facts["hands"] = "seen"
        as_staff(room, lead, "posture", ticked=["screen"], phone="")
        expect(page.get_by_text("seen by your proctor")).to_be_visible()
        expect(page.get_by_text("Say where your phone is.")).to_be_visible()
        page.get_by_label("I have no phone with me.").focus()
        page.keyboard.press("Space")
        press(page, "I sit like this")


@pytest.mark.long
def test_M25_a_room_scan_beside_the_exam_which_goes_on(tmp_path, visit, axe):
    def prepare(room):
        planned(ExamPlan(contact="Exam desk, room 12"))(room)
        room.lead(1, "in_exam")

    with opened(tmp_path, 1, prepare, capture=True) as room:
        page, lead = visit(viewport={"width": 390, "height": 800}), visit()
        sign_in(lead, room, "lead")
        room.codes[0] = _code(room, lead)
        join(page, room, 1)
        step(page, "Exam")
        as_staff(room, lead, "scan", reason="I heard somebody")
        card = page.get_by_role("region", name="Show your room")
        expect(card).to_contain_text("I heard somebody")
        expect(card).to_contain_text("Your exam goes on meanwhile")
        expect(page.get_by_role("button", name="Hand in")).to_be_visible()
        assert_accessible(page, axe, "a scan beside the exam")
        show_room(page)
        expect(card).to_be_hidden(timeout=15_000)
        assert ask(room, lambda c: state.attempt(c, room.attempts[0])).stage == "in_exam"
        (scan,) = ask(room, lambda c: checkin.scans(c, attempt=room.attempts[0]))
        assert (scan.number, scan.seconds > 12) == (1, True)  # a busy machine begins later
        room.kill()
        away = page.get_by_role("alert").filter(has_text="The box cannot be reached since")
        expect(away).to_contain_text("Exam desk, room 12", timeout=20_000)  # M11: also with the line down
        assert page.faults == []


def _code(room, lead):
    token = lead.locator("meta[name=csrf-token]").get_attribute("content")
    url = f"{room.url}/api/attempts/{room.attempts[0]}/code"
    return lead.request.post(url, headers={"X-CSRFToken": token}, data={}).json()["code"]


LESS = {
    "paper": (ExamPlan(kind=ExamKind.PAPER), "Share your camera"),
    "nothing": (ExamPlan(level=Level.NONE), "Test this computer"),
}


@pytest.mark.parametrize("name", [one if one == "paper" else pytest.param(one, marks=pytest.mark.long) for one in LESS])
def test_M35_M2_M97_exams_that_want_less_say_so(tmp_path, visit, axe, name):
    plan, title = LESS[name]
    with opened(tmp_path, 1, planned(dataclasses.replace(plan, contact="Desk")), capture=True) as room:
        page = visit(viewport={"width": 1280, "height": 800})
        into(page, room)
        step(page, title)
        if name == "nothing":
            expect(page.get_by_text("Nothing of you is recorded in this exam")).to_be_visible()
            expect(page.get_by_role("button", name="Turn on camera and microphone")).to_have_count(0)
        else:
            press(page, "Turn on camera and microphone")
        expect(page.get_by_role("button", name="Share your screen")).to_have_count(0)
        assert_accessible(page, axe, name)
        press(page, "Continue")
        step(page, "Please wait for your proctor")
        kinds = {"paper": {"webcam"}, "nothing": set()}[name]
        until(lambda: {feed.rsplit("/", 1)[1] for feed in room.recorded()} == kinds)
        assert page.faults == []
