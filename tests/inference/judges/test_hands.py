"""Where the hands are. Written by hand: there is no labelled footage of a camera beside a candidate."""

from dataclasses import replace

import pytest

from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.boxes import Box
from appliance.inference.hands import Palm
from appliance.inference.judges import hands
from appliance.inference.judges.context import Context
from appliance.inference.judges.hands import LEARN, REMEMBERED, Memory
from appliance.inference.track import Track
from appliance.inference.watch import Begun
from tests.inference.seen import seen

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
DESK = Context(kind=Kind.PHONE, position=Position.OBLIQUE)


def palm(left=200.0, top=350.0, score=0.9):
    return Palm(Box(left, top, left + 50, top + 50), score, (left + 25, top + 60), (left + 25, top + 10))


BOTH = (palm(), palm(350.0))
ONE = (palm(),)
ELSEWHERE = (palm(560.0, 20.0),)


def play(looks, context=DESK):
    """The ticks of the n-th second's look at these hands."""
    memory, said = Memory(), []
    for n, found in enumerate(looks):
        memory, ticks = hands.judge(memory, seen(100.0 + n, hands=found), context)
        said.append(ticks)
    return memory, said


def fired(looks):
    track = Track(hands.judge, Memory(), DESK)
    outputs = [
        (n, o.code) for n, h in enumerate(looks) for o in track.see(seen(100.0 + n, hands=h)) if isinstance(o, Begun)
    ]
    return outputs


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"hands": BOTH}, FALSE),
        ({"hands": ONE}, FALSE),
        ({"hands": ()}, TRUE),
        ({"hands": (palm(score=0.4),)}, TRUE),
        ({"hands": (), "persons": ()}, UNASSESSABLE),
        ({"hands": None}, UNASSESSABLE),
    ],
)
def test_one_look(facts, expected):
    assert hands.judge(Memory(), seen(**facts), DESK)[1]["hands_out_of_view"].verdict is expected


def test_M51_both_hands_out_of_view_for_fifteen_seconds():
    assert fired([BOTH] * 10 + [()] * 20) == [(25, "hands_out_of_view")]


def test_one_hand_out_of_view_for_thirty_seconds():
    assert fired([BOTH] * 10 + [ONE] * 40) == [(40, "hands_out_of_view")]


def test_two_hands_now_and_then_are_enough():
    assert fired([BOTH] * 10 + ([ONE] * 10 + [BOTH]) * 5) == []


def test_M76_hands_that_leave_their_place_four_times_in_two_minutes_wander():
    leave = [BOTH] * 5 + [ELSEWHERE] * 3
    assert fired([BOTH] * LEARN + leave * 3) == []
    assert [code for _, code in fired([BOTH] * LEARN + leave * 4)] == ["hands_wandering"]


def test_exits_are_counted_anew_after_a_flag_and_forgotten_after_two_minutes():
    leave = [BOTH] * 5 + [ELSEWHERE] * 3
    memory, _ = play([BOTH] * LEARN + leave * 4)
    assert memory.exits == ()
    slow = ([BOTH] * 40 + [ELSEWHERE] * 3) * 6
    assert fired([BOTH] * LEARN + slow) == []


def test_a_hand_that_one_look_misses_has_not_left():
    memory, _ = play([BOTH] * LEARN + [BOTH, ()] * 20)
    assert memory.exits == ()


def test_the_memory_of_hands_is_bounded():
    memory, _ = play([BOTH] * 200)
    assert len(memory.places) == REMEMBERED


def test_a_look_that_was_not_for_hands_says_nothing():
    assert hands.judge(Memory(), replace(seen(), hands=None, waits=True), DESK)[1] == {}
