"""What lies or is held in the picture."""

from dataclasses import replace

import pytest

from appliance.exam.detection import USUAL, DetectionPolicy, Prohibited, in_force
from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.baseline import Baseline
from appliance.inference.boxes import Box
from appliance.inference.judges.context import Context
from appliance.inference.judges.objects import LONGEST_DOUBT, SETTLING, Memory, desk, hungry, judge
from appliance.inference.objects import BOOK, LAPTOP, TV, Thing
from appliance.inference.search import Page
from tests.inference.seen import phone, seen

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
ROOM = Context(base=Baseline(head=Box(0.4, 0.2, 0.6, 0.5)))
PLACE = Box(400, 300, 560, 450)
LAP = Thing(LAPTOP, PLACE, 0.8)
SCREEN = Thing(TV, Box(0, 100, 200, 300), 0.7)
A_BOOK = Thing(BOOK, PLACE, 0.7)
SHEET = Page(PLACE, 0.8)


def see(memory=None, context=ROOM, **facts):
    return judge(memory or Memory(), seen(**facts), context)[1]


def forbidden(context=ROOM, **facts):
    tick = see(context=context, **facts)["prohibited_object"]
    return tick.verdict, tick.why.get("what")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (FALSE, None)),
        ({"things": (A_BOOK,)}, (TRUE, "book")),
        ({"things": (LAP,)}, (TRUE, "laptop")),
        ({"things": (SCREEN,)}, (TRUE, "second_screen")),
        ({"pages": (SHEET,)}, (TRUE, "notes")),
        ({"pages": (SHEET,), "things": (replace(A_BOOK, score=0.35),)}, (TRUE, "book")),  # a book's own page
        ({"things": (replace(A_BOOK, score=0.59),)}, (FALSE, None)),
        ({"pages": (replace(SHEET, score=0.59),)}, (FALSE, None)),
        ({"pages": None, "phones": None}, (FALSE, None)),  # no second opinion: books and screens all the same
        ({"things": None}, (UNASSESSABLE, None)),
    ],
)
def test_prohibited_object(facts, expected):
    assert forbidden(**facts) == expected


@pytest.mark.parametrize(
    ("allowed", "facts"),
    [
        (Prohibited.BOOK, {"things": (A_BOOK,)}),
        (Prohibited.LAPTOP, {"things": (LAP,)}),
        (Prohibited.SECOND_SCREEN, {"things": (SCREEN,)}),
        (Prohibited.NOTES, {"pages": (SHEET,)}),
    ],
)
def test_M28_what_the_exam_allows_is_nothing(allowed, facts):
    rules = in_force(DetectionPolicy(allowed=frozenset({allowed})))
    assert forbidden(replace(ROOM, rules=rules), **facts) == (FALSE, None)


def test_an_exam_on_paper_allows_notes_but_no_laptop():
    context = replace(ROOM, rules=in_force(DetectionPolicy(paper=True)))
    assert forbidden(context, pages=(SHEET,)) == (FALSE, None)
    assert forbidden(context, things=(LAP,)) == (TRUE, "laptop")


def test_an_allowed_phone_is_not_seen():
    rules = in_force(DetectionPolicy(allowed=frozenset({Prohibited.PHONE})))
    assert see(context=replace(ROOM, rules=rules), phones=(phone(0.9),))["phone_visible"].verdict is FALSE


def test_a_screen_that_stood_there_at_check_in_belongs_there_a_book_does_not():
    base = replace(ROOM.base, objects=frozenset({"laptop", "book"}))
    context = replace(ROOM, base=base)
    assert forbidden(context, things=(LAP,)) == (FALSE, None)
    assert forbidden(context, things=(SCREEN,)) == (TRUE, "second_screen")
    assert forbidden(context, things=(A_BOOK,)) == (TRUE, "book")


def test_without_a_check_in_screens_that_are_there_from_the_first_belong_there():
    memory, context = Memory(), Context()
    for n in range(SETTLING):
        memory, ticks = judge(memory, seen(100.0 + n, things=(SCREEN,)), context)
        assert ticks["prohibited_object"].verdict is FALSE
    tick = judge(memory, seen(110.0, things=(SCREEN, LAP)), context)[1]["prohibited_object"]
    assert (tick.verdict, dict(tick.why)) == (TRUE, {"what": "laptop", "base": "first_looks"})


def test_a_camera_beside_the_candidate_sees_the_exams_own_screen():
    context = replace(ROOM, kind=Kind.PHONE, position=Position.OBLIQUE)
    assert forbidden(context, things=(LAP,)) == (FALSE, None)
    assert forbidden(context, things=(LAP, SCREEN)) == (TRUE, "second_screen")


def test_a_declared_phone_is_not_a_phone_that_is_seen_while_it_lies_there():
    base = replace(ROOM.base, objects=frozenset({"phone"}))
    context = replace(ROOM, base=base, kind=Kind.PHONE, position=Position.OBLIQUE)
    memory, ticks = judge(Memory(), seen(phones=(phone(0.9),)), context)
    assert ticks["phone_visible"].verdict is FALSE
    ticks = judge(memory, seen(101.0, phones=(phone(0.9), phone(0.8, left=500.0))), context)[1]
    assert ticks["phone_visible"].verdict is TRUE
    assert ticks["phone_visible"].score == 0.8


def test_a_wallet_that_looks_like_a_phone_now_and_then_is_a_wallet():
    wallet, lookalike = phone(0.02, shape=0.95, lead=-4.0), phone(0.9, lead=1.5)
    memory, said = Memory(), []
    for n, held in enumerate([wallet, wallet, lookalike, wallet, lookalike, wallet]):
        memory, ticks = judge(memory, seen(100.0 + n / 2, phones=(held,)), ROOM)
        said.append(ticks["phone_visible"].verdict)
    assert said == [FALSE] * 6
    later = judge(memory, seen(110.0, phones=(lookalike,)), ROOM)[1]["phone_visible"]
    assert (later.verdict, dict(later.why)) == (TRUE, {"lead_over_wallet": 1.5})


def test_a_phone_that_looks_like_a_wallet_now_and_then_is_a_phone():
    memory = Memory()
    for n, lead in enumerate([3.0, -0.8, 2.0, -1.5]):
        memory, _ = judge(memory, seen(100.0 + n / 2, phones=(phone(0.6, lead=lead),)), ROOM)
    tick = judge(memory, seen(102.0, phones=(phone(0.6, lead=1.0),)), ROOM)[1]["phone_visible"]
    assert tick.verdict is TRUE


def test_a_dark_tie_that_is_as_like_a_wallet_as_a_phone_is_none():
    memory, said = Memory(), []
    for n, lead in enumerate([0.2, 0.5, 1.1, 0.0, 0.0, -0.2]):  # Grace Hopper's, seat 6 of the demo
        memory, ticks = judge(memory, seen(100.0 + n / 2, phones=(phone(0.65, lead=lead),)), ROOM)
        said.append(ticks["phone_visible"].verdict)
    assert said[3:] == [FALSE] * 3


def test_a_doubtful_phone_is_looked_at_in_every_picture_for_a_while():
    memory = Memory()
    for n in range(LONGEST_DOUBT):
        memory, ticks = judge(memory, seen(100.0 + n, phones=(phone(0.4),)), ROOM)
        assert ticks["phone_visible"].verdict is FALSE
        assert hungry(memory)
    memory, _ = judge(memory, seen(110.0, phones=(phone(0.4),)), ROOM)
    assert not hungry(memory)
    memory, _ = judge(memory, seen(111.0), ROOM)
    assert not hungry(memory)


def test_what_lies_on_the_desk_is_told_by_name():
    assert desk(seen(), ROOM) == frozenset()
    look = seen(phones=(phone(0.9),), things=(LAP, replace(SCREEN, score=0.4)), pages=(SHEET,))
    assert desk(look, ROOM) == {"phone", "laptop", "notes"}
    assert desk(seen(things=None), ROOM) is None


def test_a_look_that_was_not_for_objects_says_nothing():
    assert see(phones=None, things=None, waits=True) == {}
    assert USUAL["prohibited_object"].threshold == 0.60
