"""What is seen of a head-turn and blink challenge."""

from appliance.exam.challenge import Step
from appliance.inference.baseline import NOT_TAKEN, Baseline
from appliance.inference.judges.challenge import Challenge, answer, look
from tests.inference.heads import gone, sits

LEFT, RIGHT, BLINK = Step.LEFT, Step.RIGHT, Step.BLINK


def seen(steps, looks, base=NOT_TAKEN):
    memory = Challenge(name="c", steps=steps, asked_at=0.0)
    for each in looks:
        memory = look(memory, each, base)
    return memory


def test_steps_done_in_order_are_answered_at_once():
    looks = [sits(1.0), sits(4.0, yaw=30.0), sits(6.0), sits(8.0, yaw=-30.0), sits(10.0), sits(12.0, open=0.1)]
    memory = seen((LEFT, RIGHT, BLINK), looks)
    assert answer(memory, 12.0) == ["done", "done", "done"]


def test_the_candidates_left_is_at_the_pictures_right():
    assert seen((LEFT,), [sits(1.0, yaw=30.0)]).done == 1
    assert seen((LEFT,), [sits(1.0, yaw=-30.0)]).done == 0


def test_turns_are_held_against_how_the_candidate_sits():
    assert seen((LEFT,), [sits(1.0, yaw=30.0)], Baseline(yaw=25.0)).done == 0


def test_a_head_behind_something_is_not_seen_to_turn():
    memory = seen((LEFT,), [sits(1.0, yaw=30.0, covered=0.6)])
    assert (memory.done, answer(memory, 58.0)) == (0, ["unassessable"])


def test_a_step_before_its_turn_does_not_count():
    memory = seen((LEFT, RIGHT), [sits(1.0, yaw=-30.0), sits(2.0, yaw=30.0)])
    assert answer(memory, 59.0) == ["done", "unassessable"]
    assert answer(look(memory, sits(3.0), NOT_TAKEN), 59.0) == ["done", "not_seen"]


def test_eyes_that_were_never_open_do_not_blink():
    assert seen((BLINK,), [sits(1.0, open=0.1), sits(2.0, open=0.1)]).done == 0
    assert seen((BLINK,), [sits(1.0), sits(2.0, open=0.1)]).done == 1


def test_a_still_picture_does_nothing_of_it():
    memory = seen((BLINK, LEFT, BLINK), [sits(0.25 * i) for i in range(200)])
    assert answer(memory, 50.0) is None
    assert answer(memory, 58.0) == ["not_seen", "not_seen", "not_seen"]


def test_what_could_not_be_looked_at_is_unassessable():
    memory = seen((BLINK, LEFT), [sits(0.25 * i, open=None) for i in range(20)])
    assert answer(memory, 58.0) == ["unassessable", "not_seen"]
    assert answer(seen((BLINK, LEFT), [gone(1.0)]), 58.0) == ["unassessable", "unassessable"]
    assert answer(seen((LEFT,), []), 58.0) == ["unassessable"]
