"""Where a rehearsal is, whatever happens."""

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.rehearsal import asked, phase
from appliance.rehearsal.asked import SOON_SECONDS, Asked
from appliance.rehearsal.current import Rehearsals
from appliance.rehearsal.phase import FILL_SECONDS, Outcome, Phase, Seen, State, advance

BEGUN = State(since=0.0, seconds=60.0)
FILLING = advance(BEGUN, Seen(at=1.0, expected=3))
MEASURING = advance(FILLING, Seen(at=5.0, here=3, expected=3))


def test_it_fills_measures_and_ends():
    assert (FILLING.phase, MEASURING.phase, MEASURING.left(35.0)) == (Phase.FILLING, Phase.MEASURING, 30.0)
    assert advance(MEASURING, Seen(at=64.0, here=3, expected=3)) == MEASURING
    ending = advance(MEASURING, Seen(at=66.0, here=3, expected=3))
    assert (ending.phase, ending.outcome) == (Phase.ENDING, Outcome.DONE)
    assert advance(ending, Seen(at=67.0, stop=True)) == ending
    over = phase.over(ending, at=68.0)
    assert (over.phase, over.outcome) == (Phase.OVER, Outcome.DONE)


def test_who_does_not_come_is_measured_as_missing_and_nobody_at_all_is_a_failure():
    late = 1.0 + FILL_SECONDS + 1
    assert advance(FILLING, Seen(at=late, here=2, expected=3)).phase is Phase.MEASURING
    nobody = advance(FILLING, Seen(at=late, here=0, expected=3))
    assert (nobody.phase, nobody.outcome, nobody.reason) == (Phase.ENDING, Outcome.FAILED, "nobody")


@pytest.mark.parametrize("at", [BEGUN, FILLING, MEASURING], ids=lambda state: state.phase.value)
@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        ({"stop": True}, Outcome.STOPPED, ""),
        ({"exam_on": True}, Outcome.INTERRUPTED, ""),
        ({"playing": False}, Outcome.FAILED, "simulator"),
    ],
)
def test_it_can_be_stopped_wherever_it_is(at, seen, outcome, reason):
    ended = advance(at, Seen(at=6.0, here=3, expected=3, **seen))
    assert (ended.phase, ended.outcome, ended.reason) == (Phase.ENDING, outcome, reason)


@pytest.mark.parametrize(
    ("wanted", "carries", "sentence"),
    [
        ({"seats": 0}, 24, "0 seats cannot be rehearsed"),
        ({"seats": 61}, 99, "61 seats cannot be rehearsed"),
        ({"seats": 30}, 24, "admits 24 seats"),
        ({"minutes": 0.0}, 24, "0 minutes"),
        ({"minutes": 61.0}, 24, "61 minutes"),
    ],
)
def test_what_makes_no_sense_is_said(wanted, carries, sentence):
    with pytest.raises(BadInput, match=sentence):
        asked.check(Asked(**{"seats": 6, "minutes": 5.0, "by": "staff", **wanted}), carries=carries)


def test_nothing_is_rehearsed_while_an_exam_runs_or_is_soon():
    asked.may_begin(exam_on=False, next_at=None, now=0.0)
    asked.may_begin(exam_on=False, next_at=SOON_SECONDS + 1, now=0.0)
    with pytest.raises(NotAllowed, match="candidates are here"):
        asked.may_begin(exam_on=True, next_at=None, now=0.0)
    for at in (SOON_SECONDS - 1, -600.0):
        with pytest.raises(NotAllowed, match="within half an hour"):
            asked.may_begin(exam_on=False, next_at=at, now=0.0)


def test_one_goes_on_at_a_time_and_what_is_refused_is_counted():
    rehearsals = Rehearsals()
    wish = Asked(seats=3, minutes=1.0, by="staff", real=("4",))
    rehearsals.ask(wish)
    with pytest.raises(NotAllowed, match="goes on already"):
        rehearsals.ask(wish)
    assert rehearsals.facts() == {"rehearsal": "", "rehearsals_refused": 1}
    rehearsals.began("rehearsal-x", {"4": "a4"})
    assert rehearsals.task("4", now=0.0) is None, "it has not begun to fill"
    rehearsals.state = FILLING
    task = rehearsals.task("4", now=2.0)
    assert (task.attempt, task.exam, rehearsals.task("5", now=2.0)) == ("a4", "rehearsal-x", None)
    rehearsals.over()
    assert not rehearsals.goes_on
    assert rehearsals.task("4", now=2.0) is None
