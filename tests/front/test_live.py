"""A live picture that is too much for a line: stills instead, and by itself another try."""

import time

import pytest
from playwright.sync_api import expect

from tests.front.test_pages import sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

FAKE = """
window.RTCPeerConnection = class extends EventTarget {
  iceGatheringState = 'complete'; connectionState = 'new'; localDescription = {sdp: 'v=0'};
  addTransceiver() { return {setCodecPreferences() {}}; }
  async createOffer() { return {type: 'offer', sdp: 'v=0'}; }
  async setLocalDescription() {}
  async setRemoteDescription() { this.become('connected'); setTimeout(() => this.become('closed'), 400); }
  become(state) { this.connectionState = state; if (this.onconnectionstatechange) this.onconnectionstatechange(); }
  close() {}
};
"""
"""A connection that the box ends after a moment."""


@pytest.fixture(scope="module")
def room(make_room):
    made = make_room(1, lambda room: room.lead(1, "in_exam"))
    made.send(1)
    return made


def looking(room, visit, *, status):
    """The look page, where the box answers a goodbye with `status`; -> the page and the offers that it made."""
    page, offers = visit(viewport={"width": 1440, "height": 900}), []
    page.add_init_script(FAKE)

    def whep(route):
        if route.request.method == "DELETE":
            return route.fulfill(status=status, json={"error": "the line was too slow", "hint": ""})
        offers.append(route.request.url)
        session = route.request.url + "/session/1"
        return route.fulfill(status=201, content_type="application/sdp", headers={"Location": session}, body="v=0")

    page.route("**/whep/**", whep)
    sign_in(page, room, "lead")
    page.goto(f"{room.url}/look/{room.attempts[0]}")
    return page, offers


def of_the_webcam(offers):
    """Other feeds of the candidate are asked for when their turn comes."""
    return sum(url.endswith("/webcam") for url in offers)


def until(page, true, seconds=8.0):
    """The page goes on meanwhile: its requests are answered in this thread."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)


@pytest.mark.long
def test_a_view_that_was_too_slow_shows_stills_and_tries_again_later(room, visit):
    page, offers = looking(room, visit, status=410)
    camera = page.locator("figure.live.webcam")
    expect(camera.get_by_role("status")).to_contain_text(
        "Your line is too slow for the live picture; showing stills", timeout=25_000
    )
    still = camera.get_by_role("img", name="Camera of seat 1")
    expect(still).to_be_visible()
    until(page, lambda: still.evaluate("image => image.naturalWidth > 0"))
    expect(camera.locator(".live-still .age")).to_contain_text(" s")
    tried = of_the_webcam(offers)
    page.wait_for_timeout(5000)
    assert of_the_webcam(offers) == tried, "not at once"
    until(page, lambda: of_the_webcam(offers) > tried, 20)
    expect(still).to_be_visible()
    assert not page.faults


def test_a_view_that_ended_for_another_reason_is_tried_again_at_once(room, visit):
    page, offers = looking(room, visit, status=404)
    camera = page.locator("figure.live.webcam")
    expect(camera.get_by_role("status")).to_contain_text("Connection lost. Trying again", timeout=25_000)
    expect(camera.locator(".live-still")).to_have_count(0)
    until(page, lambda: len(offers) > 4, 15)
