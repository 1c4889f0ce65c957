"""What is granted to a candidate switches rules off before a flag exists; what is taken back switches them on again."""

from appliance.exam import events
from appliance.exam.detection import DetectionPolicy
from tests.inference.test_enrolment import seat


def granted(*switches):
    return events.AttemptAccommodated(switches=list(switches))


def test_the_rules_of_a_seat_are_those_that_nothing_switches_off(tmp_path):
    rules = seat(tmp_path, granted("reading_aloud", "gaze")).rules
    assert not {"speech", "looking_away", "looking_down"} & rules.rules.keys()
    assert "phone_visible" in rules


def test_the_last_word_of_the_planner_holds(tmp_path):
    rules = seat(tmp_path, granted("reading_aloud", "gaze"), granted("gaze")).rules
    assert "speech" in rules
    assert "looking_away" not in rules


def test_what_the_candidate_declined_stays_declined(tmp_path):
    made = seat(tmp_path, events.IdentityDeclined(), granted())
    assert "identity_mismatch" not in made.rules
    assert made.enrolment is None


def test_a_change_of_the_exam_while_it_runs_keeps_what_was_granted(tmp_path):
    made = seat(tmp_path, granted("gaze"))
    made.use(DetectionPolicy(off=frozenset({"speech"})), 1001.0)
    assert not {"speech", "looking_away"} & made.rules.rules.keys()
