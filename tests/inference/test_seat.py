"""One attempt: its base line, what follows from the schedule, and what nobody looked at on every feed."""

import pytest

from appliance.exam import events
from appliance.exam.feed import Feed, Kind
from tests.inference.seen import every, face, person
from tests.inference.test_room import CAM, START, Ledger, absent, into_exam

PHONE = Feed("a1", Kind.PHONE)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def waiting(ledger, room, at=START):
    """A candidate who has shared everything and waits to be admitted."""
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), at)
    ledger.happen(room, events.AttemptArrived(browser="b"), at)
    ledger.happen(room, events.AttemptSigned(statement_version="1", statement_sha256="", signature="A"), at)
    ledger.happen(room, events.FeedOpened(kind="webcam", connection="c", codecs=["h264"], opened_at=at), at)
    ledger.happen(room, events.AttemptEquipped(camera="c", microphone="m", surface="monitor"), at)


def admitted(ledger, room, at):
    ledger.happen(room, events.AttemptAdmitted(by="pia"), at)


def started(ledger, room, at):
    ledger.happen(room, events.AttemptStarted(ends_at=at + 5400), at)


def planned(ledger, starts_at, minutes=90):
    exam = events.ExamCreated(
        exam="bio",
        title="Biology",
        minutes=minutes,
        starts_at=starts_at,
        admission="proctor",
        link="",
        warnings_before_end=1,
        ratio=8,
        retention_days=30,
    )
    ledger.happen(None, exam, START - 5000)


def codes(ledger):
    return [raised.code for raised in ledger.said(events.FlagRaised)]


# --- base line ---


def test_the_base_line_is_taken_when_the_candidate_is_admitted(ledger):
    room = ledger.room()
    waiting(ledger, room)
    ledger.look(room, every(10, start=START))
    assert ledger.said(events.BaselineTaken) == []
    admitted(ledger, room, START + 10)
    (taken,) = ledger.said(events.BaselineTaken)
    assert (taken.kind, taken.late) == ("webcam", False)
    assert taken.values["head.left"] == pytest.approx(250 / 640)
    assert taken.values["luma"] == 130.0
    ledger.look(room, every(20, start=START + 10))
    started(ledger, room, START + 30)
    assert len(ledger.said(events.BaselineTaken)) == 1


def test_whoever_begins_at_once_gets_it_a_few_seconds_late(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(3, start=START))
    assert ledger.said(events.BaselineTaken) == []
    ledger.look(room, every(3, start=START + 3))
    (taken,) = ledger.said(events.BaselineTaken)
    assert taken.late


def test_a_restart_goes_by_the_base_line_that_was_taken(ledger):
    room = ledger.room()
    waiting(ledger, room)
    edge = person(left=600.0, right=640.0)
    ledger.look(room, every(10, start=START, persons=(person(), edge)))
    admitted(ledger, room, START + 10)
    started(ledger, room, START + 11)
    ledger.now = START + 12
    room = ledger.room()
    ledger.look(room, every(20, start=START + 12, persons=(person(), edge)))
    assert codes(ledger) == [], "the neighbour was there at check-in"
    assert len(ledger.said(events.BaselineTaken)) == 1
    ledger.look(room, every(6, start=START + 32, persons=(person(right=420.0), person(left=430.0, right=640.0))))
    assert codes(ledger) == ["multiple_people"]


def test_a_camera_that_is_moved_needs_another(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(6, start=START))
    ledger.happen(room, events.FeedPositioned(kind="webcam", position="oblique", by="pia"), START + 6)
    ledger.look(room, every(12, start=START + 6, faces=()))
    first, second = ledger.said(events.BaselineTaken)
    assert "head.left" in first.values
    assert "head.left" not in second.values
    assert "person.left" in second.values


def test_what_the_microphone_says_of_check_in_is_laid_beside_it(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.BaselineTaken(kind="webcam", values={"noise_db": -50.0}, objects=[], late=False), START)
    ledger.look(room, every(6, start=START))
    assert len([t for t in ledger.said(events.BaselineTaken) if "luma" in t.values]) == 1


def test_at_check_in_a_second_person_is_for_the_proctor_to_see(ledger):
    room = ledger.room()
    waiting(ledger, room)
    two = {"faces": (face(), face(left=450.0))}
    ledger.look(room, every(10, start=START, **two))
    assert codes(ledger) == []
    admitted(ledger, room, START + 10)
    started(ledger, room, START + 11)
    ledger.look(room, every(4, start=START + 11, **two))
    assert codes(ledger) == ["multiple_people"], "who sits as near as the candidate is no neighbour"


# --- the schedule ---


def test_whoever_does_not_come_and_then_does(ledger):
    planned(ledger, START)
    room = ledger.room()
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), START)
    ledger.beat(room, START, START + 700)
    (missing,) = ledger.said(events.FlagRaised)
    assert (missing.code, missing.category, missing.onset_at, missing.stage) == (
        "no_show",
        "neutral",
        START + 600,
        "invited",
    )
    ledger.happen(room, events.AttemptArrived(browser="b"), START + 700.5)
    ledger.beat(room, START + 701, START + 720)
    assert codes(ledger) == ["no_show", "late_arrival"]
    assert len(ledger.said(events.FlagClosed)) == 2
    before = len(ledger.events)
    ledger.now = START + 721
    ledger.beat(ledger.room(), START + 721, START + 740)
    assert len(ledger.events) == before


@pytest.mark.parametrize("restart", [False, True])
def test_whoever_hands_in_after_a_minute_leaves_early(ledger, restart):
    planned(ledger, START)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(None if restart else room, events.AttemptFinished(), START + 60)
    ledger.now = START + 61
    ledger.room()
    (left,) = ledger.said(events.FlagRaised)
    assert (left.code, left.onset_at, left.why["stayed_seconds"]) == ("early_departure", START + 60, 60)
    assert len(ledger.said(events.FlagClosed)) == 1


def test_what_a_proctor_ends_is_no_early_departure(ledger):
    planned(ledger, START)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.AttemptEnded(by="pia", reason="", warnings=0, overridden=False), START + 60)
    assert codes(ledger) == []


def page_closes(ledger, room, at, until=None):
    for kind in ("screen", "webcam"):
        gap = {"gap": f"{kind}{at}", "kind": kind, "cause": "page_closed", "starts_at": at}
        if until is None:
            ledger.happen(room, events.GapOpened(**gap), at)
        else:
            ledger.happen(room, events.GapClosed(**gap, ends_at=until), until)


def test_whoever_closes_the_page_and_stays_away_has_left(ledger):
    planned(ledger, START)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.FeedOpened(kind="screen", connection="s", codecs=["h264"], opened_at=START), START)
    page_closes(ledger, room, START + 100)
    ledger.beat(room, START + 101, START + 130)
    page_closes(ledger, room, START + 100, until=START + 130)
    assert "early_departure" not in codes(ledger), "a page that was loaded again"
    page_closes(ledger, room, START + 200)
    ledger.beat(room, START + 201, START + 270)
    assert codes(ledger)[-1] == "early_departure"


def test_whoever_was_away_because_the_box_was_has_not_left(ledger):
    planned(ledger, START)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.FeedOpened(kind="screen", connection="s", codecs=["h264"], opened_at=START), START)
    page_closes(ledger, room, START + 100)
    ledger.now = START + 500
    room = ledger.room()
    ledger.happen(room, events.ProcessStarted(process="inference", version="1"), START + 500)
    ledger.beat(room, START + 501, START + 540)
    assert "early_departure" not in codes(ledger)
    ledger.beat(room, START + 541, START + 570)
    assert codes(ledger).count("early_departure") == 1, "but now it has been there for a minute"
    ledger.now = START + 600
    room = ledger.room()
    ledger.happen(room, events.ProcessStarted(process="inference", version="1"), START + 600)
    ledger.beat(room, START + 601, START + 700)
    assert codes(ledger).count("early_departure") == 1, "once"


# --- what arrives ---


def test_hardly_any_pictures_is_said_of_the_feed_that_has_them(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    for second in range(30):
        ledger.now = START + second
        room.beat(START + second, {"a1/webcam": 1.0 if second > 5 else 15.0, "a2/webcam": 0.0})
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.onset_at) == ("stream_degraded", START + 6)
    room = ledger.room()
    ledger.now = START + 30
    for second in range(31, 60):
        ledger.now = START + second
        room.beat(START + second, {"a1/webcam": 15.0})
    assert codes(ledger) == ["stream_degraded"]
    assert len(ledger.said(events.FlagClosed)) == 1


def test_a_phone_that_nobody_looks_at_is_missed_too(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(
        room, events.FeedOpened(kind="phone", connection="p", codecs=["h264"], opened_at=START + 5), START + 5
    )
    assert room.watched() == {CAM, PHONE}
    ledger.look(room, every(20, start=START))
    ledger.now = START + 20
    for i in range(150):
        room.visited(PHONE, START + 5 + i / 10)
    for look in every(2, start=START + 20):
        room.see(PHONE, look, b"jpeg")
    (missed,) = ledger.unseen()
    assert (missed.kind, missed.starts_at, missed.ends_at) == ("phone", START + 5, START + 20)
    assert missed.cause == "no_pictures"


@pytest.mark.parametrize(
    ("position", "expected"), [("front", ("face_absent", "webcam")), ("room", ("person_absent", "phone"))]
)
def test_an_absence_that_two_cameras_see_is_one_flag(ledger, position, expected):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.FeedPositioned(kind="webcam", position=position, by="pia"), START)
    ledger.happen(room, events.FeedOpened(kind="phone", connection="p", codecs=["h264"], opened_at=START), START)
    for look in [*every(6, start=START), *absent(START + 6, 12)]:
        ledger.now = look.at
        for feed in (PHONE, CAM):
            room.see(feed, look, b"jpeg")
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.kind) == expected
