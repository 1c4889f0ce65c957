"""What keeps a part working: opened, lost, opened again; its thread, and what becomes of one that hangs."""

import logging
import threading
import time

import pytest

from appliance.box.panel import Trouble
from appliance.panel import fixture as module
from appliance.panel.driver import Face, PartGone
from appliance.panel.fixture import HANGS_SECONDS, LONGEST_RETRY, STEADY_SECONDS, Fixture, Reading, stop_all
from appliance.panel.pattern import PATTERNS
from appliance.panel.status import Status

WAIT = 5.0
"""Never waited for: an event comes at once, or the test fails."""


def face(name="ready"):
    return Face(status=name, light=PATTERNS[Status.READY], since=0.0)


class Lamp:
    """An output that does what the test says."""

    name, driver, about = "lights", "played", "a lamp"

    def __init__(self):
        self.there = True
        self.error = PartGone(Trouble.NOT_FOUND, "no lamp", hint="Buy one.")
        self.show_error = None
        self.opened = self.closed = 0
        self.seen = []
        self.again = 7.0
        self.showed = threading.Event()
        self.hold = None
        self.holding = threading.Event()

    def open(self):
        if not self.there:
            raise self.error
        self.opened += 1

    def show(self, face, now):
        if self.hold:
            self.holding.set()
            self.hold.wait(WAIT)
        if self.show_error:
            raise self.show_error
        self.seen.append(face.status)
        self.showed.set()
        return self.again

    def close(self):
        self.closed += 1


class Wall:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def lamp():
    return Lamp()


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="appliance.panel")
    return lambda: [record.getMessage() for record in caplog.records]


def gone(trouble=Trouble.UNPLUGGED):
    return PartGone(trouble, "pulled out", hint="Plug it in again.")


# One step at a time, without a thread


def test_it_is_opened_and_says_when_it_wants_to_be_called_again(lamp, wall):
    fixture = Fixture(lamp, wall=wall)
    assert fixture.step(None, 0.0) > 1
    assert fixture.step(face(), 0.0) == 7.0
    assert lamp.seen == ["ready"]
    assert (fixture.part.name, fixture.part.driver, fixture.part.trouble, fixture.part.about) == (
        "lights", "played", "", "a lamp",
    )  # fmt: skip


def test_a_driver_that_wants_to_be_called_all_the_time_is_called_now_and_then(lamp):
    lamp.again = 0.0
    assert 0 < Fixture(lamp).step(face(), 0.0) < 0.05
    lamp.again = float("inf")
    assert Fixture(lamp).step(face(), 0.0) <= 60


def test_what_is_not_there_is_tried_again_ever_later_up_to_half_a_minute(lamp, wall, said):
    lamp.there = False
    fixture = Fixture(lamp, wall=wall)
    now, waits = 0.0, []
    for _ in range(8):
        waits.append(fixture.step(face(), now))
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, LONGEST_RETRY, LONGEST_RETRY, LONGEST_RETRY]
    assert fixture.part.trouble == "not_found"
    assert fixture.part.since == 1_000.0
    assert said() == ["the panel's part lights (played) does not work: no lamp. Buy one."]
    assert fixture.counters["failures"] == 8


def test_it_is_not_tried_before_its_time(lamp):
    lamp.there = False
    fixture = Fixture(lamp)
    fixture.step(face(), 0.0)
    lamp.there = True
    assert fixture.step(face(), 0.4) == pytest.approx(0.6)
    assert lamp.opened == 0
    fixture.step(face(), 1.0)
    assert lamp.seen == ["ready"]


def test_a_trouble_is_logged_once_when_it_begins_and_once_when_it_is_over(lamp, wall, said):
    fixture = Fixture(lamp, wall=wall)
    fixture.step(face(), 0.0)
    lamp.show_error, lamp.there = gone(), False
    wall.now = 2_000.0
    fixture.step(face(), 1.0)
    fixture.step(face(), 2.0)
    fixture.step(face(), 4.0)
    assert fixture.part.trouble == "unplugged"
    assert fixture.part.since == 2_000.0
    lamp.show_error, lamp.there = None, True
    wall.now = 3_000.0
    fixture.step(face(), 8.0)
    assert (fixture.part.trouble, fixture.part.since) == ("", 3_000.0)
    assert said() == [
        "the panel's part lights (played) does not work: pulled out. Plug it in again.",
        "the panel's part lights (played) works again",
    ]


def test_what_was_there_and_is_not_found_any_more_is_unplugged(lamp):
    fixture = Fixture(lamp)
    fixture.step(face(), 0.0)
    lamp.show_error, lamp.there = gone(Trouble.BROKEN), False
    fixture.step(face(), 1.0)
    fixture.step(face(), 2.0)
    assert fixture.part.trouble == "unplugged"


def test_it_is_closed_before_it_is_opened_again(lamp):
    fixture = Fixture(lamp)
    fixture.step(face(), 0.0)
    lamp.show_error = gone()
    fixture.step(face(), 1.0)
    assert (lamp.opened, lamp.closed) == (1, 1)


def test_one_that_is_lost_again_and_again_is_tried_ever_later_and_one_that_worked_long_is_tried_soon(lamp):
    fixture = Fixture(lamp)
    now, waits = 0.0, []
    for _ in range(3):
        lamp.show_error = None
        fixture.step(face(), now)
        lamp.show_error = gone()
        waits.append(fixture.step(face(), now))
        now += waits[-1]
    assert waits == [1, 2, 4]
    lamp.show_error = None
    fixture.step(face(), now)
    fixture.step(face(), now + STEADY_SECONDS)
    lamp.show_error = gone()
    assert fixture.step(face(), now + STEADY_SECONDS) == 1


def test_what_nobody_foresaw_is_broken_logged_with_its_stack_once_and_opened_again(lamp, caplog):
    fixture = Fixture(lamp)
    lamp.show_error = ZeroDivisionError("odd")
    for now in (0.0, 1.0, 3.0):
        fixture.step(face(), now)
    assert fixture.part.trouble == "broken"
    assert [bool(record.exc_info) for record in caplog.records] == [True]
    lamp.show_error = None
    fixture.step(face(), 7.0)
    assert fixture.part.trouble == ""
    assert lamp.opened == 4


def test_one_that_cannot_be_closed_is_said_and_opened_again(lamp, monkeypatch, said):
    fixture = Fixture(lamp)
    fixture.step(face(), 0.0)
    monkeypatch.setattr(lamp, "close", lambda: 1 / 0)
    lamp.show_error = gone()
    fixture.step(face(), 1.0)
    assert "the panel's part lights (played) could not be closed" in said()
    lamp.show_error = None
    fixture.step(face(), 2.0)
    assert fixture.part.trouble == ""


def test_what_nobody_named_in_the_settings_is_no_trouble_until_it_was_there(lamp, said):
    lamp.there = False
    fixture = Fixture(lamp, optional=True)
    fixture.step(face(), 0.0)
    assert fixture.part is None
    assert said() == []
    lamp.there = True
    fixture.step(face(), 1.0)
    assert fixture.part.trouble == ""
    lamp.show_error, lamp.there = gone(), False
    fixture.step(face(), 2.0)
    fixture.step(face(), 10.0)
    assert fixture.part.trouble == "unplugged"


def test_what_nobody_named_and_is_there_and_may_not_be_used_is_a_trouble(lamp):
    lamp.there, lamp.error = False, gone(Trouble.NOT_ALLOWED)
    fixture = Fixture(lamp, optional=True)
    fixture.step(face(), 0.0)
    assert fixture.part.trouble == "not_allowed"


# With its thread


@pytest.fixture
def running(lamp):
    fixture = Fixture(lamp)
    fixture.start()
    yield fixture
    if lamp.hold:
        lamp.hold.set()
    fixture.stop()


def test_a_new_face_is_shown_at_once(running, lamp):
    for name in ("one", "two"):
        lamp.showed.clear()
        running.show(face(name))
        assert lamp.showed.wait(WAIT)
    assert lamp.seen == ["one", "two"]


def test_the_newest_face_wins_and_what_was_skipped_is_counted(running, lamp):
    lamp.hold = threading.Event()
    running.show(face("first"))
    assert lamp.holding.wait(WAIT)
    for name in ("a", "b", "c"):
        running.show(face(name))
    lamp.showed.clear()
    hold, lamp.hold = lamp.hold, None
    hold.set()
    while "c" not in lamp.seen:
        assert lamp.showed.wait(WAIT)
        lamp.showed.clear()
    assert lamp.seen == ["first", "c"]
    running.stop()
    assert running.counters == {"shown": 2, "skipped": 2, "failures": 0}


def test_the_same_face_again_wakes_nobody(running, lamp):
    running.show(face())
    assert lamp.showed.wait(WAIT)
    for _ in range(50):
        running.show(face())
    running.stop()
    assert running.counters == {"shown": 1, "skipped": 0, "failures": 0}


def test_it_is_dark_when_it_stops(running, lamp):
    running.show(face())
    assert lamp.showed.wait(WAIT)
    assert running.stop()
    assert lamp.closed == 1


def test_one_that_is_not_there_stops_at_once_too(running, lamp):
    lamp.there = False
    assert running.stop()


def test_one_that_never_began_stops_too(lamp):
    assert Fixture(lamp).stop()


def test_a_driver_that_hangs_is_left_behind_and_said(running, lamp, said):
    lamp.hold = threading.Event()
    running.show(face())
    assert lamp.holding.wait(WAIT)
    assert stop_all([running], seconds=0.0) == 1
    assert "the panel's part lights did not stop in time and is left behind" in said()


def test_a_driver_that_hangs_is_broken_until_it_comes_back(lamp, said):
    clock = Wall()
    fixture = Fixture(lamp, clock=clock)
    lamp.hold = threading.Event()
    fixture.start()
    fixture.show(face())
    assert lamp.holding.wait(WAIT)
    assert fixture.part.trouble == ""
    clock.now += HANGS_SECONDS + 1
    assert fixture.part.trouble == "broken"
    assert fixture.part.trouble == "broken"
    assert said() == ["the panel's part lights (played) does not answer"]
    hold, lamp.hold = lamp.hold, None
    hold.set()
    assert lamp.showed.wait(WAIT)
    assert fixture.stop()
    assert fixture.part.trouble == ""


def test_all_stop_within_the_same_second(monkeypatch):
    lamps = [Lamp() for _ in range(3)]
    fixtures = [Fixture(lamp) for lamp in lamps]
    for fixture in fixtures:
        fixture.start()
    started = time.monotonic()
    assert stop_all(fixtures) == 0
    assert time.monotonic() - started < module.STOP_SECONDS
    assert [lamp.closed for lamp in lamps] == [1, 1, 1]


# An input


class Key:
    name, driver, about = "buttons", "played", "a key"

    def __init__(self):
        self.held, self.error, self.opened, self.closed = False, None, 0, 0

    def open(self):
        if self.error:
            raise self.error
        self.opened += 1

    def down(self):
        if self.error:
            raise self.error
        return self.held

    def close(self):
        self.closed += 1


def test_a_button_is_read_lost_and_read_again(said):
    key = Key()
    button = Reading(key)
    assert not button.down(0.0)
    key.held = True
    assert button.down(0.02)
    key.error = gone()
    assert not button.down(0.04)
    assert not button.down(0.5)
    assert button.part.trouble == "unplugged"
    key.error = None
    assert not button.down(0.9)
    assert button.down(1.04)
    assert button.part.trouble == ""
    assert len(said()) == 2
    assert button.counters == {"failures": 1}
    button.stop()
    assert key.closed == 2


def test_a_power_key_that_this_machine_does_not_have_is_no_trouble():
    key = Key()
    key.error = PartGone(Trouble.NOT_FOUND, "none")
    button = Reading(key, optional=True)
    assert not button.down(0.0)
    assert button.part is None
