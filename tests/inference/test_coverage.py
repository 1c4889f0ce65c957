"""What nobody looked at."""

import pytest

from appliance.inference.coverage import Cause, Looks, Missed


@pytest.fixture
def looks():
    """Live and watched since 100, by a process that runs since 50."""
    made = Looks(process_at=50.0)
    made.begin(100.0)
    made.watched_since = 100.0
    return made


def test_looks_that_follow_each_other_leave_nothing_out(looks):
    assert [looks.looked(100.0 + i / 2) for i in range(20)] == [None] * 20
    assert looks.stop(110.0) is None


def test_no_pictures(looks):
    for i in range(100):
        looks.visited(100.0 + i / 10)
    assert looks.looked(109.0) == Missed(100.0, 109.0, Cause.NO_PICTURES)
    assert looks.looked(109.5) is None


def test_late(looks):
    looks.looked(100.0)
    looks.visited(100.0)
    looks.visited(104.0)
    assert looks.looked(104.0) == Missed(100.0, 104.0, Cause.LATE)


def test_late_once_is_not_late_for_ever(looks):
    looks.visited(100.0)
    looks.visited(104.0)
    looks.looked(104.0)
    for i in range(60):
        looks.visited(104.0 + i / 10)
    assert looks.looked(110.0).cause is Cause.NO_PICTURES


def test_the_process_was_down():
    looks = Looks(process_at=200.0, looked_at=150.0)
    looks.begin(100.0)
    looks.watched_since = 100.0
    assert looks.looked(203.0) == Missed(150.0, 203.0, Cause.DOWN)


def test_what_is_missed_ends_with_the_media(looks):
    looks.looked(101.0)
    assert looks.stop(108.0) == Missed(101.0, 108.0, Cause.NO_PICTURES)
    assert not looks.live
    assert looks.looked(120.0) is None
    looks.begin(125.0)
    assert looks.live
    assert looks.looked(126.0) is None
    assert looks.looked(130.0) == Missed(126.0, 130.0, Cause.NO_PICTURES)


def test_nothing_is_missed_before_the_rules_hold():
    looks = Looks(process_at=50.0)
    looks.begin(100.0)
    assert looks.looked(140.0) is None
    looks.watched_since = 150.0
    assert looks.looked(160.0) == Missed(150.0, 160.0, Cause.NO_PICTURES)
