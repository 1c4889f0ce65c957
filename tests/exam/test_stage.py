import itertools
from functools import partial

import pytest

from appliance.errors import NotAllowed
from appliance.exam import events
from appliance.exam.flags import RULES
from appliance.exam.stage import (
    CHECK_IN,
    CLOSED,
    MOVING,
    OPTIONAL,
    RECORDED,
    WATCHED,
    Route,
    Stage,
    Step,
    after,
    back_to,
    reached,
    rests,
)

SHORT = [Step.ARRIVE, Step.CONFIRM, Step.SIGN, Step.EQUIP, Step.ADMIT, Step.START, Step.FINISH]
ALL = Route(wanted=frozenset(OPTIONAL), prints=True, checks_out=True)
"""Everything that an exam can ask for."""


NOTHING = Route()


def way(steps, route=NOTHING, start=Stage.INVITED):
    """The stages, one after the other."""
    return list(itertools.accumulate(steps, partial(after, route=route), initial=start))


def test_the_shortest_way_through_an_exam():
    assert way(SHORT) == [
        Stage.INVITED,
        Stage.ARRIVED,
        Stage.CONSENT,
        Stage.EQUIPMENT,
        Stage.WAITING,
        Stage.ADMITTED,
        Stage.IN_EXAM,
        Stage.SUBMITTED,
    ]


def test_the_longest_way_goes_through_everything_that_the_exam_asks_for():
    stage, passed = Stage.EQUIPMENT, frozenset()
    for step in (Step.EQUIP, Step.IDENTIFY, Step.SCAN, Step.TAKE_POSITION, Step.BRIEF):
        stage = after(stage, step, Route(ALL.wanted, passed))
        passed |= {stage}
    assert stage is Stage.WAITING
    rest = [Step.ADMIT, Step.PRINT, Step.START, Step.TAKE_BREAK, Step.RETURN, Step.PAUSE, Step.RESUME, Step.HAND_IN]
    assert way([*rest, Step.FINISH], ALL, Stage.WAITING)[1:] == [
        Stage.ADMITTED,
        Stage.PRINTING,
        Stage.IN_EXAM,
        Stage.ON_BREAK,
        Stage.IN_EXAM,
        Stage.PAUSED,
        Stage.IN_EXAM,
        Stage.CHECK_OUT,
        Stage.SUBMITTED,
    ]


def test_a_stage_that_is_left_out_is_passed_by():
    assert after(Stage.EQUIPMENT, Step.EQUIP, Route(wanted=frozenset({Stage.BRIEFING}))) is Stage.BRIEFING


def test_who_is_sent_back_does_that_stage_again_and_no_other():
    route = Route(ALL.wanted, passed=frozenset(OPTIONAL))
    assert back_to(Stage.WAITING, Stage.IDENTIFICATION, route) is Stage.IDENTIFICATION
    again = Route(ALL.wanted, passed=frozenset(OPTIONAL) - {Stage.IDENTIFICATION})
    assert after(Stage.IDENTIFICATION, Step.IDENTIFY, again) is Stage.WAITING


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in CHECK_IN])
def test_nobody_is_sent_back_who_has_been_admitted_or_is_not_there(stage):
    with pytest.raises(NotAllowed, match="send back is not possible"):
        back_to(stage, Stage.IDENTIFICATION, ALL)


def test_nobody_is_sent_back_to_what_the_exam_does_not_ask_for_or_what_is_still_to_come():
    with pytest.raises(NotAllowed):
        back_to(Stage.WAITING, Stage.ROOM_SCAN, Route())
    with pytest.raises(NotAllowed):
        back_to(Stage.IDENTIFICATION, Stage.ROOM_SCAN, ALL)


ONWARD = dict(
    zip(
        [Stage.EQUIPMENT, *OPTIONAL],
        [Step.EQUIP, Step.IDENTIFY, Step.SCAN, Step.TAKE_POSITION, Step.BRIEF],
        strict=True,
    )
)


@pytest.mark.parametrize(("stage", "step"), list(itertools.product(Stage, Step)))
def test_every_other_step_is_refused_in_words(stage, step):
    stages = way(SHORT)
    allowed = {(at, by): to for at, by, to in zip(stages, SHORT, stages[1:], strict=False)}
    allowed |= dict.fromkeys(ONWARD.items(), Stage.WAITING)
    allowed |= {(at, Step.END): Stage.ENDED for at in Stage if at not in CLOSED}
    allowed |= {(at, Step.REFUSE): Stage.REFUSED for at in CHECK_IN}
    allowed |= {
        (Stage.PRINTING, Step.START): Stage.IN_EXAM,
        (Stage.IN_EXAM, Step.TAKE_BREAK): Stage.ON_BREAK,
        (Stage.ON_BREAK, Step.RETURN): Stage.IN_EXAM,
        (Stage.IN_EXAM, Step.PAUSE): Stage.PAUSED,
        (Stage.PAUSED, Step.RESUME): Stage.IN_EXAM,
        (Stage.CHECK_OUT, Step.FINISH): Stage.SUBMITTED,
    }
    if (stage, step) in allowed:
        assert after(stage, step) is allowed[stage, step]
    else:
        with pytest.raises(NotAllowed, match=f"not possible while the attempt is in stage {stage.value}"):
            after(stage, step)


def test_nothing_is_watched_that_is_not_recorded():
    assert WATCHED < RECORDED
    assert not RECORDED & CLOSED


@pytest.mark.parametrize("stage", [Stage.ON_BREAK, Stage.PAUSED, Stage.CHECK_OUT])
def test_on_a_break_and_at_check_out_only_the_line_is_judged(stage):
    judged = {code for code in RULES if not rests(stage, code)}
    assert {"camera_disconnected", "network_lost"} <= judged
    assert not judged & {"person_absent", "face_absent", "phone_visible", "speech", "looking_away"}


def test_who_is_not_in_position_yet_is_judged_by_the_clock_alone():
    judged = {stage: {code for code in RULES if not rests(stage, code)} for stage in set(Stage) - WATCHED}
    assert all(codes == {"late_arrival", "no_show"} for codes in judged.values())


def test_M69_M98_breaks_have_an_end_and_the_check_out_too():
    assert not rests(Stage.ON_BREAK, "break_overrun")
    assert [rests(stage, "early_departure") for stage in (Stage.CHECK_OUT, Stage.ON_BREAK)] == [False, True]


def test_M34_who_prints_may_leave_the_seat_and_no_more():
    assert rests(Stage.PRINTING, "person_absent")
    assert rests(Stage.PRINTING, "exits_repeated")
    assert not rests(Stage.PRINTING, "phone_visible")
    assert not rests(Stage.PRINTING, "speech")


def test_rules_about_the_work_rest_until_the_exam_is_open():
    assert rests(Stage.WAITING, "clipboard")
    assert not rests(Stage.IN_EXAM, "clipboard")


def test_events_say_which_stage_is_reached():
    assert (
        reached(events.AttemptMoved(stage="room_scan", step="identify", by="candidate", reason="")) is Stage.ROOM_SCAN
    )
    equipped = {"camera": "c", "microphone": "m", "surface": "monitor"}
    assert reached(events.AttemptEquipped(**equipped)) is Stage.WAITING, "as an earlier version wrote it"
    assert reached(events.CodeIssued()) is None
    assert reached(None) is None
    assert events.BreakBegun.TYPE in MOVING
