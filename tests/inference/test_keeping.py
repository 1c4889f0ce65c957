"""A trace is kept of a candidate where the exam says so, from the waiting room to the end; it stops no detection."""

import pytest

from appliance.exam import events
from appliance.exam.detection import DetectionPolicy
from appliance.inference.trace import Seen, Setting, read
from tests.inference.seen import every

from .test_room import START, Ledger, absent, into_exam


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "media")


def policy(**changes):
    return events.DetectionSet(exam="bio", policy=DetectionPolicy(**changes).to_json(), by="pat", override="")


def trace_of(ledger):
    return ledger.media / "bio" / "a1" / "trace"


def test_nothing_is_kept_unless_a_planner_wants_it(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    ledger.look(room, every(10, start=START))
    ledger.happen(room, events.AttemptFinished(), START + 10)
    assert not trace_of(ledger).exists()


def test_what_is_seen_is_kept_to_the_end_of_the_attempt(ledger):
    room = ledger.room()
    ledger.happen(room, policy(trace=True), START)
    into_exam(ledger, room)
    looks = every(10, start=START)
    ledger.look(room, looks)
    ledger.happen(room, events.AttemptFinished(), START + 10)
    found = list(read(trace_of(ledger)))
    assert [line.seen for line in found if isinstance(line, Seen)] == looks
    assert found[0].policy.trace
    assert room.facts().traces_lost == 0


def test_it_begins_and_ends_when_the_planner_says_so(ledger):
    room = ledger.room()
    into_exam(ledger, room)
    for start, wanted in ((0, False), (10, True), (20, False)):
        ledger.happen(room, policy(trace=wanted), START + start)
        ledger.look(room, every(10, start=START + start))
    kept = [line.seen.at for line in read(trace_of(ledger)) if isinstance(line, Seen)]
    assert (min(kept), max(kept)) == (START + 10, START + 19.5)


def test_the_base_line_of_check_in_is_part_of_it(ledger):
    room = ledger.room()
    ledger.happen(room, policy(trace=True), START)
    into_exam(ledger, room)
    ledger.look(room, every(5, start=START))
    ledger.happen(room, events.BaselineTaken(kind="webcam", values={"yaw": 12.5}, objects=[], late=False), START + 5)
    ledger.look(room, every(5, start=START + 5))
    ledger.happen(room, events.AttemptFinished(), START + 10)
    bases = [line.base.yaw for line in read(trace_of(ledger)) if isinstance(line, Setting)]
    assert bases[-1] == 12.5


def test_a_disk_that_refuses_stops_no_flag_and_is_counted(ledger):
    room = ledger.room()
    ledger.happen(room, policy(trace=True), START)
    trace_of(ledger).parent.mkdir(parents=True)
    trace_of(ledger).write_bytes(b"in the way")
    into_exam(ledger, room)
    ledger.look(room, [*every(6, start=START), *absent(START + 6, 12)])
    assert [raised.code for raised in ledger.said(events.FlagRaised)] == ["face_absent"]
    assert room.facts().traces_lost > 20


def test_a_process_that_begins_anew_goes_on(ledger):
    first = ledger.room()
    ledger.happen(first, policy(trace=True), START)
    into_exam(ledger, first)
    ledger.look(first, every(10, start=START))
    first.stop()
    second = ledger.room()
    ledger.look(second, every(10, start=START + 10))
    ledger.happen(second, events.AttemptFinished(), START + 20)
    kept = [line.seen.at for line in read(trace_of(ledger)) if isinstance(line, Seen)]
    assert kept == [look.at for look in every(20, start=START)]
    assert len(list(trace_of(ledger).iterdir())) == 2
