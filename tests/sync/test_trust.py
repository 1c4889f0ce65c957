"""A clock that cannot be believed deletes nothing: not one that is not synchronised, nor one that has just jumped."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from appliance.box.clock import Stamp
from appliance.sync.chores import Chores
from appliance.sync.trust import UNKNOWN_SECONDS, Trust, look

DAY, HOUR = 86_400.0, 3_600.0
KNOWN = Stamp(wall=1e9, monotonic_ns=round(2 * HOUR * 1e9), boot="one", synchronised=True)


def later(seconds, *, ahead=0.0, at=KNOWN, **changes):
    moved = {"wall": at.wall + seconds + ahead, "monotonic_ns": at.monotonic_ns + round(seconds * 1e9)}
    return replace(at, **{**moved, **changes})


def booted(off, *, up=60.0, at=KNOWN):
    """The box was off, and has been up again for some seconds."""
    return Stamp(wall=at.wall + off + up, monotonic_ns=round(up * 1e9), boot="two", synchronised=True)


@pytest.fixture
def trust(tmp_path):
    """A clock that has been looked at for long enough."""
    made = Trust(tmp_path / "clock.json")
    made.doubt(later(-UNKNOWN_SECONDS))
    assert made.doubt(KNOWN) == ""
    return made


def test_a_clock_that_goes_on_is_believed_and_so_is_one_that_is_set_a_little(trust):
    assert trust.doubt(later(60)) == ""
    assert trust.doubt(later(10 * DAY)) == "", "the box idled: nothing was written, and the clock is right"
    assert trust.doubt(later(10 * DAY + 60, ahead=HOUR)) == ""


def test_M90_a_clock_that_is_not_synchronised_deletes_nothing(trust):
    assert "not synchronised" in trust.doubt(later(60, synchronised=False))
    assert trust.doubt(later(120)) == ""


def test_M90_a_clock_that_jumps_years_ahead_deletes_nothing_for_a_day(trust):
    jump = 10 * 365 * DAY
    assert "went forward" in trust.doubt(later(60, ahead=jump))
    assert trust.doubt(later(60 + DAY - 1, ahead=jump)) != ""
    assert trust.doubt(later(60 + DAY, ahead=jump)) == ""


def test_a_clock_that_is_put_right_again_within_the_day_has_deleted_nothing(trust):
    assert trust.doubt(later(60, ahead=365 * DAY)) != ""
    assert trust.doubt(later(HOUR)) != ""
    assert trust.doubt(later(DAY + 60)) == ""


def test_a_box_that_was_off_for_a_week_waits_for_some_hours_also_across_restarts(trust, tmp_path):
    assert "1.7 h" in trust.doubt(booted(7 * DAY))
    again = Trust(tmp_path / "clock.json")
    assert again.doubt(booted(7 * DAY, up=HOUR)) != ""
    assert again.doubt(booted(7 * DAY, up=1.7 * HOUR)) == ""
    assert Trust(tmp_path / "clock.json").doubt(booted(7 * DAY, up=2 * HOUR)) == ""


def test_a_box_that_was_off_for_the_night_deletes_at_once(trust):
    assert trust.doubt(booted(0.6 * DAY)) == ""


def test_where_nothing_is_known_an_hour_is_waited_for(tmp_path):
    file = tmp_path / "clock.json"
    file.write_text("{not json")
    fresh = Trust(file)
    assert fresh.doubt(KNOWN) != ""
    assert fresh.doubt(later(UNKNOWN_SECONDS)) == ""


def test_what_was_waited_for_when_the_box_went_down_is_waited_for_after_it():
    seen = look(look(None, KNOWN), later(60, ahead=365 * DAY))
    after = look(seen, booted(0.0, at=later(60, ahead=365 * DAY)))
    assert after.until_ns == pytest.approx(DAY * 1e9)


class Once(threading.Event):
    """Stops what waits for it the first time."""

    def wait(self, timeout=None):
        self.set()
        return True


class Counted:
    """Stands in for what deletes, and for what tells. `turns`: those in which dates count."""

    deleted_files = deleted_bytes = erased = sent = turns = 0
    trouble = ""
    afresh = SimpleNamespace(waits="", altered=0)

    def turn(self, *, now, dates_rest=False):
        self.turns += not dates_rest


@pytest.mark.parametrize(("synchronised", "turns"), [(False, 0), (True, 1)])
def test_M90_the_chores_delete_only_by_a_clock_that_is_believed_and_say_why_not(trust, synchronised, turns):
    retention, notices = Counted(), Counted()
    chores = Chores(retention, notices, trust, stamp=lambda: later(60, synchronised=synchronised))
    chores.run(Once())
    assert (retention.turns, notices.turns) == (turns, 1)
    assert bool(chores.status()["deletion_rests"]) is not synchronised
    assert chores.trouble == ""
