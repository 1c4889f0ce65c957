"""The timekeeper: ten minutes are called by each one's own end, and the time for printing ends."""

import time

import pytest
import sqlalchemy as sa

from appliance.exam.events import ExamPlanned
from appliance.exam.plan import ExamPlan
from appliance.ledger import tables
from appliance.ledger.actions import attempts, sitting
from appliance.ledger.record import Draft
from appliance.web import timekeeper

from .conftest import EXAM

pytestmark = pytest.mark.slow  # together too long for `make check`


def set_attempt(house, number, **values):
    row = tables.attempt
    query = sa.update(row).where(row.c.attempt == house.attempts[number]).values(**values)
    house.services.writer.transact(lambda t: t.connection.execute(query))


def warned(house):
    return {event.chain: event for event in house.events("attempt.time_warned")}


def test_M56_each_one_is_warned_within_a_second_of_ten_minutes_before_the_own_end(house):
    now = time.time()
    for number, left in enumerate((600.6, 601.2, 1500.0)):
        house.reach("in_exam", number)
        set_attempt(house, number, ends_at=now + left)
    with timekeeper.watched(house.services):
        deadline = time.monotonic() + 5
        while len(warned(house)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    found = warned(house)
    assert set(found) == set(house.attempts[:2])
    for event in found.values():
        assert event.payload.minutes == 10
        assert 0 <= event.wall - (event.payload.ends_at - 600) < 1
    timekeeper.look(house.services, now=time.time())  # as after a restart
    assert len(house.events("attempt.time_warned")) == 2


def test_a_box_that_was_away_says_what_is_left_and_nothing_to_those_whose_time_is_over(house):
    for number, left in enumerate((400.0, -5.0)):
        house.reach("in_exam", number)
        set_attempt(house, number, ends_at=time.time() + left)
    assert timekeeper.look(house.services, now=time.time()) == 1
    assert warned(house)[house.attempts[0]].payload.minutes == 7


def test_the_time_for_printing_ends_by_itself_and_a_pause_does_not(house, monkeypatch):
    plan = ExamPlan(print_minutes=10).to_json()
    house.services.writer.append(
        Draft(payload=ExamPlanned(exam=EXAM, plan=plan, by="planner"), chain="box", exam=EXAM, actor="planner")
    )
    for number in (0, 1):
        house.reach("admitted", number)
        house.do(attempts.start, house.attempts[number])
    set_attempt(house, 0, stage_at=time.time() - 601)
    assert timekeeper.look(house.services, now=time.time()) == 1
    row = house.attempt(0)
    assert (row.stage, house.attempt(1).stage) == ("in_exam", "printing")
    assert row.ends_at - time.time() > 89 * 60
    assert house.events("attempt.started")[0].actor == "exam setting"
    house.do(sitting.pause, house.attempts[0], reason="x", by="lead")
    set_attempt(house, 0, stage_at=0.0, ends_at=time.time() + 100)
    assert timekeeper.look(house.services, now=time.time()) == 0


def test_one_whose_turn_cannot_be_does_not_keep_the_others_time(house, monkeypatch):
    for number in (0, 1):
        house.reach("in_exam", number)
        set_attempt(house, number, ends_at=time.time() + 300)
    real = sitting.warn_time

    def refuses_the_first(transaction, attempt):
        if attempt == house.attempts[0]:
            raise timekeeper.NotAllowed("not now")
        return real(transaction, attempt)

    monkeypatch.setitem(timekeeper._ACTIONS, timekeeper.Due.WARN, refuses_the_first)
    assert timekeeper.look(house.services, now=time.time()) == 1
    assert set(warned(house)) == {house.attempts[1]}
