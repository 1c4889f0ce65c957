"""What comes first in review, when a recommendation stands, and time put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exam.flags import Severity
from appliance.exam.review import Recommendation, Standing, seconds, standing, union, urgency, without


def test_an_adverse_recommendation_waits_for_a_second_reviewer():
    assert standing(Recommendation.REFER, agreed=None, withdrawn=False) is Standing.WAITS
    assert standing(Recommendation.REFER, agreed=True, withdrawn=False) is Standing.STANDS
    assert standing(Recommendation.REFER, agreed=False, withdrawn=False) is Standing.NOT_AGREED
    assert standing(Recommendation.NO_CONCERN, agreed=None, withdrawn=False) is Standing.STANDS
    assert standing(Recommendation.REFER, agreed=True, withdrawn=True) is Standing.WITHDRAWN


def test_severity_novelty_and_waiting_each_make_a_flag_more_urgent():
    now = urgency(Severity.MEDIUM, earlier=0, waited=0)
    assert urgency(Severity.HIGH, earlier=0, waited=0) > now > urgency(Severity.LOW, earlier=0, waited=0)
    assert urgency(Severity.MEDIUM, earlier=5, waited=0) < now < urgency(Severity.MEDIUM, earlier=0, waited=1800)


def test_waiting_does_not_grow_without_end():
    assert urgency(Severity.LOW, earlier=0, waited=1e9) == urgency(Severity.LOW, earlier=0, waited=1e12)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda p: (min(p), max(p))), max_size=8)


@given(SPANS, SPANS)
def test_time_without_time_is_what_neither_moment_by_moment_shares(spans, taken):
    def inside(moment, of):
        return any(start <= moment < end for start, end in of)

    left = without(spans, taken)
    for moment in range(60):
        assert inside(moment, left) == (inside(moment, spans) and not inside(moment, taken))
    assert seconds(spans) == pytest.approx(seconds(left) + seconds(union(spans)) - seconds(without(spans, taken)))
