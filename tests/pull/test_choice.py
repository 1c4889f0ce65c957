"""Which exams and attempts somebody asks for."""

import datetime

import pytest

from appliance.errors import BadInput
from appliance.pull.choice import Choice, days


def wall(text):
    return datetime.datetime.fromisoformat(text).astimezone().timestamp()


def test_names_are_patterns_and_none_means_all():
    choice = Choice(sites=("north", "s*"), boxes=("lab-?",))
    assert [name for name in ("north", "south", "east") if choice.site(name)] == ["north", "south"]
    assert [name for name in ("lab-1", "lab-12", "LAB-1") if choice.box(name)] == ["lab-1"]
    assert choice.exam("anything")


def test_both_days_are_included_by_the_clock_of_this_machine():
    since, until = days("2026-11-22", "2026-11-23")
    choice = Choice(since=since, until=until)
    said = {
        moment: choice.began(wall(moment)) for moment in ("2026-11-21T23:59", "2026-11-22T00:00", "2026-11-23T23:59")
    }
    assert list(said.values()) == [False, True, True]
    assert not choice.began(wall("2026-11-24T00:00"))
    assert choice.too_old(wall("2026-11-21T10:00"))
    assert not Choice().too_old(0.0)


@pytest.mark.parametrize(("first", "last"), [("22.11.2026", None), (None, "2026-13-01"), ("2026-11-22", "2026-11-21")])
def test_a_date_that_is_none_is_said(first, last):
    with pytest.raises(BadInput) as caught:
        days(first, last)
    assert caught.value.hint


def test_attempts_are_chosen_by_id_number_or_flag():
    flags = {"phone_visible": 2}
    assert Choice(attempts=("c1",)).attempt(("18570ac5", "c1"), {})
    assert not Choice(attempts=("c2",)).attempt(("18570ac5", "c1"), {})
    assert Choice(flagged="").attempt(("a",), flags)
    assert not Choice(flagged="").attempt(("a",), {})
    assert not Choice(flagged="gaze_away").attempt(("a",), flags)
    assert Choice(sites=("x",)).every_exam
    assert not Choice(exams=("x",)).every_exam
    assert not Choice(flagged="").every_attempt
