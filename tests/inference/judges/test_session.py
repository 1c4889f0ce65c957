"""What follows from the schedule and from what people did."""

from itertools import chain

import pytest

from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.inference.judges import session
from appliance.inference.judges.context import Context
from appliance.inference.judges.session import Moment, Schedule
from appliance.inference.track import Track
from appliance.inference.watch import Begun, Over

PLAN = Schedule(starts_at=1000.0, minutes=60)
HERE = {"schedule": PLAN, "arrived_at": 900.0}


def outputs(moments, context=None):
    track = Track(session.judge, session.Memory(), context or Context())
    return list(chain.from_iterable(track.see(moment) for moment in moments))


def raised(moments, context=None):
    return [(o.code, o.episode.onset_at) for o in outputs(moments, context) if isinstance(o, Begun)]


def seconds(first, last, **facts):
    return [Moment(at=float(at), **facts) for at in range(first, last)]


# --- late, and not there ---


@pytest.mark.parametrize(
    ("arrives", "late"), [(900.0, False), (1119.0, False), (1121.0, True), (4599.0, True), (4601.0, False)]
)
def test_M68_whoever_arrives_after_the_start_is_late_but_not_after_the_end(arrives, late):
    said = raised([Moment(at=arrives, schedule=PLAN, arrived_at=arrives)])
    assert said == ([("late_arrival", arrives)] if late else [])


def test_how_late_is_said():
    (begun,) = outputs([Moment(at=1300.0, schedule=PLAN, arrived_at=1300.0)])
    assert begun.episode.why == {"late_seconds": 300}


def test_whoever_is_not_there_after_ten_minutes_is_said_once_until_they_come():
    waiting = seconds(990, 3500, schedule=PLAN)
    arrives = [Moment(at=3500.0, schedule=PLAN), Moment(at=3500.0, schedule=PLAN, arrived_at=3500.0)]
    said = outputs([*waiting, *arrives, *seconds(3501, 3520, schedule=PLAN, arrived_at=3500.0)])
    assert [(o.code, o.episode.onset_at) for o in said if isinstance(o, Begun)] == [
        ("no_show", 1600.0),
        ("late_arrival", 3500.0),
    ]
    assert [(o.code, o.ended_at) for o in said if isinstance(o, Over)] == [
        ("no_show", 3500.0),
        ("late_arrival", 3500.0),
    ]


def test_a_process_that_began_later_says_the_same():
    assert raised(seconds(2000, 2010, schedule=PLAN)) == [("no_show", 1600.0)]


def test_when_the_exam_is_over_nobody_is_missing_any_more():
    assert raised(seconds(4600, 4700, schedule=PLAN)) == []
    assert [o for o in outputs(seconds(4500, 4640, schedule=PLAN)) if isinstance(o, Over)] != []


def test_the_minutes_are_a_setting():
    patient = Context(rules=in_force(DetectionPolicy(numbers={"no_show": {"threshold": 1200.0}})))
    assert raised(seconds(1600, 2190, schedule=PLAN), patient) == []
    assert raised(seconds(1600, 2210, schedule=PLAN), patient) == [("no_show", 2200.0)]


def test_without_a_schedule_nothing_follows():
    left = Moment(at=9999.0, arrived_at=9999.0, started_at=9000.0, handed_in_at=9999.0)
    assert raised([Moment(at=9999.0), left]) == []


# --- gone early ---


@pytest.mark.parametrize(("stayed", "early"), [(10.0, True), (1799.0, True), (1801.0, False)])
def test_M69_whoever_hands_in_within_half_the_time_leaves_early(stayed, early):
    at = 1000.0 + stayed
    said = raised([Moment(at=at, **HERE, started_at=1000.0, handed_in_at=at)])
    assert said == ([("early_departure", at)] if early else [])


def test_whoever_left_the_page_for_a_minute_has_left():
    away = seconds(1200, 1259, **HERE, started_at=1000.0, left_at=1200.0)
    assert raised(away) == []
    assert raised([*away, *seconds(1259, 1262, **HERE, started_at=1000.0, left_at=1200.0)]) == [
        ("early_departure", 1260.0)
    ]


def test_nor_is_it_said_again_while_they_stay_away():
    away = seconds(1200, 4500, **HERE, started_at=1000.0, left_at=1200.0)
    assert raised(away) == [("early_departure", 1260.0)]


def test_whoever_leaves_the_page_late_in_the_exam_does_not():
    assert raised(seconds(3000, 3100, **HERE, started_at=1000.0, left_at=3000.0)) == []


def test_most_of_the_time_nothing_is_in_question():
    track = Track(session.judge, session.Memory(), Context())
    for moment in seconds(1000, 1100, **HERE, started_at=1000.0):
        track.see(moment)
    assert track.watch.counts == {}


# --- breaks ---


BREAK = {"break_until": 2000.0, "break_minutes": 10}


@pytest.mark.parametrize(("until", "over"), [(2060, False), (2061, True)])
def test_M98_a_break_is_too_long_from_a_minute_on(until, over):
    assert raised(seconds(1990, until, **BREAK)) == ([("break_overrun", 2060.0)] if over else [])
    assert raised(seconds(2500, 2510, **BREAK)) == [("break_overrun", 2060.0)], "a process that began later says it too"


def test_M98_how_long_it_should_have_been_is_said_and_it_ends_with_the_break():
    begun, over = outputs([*seconds(2000, 2100, **BREAK), *seconds(2100, 2120)])
    assert (begun.episode.why, over.ended_at) == ({"break_minutes": 10}, 2099.0)
    assert raised(seconds(2000, 2100, **BREAK), Context(rules=in_force(DetectionPolicy(), [Switch.BREAKS]))) == []


# --- the check-out ---


def test_M69_whoever_leaves_the_check_out_before_the_release_has_left_early():
    away = {**HERE, "started_at": 1000.0, "handed_in_at": 4000.0, "left_at": 4100.0}
    (begun,) = outputs(seconds(4101, 4162, **away))
    assert (begun.code, begun.episode.onset_at) == ("early_departure", 4160.0)
    assert begun.episode.why["during"] == "check_out"


def test_whoever_has_handed_in_and_stays_has_not_left():
    assert raised(seconds(1101, 1200, **HERE, started_at=1000.0, handed_in_at=1100.0)) == []
