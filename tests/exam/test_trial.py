"""Changed thresholds are activated where stored sessions say that they may be, or where somebody says why."""

import json

import pytest

from appliance.errors import BadInput
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.trial import Change, Refused, Trial, check, needs_trial


def tried(before=0, after=0, *, hours=10.0):
    return Trial(
        sessions=5,
        all_sessions=5,
        hours=hours,
        before={"phone_visible": before},
        after={"phone_visible": after},
        false_before=before,
        false_after=after,
    )


@pytest.mark.parametrize(
    ("before", "after", "too_many"),
    [(0, 0, False), (0, 10, False), (0, 11, True), (5, 10, False), (20, 20, False), (20, 21, True), (20, 15, False)],
)
def test_too_many_is_more_than_one_in_an_hour_and_more_than_now(before, after, too_many):
    assert tried(before, after).too_many is too_many


def test_without_hours_nothing_is_too_many():
    assert not tried(0, 0, hours=0.0).too_many


def test_more_false_alerts_are_refused_with_the_figures():
    with pytest.raises(Refused, match=r"2\.0 false alerts in a candidate-hour \(now 0\.5, limit 1\)"):
        check(tried(5, 20), stored=True, override="  ")


def test_with_a_reason_they_are_not():
    assert check(tried(5, 20), stored=True, override="the institution wants it so") == "the institution wants it so"


def test_what_was_not_tried_is_refused_where_it_could_be():
    with pytest.raises(Refused, match="not tried"):
        check(None, stored=True, override="")
    assert check(None, stored=False, override="") == ""


def test_what_raises_no_more_is_allowed_and_needs_no_reason():
    assert check(tried(5, 5), stored=True, override="to be on the safe side") == ""


@pytest.mark.parametrize(
    ("changed", "needed"),
    [
        (DetectionPolicy(), False),
        (DetectionPolicy(numbers={"phone_visible": {"seconds": 1.0}}), True),
        (DetectionPolicy(on=frozenset({"posture_static"})), True),
        (DetectionPolicy(off=frozenset({"phone_visible"})), False),
        (DetectionPolicy(numbers={"focus_lost": {"times": 2.0}}), False),
        (DetectionPolicy(identity=True, trace=True), False),
    ],
)
def test_only_rules_that_are_new_or_other_and_can_be_tried_need_a_trial(changed, needed):
    assert needs_trial(in_force(DetectionPolicy()), in_force(changed)) is needed


def test_a_result_goes_through_json_and_nonsense_is_refused():
    change = Change(exam="a", seat="1", code="noise", kind="webcam", onset_at=3.5, added=True, confirmed=False)
    trial = Trial(**{**tried(1, 2).to_json(), "changes": (change,), "unreadable": ("b, 2: no",), "all_changes": 1})
    assert Trial.from_json(json.loads(json.dumps(trial.to_json()))) == trial
    with pytest.raises(BadInput):
        Trial.from_json({"sessions": 3})
