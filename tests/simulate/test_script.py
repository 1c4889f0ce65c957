"""What each seat does, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.simulate.script import MOVE_SECONDS, TROUBLED, Scene, during, of_seat

anytime = st.floats(0, 100_000)


@given(anytime)
def test_seat_6_and_everybody_else_does_nothing_wrong_ever(seconds):
    assert {of_seat(seat)(seconds) for seat in (6, 7, 24, 500)} == {Scene()}


@given(st.sampled_from(sorted(TROUBLED)), anytime)
def test_one_thing_at_a_time_and_shares_are_shares(seat, seconds):
    scene = of_seat(seat)(seconds)
    values = (scene.away, scene.joined, scene.covered, scene.dark)
    assert all(0 <= value <= 1 for value in values)
    assert sum(value > 0 for value in values) <= 1


@given(st.sampled_from(sorted(TROUBLED)), anytime)
def test_nothing_jumps(seat, seconds):
    before, after = of_seat(seat)(seconds), of_seat(seat)(seconds + 1 / 15)
    moved = [abs(getattr(after, name) - getattr(before, name)) for name in Scene.__slots__]
    assert max(moved) <= 1 / 15 / MOVE_SECONDS + 1e-3


@pytest.mark.parametrize(
    ("seat", "name", "times"),
    [
        (1, "away", [(5, 19), (39, 53)]),
        (2, "joined", [(5, 13), (45, 53)]),
        (3, "covered", [(12, 20), (57, 65)]),
        (4, "dark", [(10, 28)]),
        (5, "away", [(15, 19), (60, 64)]),
    ],
)
def test_the_first_two_times(seat, name, times):
    script = of_seat(seat)
    on = [n / 10 for n in range(700) if getattr(script(n / 10), name) >= 1]
    for begins, ends in times:
        within = [t for t in on if begins <= t <= ends]
        assert within[0] == pytest.approx(begins + MOVE_SECONDS, abs=0.11)
        assert within[-1] == pytest.approx(ends - MOVE_SECONDS, abs=0.11)
    assert all(any(begins <= t <= ends for begins, ends in times) for t in on)


def test_before_the_first_time_nothing_is_on():
    assert during(4.9, first=5, lasts=8, every=20) == 0
    assert during(9.0, first=5, lasts=8, every=20) == 1
    assert during(13.5, first=5, lasts=8, every=20) == 0
