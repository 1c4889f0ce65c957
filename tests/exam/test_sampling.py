"""Blind sampling: which minutes may be drawn, and what a few judged ones say."""

import pytest

from appliance.exam.sampling import draw, minutes, missed


def test_only_whole_recorded_minutes_without_a_flag_near_them_are_drawn():
    assert minutes([(0, 300)], [(100, 110)]) == [(0, 60), (120, 180), (180, 240), (240, 300)]
    assert minutes([(0, 59)], []) == []
    assert minutes([(0, 120)], [], drawn=[(0, 60)]) == [(60, 120)]


def test_the_same_seed_draws_the_same_minute_whatever_the_order():
    found = [("a", (0.0, 60.0)), ("b", (0.0, 60.0)), ("a", (60.0, 120.0))]
    assert draw(found, seed="s") == draw(list(reversed(found)), seed="s")
    assert draw([], seed="s") is None
    assert {draw(found, seed=str(n)) for n in range(60)} == set(found)


@pytest.mark.parametrize(
    ("judged", "found", "low", "high"),
    [(20, 0, 0.0, 0.1684), (20, 2, 0.0123, 0.3170), (10, 10, 0.6915, 1.0), (100, 5, 0.0164, 0.1128)],
)
def test_the_bounds_are_the_exact_ones(judged, found, low, high):
    """Clopper and Pearson 1934; values of R's binom.test."""
    said = missed(judged, found)
    assert (said.low, said.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_nothing_judged_says_nothing():
    assert missed(0, 0).share is None
