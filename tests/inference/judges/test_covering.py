"""Part of the face covered: held against the limit, and against how sure the mesh was of this face before."""

import pytest

from appliance.exam.episode import Verdict
from appliance.inference.head import Head
from appliance.inference.judges.context import Context
from appliance.inference.judges.covering import FIRST, Memory, judge
from appliance.inference.look import Look
from tests.inference.heads import face, gone, sits

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE


def shows(at, score, *, yaw=0.0, **facts):
    return sits(at, **{"head": Head(yaw=yaw, pitch=0.0, score=score), **facts})


def verdicts(looks):
    memory, found = Memory(), []
    for look in looks:
        memory, ticks = judge(memory, look, Context())
        found.append(ticks["face_obstructed"].verdict)
    return found


def test_a_face_of_which_the_mesh_is_unsure_is_covered():
    assert verdicts([shows(0.0, 0.35), shows(0.5, 0.37)]) == [TRUE, FALSE]


def test_it_is_held_against_the_own_beginning():
    known = [shows(0.5 * i, 0.90) for i in range(FIRST)]
    assert verdicts([*known, shows(7.0, 0.53), shows(7.5, 0.55)])[FIRST:] == [TRUE, FALSE]
    plain = [shows(0.5 * i, 0.45) for i in range(FIRST)]
    assert verdicts([*plain, shows(7.0, 0.38)])[FIRST:] == [FALSE]


def test_who_comes_with_a_covered_face_is_no_beginning():
    masked = [shows(0.5 * i, 0.30) for i in range(2 * FIRST)]
    assert verdicts([*masked, shows(20.0, 0.40)])[-1] is FALSE


@pytest.mark.parametrize(
    "look",
    [
        shows(0.0, 0.2, yaw=30.0),
        shows(0.0, 0.2, of=face(width=70.0)),
        shows(0.0, 0.2, face_light=40.0),
        gone(0.0),
    ],
    ids=["turned", "small", "dark", "nobody"],
)
def test_where_the_mesh_is_unsure_anyway_nothing_is_said(look):
    assert verdicts([look]) == [UNASSESSABLE]


def test_nothing_is_said_of_a_picture_that_was_not_looked_at_for_it():
    assert judge(Memory(), sits(0.0, looked=frozenset({Look.FACES})), Context())[1] == {}
