"""Who is in the picture, and where."""

from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.episode import Verdict
from appliance.exam.feed import Kind, Position
from appliance.inference.baseline import Baseline
from appliance.inference.boxes import Box
from appliance.inference.judges import exits, presence
from appliance.inference.judges.context import Context
from appliance.inference.track import Track
from appliance.inference.watch import Begun
from tests.inference.seen import every, face, person, seen

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE

SIDE = Context(kind=Kind.PHONE, position=Position.OBLIQUE)
SEAT = Baseline(head=Box(0.40, 0.20, 0.55, 0.45), person=Box(0.30, 0.10, 0.65, 1.0))
CHECKED_IN = Context(base=SEAT)


def verdicts(look, context=CHECKED_IN, memory=None):
    _, ticks = presence.judge(memory or presence.Memory(), look, context)
    return {code: tick.verdict for code, tick in ticks.items()}


def raised(looks, context):
    """Codes and moments of the flags that follow."""
    track = Track(presence.judge, presence.Memory(), context)
    outputs = chain.from_iterable(track.see(look) for look in looks)
    return [(output.code, output.episode.onset_at) for output in outputs if isinstance(output, Begun)]


def at_seat(**facts):
    """A look at a candidate who sits as at check-in."""
    return seen(faces=(face(left=256.0, width=96.0),), persons=(person(left=192.0, right=416.0),), **facts)


# --- one absence, one flag ---


@pytest.mark.parametrize(
    ("context", "code"),
    [
        (CHECKED_IN, "face_absent"),
        (Context(), "face_absent"),
        (SIDE, "person_absent"),
        (replace(SIDE, base=SEAT), "person_absent"),
    ],
)
def test_an_absence_is_one_flag_wherever_the_camera_stands(context, code):
    looks = [*every(6, start=100.0), *every(12, start=106.0, faces=(), persons=()), *every(10, start=118.0)]
    assert raised(looks, context) == [(code, 106.0)]


def test_in_front_the_person_is_asked_for_where_no_face_can_be():
    assert verdicts(seen(faces=None, persons=()))["person_absent"] is TRUE
    without = Context(rules=in_force(DetectionPolicy(off=frozenset({"face_absent"}))))
    assert verdicts(seen(faces=(), persons=()), without)["person_absent"] is TRUE
    assert "person_absent" not in verdicts(seen(faces=(), persons=()))


def test_what_may_be_a_person_is_no_absence_and_no_presence():
    assert verdicts(seen(faces=(), persons=(person(0.4),)), SIDE)["person_absent"] is UNASSESSABLE
    assert verdicts(seen(faces=(), persons=(person(0.6),)), SIDE)["person_absent"] is FALSE
    assert verdicts(seen(faces=(face(),), persons=()), SIDE)["person_absent"] is FALSE


def test_at_the_side_a_face_turned_away_is_as_it_should_be():
    assert raised(every(30, faces=()), SIDE) == []


# --- the seat's zone ---


def test_M24_a_neighbour_at_the_next_desk_is_no_second_person():
    neighbour = person(left=600.0, right=640.0)
    look = at_seat()
    assert verdicts(replace(look, persons=(*look.persons, neighbour)))["multiple_people"] is FALSE
    assert verdicts(replace(look, persons=(*look.persons, neighbour)), Context())["multiple_people"] is TRUE


def test_nor_is_the_candidate_absent_who_left_the_neighbour_alone():
    look = seen(faces=(face(left=590.0, width=48.0),), persons=(person(left=600.0, right=640.0),))
    assert verdicts(look)["face_absent"] is TRUE
    assert verdicts(look, Context())["face_absent"] is FALSE


def test_somebody_far_behind_who_was_there_at_check_in_is_no_second_person():
    behind = Baseline.around(Box(0.60, 0.15, 0.65, 0.22))
    known = Context(base=replace(SEAT, others=(behind,)))
    look = at_seat()
    there = replace(look, faces=(*look.faces, face(left=384.0, width=32.0)))
    assert verdicts(there, known)["multiple_people"] is FALSE
    assert verdicts(there)["multiple_people"] is TRUE, "was not there at check-in"
    nearer = replace(look, faces=(*look.faces, face(left=352.0, width=90.0)))
    assert verdicts(nearer, known)["multiple_people"] is TRUE, "came nearer"


def test_a_candidate_who_leans_over_to_the_neighbours_place_is_still_there():
    beside = Context(base=replace(SEAT, others=(Box(0.45, 0.1, 0.70, 1.0),)))
    assert verdicts(at_seat(), beside)["face_absent"] is FALSE


def test_who_passes_behind_within_a_second_is_ignored():
    passing = every(1, start=106.0, faces=(face(), face(left=40.0)))
    looks = [*every(6, start=100.0), *passing, *every(10, start=107.0)]
    assert raised(looks, Context()) == []
    stays = every(2, start=106.0, faces=(face(), face(left=40.0)))
    assert raised([*every(6, start=100.0), *stays], Context()) == [("multiple_people", 106.0)]


# --- position ---


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"left": 256.0, "width": 96.0}, FALSE),
        ({"left": 300.0, "width": 96.0}, FALSE),  # half a face to the side
        ({"left": 380.0, "width": 96.0}, TRUE),
        ({"left": 270.0, "width": 58.0}, TRUE),  # leant back
        ({"left": 240.0, "width": 160.0}, TRUE),  # leant in
        ({"left": 250.0, "width": 130.0}, FALSE),
    ],
)
def test_M26_far_from_position(facts, expected):
    head = face(**facts)
    assert (
        verdicts(seen(faces=(head,)), Context(base=replace(SEAT, head=Box(0.40, 100 / 480, 0.55, 215.2 / 480))))[
            "far_from_position"
        ]
        is expected
    )


def test_without_a_base_line_nobody_is_far_from_it():
    assert "far_from_position" not in verdicts(seen(), Context())


def test_a_moment_out_of_position_is_no_flag():
    away = every(10, start=106.0, faces=(face(left=420.0, width=96.0),), persons=())
    assert raised([*every(6, start=100.0), *away, *every(20, start=116.0)], CHECKED_IN) == []


# --- absences ---


def absences(*starts, seconds=4.0, until=400.0):
    """A look each half second; nobody is there for so long from each of `starts` on."""
    return [
        replace(look, faces=(), persons=() if look.persons is not None else None)
        if any(start <= look.at < start + seconds for start in starts)
        else look
        for look in every(until - 100.0, start=100.0)
    ]


def test_three_absences_within_five_minutes():
    assert raised(absences(120.0, 180.0, 240.0), Context()) == [("exits_repeated", 243.0)]


def test_two_absences_or_three_that_are_far_apart_are_none():
    assert raised(absences(120.0, 180.0), Context()) == []
    assert raised(absences(120.0, 300.0, 460.0, until=500.0), Context()) == []


def test_a_moment_in_which_nobody_is_seen_is_no_absence():
    assert raised(absences(*range(120, 380, 20), seconds=2.0), Context()) == []


def test_one_stray_sighting_makes_no_second_absence():
    looks = [
        replace(look, faces=(face(),)) if look.at in (125.0, 130.0, 135.0) else look
        for look in absences(120.0, seconds=30.0)
    ]
    assert [code for code, _ in raised(looks, SIDE)] == ["person_absent"]


def test_after_it_was_said_absences_are_counted_anew():
    starts = [120.0, 150.0, 180.0, 210.0, 240.0, 270.0]
    assert [at for _, at in raised(absences(*starts), Context())] == [183.0, 273.0]


@given(st.lists(st.booleans(), max_size=200))
def test_exits_hold_what_they_say(there):
    """Every absence that counts began with nobody there, lasted, and is counted once."""
    memory = exits.Memory()
    counted = []
    for i, somebody in enumerate(there):
        before = set(memory.exits)
        memory = exits.follow(memory, i / 2, somebody, least=3.0, window=60.0)
        counted += sorted(set(memory.exits) - before)
        assert all(i / 2 - start <= 60.0 for start in memory.exits)
    assert counted == sorted(set(counted))
    for start in counted:
        assert not there[int(2 * start)]
        assert start == 0 or there[int(2 * start) - 1]


# --- stillness ---


def test_M78_ten_minutes_without_a_move_are_said_only_where_an_exam_asks_for_it():
    looks = every(640, start=100.0, changed=0.004)
    assert raised(looks, Context()) == []
    asked = Context(rules=in_force(DetectionPolicy(on=frozenset({"posture_static"}))))
    assert raised(looks, asked)[0] == ("posture_static", 100.0)
    assert raised(every(640, start=100.0, changed=0.02), asked) == []
