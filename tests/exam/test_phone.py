"""The states of a pairing, and its code."""

from dataclasses import dataclass

import pytest

from appliance.errors import BadInput, NotAllowed
from appliance.exam import phone
from appliance.exam.phone import State, Step


def test_a_phone_is_scanned_then_confirmed_then_perhaps_removed():
    assert phone.after(State.INVITED, Step.SCAN) is State.SCANNED
    assert phone.after(State.SCANNED, Step.CONFIRM) is State.CONFIRMED
    assert phone.after(State.SCANNED, Step.REFUSE) is State.REFUSED
    assert phone.after(State.CONFIRMED, Step.REFUSE) is State.REFUSED


@pytest.mark.parametrize("step", Step)
def test_after_a_refusal_nothing_follows(step):
    with pytest.raises(NotAllowed):
        phone.after(State.REFUSED, step)


def test_nobody_confirms_what_was_not_scanned():
    with pytest.raises(NotAllowed, match="a phone that is invited"):
        phone.after(State.INVITED, Step.CONFIRM)


@dataclass
class Known:
    state: State
    state_at: float


@pytest.mark.parametrize(
    ("known", "which"),
    [
        ([], None),
        ([Known(State.INVITED, 1.0)], None),
        ([Known(State.REFUSED, 1.0), Known(State.REFUSED, 2.0)], 1),
        ([Known(State.CONFIRMED, 1.0), Known(State.REFUSED, 2.0)], 0),
        ([Known(State.CONFIRMED, 1.0), Known(State.SCANNED, 2.0)], 1),
        ([Known(State.CONFIRMED, 1.0), Known(State.INVITED, 2.0)], 0),
    ],
)
def test_the_one_that_is_spoken_of(known, which):
    assert phone.current(known) is (None if which is None else known[which])


TOKEN = "k3m4abcdefghijklmnop234567"


@pytest.mark.parametrize("typed", [TOKEN, phone.shown(TOKEN), TOKEN.upper(), "K3M4 abcd-efgh ijkl mnop 2345 67"])
def test_a_code_is_read_as_people_type_it(typed):
    assert phone.normalise(typed) == TOKEN


def test_digits_that_stand_in_no_code_are_the_letters_they_look_like():
    assert phone.normalise("018" + "a" * 23) == "olb" + "a" * 23


@pytest.mark.parametrize("typed", ["", "abc", TOKEN + "a", TOKEN[:-1] + "!", "a" * 10_000])
def test_anything_else_is_no_code(typed):
    with pytest.raises(BadInput):
        phone.normalise(typed)
