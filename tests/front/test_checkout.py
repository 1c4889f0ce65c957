"""Checking out in real browsers: pages from the computer and the phone, the proctor by keyboard, and the receipt."""

import re

import pytest
from playwright.sync_api import expect

from appliance.exam.events import BOX, ExamPlanned, FeedViewed, SegmentClosed
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan
from appliance.ledger import checkout as rows
from appliance.ledger import state
from appliance.ledger.actions import attempts, phones, users
from appliance.ledger.record import Draft
from appliance.web.auth import COOKIE, PHONE_COOKIE
from tests.front.room import EXAM, flag
from tests.front.test_pages import assert_accessible
from tests.front.test_wall import ask, until
from tests.sheets import sheet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PAPER = ExamPlan(
    kind=ExamKind.PAPER,
    check_out=CheckOut.PROCTOR,
    pages=True,
    scratch=True,
    contact="Lab desk, room 12, +49 30 1234567",
)
ALONE = ExamPlan(kind=ExamKind.PAPER, check_out=CheckOut.CANDIDATE, pages=True, scratch=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def prepared(plan, seats):
    def prepare(room):
        writer = room.services.writer
        said = ExamPlanned(exam=EXAM, plan=plan.to_json(), by="planner")
        writer.append(Draft(payload=said, chain=BOX, exam=EXAM, actor="planner"))
        for seat in range(1, seats + 1):
            room.lead(seat, "in_exam")
            _recorded(room, seat)
            writer.transact(lambda t, a=room.attempts[seat - 1]: attempts.finish(t, a))
        room.tokens = {
            **{a: writer.transact(lambda t, a=a: users.open_login(t, attempt=a)) for a in room.attempts},
            "lead": writer.transact(lambda t: users.open_login(t, user="lead")),
        }
        room.phone = writer.transact(lambda t: _phone(t, room.attempts[0]))

    return prepare


def _recorded(room, seat):
    attempt = room.attempts[seat - 1]
    at = room.services.writer.transact(lambda t: t.now)
    segment = {"kind": "webcam", "number": 1, "path": f"{attempt}.mp4", "position": 0.0, "duration": 3500.0, "bytes": 1}
    said = SegmentClosed(**segment, starts_at=at - 3600, init_bytes=1, sha256="0", codecs=["h264"])
    seen = FeedViewed(kind="webcam", by="proctor", what="live")
    writer = room.services.writer
    writer.append(*(Draft(payload=one, chain=attempt, exam=EXAM, actor="test") for one in (said, seen, seen)))
    room.gap(seat)
    for code in ("phone_visible", "phone_visible", "looking_away_repeated"):
        room.raised(seat, flag(f"flag{writer.head}", code))


def _phone(t, attempt):
    row, token = phones.invite(t, attempt, by="candidate")
    _, cookie = phones.scan(t, token, browser="Mozilla Android Chrome")
    phones.confirm(t, attempt, row.pairing, by="lead")
    return cookie


@pytest.fixture(scope="module")
def hall(make_room):
    return make_room(4, prepared(PAPER, 4))


@pytest.fixture(scope="module")
def alone(make_room):
    return make_room(1, prepared(ALONE, 1))


@pytest.fixture
def visiting(visit):
    """A page with somebody's cookie."""

    def open_page(room, who, path, cookie=COOKIE, **options):
        page = visit(**options)
        page.context.add_cookies(
            [{"name": cookie, "value": who, "url": room.url + ("/phone" if cookie != COOKIE else "")}]
        )
        page.goto(room.url + path)
        page.wait_for_selector("main h1:not(:empty), main h2.look-title:not(:empty)")
        return page

    return open_page


def pages_of(room, seat):
    return ask(room, lambda c: rows.pages(c, attempt=room.attempts[seat - 1]))


def stage_of(room, seat):
    return ask(room, lambda c: state.attempt(c, room.attempts[seat - 1])).stage


def photos(*sheets):
    return [
        {"name": f"page {n}.jpg", "mimeType": "image/jpeg", "buffer": data} for n, data in enumerate(sheets, start=1)
    ]


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
def test_M84_M86_pages_from_the_computer_and_the_proctor_by_keyboard(hall, visiting, axe, scheme, width):
    seat = 2 if scheme == "light" else 3
    attempt = hall.attempts[seat - 1]
    page = visiting(hall, hall.tokens[attempt], "/exam", color_scheme=scheme, viewport={"width": width, "height": 900})
    expect(page.get_by_role("heading", level=1)).to_have_text("Check-out")
    expect(page.get_by_text("Hand in the pages you have worked on.")).to_be_visible()
    assert_accessible(page, axe, f"check-out {scheme} {width}")
    page.locator("input[data-pages]").set_input_files(photos(sheet(1), sheet(2, blur=5), sheet(3, light=0.2)))
    expect(page.locator(".page-line")).to_have_count(3, timeout=30_000)
    lines = page.locator(".page-line")
    expect(lines.nth(0)).to_contain_text("Can be read.")
    expect(lines.nth(1)).to_contain_text("Blurred, or nothing to read")
    expect(lines.nth(2)).to_contain_text("Too dark")
    until(lambda: all(page.locator(".page-line img").evaluate_all("all => all.map(one => one.naturalWidth > 0)")))
    assert_accessible(page, axe, f"pages {scheme} {width}")
    page.get_by_role("button", name="Take again: page 2").click()
    page.locator("input[data-pages]").set_input_files(photos(sheet(2)))
    expect(lines.nth(1)).to_contain_text("Can be read.")
    page.get_by_role("button", name="Earlier: page 2").press("Enter")
    expect(page.get_by_text("Page 2 is now page 1.")).to_be_visible()

    look = visiting(
        hall, hall.tokens["lead"], f"/look/{attempt}", color_scheme=scheme, viewport={"width": 1280, "height": 900}
    )
    panel = look.get_by_role("region", name="Check-out")
    expect(panel).to_contain_text("Missing: a page that can be read · count of pages · scratch paper")
    until(lambda: all(panel.locator("img").evaluate_all("all => all.map(one => one.naturalWidth > 0)")))
    look.evaluate(axe)
    assert look.evaluate("async () => (await axe.run('.checkout-panel')).violations.map(one => one.help)") == []
    panel.scroll_into_view_if_needed()
    panel.get_by_role("button", name="I can read it: page 3").press("Enter")
    expect(lines.nth(2)).to_contain_text("Accepted.")
    panel.get_by_label("Pages you count").fill("2")
    look.keyboard.press("Enter")
    expect(panel).to_contain_text("2 counted, 3 are here")
    panel.get_by_label("Pages you count").fill("3")
    look.keyboard.press("Enter")
    panel.get_by_role("button", name="Confirm: scratch paper destroyed on camera").press("Enter")
    expect(panel).to_contain_text("Everything is here.")
    panel.get_by_role("button", name="Let go").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You have handed in")
    assert stage_of(hall, seat) == "submitted"
    assert_accessible(page, axe, f"finished {scheme} {width}")
    page.get_by_role("link", name="See my receipt").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your receipt")
    expect(page.get_by_role("columnheader", name="SHA-256")).to_be_visible()
    assert_accessible(page, axe, f"receipt {scheme} {width}")


def test_M84_the_phone_photographs_the_pages(hall, visiting, axe):
    phone = visiting(hall, hall.phone, "/phone", PHONE_COOKIE, **PHONE)
    section = phone.get_by_role("region", name="Photograph your pages")
    expect(section).to_be_visible()
    assert_accessible(phone, axe, "phone with pages")
    with phone.expect_file_chooser() as choosing:
        section.get_by_role("button", name="Photograph page 1 with the camera app").tap()
    choosing.value.set_files(photos(sheet(1, blur=5)))
    expect(section.get_by_role("status")).to_contain_text("Page 1: Blurred", timeout=20_000)
    section.get_by_role("button", name="Take again: page 1").tap()
    phone.locator("input[data-pages]").set_input_files(photos(sheet(1)))
    expect(section.get_by_role("status")).to_contain_text("Page 1: received, and it can be read.", timeout=20_000)
    assert_accessible(phone, axe, "phone with a page")
    assert [page.readable for page in pages_of(hall, 1)] == [1]
    section.get_by_role("button", name="Photograph page 2", exact=True).tap()  # by the camera that films
    until(lambda: len(pages_of(hall, 1)) == 2, seconds=20)


def test_M83_M88_alone_a_candidate_ticks_counts_and_goes_and_reads_the_receipt(alone, visiting, axe):
    page = visiting(alone, alone.tokens[alone.attempts[0]], "/exam", viewport={"width": 390, "height": 844})
    page.locator("input[data-pages]").set_input_files(photos(sheet(1, blur=5)))
    page.get_by_role("button", name="I can read it: page 1").press("Enter")
    expect(page.locator(".page-line")).to_contain_text("Accepted.")
    assert page.get_by_role("button", name="Finish and stop recording").is_hidden()
    page.get_by_label("How many pages do you hand in?").fill("1")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="I have destroyed it in front of the camera").press("Enter")
    expect(page.get_by_text("Everything is here.")).to_be_visible()
    assert_accessible(page, axe, "complete")
    page.get_by_role("button", name="Finish and stop recording").press("Enter")
    page.get_by_role("link", name="See my receipt").click()
    page.get_by_label("Your reply").fill("The phone was a calculator.")
    page.get_by_role("button", name="Send to my institution").press("Enter")
    expect(page.get_by_text("The phone was a calculator.")).to_be_visible()
    expect(page.get_by_text("Passed to your institution")).to_be_visible()
    assert_accessible(page, axe, "receipt with a reply")
    page.emulate_media(media="print")
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


def test_an_address_without_its_token_says_so(alone, visiting, axe):
    page = visiting(alone, "nobody", "/receipt/open")
    expect(page.get_by_role("status").first).to_contain_text("This address is not complete.")
    assert_accessible(page, axe, "address of a receipt")
    page.goto(f"{alone.url}/receipt/open#wrong")
    expect(page.locator("#receipt-open")).to_contain_text("There is no receipt here.")
