"""Every page, in both themes, wide and narrow: nothing that axe finds wrong, nothing wider than the window, no breach
of the content security policy, no sentence without words."""

import pytest

from tests.front.room import EXAM, PASSWORD, flag

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def room(make_room):
    def prepare(room):
        for seat, stage in {
            1: "in_exam",
            2: "waiting",
            3: "equipment",
            4: "in_exam",
            5: "submitted",
            6: "admitted",
        }.items():
            room.lead(seat, stage)
        room.raised(1, flag("f1"))
        room.raised(1, flag("f2", "face_absent", "medium"))
        room.raised(4, flag("f3", "lighting_poor", "low", category="technical"))
        room.say(4, "May I open the window?")
        room.say(4, "Please look at your own screen.", kind="warning", sender="proctor")
        room.say(1, "Is it hot in here?")
        room.gap(4)

    made = make_room(8, prepare)
    made.send(1, 2, 4)
    return made


def sign_in(page, room, user):
    page.goto(f"{room.url}/sign-in")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


def join(page, room, seat):
    page.goto(room.url)
    page.get_by_label("Join code").fill(room.codes[seat - 1])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("h1")


def assert_accessible(page, axe, what):
    page.evaluate(axe)
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    said = [f"{v['id']}: {v['help']}: " + "; ".join(n["html"][:160] for n in v["nodes"]) for v in found["violations"]]
    assert not said, f"{what}:\n" + "\n".join(said)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what} is wider than the window"
    assert not page.faults, f"{what}: {page.faults}"


STAFF = {
    None: ["/", "/sign-in", "/statement", "/nowhere", f"/prepare/{EXAM}"],
    "planner": [
        "/exams",
        "/exams/new",
        f"/exams/{EXAM}",
        f"/exams/{EXAM}/plan",
        f"/exams/{EXAM}/detection",
        f"/exams/{EXAM}/accommodations/{{attempt}}",
        f"/plan/{EXAM}/thresholds",
        f"/reports/{EXAM}",
        f"/flags?exam={EXAM}",
    ],
    "institution": ["/reports"],
    "staff": ["/box"],
    "admin": ["/box/certificate", "/users"],
    "auditor": ["/ledger"],
    "lead": ["/wall"],
    "proctor": ["/users"],  # not for a proctor: the page that says so
}

WINDOWS = [("light", 1280), ("dark", 320)]


@pytest.mark.parametrize(
    ("user", "scheme", "width"),
    [
        pytest.param(user, *window, marks=pytest.mark.long if window == WINDOWS[0] else ())
        for user in STAFF
        for window in WINDOWS
    ],
)
def test_pages_of_forms(room, visit, axe, user, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    if user:
        sign_in(page, room, user)
    for path in STAFF[user]:
        page.goto(room.url + path.format(attempt=room.attempts[0]))
        assert_accessible(page, axe, f"{user} {path} {scheme}")


@pytest.mark.parametrize(
    ("theme", "width"),
    [*(pytest.param(theme, 1366, marks=pytest.mark.long) for theme in ("dark", "light")), ("dark", 360)],
)
def test_wall_and_look(room, visit, axe, theme, width):
    page = visit(viewport={"width": width, "height": 768}, reduced_motion="reduce")
    page.context.add_cookies([{"name": "theme", "value": theme, "url": room.url}])
    sign_in(page, room, "lead")
    page.goto(f"{room.url}/wall/{EXAM}")
    page.wait_for_selector(".tile .still:not([hidden])")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    assert_accessible(page, axe, f"wall {theme} {width}")
    page.keyboard.press("d")
    assert_accessible(page, axe, f"wall, reasons {theme}")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert_accessible(page, axe, f"keys {theme}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Look at seat 4").click()
    page.wait_for_selector(".look-title")
    assert_accessible(page, axe, f"look {theme}")
    page.goto(f"{room.url}/look/{room.attempts[0]}")
    page.wait_for_selector(".look-title")
    assert_accessible(page, axe, f"look page {theme}")


@pytest.mark.parametrize(("scheme", "width"), [pytest.param(*WINDOWS[0], marks=pytest.mark.long), *WINDOWS[1:]])
def test_a_candidate_at_the_door(room, visit, axe, scheme, width):
    """A second join with a used code is refused in words; a first one shows the name, then the agreement."""
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    join(page, room, 1)
    page.get_by_role("alert").wait_for()
    assert_accessible(page, axe, f"refused code {scheme}")
    join(page, room, 7 if scheme == "light" else 8)
    page.get_by_role("heading", name="Is this you?").wait_for()
    assert_accessible(page, axe, f"name {scheme}")
    page.get_by_role("button", name="Yes, that is me").click()
    page.get_by_role("heading", name="Read and sign").wait_for()
    assert_accessible(page, axe, f"agreement {scheme}")
    page.get_by_label("Type your full name to sign").fill(page.get_by_text("As it stands here: ").inner_text()[19:])
    page.get_by_role("button", name="I agree and sign").click()
    page.get_by_role("heading", name="Share camera and screen").wait_for()
    assert_accessible(page, axe, f"equipment {scheme}")
    page.get_by_role("button", name="Turn on camera").click()
    page.get_by_text("The box does not answer").wait_for()  # there is no capture here
    assert_accessible(page, axe, f"camera {scheme}")


@pytest.fixture(scope="module")
def empty_room(make_room):
    return make_room(0)


def test_a_wall_without_candidates(empty_room, visit, axe):
    room = empty_room
    page = visit()
    sign_in(page, room, "lead")
    page.get_by_text("No exam to watch.").wait_for()
    page.goto(f"{room.url}/wall/{EXAM}")
    page.get_by_text("No candidates are assigned to you").wait_for()
    assert_accessible(page, axe, "empty wall")
