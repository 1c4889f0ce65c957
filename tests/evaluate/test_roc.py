"""Area under the curve and recall at a false rate, against counting every pair by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.evaluate import roc

scores = st.lists(st.integers(0, 6).map(lambda n: n / 6), min_size=1, max_size=30)


def test_scores_that_never_overlap_are_told_apart_perfectly():
    assert roc.auc([0.8, 0.9], [0.1, 0.2]) == 1.0
    assert roc.rate_at([0.8, 0.9], [0.1, 0.2], false_rate=0.0) == 1.0


def test_equal_scores_tell_nothing():
    assert roc.auc([0.5], [0.5, 0.5]) == 0.5
    assert roc.rate_at([0.5], [0.5, 0.5], false_rate=0.02) == 0.0


def test_without_one_of_the_kinds_there_is_no_rate():
    assert roc.auc([], [0.1]) is None
    assert roc.auc([0.1], []) is None
    assert roc.rate_at([], [0.1], false_rate=0.02) is None


def test_two_of_a_hundred_may_be_false():
    negative = [0.9, 0.8, 0.7] + [0.1] * 97
    assert roc.rate_at([0.75, 0.65], negative, false_rate=0.02) == 0.5


@given(scores, scores)
def test_the_area_is_the_share_of_pairs_in_order(positive, negative):
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    assert roc.auc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


@given(scores, scores, st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]))
def test_the_rate_is_the_best_of_all_thresholds(positive, negative, false_rate):
    best = max(
        sum(p >= at for p in positive) / len(positive)
        for at in (*positive, *negative, 2.0)
        if sum(n >= at for n in negative) <= false_rate * len(negative) + 1e-9
    )
    assert roc.rate_at(positive, negative, false_rate=false_rate) == pytest.approx(best)
