"""Persons of one picture: when a second look is taken, and what it changes."""

import numpy as np

from appliance.inference.boxes import Box
from appliance.inference.hands import Palm
from appliance.inference.objects import PERSON, Thing
from appliance.inference.scene import SECOND_LOOKS, find_persons

PICTURE = np.zeros((480, 640, 3), np.uint8)
CANDIDATE = Thing(PERSON, Box(100, 30, 450, 480), 0.9)
EDGE = Thing(PERSON, Box(500, 60, 640, 480), 0.35)
PALM = Palm(Box(80, 300, 160, 380), 0.8, (120, 390), (120, 330))


class Finder:
    """Sees the same in every part of the picture."""

    def __init__(self, *things):
        self.things, self.looks = things, []

    def find(self, piece, *, kinds):
        self.looks.append((piece.shape[1], piece.shape[0]))
        return [thing for thing in self.things if thing.score >= kinds.get(thing.kind, 2)]


def test_somebody_at_the_edge_gets_a_second_look():
    again = Finder(Thing(PERSON, Box(20, 20, 155, 420), 0.8))
    persons = find_persons(PICTURE, [CANDIDATE, EDGE], [], again)
    assert [p.score for p in persons] == [0.9, 0.8]
    assert len(again.looks) == 1


def test_a_second_look_that_finds_nothing_changes_nothing():
    persons = find_persons(PICTURE, [CANDIDATE, EDGE], [], Finder())
    assert [p.score for p in persons] == [0.9, 0.35]


def test_the_same_person_is_not_found_twice():
    part = Thing(PERSON, Box(150, 60, 400, 300), 0.6)
    again = Finder()
    assert find_persons(PICTURE, [CANDIDATE, part], [], again) == [CANDIDATE]
    assert again.looks == []


def test_an_arm_held_to_the_camera_is_no_person():
    arm = Thing(PERSON, Box(10, 160, 210, 480), 0.5)
    right = Thing(PERSON, Box(250, 30, 600, 480), 0.9)
    assert find_persons(PICTURE, [right, arm], [PALM], Finder()) == [right]
    small = Palm(Box(80, 300, 110, 330), 0.8, (95, 330), (95, 310))
    assert len(find_persons(PICTURE, [right, arm], [small], Finder())) == 2


def test_nobody_there():
    assert find_persons(PICTURE, [], [], Finder()) == []


def test_a_crowd_costs_no_more_than_a_few_looks():
    crowd = [Thing(PERSON, Box(60 * i, 0, 60 * i + 50, 200), 0.4) for i in range(10)]
    again = Finder()
    find_persons(PICTURE, crowd, [], again)
    assert len(again.looks) <= SECOND_LOOKS
