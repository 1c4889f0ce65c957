"""What a camera shows of somebody who checks in, and what it cannot tell from where it stands."""

from dataclasses import replace

import pytest

from appliance.exam.feed import Position
from appliance.exam.plan import Sight
from appliance.inference.boxes import Box
from appliance.inference.hands import Palm
from appliance.inference.judges.position import KEEPS, Memory, State, head, judge
from appliance.inference.objects import BOOK, LAPTOP, Thing
from appliance.inference.observe import nothing
from tests.inference.seen import DARK, face, person, seen

HAND = Palm(Box(300.0, 300.0, 360.0, 360.0), 0.9, (330.0, 360.0), (330.0, 310.0))
BOX = Box(200.0, 300.0, 400.0, 420.0)
SEEN, MISSING, UNKNOWN = State.SEEN, State.NOT_SEEN, State.NOT_ASSESSABLE


def once(stands, **facts):
    """What one look says: face, hands, screen, workspace, materials."""
    facts = {"candidate": face(), "hands": (), **facts}
    return [judge(Memory(), seen(**facts), stands)[1][sight] for sight in Sight]


@pytest.mark.parametrize(
    ("stands", "facts", "expected"),
    [
        (Position.FRONT, {}, [SEEN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]),
        (Position.FRONT, {"candidate": None, "faces": ()}, [MISSING, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]),
        (Position.FRONT, {"candidate": face(width=20.0)}, [MISSING, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]),
        (Position.FRONT, {"hands": (HAND,)}, [SEEN, SEEN, UNKNOWN, UNKNOWN, UNKNOWN]),
        (Position.OBLIQUE, {"candidate": None, "faces": ()}, [UNKNOWN, MISSING, MISSING, UNKNOWN, MISSING]),
        (Position.OBLIQUE, {"candidate": None, "persons": ()}, [MISSING, MISSING, MISSING, UNKNOWN, MISSING]),
        (
            Position.OBLIQUE,
            {"hands": (HAND,), "things": (Thing(LAPTOP, BOX, 0.8),)},
            [SEEN, SEEN, SEEN, SEEN, MISSING],
        ),
        (Position.PAPER, {"hands": (HAND,), "things": (Thing(BOOK, BOX, 0.8),)}, [SEEN, SEEN, UNKNOWN, SEEN, SEEN]),
        (Position.PAPER, {"hands": (HAND,)}, [SEEN, SEEN, UNKNOWN, UNKNOWN, MISSING]),
        (Position.PAPER, {"pages": None}, [SEEN, MISSING, UNKNOWN, UNKNOWN, UNKNOWN]),
        (Position.ROOM, {"hands": (HAND,)}, [UNKNOWN] * 5),
        (None, {}, [UNKNOWN] * 5),
    ],
)
def test_M32_each_camera_says_what_it_can_tell_from_where_it_stands(stands, facts, expected):
    assert once(stands, **facts) == expected


def test_a_picture_that_cannot_be_judged_says_nothing_and_in_the_dark_nothing_is_missing():
    assert set(judge(Memory(), nothing(100.0, None), Position.FRONT)[1].values()) == {UNKNOWN}
    assert once(Position.OBLIQUE, view=DARK, candidate=None, persons=(), pages=()) == [UNKNOWN] * 5
    assert once(Position.FRONT, faces=None, candidate=None)[0] is UNKNOWN, "without its model no face can be missed"


def test_one_look_that_misses_changes_nothing_and_what_stays_away_is_missing():
    memory, said = Memory(), []
    for i in range(10):
        hands = (HAND,) if i in (0, 2) else ()
        memory, states = judge(memory, seen(100.0 + i, hands=hands, candidate=face()), Position.PAPER)
        said.append(states[Sight.HANDS])
    assert said == [SEEN] * 5 + [MISSING] * 5


def test_an_answer_stands_until_it_is_the_turn_of_the_next_and_not_for_ever():
    memory, _ = judge(Memory(), seen(100.0, hands=(HAND,), candidate=face()), Position.PAPER)
    waits = replace(seen(100.5, candidate=face()), hands=None, persons=None, things=None, pages=None, waits=True)
    memory, states = judge(memory, waits, Position.PAPER)
    assert states[Sight.HANDS] is SEEN
    assert judge(memory, replace(waits, at=100.1 + KEEPS), Position.PAPER)[1][Sight.HANDS] is UNKNOWN


def test_the_head_is_where_the_face_is():
    look = seen(candidate=face(left=320.0, width=64.0), persons=(person(),))
    box = head(look, Position.FRONT)
    assert (box.left, box.top, box.width) == pytest.approx((0.5, 100 / 480, 0.1))
    assert head(look, Position.ROOM) is None
    assert head(seen(candidate=None), Position.FRONT) is None
