import pytest

from appliance.exam import call
from appliance.exam.call import RESTS, Span, suspended

CALL = Span(100.0, 160.0)


@pytest.mark.parametrize(
    ("code", "at", "rests"),
    [
        ("speech", 99.9, False),
        ("speech", 100.0, True),
        ("speech", 164.9, True),
        ("speech", 165.1, False),
        ("camera_gaze", 70.5, True),
        ("camera_gaze", 189.5, True),
        ("camera_gaze", 190.5, False),
        ("face_absent", 120.0, False),
        ("phone_visible", 120.0, False),
    ],
)
def test_rules_about_speech_and_gaze_rest_around_a_call_and_no_others(code, at, rests):
    assert suspended(code, [CALL], at) is rests


def test_a_call_that_is_not_over_rests_until_further_notice():
    assert suspended("speech", [Span(100.0)], 1e9)


def test_each_call_counts():
    calls = [CALL, Span(300.0, 310.0)]
    assert [suspended("speech", calls, at) for at in (130.0, 200.0, 305.0, 400.0)] == [True, False, True, False]
    assert not suspended("speech", [], 130.0)


def test_the_line_is_lost_after_ten_seconds_without_the_proctors_voice():
    assert not call.lost(heard_at=50.0, now=60.0)
    assert call.lost(heard_at=50.0, now=60.1)


def test_every_resting_rule_says_how_long_before_and_after():
    assert all(before >= 0 and after >= 0 for before, after in RESTS.values())
