"""A rule that a lead muted at a seat raises nothing there from then on, in this process and in the next."""

from appliance.exam import events
from appliance.exam.feed import Kind
from tests.inference.test_enrolment import seat

MUTED = events.RuleMuted(code="camera_covered", muted=True, reason="the lamp reflects", by="lea", by_name="Lea")
UNMUTED = events.RuleMuted(code="camera_covered", muted=False, reason="moved", by="lea", by_name="Lea")
FLAG = "a22d2e6fdace57faba17a2df0883d38a"  # as it is named: by attempt, rule and onset
RAISED = events.FlagRaised(
    flag=FLAG,
    code="camera_covered",
    category="integrity",
    severity="medium",
    kind="webcam",
    source="inference",
    onset_at=1000.0,
    position=None,
    stage="in_exam",
    rules="",
    models={},
    threshold=0.5,
    score=0.6,
    true=3,
    assessable=3,
    ticks=3,
    light=None,
    snapshots=[],
)


def closed(said):
    return [one.payload.flag for one in said if isinstance(one.payload, events.FlagClosed)]


def test_a_muted_rule_is_none_of_the_seats_until_it_is_unmuted(tmp_path):
    made = seat(tmp_path, MUTED)
    assert "camera_covered" not in made.rules
    assert "phone_visible" in made.rules
    made.hear(UNMUTED, at=1001.0)
    assert "camera_covered" in made.rules


def test_what_it_has_open_ends_when_it_is_muted(tmp_path):
    made = seat(tmp_path, RAISED)
    assert closed(made.take_over(1001.0)) == []
    assert "camera_covered" in made.streams[Kind.WEBCAM].active
    assert closed(made.hear(MUTED, at=1002.0)) == [FLAG]


def test_a_process_that_begins_anew_ends_what_was_muted_while_it_was_away(tmp_path):
    made = seat(tmp_path, RAISED, MUTED)
    assert closed(made.take_over(1001.0)) == [FLAG]
    assert made.streams[Kind.WEBCAM].active == frozenset()


def test_muting_stands_beside_what_was_agreed_and_what_the_exam_says(tmp_path):
    made = seat(tmp_path, events.AttemptAccommodated(switches=["gaze"]), MUTED)
    assert not {"camera_covered", "looking_away"} & made.rules.rules.keys()
