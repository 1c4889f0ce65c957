"""A phone as a second camera, in real browsers: the code is read from the screen by a QR reader and opened in a window
of a phone's size; a proctor confirms it; it is seen, recorded, comes back after a reload, and is removed."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser.people import MOVES, Candidate, Proctor, chromium, new_page
from tests.browser.test_exam import NAMES, PASSWORD, exam_box, until  # noqa: F401
from tests.qr import read

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def test_I22_M44_a_phone_is_a_second_camera(exam_box, playwright):  # noqa: F811
    box, codes = exam_box
    with chromium(playwright) as one, chromium(playwright) as two, chromium(playwright) as three:
        ada, pia = Candidate(one, box.url, codes["1"], NAMES["1"]), Proctor(two, box.url, "pia", PASSWORD)
        ada.join()
        ada.sign()
        ada.share()
        ada.ready()
        pia.watch("bio")
        pia.look("1")
        phone = new_page(three, **PHONE)
        took = _joins_within_thirty_seconds(ada, pia, phone)
        print(f"from scanning to a moving picture: {took:.1f} s")
        _is_seen_on_the_wall(pia)
        _comes_back_after_a_reload(box, pia, phone)
        _is_recorded_as_a_feed_of_its_own(box)
        _is_removed_within_two_seconds(box, ada, pia, phone)
        _plays_beside_the_webcam(box, pia)
        assert not [fault for page in (ada.page, pia.page, phone) for fault in page.faults]


def _joins_within_thirty_seconds(ada, pia, phone):
    ada.page.get_by_role("button", name="Use your phone as a second camera").click()
    picture = ada.page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    link = read(picture.screenshot())
    began = time.monotonic()
    phone.goto(link)
    expect(phone.get_by_text("Waiting for the proctor to confirm this phone")).to_be_visible()
    look = pia.page.locator("dialog")
    expect(look.get_by_text("A phone wants to join seat 1")).to_be_visible()
    assert look.locator(".live").count() == 2  # nothing is sent before somebody has confirmed it
    look.get_by_role("button", name="Confirm", exact=True).click()
    video = look.get_by_label("Phone of seat 1")
    assert video.evaluate(MOVES), "the phone's picture does not move"
    took = time.monotonic() - began
    assert took < 30
    expect(phone.get_by_text("This picture is recorded")).to_be_visible()
    expect(ada.page.get_by_text("Your phone is connected as a second camera.")).to_be_visible()
    return took


def _is_seen_on_the_wall(pia):
    pia.close()
    expect(pia.tile("1").locator(".inset.second")).to_be_visible()
    expect(pia.tile("1").locator(".dot", has_text="phone ●")).to_be_visible()


def _comes_back_after_a_reload(box, pia, phone):
    """By itself, and nobody is asked again."""
    phone.reload()
    expect(phone.get_by_text("This picture is recorded")).to_be_visible()
    pia.look("1")
    assert pia.page.locator("dialog").get_by_label("Phone of seat 1").evaluate(MOVES)


def _is_recorded_as_a_feed_of_its_own(box):
    until(lambda: list(box.paths.media.glob("bio/*/phone/1-phone-*")), 10, "nothing of the phone is on disk")


def _is_removed_within_two_seconds(box, ada, pia, phone):
    line = pia.page.locator("dialog").get_by_role("region", name="The candidate's phone")
    line.get_by_role("button", name="Remove").click()
    pia.page.get_by_label("Reason").fill("shows the ceiling")
    pia.page.locator("dialog:not(.look-dialog)").get_by_role("button", name="Remove").click()
    began = time.monotonic()
    until(lambda: not list(box.paths.media.glob("bio/*/phone/*.open")), 2, "it is still recorded")
    assert time.monotonic() - began < 2
    expect(phone.get_by_role("alert")).to_contain_text("This phone is not connected.")
    expect(ada.page.get_by_text("your proctor did not let it in or has removed it")).to_be_visible()
    expect(pia.page.locator("dialog").get_by_label("Phone of seat 1")).to_have_count(0)


def _plays_beside_the_webcam(box, pia):
    pia.page.locator("dialog").get_by_role("link", name="Recording").click()
    recording = pia.page.get_by_label("Recording of the phone")
    expect(recording).to_be_visible()
    until(lambda: recording.evaluate("video => video.readyState >= 2 && video.videoWidth > 0"), 20, "it does not play")
    expect(pia.page.get_by_text("phone removed")).to_be_visible()  # and from when on there is none
