"""The page of the upstream as lab staff see it: live, calm while the line is away, and silent where it cannot know."""

import time

import pytest
from playwright.sync_api import expect

from appliance.box import upstream
from appliance.box.upstream import Backlog, Failure, Upload, Upstream
from tests.front.room import EXAM
from tests.front.test_pages import WINDOWS, assert_accessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def room(make_room):
    return make_room(2)


def says(room, **said):
    """What sync would write, as of an hour to come, so that it counts for the whole test."""
    state = {"at": time.time() + 3600, "store": "s3://evidence/lab-3", "local": False, "reachable": True, **said}
    upstream.write(room.paths.run, Upstream(**state))


def waiting(n=1_200_000_000):
    return (Backlog(exam=EXAM, attempt="a", objects=40, bytes=n, since=time.time() - 700),)


def upload(sent):
    return (Upload(key=f"north/lab-3/{EXAM}/0123456789abcdef/media/webcam/1-webcam.mp4", size=8_000_000, sent=sent),)


def refused():
    return Failure(
        kind="refused", where="upstream", message="the store refuses our key", hint="Give the box a new one.",
        since=time.time() - 60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "width"), [pytest.param(*WINDOWS[0], marks=pytest.mark.long), pytest.param(*WINDOWS[1])]
)
def test_the_page_follows_each_second_and_says_when_it_has_lost_the_box(room, visit, axe, scheme, width):
    says(room, backlog=waiting(), uploads=upload(2_000_000), eta_s=700.0, bytes_per_s=250_000.0)
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    sign_in(page, room, "staff")
    page.get_by_role("link", name="Upstream", exact=True).click()
    sentence = page.locator("#up-sentence")
    expect(sentence).to_have_text("Evidence still waits, about 12 min: do not unplug.")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "2000000")
    bar.evaluate("bar => { bar.seen = true; }")
    says(room, backlog=waiting(), uploads=upload(6_000_000), eta_s=700.0, bytes_per_s=250_000.0)
    expect(page.get_by_text("6.0 MB of 8.0 MB, 75 %")).to_be_visible()
    assert bar.evaluate("bar => bar.seen && bar.value === 6000000"), "the bar moves; it is not another one"
    assert_accessible(page, axe, f"upstream that sends, {scheme}")

    says(room, reachable=False, backlog=waiting(), failures=(refused(),))
    expect(sentence).to_have_text("Something does not go upstream until somebody acts: do not unplug yet.")
    expect(page.get_by_text("Call whoever runs the store")).to_be_visible()
    expect(page.locator("[data-announce]")).to_contain_text("until somebody acts")
    assert_accessible(page, axe, f"upstream that is refused, {scheme}")

    says(room)
    expect(sentence).to_have_text("Nothing has been recorded yet. Safe to unplug the box.")
    page.context.set_offline(True)
    lost = page.get_by_role("alert")
    expect(lost).to_contain_text("This page has lost the box")
    expect(lost).to_contain_text("may not hold any more")
    expect(sentence).to_be_hidden()
    assert_accessible(page, axe, f"upstream that is lost, {scheme}")
    page.context.set_offline(False)
    expect(lost).to_be_hidden()


def test_a_page_that_is_not_followed_says_the_same_without_scripts(room, visit):
    says(room, reachable=False, backlog=waiting())
    page = visit(java_script_enabled=False)
    sign_in(page, room, "staff")
    page.goto(f"{room.url}/upstream")
    expect(page.locator("#up-sentence")).to_have_text(
        "The line is away; recordings are safe on this box and go on by themselves."
    )
    expect(page.get_by_text("This page looks again")).to_be_hidden()


def test_who_is_signed_out_meanwhile_comes_to_the_page_for_signing_in(room, visit):
    says(room)
    page = visit()
    sign_in(page, room, "staff")
    page.goto(f"{room.url}/upstream")
    page.context.clear_cookies()
    page.wait_for_url(lambda url: "sign-in" in url)
