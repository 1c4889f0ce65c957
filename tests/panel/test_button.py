"""Presses and holds of the button, looked at every 20 ms; time is a number here."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.panel import button
from appliance.panel.button import Signal

EVERY = 0.02


def does(*spans, start=None, look=button.sample, end=0.3):
    """What is signalled while the button is down and up in turns, (down, seconds) each, and up at the end."""
    found, now = [], 0.0
    pressed = start or button.start(False, 0.0)
    for down, seconds in (*spans, (False, end)):
        until = now + seconds
        while now < until - 1e-9:
            now += EVERY
            pressed, signals = look(pressed, down, now)
            found += signals
    return found


def held(seconds):
    return [(True, seconds)]


def test_a_short_press_is_a_tap():
    assert does(*held(0.3)) == [Signal.PRESSED, Signal.TAPPED]


def test_three_to_five_seconds_mean_pairing_when_it_is_let_go():
    assert does(*held(2.9))[-1] == Signal.TAPPED
    assert does(*held(3.1)) == [Signal.PRESSED, Signal.PAIR]
    assert does(*held(4.9)) == [Signal.PRESSED, Signal.PAIR]


def test_five_seconds_mean_off_while_it_is_still_held_and_nothing_more_when_it_is_let_go():
    assert does(*held(5.1)) == [Signal.PRESSED, Signal.OFF]
    assert does(*held(20)) == [Signal.PRESSED, Signal.OFF]


def test_who_holds_it_for_thirty_seconds_does_not_hold_it():
    assert does(*held(31)) == [Signal.PRESSED, Signal.OFF, Signal.STUCK, Signal.FREED]


def test_once_it_is_free_it_counts_again():
    assert does(*held(31), (False, 1.0), *held(0.3))[-3:] == [Signal.FREED, Signal.PRESSED, Signal.TAPPED]


def test_what_lasts_less_than_a_bounce_is_nothing():
    assert does(*held(0.04), (False, 0.5), *held(0.02)) == []


def test_a_contact_that_breaks_for_a_moment_is_still_held():
    assert does(*held(2.0), (False, 0.04), *held(2.0)) == [Signal.PRESSED, Signal.PAIR]


def test_a_button_that_is_down_when_the_panel_comes_can_switch_nothing_off():
    found = button.start(True, 0.0)
    assert does(*held(20), start=found) == []
    assert does(*held(4), start=found) == []
    assert does(*held(31), start=found) == [Signal.STUCK, Signal.FREED]


def test_held_from_power_on_for_ten_seconds_it_asks_for_the_reset():
    found = button.start(True, 0.0, power_on=True)
    assert does(*held(9.9), start=found) == []
    assert does(*held(10.1), start=found) == [Signal.RESET_HELD]
    assert does(*held(31), start=found) == [Signal.RESET_HELD, Signal.STUCK, Signal.FREED]


def test_a_button_that_is_up_at_power_on_never_asks_for_the_reset():
    assert Signal.RESET_HELD not in does(*held(20), start=button.start(False, 0.0, power_on=True))


def test_a_hold_that_nobody_looked_at_for_a_while_counts_no_more():
    pressed = button.start(False, 0.0)
    for now in (0.02, 0.04, 0.1, 0.12):
        pressed, _ = button.sample(pressed, True, now)
    pressed, signals = button.sample(pressed, True, 9.0)
    assert signals == ()
    assert pressed.held == 0
    pressed, signals = button.sample(pressed, False, 9.02)
    assert button.sample(pressed, False, 9.1)[1] == ()


def test_how_long_it_is_held_is_known_while_it_can_still_do_something():
    pressed = button.start(False, 0.0)
    shown = []
    for n in range(1, 400):
        pressed, _ = button.sample(pressed, 0.1 < n * EVERY < 7, n * EVERY)
        shown.append(pressed.held)
    assert max(shown) == pytest.approx(5.0, abs=0.05)
    assert shown[-1] == 0
    reset = button.sample(button.start(True, 0.0, power_on=True), True, 0.4)[0]
    assert reset.held == pytest.approx(0.4)
    assert reset.power_on


def test_a_press_of_the_machines_power_key_is_the_request():
    assert does(*held(0.04), look=button.press) == [Signal.PRESSED, Signal.OFF]
    assert does(*held(3.5), look=button.press) == [Signal.PRESSED, Signal.OFF]


def test_a_machine_that_tells_twice_of_one_press_of_its_power_key_is_heard_once():
    twice = [*held(0.04), (False, 0.1), *held(0.04)]
    assert does(*twice, look=button.press) == [Signal.PRESSED, Signal.OFF]
    assert does(*held(0.04), (False, 1.5), *held(0.04), look=button.press).count(Signal.OFF) == 2


def test_a_power_key_that_is_stuck_is_told_once_and_asks_for_nothing_more():
    assert does(*held(40), look=button.press) == [Signal.PRESSED, Signal.OFF, Signal.STUCK, Signal.FREED]
    assert does(*held(3), look=button.press, start=button.start(True, 0.0)) == []


BOUNCE = st.lists(st.sampled_from([0.02, 0.04]), max_size=3).map(lambda spans: [*spans, *spans])
"""An even number of spans, down and up in turns: it ends as it began."""


def bounced(spans, *, first):
    return [(first ^ bool(n % 2), seconds) for n, seconds in enumerate(spans)]


@settings(max_examples=15)
@given(BOUNCE, st.sampled_from([0.5, 2.0, 3.5, 5.5]), BOUNCE)
def test_bounces_never_make_two_presses_of_one(before, seconds, after):
    found = does(*bounced(before, first=True), (True, seconds), *bounced(after, first=False))
    assert found.count(Signal.PRESSED) == 1
    assert len(found) == 2


@settings(max_examples=12)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.04, 0.3, 2.0, 4.0, 6.0])), max_size=5))
def test_each_press_means_one_thing(spans):
    """Whatever somebody does: PRESSED, and after it TAPPED, PAIR or OFF, never two of them."""
    found = [one for one in does(*spans) if one not in (Signal.STUCK, Signal.FREED)]
    assert set(found[::2]) <= {Signal.PRESSED}
    assert set(found[1::2]) <= {Signal.TAPPED, Signal.PAIR, Signal.OFF}
    assert len(found) % 2 == 0


@pytest.mark.parametrize("seconds", [5.06, 5.5, 9.0, 29.0])
def test_a_hold_of_five_seconds_never_pairs_or_taps(seconds):
    assert does(*held(seconds)) == [Signal.PRESSED, Signal.OFF]
