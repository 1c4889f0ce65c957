"""Which rules say something about a camera, by where it stands (proctoring.md 4.2)."""

import pytest

from appliance.exam.feed import Position
from appliance.exam.flags import RULES, applies


def test_in_front_every_rule_applies():
    assert all(applies(code, Position.FRONT) for code in RULES)


@pytest.mark.parametrize("position", [position for position in Position if position is not Position.FRONT])
def test_no_face_is_never_said_of_another_place(position):
    assert not applies("face_absent", position)


@pytest.mark.parametrize("position", [Position.OBLIQUE, Position.PAPER])
def test_everything_else_is_looked_for_from_the_side_too(position):
    assert {code for code in RULES if not applies(code, position)} == {"face_absent"}


def test_a_camera_of_the_whole_room_says_nothing_about_one_person():
    silent = {code for code in RULES if not applies(code, Position.ROOM)}
    assert silent == {"face_absent", "multiple_people", "phone_visible"}


@pytest.mark.parametrize("position", [Position.SCREEN, None])
def test_a_screen_and_a_voice_are_no_camera(position):
    assert not [code for code in RULES if applies(code, position)]
