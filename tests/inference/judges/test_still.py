"""A face like a still picture: a minute without a blink and without a move of the eyes."""

from appliance.exam.episode import Verdict
from appliance.inference.judges.context import Context
from appliance.inference.judges.still import LONGEST, Memory, judge
from tests.inference.heads import gone, sits

TRUE, FALSE, UNASSESSABLE = Verdict.TRUE, Verdict.FALSE, Verdict.UNASSESSABLE


def last(looks):
    memory = Memory()
    for look in looks:
        memory, ticks = judge(memory, look, Context())
    return ticks["spoof_suspected"].verdict


def photo(at):
    """What a picture gives: nothing but errors of measurement."""
    wobble = 0.01 * (round(2 * at) % 3 - 1)
    return sits(at, open=0.34 + wobble, gaze=0.49 + wobble)


def minute(look):
    return [look(0.5 * i) for i in range(130)]


def test_a_minute_of_nothing_is_said():
    assert last(minute(photo)) is TRUE


def test_less_than_that_cannot_be_judged():
    assert last(minute(photo)[:90]) is UNASSESSABLE


def test_one_blink_is_a_person():
    looks = minute(photo)
    looks[80] = sits(40.0, open=0.12)
    assert last(looks) is FALSE


def test_eyes_that_read_are_a_person():
    assert last(minute(lambda at: sits(at, gaze=0.49 + 0.006 * (round(2 * at) % 10)))) is FALSE


def test_eyes_that_are_not_seen_cannot_be_judged():
    assert last(minute(lambda at: sits(at, gaze=None))) is UNASSESSABLE
    assert last(minute(lambda at: photo(at) if at % 2 else gone(at))) is UNASSESSABLE


def test_what_is_remembered_is_bounded():
    memory = Memory()
    for i in range(2 * LONGEST):
        memory, _ = judge(memory, photo(0.01 * i), Context())
    assert len(memory.looks) == LONGEST
