"""Detection follows the day of a candidate: check-in, breaks, pauses, a room shown once more, the check-out."""

import pytest

from appliance.exam import events
from appliance.exam.feed import Feed, Kind, Position
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan, Level, Release
from appliance.inference.leave import SHOWING
from tests.inference.seen import every, phone
from tests.inference.test_room import CAM, START, Ledger, absent, into_exam
from tests.inference.test_seat import codes, page_closes, planned, started, waiting

LEAVES = {
    "break": (
        events.BreakBegun(minutes=5, until=START + 310, by="pia"),
        events.BreakEnded(overrun=0.0, by="candidate"),
    ),
    "pause": (
        events.AttemptMoved(stage="paused", step="pause", by="pia", reason="fire drill"),
        events.AttemptMoved(stage="in_exam", step="resume", by="pia", reason=""),
    ),
    "scan": (
        events.ScanAsked(scan="s1", reason="look behind you", by="pia"),
        events.ScanRecorded(scan="s1", number=2, path="", sha256="", bytes=1, seconds=30.0, delete_at=0.0),
    ),
}


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def held(ledger, plan, starts_at=START):
    planned(ledger, starts_at)
    ledger.happen(None, events.ExamPlanned(exam="bio", plan=plan.to_json(), by="lea"), START - 4000)


def flags(ledger):
    """Code, onset and end of each."""
    ends = {closed.flag: closed.ended_at for closed in ledger.said(events.FlagClosed)}
    return [(raised.code, raised.onset_at, ends.get(raised.flag)) for raised in ledger.said(events.FlagRaised)]


def moved(step, stage, by="candidate"):
    return events.AttemptMoved(stage=stage, step=step, by=by, reason="")


# --- check-in ---


def test_at_check_in_a_candidate_is_looked_at_and_judged_from_the_waiting_room_on(ledger):
    room = ledger.room()
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), START)
    ledger.happen(room, events.AttemptArrived(browser="b"), START)
    assert room.placed() == {}
    ledger.happen(room, events.AttemptSigned(statement_version="1", statement_sha256="", signature="A"), START)
    assert room.placed() == {CAM: Position.FRONT}, "from the equipment on"
    ledger.happen(room, events.FeedOpened(kind="phone", connection="p", codecs=["h264"], opened_at=START), START)
    ledger.happen(
        room, events.AttemptEquipped(camera="c", microphone="m", surface="monitor", stage="position"), START + 1
    )
    assert room.placed() == {CAM: Position.FRONT, Feed("a1", Kind.PHONE): Position.OBLIQUE}
    ledger.look(room, absent(START + 1, 20))
    assert (room.watched(), codes(ledger)) == (frozenset(), []), "nothing is judged yet"
    ledger.happen(room, moved("brief", "waiting"), START + 30)
    assert room.watched() == set(room.placed())
    ledger.happen(room, events.AttemptAdmitted(by="pia"), START + 40)
    assert room.placed() == {}


def test_I13_who_is_sent_back_to_an_earlier_step_is_not_judged_there(ledger):
    room = ledger.room()
    waiting(ledger, room)
    ledger.look(room, absent(START, 12))
    ledger.happen(room, moved("send_back", "identification", by="pia"), START + 12)
    ledger.look(room, absent(START + 12, 30))
    ledger.happen(room, moved("identify", "waiting"), START + 42)
    ledger.look(room, every(5, start=START + 42))
    assert flags(ledger) == [("face_absent", START, START + 12)]
    assert ledger.unseen() == []


# --- let go for a while ---


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("leave", LEAVES)
def test_M55_whoever_is_let_go_may_leave_and_what_was_open_ends_there(ledger, leave, restart):
    goes, comes = LEAVES[leave]
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, [*every(5, start=START), *absent(START + 5, 10)])
    ledger.happen(room, goes, START + 15)
    assert room.watched() == frozenset()
    assert room.microphones(0.0) == {}
    if restart:
        room = ledger.room(looked_at={"a1/webcam": START + 15})
    ledger.look(room, absent(START + 15, 60))
    ledger.happen(room, comes, START + 80)
    ledger.look(room, [*absent(START + 80, 5), *every(10, start=START + 85)])
    assert flags(ledger) == [("face_absent", START + 5, START + 15)], "coming back takes a moment"
    assert ledger.unseen() == [], "nobody was to look"
    ledger.look(room, absent(START + 95, 12))
    assert codes(ledger) == ["face_absent", "face_absent"]


def test_a_break_that_went_by_while_detection_was_down_ends_what_was_open_when_it_began(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, absent(START, 10))
    goes, comes = LEAVES["break"]
    ledger.happen(None, goes, START + 15)
    ledger.happen(None, comes, START + 100)
    ledger.now = START + 120
    room = ledger.room()
    ledger.look(room, every(5, start=START + 120))
    assert flags(ledger) == [("face_absent", START, START + 15)]


def test_the_line_is_judged_on_a_break_as_ever(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, LEAVES["break"][0], START + 10)
    gap = {"gap": "g", "kind": "webcam", "cause": "no_media", "starts_at": START + 20}
    ledger.happen(room, events.GapOpened(**gap), START + 22)
    ledger.beat(room, START + 23, START + 40)
    assert codes(ledger) == ["camera_disconnected"]


def test_what_the_page_does_on_a_break_is_nothing_to_the_work_after_it(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    goes, comes = LEAVES["break"]

    def says(fact, at):
        ledger.happen(room, events.PageReported(fact=fact, value="exam", happened_at=at), at)

    ledger.happen(room, goes, START + 10)
    for i in range(4):
        says("hidden", START + 20 + 20 * i)
        says("shown", START + 30 + 20 * i)
    says("hidden", START + 110)
    ledger.happen(room, comes, START + 120)
    ledger.beat(room, START + 121, START + 124)
    assert codes(ledger) == []
    ledger.beat(room, START + 125, START + 132)
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.why["times"]) == ("focus_lost", 1)
    assert raised.why["seconds"] < 10, "counted from the end of the break"


def test_who_does_not_show_the_room_is_not_left_alone_for_it(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, LEAVES["scan"][0], START + 10)
    ledger.beat(room, START + 11, START + 10 + SHOWING - 1)
    assert room.watched() == frozenset()
    ledger.beat(room, START + 10 + SHOWING, START + 12 + SHOWING)
    assert room.watched() == {CAM}


def test_I14_whoever_shows_the_room_again_while_waiting_is_told_what_is_seen_and_not_judged(ledger):
    room = ledger.room()
    waiting(ledger, room)
    ledger.happen(room, LEAVES["scan"][0], START + 5)
    assert (room.watched(), set(room.placed())) == (frozenset(), {CAM})
    ledger.look(room, absent(START + 5, 20))
    ledger.happen(room, LEAVES["scan"][1], START + 30)
    assert room.watched() == {CAM}
    assert codes(ledger) == []


def test_M85_at_check_out_nobody_has_to_stay_in_the_picture(ledger):
    held(ledger, ExamPlan(check_out=CheckOut.PROCTOR))
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(5, start=START))
    ledger.happen(room, moved("hand_in", "check_out"), START + 5000)
    assert room.watched() == frozenset()
    ledger.beat(room, START + 5001, START + 5300)
    ledger.happen(room, events.AttemptFinished(), START + 5300)
    assert codes(ledger) == []


def test_M34_whoever_fetches_what_was_printed_may_leave_the_seat(ledger):
    room = ledger.room()
    waiting(ledger, room)
    ledger.look(room, every(10, start=START))
    ledger.happen(room, events.AttemptAdmitted(by="pia"), START + 10)
    ledger.happen(room, moved("print", "printing"), START + 20)
    ledger.look(room, [*absent(START + 20, 30), *every(4, start=START + 50, phones=(phone(),))])
    assert codes(ledger) == ["phone_visible"], "what lies on the desk is looked for"
    started(ledger, room, START + 60)
    ledger.look(room, absent(START + 60, 12))
    assert codes(ledger) == ["phone_visible", "face_absent"]


def test_M37_a_message_lets_the_eyes_rest_on_the_device_with_the_camera(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    seat = room._seats["a1"]
    for at, by in ((START + 100, "pia"), (START + 200, "candidate")):
        said = events.MessageSent(message=f"m{at}", kind="chat", sender=by, sender_name="", text="?")
        ledger.happen(room, said, at)
        assert [("camera_gaze" in seat._resting(at + after)) for after in (-29, 0, 29, 31)] == [True, True, True, False]
        assert "speech" not in seat._resting(at)


# --- breaks that last too long ---


@pytest.mark.parametrize("restart", [False, True])
def test_M98_a_break_that_lasts_a_minute_too_long_is_said_once(ledger, restart):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, LEAVES["break"][0], START + 10)
    ledger.beat(room, START + 360, START + 369)
    assert codes(ledger) == []
    if restart:
        ledger.now = START + 400
        room = ledger.room()
    ledger.beat(room, START + 400, START + 420)
    ledger.happen(None if restart else room, LEAVES["break"][1], START + 420)
    if restart:
        ledger.now = START + 430
        room = ledger.room()
    ledger.beat(room, START + 430, START + 450)
    (raised,) = ledger.said(events.FlagRaised)
    assert (raised.code, raised.category, raised.severity, raised.onset_at) == (
        "break_overrun",
        "uncertain",
        "low",
        START + 370,
    )
    assert (raised.why["break_minutes"], raised.stage) == (5, "on_break")
    (closed,) = ledger.said(events.FlagClosed)
    assert closed.ended_at == START + 420


def test_who_is_back_within_the_minute_is_not_late_and_breaks_at_will_have_no_end(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, LEAVES["break"][0], START + 10)
    ledger.beat(room, START + 300, START + 368)
    ledger.happen(room, LEAVES["break"][1], START + 369)
    ledger.happen(room, events.AttemptAccommodated(switches=["breaks"]), START + 380)
    ledger.happen(room, events.BreakBegun(minutes=5, until=START + 700, by="candidate"), START + 400)
    ledger.beat(room, START + 700, START + 900)
    assert codes(ledger) == []


# --- the candidate's own time ---


@pytest.mark.parametrize(("extra", "early"), [(0, False), (30, True)])
def test_M69_half_of_the_time_is_half_of_the_candidates_own(ledger, extra, early):
    planned(ledger, START, minutes=60)
    room = ledger.room()
    into_exam(ledger, room)
    said = events.TimeSet(ends_at=START + 5400, extra_minutes=extra, cause="granted", by="lea")
    ledger.happen(room, said, START + 60)
    ledger.happen(room, events.AttemptFinished(), START + 2000)
    assert codes(ledger) == (["early_departure"] if early else [])


@pytest.mark.parametrize("restart", [False, True])
def test_M69_handing_in_early_is_said_where_there_is_a_check_out_too_and_once(ledger, restart):
    held(ledger, ExamPlan(check_out=CheckOut.CANDIDATE))
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(None if restart else room, moved("hand_in", "check_out"), START + 600)
    if restart:
        ledger.now = START + 601
        room = ledger.room()
    ledger.beat(room, START + 601, START + 700)
    ledger.happen(room, events.AttemptFinished(), START + 700)
    (left,) = ledger.said(events.FlagRaised)
    assert (left.code, left.onset_at, left.why["stayed_seconds"]) == ("early_departure", START + 600, 600)


def test_M69_whoever_leaves_without_the_check_out_leaves_early_however_late_it_is(ledger):
    held(ledger, ExamPlan(check_out=CheckOut.PROCTOR))
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.FeedOpened(kind="screen", connection="s", codecs=["h264"], opened_at=START), START)
    ledger.happen(room, moved("hand_in", "check_out"), START + 5000)
    page_closes(ledger, room, START + 5100)
    ledger.beat(room, START + 5101, START + 5170)
    assert [(r.code, r.why["during"]) for r in ledger.said(events.FlagRaised) if r.code == "early_departure"] == [
        ("early_departure", "check_out")
    ]


def test_whoever_closed_the_page_for_a_break_has_not_left(ledger):
    planned(ledger, START)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.FeedOpened(kind="screen", connection="s", codecs=["h264"], opened_at=START), START)
    ledger.happen(room, LEAVES["break"][0], START + 10)
    page_closes(ledger, room, START + 20)
    ledger.happen(room, LEAVES["break"][1], START + 300)
    ledger.beat(room, START + 301, START + 350)
    assert "early_departure" not in codes(ledger)


@pytest.mark.parametrize(
    "over",
    [
        events.AttemptEnded(by="pia", reason="", warnings=0, overridden=False),
        events.AttemptRefused(by="pia", reason="no ID", next_step="see the office"),
    ],
)
def test_whoever_is_sent_away_has_not_left_early(ledger, over):
    planned(ledger, START)
    room = ledger.room()
    waiting(ledger, room)
    ledger.happen(room, over, START + 60)
    assert (codes(ledger), room.watched(), room.placed()) == ([], frozenset(), {})


def test_I9_where_the_content_comes_later_one_can_be_late_until_later(ledger):
    held(ledger, ExamPlan(release=Release.TIME, onboarding_minutes=60))
    room = ledger.room()
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), START)
    ledger.happen(room, events.AttemptArrived(browser="b"), START + 60 * 100)
    assert codes(ledger) == ["no_show", "late_arrival"], "an hour and a half that begin an hour later"


# --- what a plan does not have ---


@pytest.mark.parametrize("plan", [ExamPlan(kind=ExamKind.PAPER), ExamPlan(level=Level.CAMERA)])
def test_M35_where_no_screen_is_shared_none_is_missed_and_closing_the_page_is_leaving(ledger, plan):
    held(ledger, plan)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(60, start=START))
    ledger.beat(room, START + 60, START + 70)
    assert codes(ledger) == []
    gap = {"gap": "g", "kind": "webcam", "cause": "page_closed", "starts_at": START + 70}
    ledger.happen(room, events.GapOpened(**gap), START + 72)
    ledger.beat(room, START + 73, START + 140)
    assert set(codes(ledger)) == {"camera_disconnected", "early_departure"}
    assert {missed.kind for missed in ledger.said(events.AnalysisMissed)} <= {"webcam"}


def test_M2_where_nothing_is_recorded_nothing_is_looked_at(ledger):
    held(ledger, ExamPlan(level=Level.NONE))
    room = ledger.room()
    for said in (
        events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"),
        events.AttemptArrived(browser="b"),
        events.AttemptSigned(statement_version="1", statement_sha256="", signature="A"),
        events.AttemptEquipped(camera="", microphone="", surface=""),
        events.AttemptAdmitted(by="pia"),
        events.AttemptStarted(ends_at=START + 5400),
    ):
        ledger.happen(room, said, START)
        assert (room.watched(), room.placed()) == (frozenset(), {})
    ledger.beat(room, START, START + 5000)
    ledger.happen(room, events.AttemptFinished(), START + 5000)
    assert codes(ledger) == []
    assert ledger.said(events.AnalysisMissed) == []


# --- the phone that lies in the picture ---


@pytest.mark.parametrize(("where", "flag"), [("visible", "declared_phone_moved"), ("none", "phone_visible")])
def test_M27_a_declared_phone_stays_where_it_lies_and_one_that_was_not_is_a_phone(ledger, where, flag):
    room = ledger.room()
    waiting(ledger, room)
    ledger.happen(room, events.FeedPositioned(kind="webcam", position="oblique", by="pia"), START)
    ledger.happen(room, events.PositionChecked(seen={}, phone=where), START)
    lies = {"phones": (phone(),)}
    ledger.look(room, every(10, start=START, **lies))
    ledger.happen(room, events.AttemptAdmitted(by="pia"), START + 10)
    started(ledger, room, START + 11)
    ledger.look(room, every(10, start=START + 11, **lies))
    ledger.look(room, every(10, start=START + 21))
    assert codes(ledger) == [flag]


def test_an_exam_that_is_put_off_makes_nobody_late(ledger):
    held(ledger, ExamPlan(), starts_at=START - 3600)
    settings = {"admission": "proctor", "link": "", "warnings_before_end": 1, "ratio": 8, "retention_days": 30}
    put_off = events.ExamChanged(exam="bio", title="Biology", minutes=90, starts_at=START, by="plan", **settings)
    ledger.happen(None, put_off, START - 3700)
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(5, start=START + 2))
    assert codes(ledger) == []
