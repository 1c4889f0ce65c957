"""The queue of review in a browser: 24 seats and 300 flags, by keyboard, in both themes, on a telephone."""

import hashlib
import time
from unittest import mock

import pytest
from playwright.sync_api import expect

from appliance.exam.events import AttentionGiven, RecordingWatched, SegmentClosed
from appliance.exam.feed import Kind
from appliance.exam.flags import RULES
from appliance.ledger import state
from appliance.ledger.actions import flags, review
from appliance.ledger.record import Draft
from tests.front.room import EXAM, flag, still
from tests.ledger.recorded import Clock

from .test_pages import assert_accessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CODES = [("phone_visible", "high"), ("looking_away", "low"), ("speech", "medium"), ("face_absent", "medium")]


def segment(n, at, seat, kind="webcam"):
    return SegmentClosed(
        kind=kind,
        number=n,
        path=f"{seat}/{kind}/{n}.mp4",
        starts_at=at,
        position=30.0 * n,
        duration=30.0,
        bytes=1,
        init_bytes=1,
        sha256="0" * 64,
        codecs=[],
    )


def snapshot(room, seat, name, at):
    """A real picture, as detection keeps it."""
    attempt = room.attempts[seat - 1]
    file = room.paths.media / EXAM / attempt / "snapshots" / f"{name}-peak.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = still(seat, Kind.WEBCAM)
    file.write_bytes(picture)
    path = file.relative_to(room.paths.media).as_posix()
    return {"moment": "peak", "path": path, "sha256": hashlib.sha256(picture).hexdigest(), "at": at}


def fill(room):
    """24 candidates, 20 minutes recorded of each, 300 flags."""
    now = time.time() - 1300

    def say(seat, *payloads):
        chain = room.attempts[seat - 1]
        drafts = [Draft(payload=payload, chain=chain, exam=EXAM, actor="test") for payload in payloads]
        room.services.writer.append(*drafts)

    with mock.patch("time.time", Clock(-500.0)):  # they came eight minutes ago
        for seat in range(1, 25):
            room.lead(seat, "in_exam")
    for seat in range(1, 25):
        say(seat, *(segment(n, now + 30 * n, seat) for n in range(40)))
        if seat % 3 == 0:
            until = now + (1200 if seat % 2 else 500)
            say(seat, RecordingWatched(kinds=["webcam"], starts_at=now, ends_at=until, speed=1.0, by="lead"))
    for n in range(300):
        seat, (code, severity) = n % 23 + 1, CODES[n % 4]
        name, at = f"flag-{n}", now + 2 * n
        category = RULES[code].category.value if code in RULES else "uncertain"
        room.raised(
            seat,
            flag(
                name,
                code,
                severity,
                category=category,
                onset_at=at,
                snapshots=[] if n % 5 == 0 else [snapshot(room, seat, name, at)],
            ),
        )
    say(24, AttentionGiven(kind="look", by="lead"))
    why = "A phone lay beside the keyboard from 10:02 to 10:09."
    write = room.services.writer.transact
    write(lambda t: review.recommend(t, room.attempts[2], kind="refer", text=why, by="lead", by_name="The lead"))
    write(lambda t: flags.note_on(t, "flag-0", text="I know this calculator.", by="lead", by_name="The lead"))


@pytest.fixture(scope="module")
def room(make_room):
    return make_room(24, fill)


def decision(room, name):
    with room.services.reader.connect() as connection:
        found = state.flag(connection, name)
    return found.state, found.reason


def opened(visit, room, user="reviewer", **options):
    page = visit(**options)
    sign_in(page, room, user)
    page.goto(f"{room.url}/review/{EXAM}")
    page.locator("[data-decide]:not([hidden])").first.wait_for()
    return page


def chosen(page):
    return page.locator("[data-flag][aria-current]").get_attribute("data-flag")


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_300_flags_of_24_seats_are_readable_by_everybody(room, visit, axe, scheme, width):
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    sign_in(page, room, "reviewer")
    page.wait_for_url("**/review")
    assert_accessible(page, axe, f"review index {scheme}")
    began = time.monotonic()
    page.get_by_role("link", name="Biology 101").click()
    page.locator("[data-decide]:not([hidden])").first.wait_for()
    assert time.monotonic() - began < 3
    assert page.locator("[data-flag]").count() == 30
    page.goto(f"{room.url}/review/{EXAM}?show=300")
    page.locator("[data-decide]:not([hidden])").first.wait_for()
    assert page.locator("[data-flag]").count() >= 290
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("heading", name="What was looked at").scroll_into_view_if_needed()
    assert "Never looked at" in page.locator("main").inner_text()
    page.goto(f"{room.url}/review/{EXAM}?seat=1")  # the same with fewer, for which axe needs no half minute
    page.locator("[data-decide]:not([hidden])").first.wait_for()
    page.locator("[data-do=dismissed]").first.click()
    assert_accessible(page, axe, f"review queue {scheme}")


def test_I5_the_queue_is_walked_and_decided_by_keys_and_a_decision_is_undone(room, visit):
    page = opened(visit, room)
    page.keyboard.press("j")
    first = chosen(page)
    page.keyboard.press("j")
    assert chosen(page) != first
    page.keyboard.press("k")
    assert chosen(page) == first
    page.keyboard.press("u")
    expect(page.get_by_role("group", name="Why inconclusive?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Why inconclusive?")).to_have_count(0)
    page.keyboard.press("u")
    page.keyboard.press("2")
    expect(page.locator(f"[data-flag='{first}']")).to_have_count(0)
    assert decision(room, first) == ("inconclusive", "not_recorded")
    second = chosen(page)  # the next one has the focus at once
    page.keyboard.press("d")
    page.keyboard.press("1")
    expect(page.locator(f"[data-flag='{second}']")).to_have_count(0)
    assert decision(room, second) == ("dismissed", "innocent_action")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator(f"[data-flag='{second}']")).to_be_visible()
    assert decision(room, second) == ("open", "")
    third = chosen(page)
    page.keyboard.press("c")
    expect(page.locator(f"[data-flag='{third}']")).to_have_count(0)
    assert decision(room, third)[0] == "confirmed"
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/review/{EXAM}/*at=*")
    assert not page.faults


def test_of_two_reviewers_the_second_reads_who_was_first_and_the_list_is_right_again(room, visit):
    one, other = opened(visit, room, "lead"), opened(visit, room, "reviewer")
    for page in (one, other):
        page.keyboard.press("j")
    name = chosen(other)
    assert chosen(one) == name
    one.context.set_offline(True)  # the first does not hear of it
    other.keyboard.press("c")
    expect(other.locator(f"[data-flag='{name}']")).to_have_count(0)
    one.context.set_offline(False)
    one.keyboard.press("d")
    one.keyboard.press("2")
    expect(one.get_by_text("was confirmed by The reviewer meanwhile")).to_be_visible()
    expect(one.locator(f"[data-flag='{name}']")).to_have_count(0)
    assert decision(room, name)[0] == "confirmed"


def test_a_flag_that_is_raised_meanwhile_comes_by_itself_and_filters_stay(room, visit):
    page = opened(visit, room)
    page.get_by_label("Severity").select_option("high")
    page.wait_for_url("**sign=high*")
    page.locator("[data-decide]:not([hidden])").first.wait_for()
    assert page.locator("[data-flag]:not([data-severity='high'])").count() == 0
    page.goto(f"{page.url}&show=300")
    page.locator("[data-decide]:not([hidden])").first.wait_for()
    room.append(5, flag("late-one", "phone_visible", "high"))
    expect(page.locator("[data-flag='late-one']")).to_be_attached(timeout=10_000)
    page.get_by_label("Keys are on").uncheck()
    page.locator("[data-flag='late-one'] .rq-open").focus()
    page.keyboard.press("c")
    page.wait_for_timeout(300)
    assert decision(room, "late-one")[0] == "open"


def test_a_blind_minute_is_drawn_in_the_queue_watched_without_flags_and_counted(room, visit):
    page = opened(visit, room)
    expect(page.get_by_text("0 of 10 minutes watched")).to_be_visible()
    page.get_by_role("button", name="Next blind minute").click()
    page.wait_for_url(f"**/review/{EXAM}/{room.attempts[23]}?sample=*")
    expect(page.get_by_role("heading", name="A minute to watch", level=2)).to_be_visible()
    page.get_by_role("button", name="Nothing there").click()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("link", name="To the queue").click()
    expect(page.get_by_text("1 of 10 minutes watched")).to_be_visible()
    expect(page.get_by_text("In 0 of 1 that could be judged")).to_be_visible()


def test_why_there_is_no_blind_minute_for_somebody_is_said(room, visit):
    page = opened(visit, room, "lead")  # who has looked at the one candidate without a flag
    page.get_by_role("button", name="Next blind minute").click()
    expect(page.get_by_text("There is no minute to watch")).to_be_visible()
