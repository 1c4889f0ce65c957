"""The institution's inbox in the browser: nothing that axe finds, a number in the bar that follows, an answer by
keyboard and one without a script."""

import pytest

from appliance.ledger.actions import users

from .test_pages import assert_accessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

POST = """async said => (await fetch("/api/me/inquiries", {method: "POST", body: JSON.stringify(said), headers: {
  "Content-Type": "application/json",
  "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content}})).status"""
LONG = "Is the figure in question 3b the one on page 2, or the one on the separate sheet? " * 4


@pytest.fixture(scope="module")
def room(make_room):
    tokens = {}

    def prepare(room):
        for seat in (1, 2):
            room.lead(seat, "in_exam")
            attempt = room.attempts[seat - 1]
            tokens[seat] = room.services.writer.transact(lambda t, a=attempt: users.open_login(t, attempt=a))

    made = make_room(2, prepare)
    made.tokens = tokens
    return made


@pytest.fixture
def ask(room, visit):
    """A candidate writes to the institution."""

    def asked(seat, kind, text):
        page = visit()
        page.context.add_cookies([{"name": "box", "value": room.tokens[seat], "url": room.url}])
        page.goto(f"{room.url}/statement")
        status = page.evaluate(POST, {"kind": kind, "text": text})
        assert status == 201

    return asked


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_I34_questions_come_in_are_counted_and_are_answered(room, visit, ask, axe, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    sign_in(page, room, "institution")
    page.wait_for_url("**/inbox")
    page.get_by_text("No question is waiting.").wait_for()
    assert_accessible(page, axe, f"empty inbox {scheme}")
    ask(1, "content", f"{LONG} ({scheme})")
    page.get_by_role("listitem").first.wait_for(timeout=15_000)  # an empty page shows the first one by itself
    ask(2, "accommodation", "أحتاج إلى استراحة 🙏")
    page.get_by_text("There are new questions.").wait_for(timeout=15_000)
    assert "2 open" in page.locator("[data-inbox-count]").inner_text()
    page.get_by_role("link", name="Reload").click()
    assert_accessible(page, axe, f"inbox {scheme}")
    first = page.locator("[data-inquiry]").first
    first.get_by_label("Your answer").focus()
    page.keyboard.type("The one on page 2.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Answered (").wait_for()
    second = page.locator("[data-inquiry]")
    second.get_by_label("Your answer").fill("Yes: ten minutes more.")
    second.get_by_label("Extra minutes").fill("10")
    second.get_by_role("button", name="Send the answer").click()
    page.get_by_text("No question is waiting.").wait_for()
    assert page.locator("[data-inbox-count]").is_hidden()
    page.locator("summary", has_text="Answered").click()
    page.get_by_text("The one on page 2.").first.wait_for()
    assert_accessible(page, axe, f"answered {scheme}")


def test_without_a_script_a_question_is_answered_as_well(room, visit, ask):
    ask(1, "content", "Without a script?")
    page = visit(java_script_enabled=False)
    page.goto(f"{room.url}/sign-in")
    page.get_by_label("User name").fill("institution")
    page.get_by_label("Password").fill("four good words here")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your answer").fill("It works.")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_text("No question is waiting.").wait_for()
