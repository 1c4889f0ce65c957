"""What people made of a seat's flags: when the detector is the trouble, and when not."""

import pytest

from appliance.exam.flags import Decision
from appliance.exam.health import Judged, Place, can_be_wrong, rates

SEAT_14 = Place("", "14")


def judged(*made, code="phone_visible", place=SEAT_14):
    """ "e": detector error, "i": innocent action, "c": confirmed, "u": inconclusive, "o": open, "d": a duplicate."""
    said = {
        "e": (Decision.DISMISSED, "detector_error"),
        "i": (Decision.DISMISSED, "innocent_action"),
        "d": (Decision.DISMISSED, "duplicate"),
        "r": (Decision.DISMISSED, "room_event"),
        "a": (Decision.DISMISSED, "accommodated"),
        "c": (Decision.CONFIRMED, ""),
        "u": (Decision.INCONCLUSIVE, "unclear_picture"),
        "o": (Decision.OPEN, ""),
    }
    return [Judged(place=place, code=code, decision=said[one][0], reason=said[one][1]) for one in "".join(made)]


def test_six_of_six_dismissed_is_trouble():
    (rate,) = rates(judged("eeeeii"))
    assert (rate.dismissed, rate.decided, rate.detector_errors, rate.open) == (6, 6, 4, 0)
    assert rate.is_trouble


@pytest.mark.parametrize(
    ("made", "trouble"),
    [("ee", False), ("eeoooo", False), ("eec", False), ("eeec", True), ("eeecc", False), ("eeu", False)],
)
def test_it_takes_three_decided_and_three_quarters_of_them_dismissed(made, trouble):
    (rate,) = rates(judged(made))
    assert rate.is_trouble is trouble


def test_what_was_dismissed_for_another_reason_says_nothing_about_the_seat():
    (rate,) = rates(judged("dddraaa"))
    assert (rate.dismissed, rate.decided) == (0, 0)
    assert not rate.is_trouble


def test_the_worst_seat_comes_first():
    flags = (
        judged("cccc", place=Place("", "1"))
        + judged("eee", place=Place("", "2"))
        + judged("eeeeec", place=Place("", "3"))
    )
    assert [rate.place.seat for rate in rates(flags)] == ["3", "2", "1"]


def test_what_a_person_saw_is_no_detectors_fault():
    assert not rates(judged("eeee", code="manual_flag"))
    assert can_be_wrong("phone_visible")
