"""The clock of the box is set while an exam goes on: nobody loses or wins time, nothing ends, the ledger says so."""

import time

import pytest
import sqlalchemy as sa

from appliance.box import clock, steps
from appliance.exam.events import ExamPlanned
from appliance.exam.plan import ExamPlan
from appliance.ledger.actions import attempts, sitting
from appliance.ledger.sitting import pauses
from appliance.web import clock_watch, timekeeper

from .conftest import EXAM, tables

pytestmark = pytest.mark.slow  # together too long for `make check`

DAY = 86_400.0
REAL = time.time


class Clocks:
    """The box's clocks, as a test sets them: the wall clock may be set, the other counts on."""

    CLOCK_BOOTTIME = time.CLOCK_BOOTTIME

    def __init__(self, house, monkeypatch) -> None:
        self.house, self.wall, self.passed, self.number = house, 0.0, 0.0, "this"
        monkeypatch.setattr(clock, "time", self)
        monkeypatch.setattr(clock, "_boot_id", lambda: self.number)
        self.look()

    def time(self) -> float:
        return REAL() + self.wall + self.passed

    def clock_gettime_ns(self, which: int) -> int:
        return time.clock_gettime_ns(which) + round(self.passed * 1e9)

    @property
    def now(self):
        return clock.now()

    def look(self) -> bool:
        return clock_watch.look(self.house.services)

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds

    def set(self, seconds: float) -> None:
        self.wall += seconds

    def boot(self) -> None:
        self.number = "another"


@pytest.fixture
def clocks(house, monkeypatch):
    return Clocks(house, monkeypatch)


def left(clocks, number=0):
    return clocks.house.attempt(number).ends_at - clocks.now.wall


@pytest.mark.parametrize("by", [DAY, -DAY, 3600.0, -5.0], ids=["a day on", "a day back", "an hour on", "5 s back"])
def test_M56_the_time_that_is_left_is_the_same_before_and_after(house, clocks, by):
    house.reach("in_exam")
    before = left(clocks)
    clocks.set(by)
    assert clocks.look()
    assert not clocks.look()  # once
    assert left(clocks) == pytest.approx(before, abs=0.5)
    assert timekeeper.look(house.services, now=clocks.now.wall) == 0
    assert house.attempt().stage == "in_exam"
    (said,) = house.events("clock.jumped")
    assert said.payload.seconds == pytest.approx(by, abs=0.5)
    assert said.payload.after_at - said.payload.before_at == pytest.approx(by, abs=0.5)
    assert said.payload.attempts == [house.attempts[0]]
    (moved,) = house.events("attempt.time_set")
    assert (moved.payload.cause, moved.payload.by) == ("clock", "web")


def test_a_jump_of_a_day_ends_no_exam_no_attempt_and_no_printing(house, clocks):
    plan = ExamPlan(print_minutes=10).to_json()
    house.say(ExamPlanned(exam=EXAM, plan=plan, by="planner"), None)
    house.reach("admitted")
    house.do(attempts.start, house.attempts[0])
    clocks.pass_by(300)
    clocks.set(DAY)
    clocks.look()
    assert timekeeper.look(house.services, now=clocks.now.wall) == 0
    assert house.attempt().stage == "printing"
    clocks.pass_by(301)
    assert timekeeper.look(house.services, now=clocks.now.wall) == 1  # five minutes before the step and five after it
    assert house.attempt().stage == "in_exam"


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_pause_and_a_break_give_back_what_really_passed(house, clocks, by):
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    before = left(clocks), left(clocks, 1)
    house.do(sitting.pause, house.attempts[0], reason="a fire alarm", by="lead")
    house.do(sitting.begin_break, house.attempts[1], minutes=10, by="lead")
    clocks.pass_by(120)
    clocks.set(by)
    clocks.look()
    clocks.pass_by(120)
    house.do(sitting.resume, house.attempts[0], by="lead")
    house.do(sitting.end_break, house.attempts[1], by="lead")
    assert (left(clocks), left(clocks, 1)) == pytest.approx(before, abs=0.5)
    rested = house.ask(lambda c: [p for p in pauses(c, exam=EXAM) if p.ended_at is not None])
    assert [p.ended_at - p.begun_at for p in rested] == pytest.approx([240, 240], abs=0.5)
    assert house.events("break.ended")[0].payload.overrun == 0


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_nobody_is_signed_out_by_it_and_no_sign_in_lasts_longer_for_it(house, clocks, by, monkeypatch):
    house.reach("in_exam")
    pages = house.candidate().get, house.user("proctor").get
    clocks.set(by)
    monkeypatch.setattr(time, "time", clocks.time)  # as every part of the process sees it
    clocks.look()
    assert [pages[0]("/api/me").status_code, pages[1]("/wall").status_code] == [200, 200]
    created = house.ask(lambda c: [row.created_at for row in c.execute(sa.select(tables.login))])
    assert max(created) <= clocks.now.wall


def test_who_is_not_in_an_exam_is_not_touched(house, clocks):
    house.reach("waiting", 0)
    house.reach("submitted", 1)
    before = house.attempt(1)
    clocks.set(DAY)
    clocks.look()
    assert house.events("clock.jumped")[0].payload.attempts == []
    assert house.attempt(1) == before


def test_a_wrong_clock_after_a_restart_that_is_put_right_moves_nothing(house, clocks):
    """The end was said by the clock of before, which was right: it is right again when the clock is."""
    house.reach("in_exam")
    before = house.attempt().ends_at
    clocks.boot()
    clocks.set(-DAY)  # the machine's battery is empty
    assert not clocks.look()
    clocks.pass_by(30)
    clocks.set(DAY)  # the time server answers
    assert clocks.look()
    assert house.events("clock.jumped")[0].payload.attempts == []
    assert house.attempt().ends_at == before


def test_a_step_while_the_process_was_away_is_found_when_it_is_back(house, clocks):
    house.reach("in_exam")
    before = left(clocks)
    clocks.pass_by(40)  # nobody looks
    clocks.set(DAY)
    assert clocks.look()
    assert left(clocks) == pytest.approx(before - 40, abs=0.5)


def test_a_step_that_the_ledger_did_not_take_is_found_again(house, clocks, monkeypatch):
    house.reach("in_exam")
    clocks.set(DAY)
    with monkeypatch.context() as patch:
        patch.setattr(house.services.writer, "transact", lambda work: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            clocks.look()
    assert clocks.look()
    assert len(house.events("clock.jumped")) == 1


def test_it_is_looked_at_from_the_start_on(house):
    with clock_watch.watched(house.services):
        pass
    assert steps.read(house.services.paths.run) is not None
