"""The base line that is taken while a candidate waits to begin."""

from dataclasses import replace

import pytest

from appliance.exam.feed import Position
from appliance.inference import baseline, checkin
from appliance.inference.baseline import NOT_TAKEN, Baseline
from appliance.inference.boxes import Box
from appliance.inference.camera import View
from appliance.inference.head import Head
from appliance.inference.judges.context import Context
from tests.inference.seen import DARK, GOOD, every, face, person


def taken(looks, position=Position.FRONT):
    taking = ()
    for look in looks:
        taking = checkin.add(taking, look, Context(position=position))
    return checkin.base_line(taking)


def test_eight_good_pictures_make_a_base_line():
    assert taken(every(3.5)) is None
    base = taken(every(4))
    assert base.view == GOOD
    assert base.head == Box(250 / 640, 100 / 480, 380 / 640, 256 / 480)
    assert base.person == Box(100 / 640, 50 / 480, 500 / 640, 1.0)
    assert base.others == ()


@pytest.mark.parametrize("facts", [{"faces": ()}, {"view": DARK}, {"view": None}, {"faces": None}])
def test_pictures_that_show_little_are_none_of_them(facts):
    assert taken(every(20, **facts)) is None


def test_at_the_side_the_person_is_enough():
    base = taken(every(8, faces=()), Position.OBLIQUE)
    assert (base.head, base.person) == (None, Box(100 / 640, 50 / 480, 500 / 640, 1.0))
    assert taken(every(20, faces=(), persons=()), Position.OBLIQUE) is None


def test_the_median_forgets_a_sneeze():
    calm, sneeze = Head(yaw=-4.0, pitch=6.0), Head(yaw=30.0, pitch=50.0)
    looks = [replace(look, head=sneeze if i in (3, 4) else calm) for i, look in enumerate(every(6))]
    base = taken(looks)
    assert (base.yaw, base.pitch) == (-4.0, 6.0)


def test_only_the_last_minute_counts():
    early = every(60, start=0.0, faces=(face(left=20.0),))
    assert taken([*early, *every(60, start=60.0)]).head.left == pytest.approx(250 / 640)


def test_who_sits_far_behind_or_is_cut_off_by_the_edge_is_remembered():
    others = (face(width=40.0, left=60.0),)
    edge = person(left=600.0, right=640.0)
    base = taken(every(6, faces=(face(), *others), persons=(person(), edge)))
    assert sorted(round(box.middle[0], 2) for box in base.others) == [0.12, 0.97]


def test_who_sits_beside_the_candidate_is_not():
    beside = person(left=420.0, right=640.0)
    assert taken(every(6, persons=(person(left=100.0, right=400.0), beside))).others == ()


def test_who_only_walks_past_at_check_in_is_not():
    passing = every(1, start=106.0, persons=(person(), person(left=600.0, right=640.0)))
    assert taken([*every(6), *passing, *every(6, start=107.0)]).others == ()


def test_what_the_ledger_says_is_read_back_as_it_was():
    base = replace(
        taken(every(6, persons=(person(), person(left=600.0, right=640.0)))),
        yaw=3.0,
        noise_db=-52.0,
        objects=frozenset({"book"}),
    )
    assert len(base.others) == 1
    assert baseline.joined(NOT_TAKEN, baseline.to_values(base), base.objects) == base


def test_the_microphone_changes_nothing_that_the_camera_said():
    base = taken(every(6))
    heard = baseline.joined(base, {"noise_db": -48.0}, [])
    assert heard == replace(base, noise_db=-48.0)
    assert baseline.joined(heard, baseline.to_values(base), []) == heard


def test_a_zone_is_wider_than_the_person_and_before_check_in_everything_counts():
    assert NOT_TAKEN.concerns(Box(0, 0, 10, 10), width=640, height=480)
    base = Baseline(person=Box(0.4, 0.2, 0.6, 1.0))
    assert base.zone == Box(pytest.approx(0.3), 0.0, pytest.approx(0.7), 1.0)
    assert not base.concerns(Box(0, 0, 10, 10), width=640, height=480)


def test_values_that_are_cut_short_are_not_half_believed():
    assert baseline.joined(NOT_TAKEN, {"head.left": 0.1, "luma": 100.0}, []) == NOT_TAKEN
    assert baseline.joined(NOT_TAKEN, {"luma": 1, "contrast": 2, "edges": 3, "detail": 4}, []).view == View(1, 2, 3, 4)
