"""A sender's clock against ours, and how long its media travel."""

import random

import pytest

from appliance.capture.alignment import Alignment, Delay


def heard(*, seconds=120, drift=0.0, delay=0.05, jitter=0.1, skew=-1000.0, seed=3):
    """An alignment after so many seconds of 20 frames a second."""
    chance, clock = random.Random(seed), Alignment()
    for number in range(seconds * 20):
        at = number / 20
        clock.note(skew + at * (1 + drift), at + delay + chance.random() * jitter)
    return clock


def test_the_promptest_frame_says_how_the_clocks_stand():
    clock = heard()
    assert clock.offset == pytest.approx(1000.05, abs=0.005)
    assert clock.spread < 0.01
    assert Alignment().offset is None


def test_a_path_that_becomes_longer_is_believed_after_half_a_minute():
    clock = heard(seconds=60)
    for number in range(20 * 25):
        clock.note(-1000 + 60 + number / 20, 60 + number / 20 + 0.4)
    assert clock.offset == pytest.approx(1000.05, abs=0.01)
    for number in range(20 * 25, 20 * 40):
        clock.note(-1000 + 60 + number / 20, 60 + number / 20 + 0.4)
    assert clock.offset == pytest.approx(1000.4, abs=0.01)


@pytest.mark.parametrize("ppm", [-100, 0, 30, 100])
def test_the_drift_is_measured(ppm):
    assert heard(seconds=300, drift=ppm * 1e-6).drift * 1e6 == pytest.approx(-ppm, abs=10)


def test_too_little_says_nothing_about_drift():
    assert heard(seconds=8, drift=1e-3).drift == 0.0


def test_half_the_shortest_round_trip_is_the_delay_and_it_has_a_bound():
    delay = Delay(0.0)
    assert (delay.seconds, delay.round_trip) == (0.0, None)
    for trip in (0.3, 0.12, 0.5):
        delay.note(trip)
    assert delay.seconds == pytest.approx(0.06)
    for _ in range(8):
        delay.note(30.0)
    assert delay.seconds == 0.5


def test_news_come_once_settled_then_when_the_delay_changes_and_not_often():
    delay, clock = Delay(0.0), heard()
    delay.note(0.1)
    assert delay.news(clock, 9.9) is None
    first = delay.news(clock, 10.1)
    assert (first.delay, first.method) == (pytest.approx(0.05), "round trip and sender reports")
    assert first.uncertainty == pytest.approx(0.05 + clock.spread)
    assert delay.news(clock, 100.0) is None
    for _ in range(8):
        delay.note(0.6)
    assert delay.news(clock, 60.0) is None
    assert delay.news(clock, 71.0).delay == pytest.approx(0.3)
    assert delay.news(clock, 140.0) is None


def test_what_was_not_measured_is_said_to_be_unknown():
    event = Delay(0.0).news(Alignment(), 11.0).to_event("screen", "c1")
    assert (event.delay_ms, event.uncertainty_ms, event.method) == (0.0, 500.0, "arrival")
