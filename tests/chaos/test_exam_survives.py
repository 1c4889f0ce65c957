"""`kill -9` of each process in turn during an exam: what was recorded and acknowledged stays, the wall comes back."""

import json
import re
import time

import pytest
from playwright.sync_api import expect, sync_playwright

from appliance.exam.events import BOX
from appliance.ledger import chain, state
from appliance.ledger import reader as readers
from tests.browser.people import Proctor, chromium
from tests.whole_box import CAPTURE, Box

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PART_SECONDS = 1.0
"""The most that may be lost of a recording: one part."""

LATENESS_SECONDS = 0.5
"""From a frame's arrival to the clock that we look at, on a machine that is busy with six candidates and a browser."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One demo box for all of it: it has to survive one blow after the other."""
    box = Box(tmp_path_factory.mktemp("chaos") / "data")
    box.start(demo=True)
    try:
        until(lambda: len(feeds(box)) == 12 and all(feed["position"] > 3 for feed in feeds(box).values()), 60, box)
        yield box
    finally:
        box.stop()


@pytest.fixture
def no_leaks():
    """The box is older than each test here, and younger: what it leaves behind is checked when it stops."""


def until(true, seconds, box, what=""):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what}\n{box.logs()}"
        time.sleep(0.1)
    return found


def feeds(box):
    return box.feeds()


def events(box, after=0, types=None):
    with readers.opened(box.paths.database) as ledger:
        found = []
        while page := ledger.events(after=after, types=types):
            found += page
            after = page[-1].seq
        return found


def check_chains(box):
    with readers.opened(box.paths.database) as ledger, ledger.connect() as connection:
        names = [BOX, *(row.attempt for row in state.attempts(connection, "demo"))]
        return {name: chain.check(readers.links(connection, name), chain=name)[0] for name in names}


def all_recording(box):
    """Every feed has got media within the last second."""
    now = feeds(box)
    silent = [feed["silent_s"] for feed in now.values() if feed["gap"] is None]
    return len(silent) == 12 and all(seconds is not None and seconds < 1.0 for seconds in silent)


def test_killed_capture_loses_at_most_a_part_of_each_recording_and_says_so(demo):
    until(lambda: all_recording(demo), 30, demo, "not everybody is recorded")
    head = events(demo)[-1].seq
    killed_at = time.time()
    worker = max(CAPTURE, key=lambda name: len(demo.health(name).get("feeds", {})))
    carried = set(demo.health(worker)["feeds"])
    killed = demo.kill(worker)
    demo.wait_healthy(worker, other_than=killed)
    until(lambda: all_recording(demo), 20, demo, f"not everybody came back: {json.dumps(feeds(demo), indent=1)}")
    back = time.time() - killed_at
    new = events(demo, after=head)
    saved = [e.payload for e in new if e.type == "segment.closed" and e.payload.recovered]
    assert len(saved) == len(carried)
    for segment in saved:
        lost = killed_at - (segment.starts_at + segment.duration)
        assert lost <= PART_SECONDS + LATENESS_SECONDS, f"{segment.path} lost {lost:.2f} s"
    gaps = [e.payload for e in new if e.type == "gap.closed" and e.payload.cause == "capture_restarted"]
    assert {(gap.kind, round(gap.ends_at - gap.starts_at) <= back + 2) for gap in gaps} == {
        ("webcam", True),
        ("screen", True),
    }
    assert len(gaps) == len(carried)
    assert not [e for e in new if e.type == "gap.opened" and f"{e.chain}/{e.payload.kind}" not in carried]
    assert back < 15


@pytest.mark.parametrize(
    "name", ["web", *(pytest.param(name, marks=pytest.mark.long) for name in ("inference", "sync", "door"))]
)
def test_M89_another_killed_process_leaves_no_gap_in_any_recording(demo, name):
    until(lambda: all_recording(demo), 30, demo, f"not everybody is recorded: {feeds(demo)}")
    before = check_chains(demo)
    head = events(demo)[-1].seq
    killed = demo.kill(name)
    demo.wait_healthy(name, other_than=killed)
    time.sleep(3)
    until(lambda: all_recording(demo), 10, demo, f"not everybody is recorded: {feeds(demo)}")
    new = events(demo, after=head)
    assert not [e for e in new if e.type.startswith("gap.")], "a gap in a recording"
    after = check_chains(demo)
    assert all(after[which] >= count for which, count in before.items()), "an acknowledged event is gone"


def missed_since(box, head):
    """(feed, sense) of every span that nobody looked at or listened to."""
    said = events(box, after=head, types=frozenset({"analysis.missed"}))
    return {(event.payload.kind, event.payload.sense) for event in said}


def looked_at_since(box, since):
    """Webcams. How often each is looked at is the governor's business: this machine is busy with all of the box."""
    said = box.health("inference").get("feeds", {})
    return sum(feed.endswith("/webcam") and look["looked_at"] > since for feed, look in said.items())


def test_inference_that_was_away_says_what_it_did_not_look_at(demo):
    head = events(demo)[-1].seq
    killed = demo.kill("inference")
    demo.wait_healthy("inference", other_than=killed)
    until(lambda: ("webcam", "sight") in missed_since(demo, head), 15, demo, "nothing is said of what nobody saw")
    back = time.time()
    until(lambda: looked_at_since(demo, back) == 6, 15, demo, "it does not look at six webcams again")


def test_flags_go_on_after_every_blow(demo):
    head = events(demo)[-1].seq
    until(lambda: events(demo, after=head, types=frozenset({"flag.raised"})), 45, demo, "no flag any more")
    raised = {(flag["seat"], flag["code"]) for flag in demo.flags("demo")}
    presence = {"face_absent", "person_absent", "multiple_people", "exits_repeated"}
    assert not [code for seat, code in raised if seat == "6" and code in presence], "seat 6 was there all the time"


@pytest.mark.long
def test_the_wall_recovers_by_itself_and_says_that_it_was_offline(demo):
    with sync_playwright() as playwright, chromium(playwright) as browser:
        lea = Proctor(browser, demo.url, "lead", demo.password)
        lea.watch("demo")
        line = lea.page.locator(".line-state")
        expect(line).to_have_text("live")
        expect(lea.page.locator(".tiles > li")).to_have_count(6)
        head = events(demo)[-1].seq
        killed = demo.kill("web")
        expect(line).to_have_text(re.compile("offline since"), timeout=10_000)
        demo.wait_healthy("web", other_than=killed)
        expect(line).to_have_text("live", timeout=15_000)
        until(lambda: events(demo, after=head, types=frozenset({"flag.raised"})), 45, demo)
        newest = demo.flags("demo")[-1]
        expect(lea.page.locator(".next-list")).to_contain_text(f"Seat {newest['seat']}")
        ages = lea.page.locator(".tiles .age")
        expect(ages.first).to_have_text(re.compile(r"^[0-3] s$"), timeout=10_000)
        assert not lea.page.faults
