import pytest

from appliance.exam.attendance import Attendance, by_room
from appliance.exam.stage import Stage

A, B = "Lab 1", "Lab 2"


def test_M45_counts_are_per_room():
    places = [(A, Stage.INVITED), (A, Stage.CONSENT), (A, Stage.WAITING), (B, Stage.IN_EXAM), (B, Stage.REFUSED)]
    assert by_room(places, late=False) == {A: Attendance(3, 2, 1, 0), B: Attendance(2, 2, 1, 0)}


@pytest.mark.parametrize(("late", "absent"), [(False, 0), (True, 1)])
def test_M45_absent_is_who_has_not_come_when_the_time_to_arrive_is_over(late, absent):
    assert by_room([(A, Stage.INVITED), (A, Stage.SUBMITTED)], late=late)[A].absent == absent


@pytest.mark.parametrize("stage", list(Stage))
def test_nobody_is_counted_twice(stage):
    counts = by_room([("", stage)], late=True)[""]
    assert counts.expected == 1
    assert counts.arrived + counts.absent == 1
    assert counts.checked_in <= counts.arrived
