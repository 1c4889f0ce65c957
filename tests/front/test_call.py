"""A call as both pages show it when something is in the way: no microphone, no recorder, no sound without a click."""

import pytest
from playwright.sync_api import expect

from appliance.exam.feed import OWN
from appliance.ledger import state
from tests.front.test_candidate import REFUSE, enter
from tests.front.test_pages import assert_accessible, sign_in
from tests.front.test_wall import ask, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

PATIENCE_MS = 25_000
WANTS_A_CLICK = """
const play = HTMLMediaElement.prototype.play;
let clicked = false;
addEventListener('click', () => { clicked = true; }, true);
addEventListener('playing', event => { if (!clicked) event.stopImmediatePropagation(); }, true);
HTMLMediaElement.prototype.play = function () {
  if (this.tagName === 'AUDIO' && !clicked) return Promise.reject(new DOMException('', 'NotAllowedError'));
  return this.tagName === 'AUDIO' ? Promise.resolve() : play.call(this);
};
window.RTCPeerConnection = class {
  iceGatheringState = 'complete'; connectionState = 'new'; localDescription = {sdp: 'v=0'};
  addTransceiver() { return {setCodecPreferences() {}, sender: {}}; }
  addEventListener() {} getSenders() { return []; }
  async createOffer() { return {type: 'offer', sdp: 'v=0'}; }
  async setLocalDescription() {}
  async setRemoteDescription() {
    this.connectionState = 'connected';
    const track = new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
    if (this.ontrack) this.ontrack({track});
    if (this.onconnectionstatechange) this.onconnectionstatechange();
  }
  close() {}
};
"""
"""A browser that plays no sound without a click, and a box that takes every offer."""


@pytest.fixture(scope="module")
def room(make_room):
    made = make_room(4, lambda room: [room.lead(seat, "in_exam") for seat in (1, 2, 3, 4)])
    made.send(1, 2, 3, 4, kinds=OWN)
    return made


@pytest.fixture
def looking(room, visit):
    """The look page of a seat, as the lead sees it."""

    def open_page(seat, script="", **options):
        page = visit(**options)
        page.add_init_script(script)
        sign_in(page, room, "lead")
        page.goto(f"{room.url}/look/{room.attempts[seat - 1]}")
        expect(page.get_by_role("button", name="Call", exact=True)).to_be_enabled(timeout=PATIENCE_MS)
        return page

    return open_page


def calls(room, seat):
    return ask(room, lambda c: state.calls(c, attempt=room.attempts[seat - 1]))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("NotAllowedError", "not allowed to use the microphone"),
        pytest.param("NotFoundError", "No microphone was found", marks=pytest.mark.long),
        pytest.param("NotReadableError", "used by another program", marks=pytest.mark.long),
    ],
)
def test_without_a_microphone_nobody_is_called_and_a_sentence_says_what_to_do(room, looking, error, said):
    page = looking(1, REFUSE.format("getUserMedia", "", error))
    page.keyboard.press("t")
    expect(page.get_by_role("region", name="Call").get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_enabled()
    assert calls(room, 1) == []


@pytest.mark.long
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_call_without_a_recorder_says_so_on_both_sides_and_ends_by_itself(room, looking, visit, axe, scheme, width):
    seat = 2 if scheme == "light" else 3
    candidate = visit(color_scheme=scheme, viewport={"width": width, "height": 800})
    enter(candidate, room, seat)
    page = looking(seat, viewport={"width": 1280, "height": 800})
    page.get_by_role("button", name="Call", exact=True).click()
    banner = candidate.get_by_role("region", name="Call from your proctor")
    expect(banner).to_contain_text("The lead, your proctor, is speaking with you")
    expect(banner).to_contain_text("Connecting the sound")
    expect(banner).to_contain_text("You may speak: your microphone is on.")
    expect(page.get_by_role("region", name="Call")).to_contain_text("Your microphone does not reach the box")
    assert_accessible(candidate, axe, f"a call, candidate, {scheme}")
    assert_accessible(page, axe, "a call, look")
    expect(banner).to_have_count(0, timeout=PATIENCE_MS)  # nobody hears the proctor: the line is lost
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_enabled()
    (call,) = calls(room, seat)
    assert 9 < call.ended_at - call.started_at < 25


def test_the_key_begins_a_call_and_hangs_up_but_not_while_somebody_types(room, looking):
    page = looking(4)
    page.get_by_label("Message to seat 4").focus()
    page.keyboard.press("t")
    assert calls(room, 4) == []
    page.get_by_label("Message to seat 4").fill("")
    page.get_by_role("heading", level=2).first.focus()
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Hang up")).to_be_enabled()
    expect(page.get_by_role("meter")).to_have_count(2)
    page.get_by_role("button", name="Mute me").click()
    expect(page.get_by_role("button", name="Unmute me")).to_have_attribute("aria-pressed", "")
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_enabled()
    assert [call.ended_at is not None for call in calls(room, 4)] == [True]
    expect(page.get_by_role("region", name="Call")).to_have_count(0)
    assert not page.faults


def test_another_page_of_the_same_proctor_goes_on_with_the_call_and_the_first_lets_go(room, looking):
    page = looking(4)
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Hang up")).to_be_enabled()
    known = len(calls(room, 4))
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("region", name="Call")).to_contain_text("goes on, but not on this page")
    other.get_by_role("button", name="Go on with the call").click()
    expect(other.get_by_role("button", name="Hang up")).to_be_enabled()
    expect(page.get_by_role("button", name="Go on with the call")).to_be_enabled()
    assert len(calls(room, 4)) == known
    other.get_by_role("button", name="Hang up").click()
    until(lambda: calls(room, 4)[-1].ended_at is not None)
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_enabled()


def test_a_candidate_whose_microphone_is_off_is_told(room, looking, visit):
    candidate = visit()
    enter(candidate, room, 1)
    candidate.get_by_role("heading", level=1).wait_for()
    candidate.add_init_script(REFUSE.format("getUserMedia", "", "NotFoundError"))
    candidate.reload()
    page = looking(1)
    page.keyboard.press("t")
    banner = candidate.get_by_role("region", name="Call from your proctor")
    expect(banner).to_contain_text("Your microphone is off: your proctor does not hear you. You can write below.")
    expect(page.get_by_role("button", name="Hang up")).to_be_enabled()
    page.keyboard.press("t")
    expect(banner).to_have_count(0)


def test_a_browser_that_wants_a_click_gets_a_button(room, looking, visit):
    candidate = visit()
    candidate.add_init_script(WANTS_A_CLICK)
    candidate.route(
        "**/whep/**",
        lambda route: route.fulfill(status=201, content_type="application/sdp", body="v=0"),
    )
    enter(candidate, room, 4)
    page = looking(4)
    page.keyboard.press("t")
    banner = candidate.get_by_role("region", name="Call from your proctor")
    expect(banner).to_contain_text("plays the sound only after a click")
    banner.get_by_role("button", name="Hear your proctor").click()
    expect(banner).to_contain_text("What both of you say is recorded")
    expect(banner.get_by_role("button")).to_have_count(0)
    page.keyboard.press("t")
    expect(banner).to_have_count(0)
