"""The language of the light: nobody needs to see colour, and nobody is harmed by it."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.panel.pattern import PATTERNS, Colour, Curve, Pattern, Step, Tone, Tune
from appliance.panel.status import Status

LOOK = 6.0
"""Seconds: so long one looks at a light, and so much of it the card on the wall shows."""

APART = 0.15
"""Of that time at full brightness. The shortest flash has 0.2 s, and one of them may be missed in a blink: what tells
two patterns apart has to last longer than four of them, 0.9 s of 6."""

STEP = 0.05


def brightest(colour: Colour) -> float:
    return max(colour.red, colour.green, colour.blue)


def without_red(colour: Colour) -> float:
    """To an eye without cones for red, which sees it as almost dark (weights of protanopia)."""
    return 0.112 * colour.red + 0.761 * colour.green + 0.126 * colour.blue


def wave(pattern, eye, seconds, step=STEP):
    """Brightness over time, against the pattern's own brightest: a dimmed light has the same."""
    most = max(eye(one.colour) for one in pattern.steps)
    return np.array([eye(pattern.at(n * step + 1e-6)) / most for n in range(round(seconds / step))])


def looks(pattern, eye):
    """One look for each moment at which somebody may begin to look."""
    return np.lib.stride_tricks.sliding_window_view(wave(pattern, eye, LOOK + pattern.seconds), round(LOOK / STEP))


@pytest.mark.parametrize("eye", [brightest, without_red])
def test_any_two_statuses_differ_in_brightness_alone_whenever_one_begins_to_look(eye):
    seen = {status: looks(pattern, eye) for status, pattern in PATTERNS.items()}
    for one, other in itertools.combinations(seen, 2):
        nearest = min(np.abs(seen[other] - look).mean(axis=1).min() for look in seen[one])
        assert nearest >= APART, f"{one} looks like {other}: {nearest:.3f}"


def test_a_pattern_that_was_only_another_colour_would_be_found():
    red, green = (looks(Pattern((Step(1.0, colour),)), brightest) for colour in (Colour(1, 0, 0), Colour(0, 1, 0)))
    assert np.abs(red[0] - green).mean(axis=1).min() == 0


def test_every_status_has_a_pattern():
    assert set(PATTERNS) == set(Status)


def turns(values):
    """Where brightness turns by a tenth or more of the brightest (WCAG 2.2, "general flash")."""
    low = high = values[0]
    rising = None
    for n, value in enumerate(values):
        low, high = min(low, value), max(high, value)
        turned = False if value <= high - 0.1 else True if value >= low + 0.1 else rising
        if turned is not rising:
            low = high = value
            rising = turned
            yield n


def most_flashes(values, step):
    """In any second: a flash is a turn and its return."""
    found = np.array(list(turns(values)))
    return max((int(((found >= n) & (found <= n + round(1 / step))).sum()) // 2 for n in found), default=0)


@pytest.mark.parametrize("status", Status)
def test_nothing_flashes_more_than_three_times_in_any_second_however_dim_the_light_is(status):
    assert most_flashes(wave(PATTERNS[status], brightest, 9.0, 0.02), 0.02) <= 3


def test_nor_when_one_pattern_takes_the_place_of_another():
    step = 0.02
    waves = {status: wave(pattern, brightest, 6.0, step) for status, pattern in PATTERNS.items()}
    for one, other in itertools.product((Status.FAULT, Status.IDENTIFY, Status.ATTENTION), repeat=2):
        for end in range(60, 160, 4):
            assert most_flashes(np.concatenate([waves[one][end - 60 : end], waves[other][:60]]), step) <= 3


def test_four_flashes_in_a_second_would_be_counted():
    assert most_flashes(wave(Pattern((Step(0.125, Colour(1, 1, 1)), Step(0.125))), brightest, 4.0, 0.005), 0.005) == 4


@settings(max_examples=35)
@given(st.sampled_from(Status), st.floats(0, 1e5), st.floats(0, 0.99))
def test_what_shines_stays_as_it_is_for_as_long_as_it_says(status, seconds, part):
    pattern = PATTERNS[status]
    stays = min(pattern.changes_in(seconds), 1e6)
    assert stays > 0
    now, later = pattern.at(seconds), pattern.at(seconds + stays * part)
    curved = any(step.curve is not Curve.HOLD for step in pattern.steps)
    near = abs(brightest(now) - brightest(later)) <= 0.05
    ends_here = stays < 1e-9  # rounding of so large a time
    assert now == later or (curved and near) or ends_here


@settings(max_examples=25)
@given(st.sampled_from(Status), st.floats(0, 1e5))
def test_a_light_is_never_brighter_than_it_can_be_and_goes_on_for_ever(status, seconds):
    colour = PATTERNS[status].at(seconds)
    assert all(0 <= value <= 1 for value in (colour.red, colour.green, colour.blue))


def test_a_tune_sounds_once_or_over_and_over():
    tones = (Tone(0.1, 800), Tone(0.1))
    assert [Tune(tones).at(at) for at in (0.05, 0.15, 0.25)] == [800, 0, 0]
    assert [Tune(tones, again=True).at(at) for at in (0.05, 0.15, 0.25)] == [800, 0, 800]
