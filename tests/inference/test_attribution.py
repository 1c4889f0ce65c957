"""Where a sound is at home."""

import numpy as np
import pytest

from appliance.inference.attribution import EARLIER, LOUDER, WINDOWS, attribute
from appliance.inference.sound import Heard

FLOOR = -60.0
STEPS = 25 * WINDOWS


def syllables(seed):
    """How far a voice stands above the floor each 20 ms, dB: syllables of about a fifth of a second, and pauses."""
    random = np.random.default_rng(seed)
    return np.repeat(random.choice([0.0, 15.0, 25.0, 32.0], STEPS // 8 + 1), 8)[:STEPS]


def heard(excess, *, quieter=0.0, later=0, floor=FLOOR):
    """What a seat hears of it."""
    late = np.roll(excess, later)
    levels = floor + np.maximum(late - quieter, 0.0)
    rows = levels.reshape(WINDOWS, 25)
    return [
        Heard(
            at=0.5 * (number + 1),
            position=None,
            level=float(10 * np.log10(np.mean(10 ** (row / 10)))),
            envelope=tuple(row.tolist()),
            floor=floor,
        )
        for number, row in enumerate(rows)
    ]


NOW = 0.5 * WINDOWS
ANN, BEN = syllables(1), syllables(7)


def test_a_voice_is_at_home_where_it_is_loudest():
    seats = {"S1": heard(ANN), "S2": heard(ANN, quieter=8.0, later=1), "S3": heard(ANN, quieter=14.0, later=2)}
    assert attribute(seats, at=NOW) == {"S2": "S1", "S3": "S1"}


def test_a_microphone_that_is_set_louder_does_not_take_a_voice_away():
    seats = {"S1": heard(ANN), "S2": heard(ANN, quieter=12.0, floor=FLOOR + 12.0)}
    assert attribute(seats, at=NOW) == {"S2": "S1"}


def test_equally_loud_it_is_at_home_where_it_is_earlier():
    assert attribute({"S1": heard(ANN, later=EARLIER), "S2": heard(ANN)}, at=NOW) == {"S1": "S2"}


def test_equally_loud_at_once_it_stays_with_both():
    assert attribute({"S1": heard(ANN), "S2": heard(ANN, quieter=LOUDER - 1.0)}, at=NOW) == {}


def test_two_people_who_speak_at_once_are_both_at_home():
    assert attribute({"S1": heard(ANN), "S2": heard(BEN, quieter=10.0)}, at=NOW) == {}


def test_who_hears_nothing_is_left_alone():
    nothing = heard(np.zeros(STEPS))
    assert attribute({"S1": heard(ANN), "S2": nothing, "S3": nothing}, at=NOW) == {}


def test_a_seat_of_which_too_little_was_heard_is_not_compared():
    assert attribute({"S1": heard(ANN), "S2": heard(ANN, quieter=10.0)[1:]}, at=NOW) == {}
    assert attribute({"S1": heard(ANN)}, at=NOW) == {}


def test_only_what_was_heard_by_then_counts():
    later = [Heard(at=NOW + 0.5, position=None, level=-10.0, envelope=(-10.0,) * 25, floor=FLOOR)]
    seats = {"S1": heard(ANN), "S2": heard(ANN, quieter=10.0) + later}
    assert attribute(seats, at=NOW) == {"S2": "S1"}


@pytest.mark.parametrize("delay", [-40, 40])
def test_what_is_too_far_apart_in_time_is_not_the_same(delay):
    assert attribute({"S1": heard(BEN), "S2": heard(BEN, quieter=10.0, later=delay)}, at=NOW) == {}
