"""Reports of a candidate's page, from the ledger to flags: in time, late, during a loss, again after a restart."""

import pytest

from appliance.exam import events
from appliance.exam.page import Fact
from tests.inference.test_room import START, Ledger, into_exam


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path)


def report(ledger, room, fact, at, *, value="", heard_at=None):
    said = events.PageReported(fact=fact.value, value=value, happened_at=at)
    ledger.happen(room, said, at + 0.1 if heard_at is None else heard_at)


def flags(ledger):
    return [(flag.code, flag.onset_at, flag.severity) for flag in ledger.said(events.FlagRaised)]


def restarted(ledger, at):
    """A new process; it may not say anything that was not said before."""
    ledger.now = at
    known = len(ledger.events)
    room = ledger.room()
    return room, [payload for _, payload, _ in ledger.events[known:]]


def test_a_share_that_ends_is_a_flag_that_a_restart_neither_repeats_nor_forgets(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    report(ledger, room, Fact.SHARE_BACK, START + 1)
    report(ledger, room, Fact.SHARE_ENDED, START + 10)
    ledger.beat(room, START + 11, START + 20)
    assert flags(ledger) == [("share_lost", START + 10, "medium")]
    room, news = restarted(ledger, START + 25)
    assert news == []
    ledger.beat(room, START + 25, START + 40)
    report(ledger, room, Fact.SHARE_BACK, START + 40.3)
    ledger.beat(room, START + 41, START + 60)
    (closed,) = ledger.said(events.FlagClosed)
    assert closed.ended_at == START + 40.3
    assert restarted(ledger, START + 70)[1] == []
    assert len(flags(ledger)) == 1


def test_what_happened_while_nobody_listened_is_judged_at_its_own_time(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    report(ledger, room, Fact.SHARE_BACK, START + 1)
    ledger.beat(room, START + 2, START + 10)
    report(ledger, None, Fact.SHARE_ENDED, START + 20)
    report(ledger, None, Fact.SHARE_BACK, START + 26)
    ledger.now = START + 90
    room = ledger.room()
    ledger.beat(room, START + 90, START + 92)
    assert flags(ledger) == [("share_lost", START + 20, "medium")]
    assert [closed.ended_at for closed in ledger.said(events.FlagClosed)] == [START + 26]


def test_reports_that_come_late_all_at_once_keep_their_times(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    report(ledger, room, Fact.SHOWN, START + 1, value="exam")
    ledger.beat(room, START + 2, START + 40)
    report(ledger, room, Fact.HIDDEN, START + 10, value="exam", heard_at=START + 40.2)
    report(ledger, room, Fact.SHOWN, START + 12, value="exam", heard_at=START + 40.2)
    ledger.beat(room, START + 41, START + 60)
    assert flags(ledger) == [("focus_lost", START + 10, "low")]
    assert [closed.ended_at for closed in ledger.said(events.FlagClosed)] == [START + 12]
    assert restarted(ledger, START + 70)[1] == []


def test_a_report_from_the_future_is_one_of_now(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    report(ledger, room, Fact.PASTED, START + 900, value="400", heard_at=START + 5)
    assert flags(ledger) == [("clipboard", START + 5, "medium")]


def test_while_the_camera_is_lost_too_the_share_is_no_flag_of_its_own(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    report(ledger, room, Fact.SHARE_BACK, START + 1)
    ledger.happen(
        room, events.GapOpened(gap="g", kind="webcam", cause="connection_lost", starts_at=START + 9), START + 11
    )
    ledger.beat(room, START + 12, START + 14)
    report(ledger, room, Fact.SHARE_ENDED, START + 14.2)
    ledger.beat(room, START + 15, START + 30)
    assert [code for code, _, _ in flags(ledger)] == ["camera_disconnected"]
    ledger.happen(
        room,
        events.GapClosed(gap="g", kind="webcam", cause="connection_lost", starts_at=START + 9, ends_at=START + 30),
        START + 30,
    )
    ledger.beat(room, START + 31, START + 60)
    assert [code for code, _, _ in flags(ledger)] == ["camera_disconnected", "share_lost"]


def test_before_the_exam_is_open_a_paste_is_nobody_s_business(ledger):
    room = ledger.room()
    into_exam(ledger)
    ledger.events.pop()  # not started yet
    room = ledger.room()
    report(ledger, room, Fact.PASTED, START + 5, value="400")
    report(ledger, room, Fact.DISPLAYS, START + 6, value="2")
    ledger.beat(room, START + 7, START + 20)
    assert [code for code, _, _ in flags(ledger)] == ["second_display"]


def test_what_was_said_while_the_equipment_was_tried_counts_from_the_waiting_room_on(ledger):
    room = ledger.room()
    ledger.happen(room, events.AttemptCreated(exam="bio", seat="1", name="A", candidate="c1"), START)
    ledger.happen(room, events.AttemptArrived(browser="b"), START)
    report(ledger, room, Fact.SURFACE, START + 5, value="window")
    ledger.beat(room, START + 6, START + 20)
    assert flags(ledger) == []
    ledger.happen(room, events.AttemptEquipped(camera="c", microphone="m", surface="window"), START + 30)
    ledger.beat(room, START + 31, START + 40)
    assert [code for code, _, _ in flags(ledger)] == ["share_wrong_surface"]


def test_the_coverage_says_that_focus_could_not_be_judged(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    report(ledger, room, Fact.HIDDEN, START + 5)
    ledger.beat(room, START + 6, START + 20)
    ledger.happen(room, events.AttemptFinished(), START + 30)
    (covered,) = [said for said in ledger.said(events.AnalysisCovered) if said.kind == "screen"]
    judged, ticks = covered.ticks["focus_lost"]
    assert judged == 0
    assert ticks > 10
    assert covered.ticks["clipboard"][0] > 10


def test_a_fact_of_another_version_is_passed_over(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.happen(room, events.PageReported(fact="levitated", value="", happened_at=START + 5), START + 5)
    ledger.beat(room, START + 6, START + 10)
    assert flags(ledger) == []
