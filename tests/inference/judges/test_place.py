"""What belongs in the picture of a camera at the desk, and whether it stays."""

from dataclasses import replace

import pytest

from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.baseline import Baseline
from appliance.inference.boxes import Box
from appliance.inference.judges.context import Context
from appliance.inference.judges.objects import Memory, judge
from appliance.inference.judges.place import LEARN
from appliance.inference.objects import BOOK, LAPTOP, Thing
from appliance.inference.search import Page
from tests.inference.seen import phone, seen

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
DESK = Context(kind=Kind.PHONE, position=Position.OBLIQUE, base=Baseline(head=Box(0.4, 0.1, 0.6, 0.4)))
SHEET = Page(Box(200, 300, 400, 450), 0.8)
LAP = Thing(LAPTOP, Box(400, 100, 600, 300), 0.8)


def lay(*names):
    return replace(DESK, base=replace(DESK.base, objects=frozenset(names)))


def verdict(code, look, context=DESK, memory=None):
    return judge(memory or Memory(), look, context)[1][code].verdict


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"pages": (SHEET,)}, FALSE),
        ({"things": (Thing(BOOK, SHEET.box, 0.7),)}, FALSE),
        ({"pages": (Page(SHEET.box, 0.45),)}, FALSE),  # to be still there asks for less than to be forbidden
        ({"pages": (Page(SHEET.box, 0.30),)}, TRUE),
        ({}, TRUE),
        ({"persons": ()}, UNASSESSABLE),  # who is away has taken nothing out of view
        ({"things": None, "pages": None}, UNASSESSABLE),
    ],
)
def test_M50_M65_M66_material_that_lay_there_at_check_in(facts, expected):
    assert verdict("material_left_view", seen(**facts), lay("notes")) is expected


def test_without_material_nothing_can_leave():
    assert verdict("material_left_view", seen()) is UNASSESSABLE
    assert verdict("screen_left_view", seen()) is UNASSESSABLE
    assert verdict("declared_phone_moved", seen()) is UNASSESSABLE


def test_material_and_screen_that_were_seen_for_a_while_belong_there():
    memory = Memory()
    for n in range(LEARN):
        assert verdict("screen_left_view", seen(), DESK, memory) is UNASSESSABLE
        memory, _ = judge(memory, seen(100.0 + n, pages=(SHEET,), things=(LAP,)), DESK)
    assert verdict("material_left_view", seen(110.0), DESK, memory) is TRUE
    assert verdict("screen_left_view", seen(110.0), DESK, memory) is TRUE
    assert verdict("screen_left_view", seen(110.0, things=(LAP,)), DESK, memory) is FALSE


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        ((phone(0.9),), FALSE),
        ((phone(0.9, left=110.0),), FALSE),  # less than half its length
        ((phone(0.9, left=130.0),), TRUE),
        ((phone(0.9, left=400.0), phone(0.8)), FALSE),  # another one, and the declared one is still there
        ((phone(0.35),), FALSE),  # a hand over it makes it doubtful
        ((), TRUE),
        (None, UNASSESSABLE),
    ],
)
def test_M27_M38_a_declared_phone(phones, expected):
    context = lay("phone")
    memory, ticks = judge(Memory(), seen(phones=(phone(0.9),)), context)
    assert ticks["declared_phone_moved"].verdict is FALSE
    assert verdict("declared_phone_moved", seen(101.0, phones=phones), context, memory) is expected
