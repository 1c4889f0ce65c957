"""Counts of a clip, rates of many, and how far they can be trusted."""

import pytest

from appliance.evaluate import bootstrap, tally
from appliance.evaluate.match import Alarm, Episode, Outcome
from appliance.evaluate.tally import Tally
from appliance.inference.judges.context import tick

PHONE = Episode(("phone_visible",), 5.0, 10.0)
FAULT = Episode(("camera_covered", "camera_frozen"), 20.0, 30.0)


def test_a_clip_is_counted_by_flag():
    outcome = Outcome(
        hits=((FAULT, Alarm("camera_frozen", 20.5, 26.5, 30.0)),),
        missed=(PHONE,),
        duplicates=((FAULT, Alarm("camera_frozen", 29.0, 31.0, 31.0)),),
        false=(Alarm("face_absent", 40.0, 48.0, 50.0),),
    )
    ticks = {"phone_visible": [tick(0.0, True), tick(1.0, None)], "face_absent": [tick(0.0, False)]}
    found = tally.of_clip(outcome, ticks, seconds=60.0)
    assert found["phone_visible"] == Tally(episodes=1, assessable=1, ticks=2, seconds=60.0)
    assert found["face_absent"] == Tally(false=1, assessable=1, ticks=1, seconds=60.0)
    assert found["camera_frozen"] == Tally(episodes=1, hits=1, duplicates=1, delays=(6.5,))
    assert "camera_covered" not in found


def test_an_episode_that_nobody_met_counts_for_the_first_of_its_flags():
    found = tally.of_clip(Outcome(missed=(FAULT,)), {}, seconds=60.0)
    assert found == {"camera_covered": Tally(episodes=1)}


def test_rates_are_of_what_was_counted():
    whole = tally.total(
        [Tally(episodes=4, hits=3, seconds=1800.0), Tally(false=1, assessable=3, ticks=4, seconds=5400.0)]
    )
    assert (whole.recall, whole.precision, whole.false_per_hour, whole.coverage) == (0.75, 0.75, 0.5, 0.75)


def test_a_rate_that_nothing_supports_is_none():
    empty = Tally()
    assert (empty.recall, empty.precision, empty.false_per_hour, empty.coverage) == (None, None, None, None)
    assert tally.upper_bound(0, 0.0) is None
    assert tally.percentile([], 0.5) is None


def test_none_in_six_hours_is_below_one_in_two_with_confidence():
    assert tally.upper_bound(0, 6.0) == 0.5


@pytest.mark.parametrize(("count", "exact"), [(1, 5.572), (4, 10.242), (10, 18.390)])
def test_the_bound_of_a_count_is_close_to_the_exact_one_of_poisson(count, exact):
    assert tally.upper_bound(count, 1.0) == pytest.approx(exact, rel=0.32 if count == 1 else 0.15)


def test_percentiles_are_values_that_were_seen():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert tally.percentile(values, 0.5) == 3.0
    assert tally.percentile(values, 0.95) == 5.0
    assert tally.percentile([7.0], 0.5) == 7.0


def test_people_who_are_all_alike_leave_no_doubt():
    assert bootstrap.ratio([1, 1, 1], [2, 2, 2]) == (0.5, 0.5)


def test_one_person_says_nothing_of_others():
    assert bootstrap.ratio([1], [2]) is None
    assert bootstrap.ratio([1, 0], [2, 0]) is None


def test_half_the_people_found_is_anything_between_none_and_all():
    low, high = bootstrap.ratio([1, 0], [1, 1])
    assert (low, high) == (0.0, 1.0)


def test_the_interval_of_many_people_is_that_of_the_binomial():
    """40 people, half of them found: 0.5 +- 1.96 * sqrt(.25 / 40) = .345 to .655."""
    low, high = bootstrap.ratio([1, 0] * 20, [1] * 40)
    assert low == pytest.approx(0.345, abs=0.03)
    assert high == pytest.approx(0.655, abs=0.03)


def test_the_same_data_give_the_same_interval():
    assert bootstrap.ratio([1, 0, 2], [2, 2, 2]) == bootstrap.ratio([1, 0, 2], [2, 2, 2])


def test_anything_can_be_drawn_again():
    low, high = bootstrap.statistic(3, lambda drawn: float(len(set(drawn))))
    assert (low, high) == (1.0, 3.0)
    assert bootstrap.statistic(3, lambda drawn: None) is None
