"""Looking away, down, again and again, in one direction, into the second camera (proctoring.md 4.2)."""

import pytest

from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.baseline import Baseline
from appliance.inference.faces import Face
from appliance.inference.judges import sight
from appliance.inference.judges.attention import Memory, judge
from appliance.inference.judges.context import Context
from appliance.inference.look import Look
from tests.inference.heads import face, gone, sits

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE
CLIP = Context()


def verdict(code, seen, context=CLIP):
    _, ticks = judge(Memory(), seen, context, somebody=True)
    return ticks[code].verdict


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({}, FALSE),
        ({"yaw": 29.0}, FALSE),
        ({"yaw": 31.0, "gaze": None}, TRUE),
        ({"yaw": -31.0, "gaze": None}, TRUE),
        ({"pitch": -21.0}, TRUE),
        ({"pitch": 30.0}, FALSE),
        ({"gaze": 0.49 + 0.08}, TRUE),
        ({"gaze": 0.49 - 0.08}, TRUE),
        ({"gaze": 0.49 - 0.07}, FALSE),
        ({"gaze": None}, FALSE),
    ],
)
def test_away_is_a_head_turned_to_a_side_or_up_or_eyes_to_a_side(head, expected):
    assert verdict("looking_away", sits(1.0, **head)) is expected


def test_eyes_that_make_up_for_a_turned_head_look_at_the_screen():
    assert verdict("looking_away", sits(1.0, yaw=12.0, gaze=0.41)) is FALSE
    assert verdict("looking_away", sits(1.0, yaw=12.0, gaze=0.57)) is TRUE


def test_angles_are_held_against_those_at_check_in():
    beside = Context(base=Baseline(yaw=25.0, pitch=-15.0))
    assert verdict("looking_away", sits(1.0, yaw=25.0, pitch=-15.0), beside) is FALSE
    assert verdict("looking_away", sits(1.0, yaw=-8.0, pitch=-15.0), beside) is TRUE
    assert verdict("looking_away", sits(1.0, yaw=50.0, gaze=None, pitch=-15.0), beside) is FALSE
    assert verdict("looking_away", sits(1.0, yaw=25.0, pitch=-36.0), beside) is TRUE
    assert verdict("looking_down", sits(1.0, pitch=21.0), beside) is TRUE
    assert verdict("looking_down", sits(1.0, pitch=21.0)) is FALSE


def test_what_cannot_be_trusted_is_not_judged():
    assert verdict("looking_away", sits(1.0, covered=0.6)) is UNASSESSABLE
    assert verdict("looking_away", sits(1.0, of=face(width=30.0))) is UNASSESSABLE
    assert verdict("looking_away", sits(1.0, head=None)) is UNASSESSABLE
    assert verdict("looking_away", gone(1.0)) is UNASSESSABLE


def test_a_head_that_is_surely_turned_is_away_however_little_of_it_is_seen():
    assert verdict("looking_away", sits(1.0, yaw=50.0, gaze=None, covered=0.6)) is TRUE


def test_nothing_is_said_of_a_picture_that_was_not_looked_at_for_it():
    assert judge(Memory(), sits(1.0, head=None, looked=frozenset({Look.FACES})), CLIP, somebody=True)[1] == {}


def test_a_face_lost_while_it_turned_is_turned_away_and_doubtful():
    memory, _ = judge(Memory(), sits(1.0, yaw=45.0, gaze=None), CLIP, somebody=True)
    for at in (1.5, 2.0, 3.0):
        memory, ticks = judge(memory, gone(at), CLIP, somebody=True)
        assert (ticks["looking_away"].verdict, ticks["looking_away"].doubt) == (TRUE, True)
    assert judge(memory, gone(3.5), CLIP, somebody=False)[1]["looking_away"].verdict is UNASSESSABLE
    assert judge(memory, gone(6.0), CLIP, somebody=True)[1]["looking_away"].verdict is UNASSESSABLE


def test_a_face_lost_while_it_looked_ahead_is_not_turned_away():
    memory, _ = judge(Memory(), sits(1.0), CLIP, somebody=True)
    assert judge(memory, gone(1.5), CLIP, somebody=True)[1]["looking_away"].verdict is UNASSESSABLE


def glances(number, *, yaw, seconds=1.5, every=8.0, start=0.0):
    """So many looks away, each so long, twice a second."""
    looks = []
    for i in range(round(number * every / 0.5)):
        at = start + 0.5 * i
        away = at % every < seconds + 0.01
        looks.append(sits(at, yaw=yaw(int(at // every)) if away else 0.0, gaze=None if away else 0.49))
    return looks


def fired(code, looks, context=CLIP):
    memory, found = Memory(), []
    for look in looks:
        memory, ticks = judge(memory, look, context, somebody=True)
        if code in ticks and ticks[code].verdict is TRUE:
            found.append(look.at)
    return found


def to_both_sides(glance):
    return 40.0 if glance % 2 else -40.0


def test_M77_the_fifth_glance_in_two_minutes_is_said_once():
    assert fired("looking_away_repeated", glances(5, yaw=to_both_sides)) == [33.5]
    assert fired("looking_away_repeated", glances(4, yaw=to_both_sides)) == []


def test_it_is_said_again_only_for_new_glances():
    assert fired("looking_away_repeated", glances(10, yaw=to_both_sides)) == [33.5, 73.5]


def test_glances_that_are_short_or_far_apart_do_not_count():
    assert fired("looking_away_repeated", glances(8, yaw=to_both_sides, seconds=1.0)) == []
    assert fired("looking_away_repeated", glances(8, yaw=to_both_sides, every=32.0)) == []


def test_a_look_that_could_not_be_judged_neither_ends_nor_makes_a_glance():
    looks = [sits(1.0, yaw=40.0, gaze=None), sits(1.5, covered=0.6), sits(2.5, yaw=40.0, gaze=None)]
    memory = Memory()
    for look in looks:
        memory, _ = judge(memory, look, CLIP, somebody=True)
    assert len(memory.repeated.past) == 1


def test_M67_the_fourth_glance_in_one_direction_is_said():
    assert fired("looking_same_direction", glances(4, yaw=lambda _: 40.0)) == [25.5]
    assert fired("looking_same_direction", glances(6, yaw=to_both_sides)) == []


def test_M71_the_second_camera_sees_who_faces_it_for_long_or_often():
    beside = Context(kind=Kind.PHONE, position=Position.OBLIQUE, base=Baseline(yaw=-50.0, pitch=0.0))
    long = [sits(0.5 * i, yaw=-50.0 if i < 4 else 0.0) for i in range(16)]
    assert fired("camera_gaze", long, beside) == [7.0, 7.5]
    often = [sits(0.5 * i, yaw=0.0 if i % 16 < 4 else -50.0) for i in range(64)]
    assert fired("camera_gaze", often, beside) == [25.5]
    assert fired("camera_gaze", [sits(0.5 * i, yaw=20.0) for i in range(20)], beside) == []


def test_from_beside_nobody_looks_away_as_long_as_straight_ahead_is_not_known():
    beside = Context(position=Position.OBLIQUE)
    assert verdict("looking_away", sits(1.0, yaw=50.0, gaze=None), beside) is UNASSESSABLE
    assert verdict("looking_same_direction", sits(1.0, yaw=50.0, gaze=None), beside) is UNASSESSABLE


def test_a_flag_says_which_way():
    _, ticks = judge(Memory(), sits(1.0, yaw=-40.0, gaze=None), CLIP, somebody=True)
    assert ticks["looking_away"].why == {"yaw": -40.0, "pitch": 0.0, "direction": "left"}


def test_a_face_turned_away_is_not_absent():
    weak = Face(face().box, 0.4, ())
    for of, yaw, expected in ((weak, 50.0, UNASSESSABLE), (weak, 0.0, TRUE), (face(), 50.0, FALSE)):
        _, ticks = sight.judge(sight.Memory(), sits(1.0, yaw=yaw, gaze=None, of=of), CLIP)
        assert ticks["face_absent"].verdict is expected


def test_the_strength_of_a_look_is_half_where_it_begins_to_be_away():
    for head in ({"yaw": 30.0, "gaze": None}, {"pitch": -20.0, "gaze": None}, {"gaze": 0.565}):
        _, ticks = judge(Memory(), sits(1.0, **head), CLIP, somebody=True)
        assert ticks["looking_away"].score == pytest.approx(0.5)
