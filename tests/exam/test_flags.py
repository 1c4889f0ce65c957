"""Which rules say something about a feed, by where its camera stands (proctoring.md 4.2)."""

import pytest

from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy, Stake, in_force
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import RULES, Sense, Source, read_rules
from appliance.inference.stream import SENSES

SIGHT = {code: rule for code, rule in RULES.items() if rule.sense is Sense.SIGHT}


def applying(kind, position):
    return {code for code, rule in SIGHT.items() if rule.applies(kind, position)}


@pytest.mark.parametrize("position", [position for position in Position if position is not Position.FRONT])
def test_no_face_is_never_said_of_another_place(position):
    assert "face_absent" not in applying(Kind.WEBCAM, position)


def test_a_camera_of_the_whole_room_says_nothing_about_one_person():
    assert applying(Kind.CAMERA, Position.ROOM) == {"camera_covered", "camera_frozen", "lighting_poor"}


@pytest.mark.parametrize("position", [Position.SCREEN, None])
def test_a_screen_and_a_voice_are_no_camera(position):
    assert not applying(Kind.WEBCAM, position)


@pytest.mark.parametrize("position", [Position.OBLIQUE, Position.PAPER])
def test_only_from_the_side_are_hands_and_desk_looked_at(position):
    side = {"hands_out_of_view", "hands_wandering", "material_left_view", "camera_gaze"}
    assert side <= applying(Kind.PHONE, position)
    assert not side & applying(Kind.WEBCAM, Position.FRONT)


def test_every_rule_says_who_can_see_it_and_asks_for_what_can_be():
    for rule in RULES.values():
        assert 0 < rule.share <= 1
        assert rule.hits >= 1
        assert rule.kinds
        assert not (rule.usual and rule.category == "integrity" and rule.hits < 1)


@pytest.mark.parametrize("code", ["headphones", "smart_wearable", "head_covering", "distraction"])
def test_M30_M52_what_only_people_may_say_is_never_said_by_a_model(code):
    assert RULES[code].source is Source.PERSON
    asked = DetectionPolicy(stake=Stake.HIGH, on=frozenset({code}))
    assert code not in in_force(asked), "even where somebody asks for it"
    assert code not in {code for stage in SENSES.values() for sense in stage for code in _judged_by(sense)}


def _judged_by(sense):
    return {code for code, rule in RULES.items() if rule.sense is sense}


def test_M52_a_head_covering_that_was_agreed_is_nobodys_business():
    assert Switch.COVERING in RULES["head_covering"].off_by


def test_a_rule_that_does_not_hold_is_refused():
    with pytest.raises((ValueError, TypeError)):
        read_rules('[x]\nchannel = "magic"\ncategory = "integrity"\nseverity = "low"\nseconds = 1.0\nthreshold = 1.0')
