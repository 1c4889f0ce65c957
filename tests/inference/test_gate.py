"""Where nothing moves the models need not look again, but never for long."""

import numpy as np
import pytest

from appliance.inference.gate import ALLOWED, Gate
from appliance.inference.look import Look

ROOM = np.random.default_rng(4).uniform(60, 200, (240, 320)).astype(np.float32)


def moved(share, levels=60.0):
    """The room with that share of its pixels changed."""
    other = ROOM.copy()
    other.reshape(-1)[: round(share * other.size)] += levels
    return other


@pytest.mark.parametrize("look", list(ALLOWED))
def test_a_still_picture_is_looked_at_once_until_its_time_is_up(look):
    gate, seconds = Gate(), ALLOWED[look].seconds
    assert gate.spare(ROOM, 10.0, {look}) == frozenset()
    assert gate.spare(ROOM, 10.0 + seconds, {look}) == {look}
    assert gate.spare(ROOM, 10.0 + seconds + 0.1, {look}) == frozenset()
    assert gate.spared == {look: 1}


@pytest.mark.parametrize("look", list(ALLOWED))
def test_what_moves_is_looked_at(look):
    gate = Gate()
    gate.spare(ROOM, 10.0, {look})
    assert gate.spare(moved(2 * ALLOWED[look].share), 10.5, {look}) == frozenset()


def test_noise_of_a_camera_is_no_movement():
    gate = Gate()
    gate.spare(ROOM, 10.0, tuple(Look))
    noise = np.random.default_rng(5).normal(0, 2.0, ROOM.shape).astype(np.float32)
    assert gate.spare(ROOM + noise, 10.5, tuple(Look)) == set(ALLOWED)


def test_a_slow_movement_is_held_against_the_picture_that_was_looked_at():
    gate = Gate()
    gate.spare(moved(0.0), 10.0, {Look.FACES})
    assert gate.spare(moved(0.0015), 10.4, {Look.FACES}) == {Look.FACES}
    assert gate.spare(moved(0.003), 10.8, {Look.FACES}) == frozenset()


def test_a_face_is_never_taken_to_be_the_same_without_looking():
    gate = Gate()
    gate.spare(ROOM, 10.0, {Look.LIKENESS})
    assert gate.spare(ROOM, 10.1, {Look.LIKENESS}) == frozenset()


def test_another_size_and_a_clock_set_back_are_looked_at():
    gate = Gate()
    gate.spare(ROOM, 10.0, {Look.FACES})
    assert gate.spare(ROOM[:120], 10.5, {Look.FACES}) == frozenset()
    assert gate.spare(ROOM[:120], 5.0, {Look.FACES}) == frozenset()
