"""Who may do what in which stage: the table, and the words of a refusal."""

import pytest

from appliance.errors import NotAllowed
from appliance.exam.conduct import LIVE, POSSIBLE, Act, check, possible
from appliance.exam.plan import Mode
from appliance.exam.stage import AT_WORK, CHECK_IN, CLOSED, RECORDED, Stage


def test_every_act_has_its_stages():
    assert set(POSSIBLE) == set(Act)
    assert all(POSSIBLE.values())


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("mode", list(Mode))
def test_I8_what_is_offered_is_what_is_let_through(stage, mode):
    offered = possible(stage, mode)
    for act in Act:
        if act in offered:
            check(act, stage, mode)
        else:
            with pytest.raises(NotAllowed) as refused:
                check(act, stage, mode)
            assert act.value.replace("_", " ") in refused.value.message


def test_I8_responsibilities_differ_between_check_in_exam_and_check_out():
    waiting, working, leaving = (possible(stage) for stage in (Stage.WAITING, Stage.IN_EXAM, Stage.CHECK_OUT))
    assert {Act.ADMIT, Act.REFUSE, Act.ASK_ID_AGAIN} <= waiting - working - leaving
    assert {Act.GIVE_BREAK, Act.PAUSE} <= working - waiting - leaving
    assert {Act.CHECK_PAGES, Act.RELEASE} <= leaving - waiting - working


@pytest.mark.parametrize("stage", list(Stage))
def test_I3_nothing_live_is_possible_where_nobody_watches(stage):
    assert not possible(stage, Mode.RECORD_REVIEW) & LIVE


def test_what_is_over_stays_over():
    for stage in CLOSED:
        assert possible(stage) <= {Act.NOTE, Act.RAISE_FLAG}


def test_I15_admission_is_refused_before_the_exam_and_never_in_it():
    assert POSSIBLE[Act.REFUSE] == frozenset(CHECK_IN)
    assert not POSSIBLE[Act.REFUSE] & AT_WORK


def test_M18_no_act_stops_the_recording_of_who_is_here():
    assert Stage.PAUSED in RECORDED
    assert Stage.ON_BREAK in RECORDED
    assert not any("record" in act for act in Act)
