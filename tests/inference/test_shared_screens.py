"""A shared screen through a whole attempt: from looks and readings to flags, their pictures, spans without a look."""

import pytest

from appliance.exam import events
from appliance.exam.detection import DetectionPolicy
from appliance.exam.feed import Feed, Kind
from appliance.inference.ocr import Line, Reading
from appliance.inference.screen import Popup, Screen
from tests.inference.test_room import START, Ledger, into_exam

SHARED = Feed("a1", Kind.SCREEN)
LISTED = DetectionPolicy(not_sites=("chatgpt.com",))
CHATGPT = Reading(lines=(Line("chatgpt.com/c/1", 0.99, 0.1, 0.05, 0.3, 0.07),), whole=True)
EXAM = Reading(lines=(Line("exam.test/7", 0.99, 0.1, 0.05, 0.3, 0.07),), whole=True)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def sharing(ledger, policy=LISTED, *, steps=None):
    """A room in which the candidate shares a screen and is in the exam, or has come `steps` events far."""
    room = ledger.room()
    ledger.happen(room, events.DetectionSet(exam="bio", policy=policy.to_json(), by="pia", override=""), START - 1)
    scratch = Ledger(ledger.media)
    into_exam(scratch)
    for wall, payload, _ in scratch.events[:steps]:
        ledger.happen(room, payload, wall)
    ledger.happen(room, events.FeedOpened(kind="screen", connection="s", codecs=["h264"], opened_at=START), START)
    return room


def look(ledger, room, start, seconds, reading=None, **facts):
    for at in range(seconds):
        ledger.now = start + at
        usual = {"changed": 0.01, "moved": 0.0, "reads": True, "reading": reading}
        seen = Screen(at=start + at, position=start + at - START, **usual | facts)
        room.share(SHARED, seen, f"jpeg {start + at}".encode())


def codes(ledger):
    return [flag.code for flag in ledger.said(events.FlagRaised)]


def test_a_forbidden_site_is_raised_with_its_picture_and_closed_when_it_is_gone(ledger):
    room = sharing(ledger)
    look(ledger, room, START + 5, 5, EXAM)
    look(ledger, room, START + 10, 6, CHATGPT)
    look(ledger, room, START + 16, 20, EXAM)
    (raised,), (closed,) = ledger.said(events.FlagRaised), ledger.said(events.FlagClosed)
    assert (raised.code, raised.kind, raised.onset_at, raised.position) == (
        "unapproved_url",
        "screen",
        START + 10,
        10.0,
    )
    assert raised.why == {"word": "chatgpt.com", "line": "chatgpt.com/c/1"}
    assert (ledger.media / raised.snapshots[0]["path"]).read_bytes() == f"jpeg {START + 10}".encode()
    assert closed.ended_at == START + 15


def test_what_was_read_stands_nowhere_in_the_ledger_but_the_line_of_the_flag(ledger):
    room = sharing(ledger)
    private = Reading(lines=(*CHATGPT.lines, Line("my diary", 0.99, 0.1, 0.01, 0.3, 0.03)), whole=True)
    look(ledger, room, START + 5, 10, private)
    ledger.happen(room, events.AttemptFinished(), START + 30)
    assert codes(ledger) == ["unapproved_url"]
    assert not any("diary" in str(payload) for _, payload, _ in ledger.events)


@pytest.mark.parametrize(
    ("policy", "steps", "reads"), [(LISTED, None, True), (DetectionPolicy(), None, False), (LISTED, 6, False)]
)
def test_a_screen_is_read_only_in_an_open_exam_that_says_what_may_be_seen(ledger, policy, steps, reads):
    room = sharing(ledger, policy, steps=steps)
    assert room.screens() == {SHARED: reads}


def test_a_screen_that_is_not_shared_is_not_looked_at(ledger):
    room = sharing(ledger)
    ledger.happen(
        room, events.FeedClosed(kind="screen", connection="s", closed_at=START + 3, cause="page_closed"), START + 3
    )
    assert room.screens() == {}


def test_who_waits_to_be_admitted_may_look_at_anything(ledger):
    room = sharing(ledger, steps=5)
    look(ledger, room, START + 5, 10, CHATGPT)
    room.share(SHARED, Popup(at=START + 16, position=16.0, since=START + 12, share=0.1), b"jpeg")
    assert codes(ledger) == []


def test_M74_a_pop_up_is_kept_with_the_picture_on_which_it_was(ledger):
    room = sharing(ledger)
    look(ledger, room, START + 5, 5)
    room.share(SHARED, Popup(at=START + 10, position=10.0, since=START + 6, share=0.1), b"with it")
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.severity, raised.why) == ("popup_seen", "low", {"seconds": 4.0, "share": 0.1})
    assert (ledger.media / raised.snapshots[0]["path"]).read_bytes() == b"with it"


def test_a_screen_at_which_nobody_looked_stands_in_the_ledger(ledger):
    room = sharing(ledger)
    look(ledger, room, START + 1, 10)
    look(ledger, room, START + 30, 5)
    spans = [missed for missed in ledger.said(events.AnalysisMissed) if missed.kind == "screen"]
    assert [(m.sense, m.starts_at, m.ends_at) for m in spans] == [("screen", START + 10, START + 30)]


def test_a_site_that_is_open_while_the_process_begins_anew_is_one_flag(ledger):
    room = sharing(ledger)
    look(ledger, room, START + 5, 6, CHATGPT)
    ledger.now = START + 15
    room = ledger.room()
    look(ledger, room, START + 15, 6, CHATGPT)
    assert codes(ledger) == ["unapproved_url"]
    look(ledger, room, START + 21, 20, EXAM)
    assert len(ledger.said(events.FlagClosed)) == 1


def test_who_has_extra_time_may_think_for_ten_minutes(ledger):
    room = sharing(ledger)
    ledger.happen(room, events.AttemptAccommodated(switches=["extra_time"]), START + 2)
    look(ledger, room, START + 5, 640, changed=0.0)
    assert codes(ledger) == []
