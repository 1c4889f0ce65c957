"""Whether a camera shows a recording again and again."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.exam.episode import Verdict
from appliance.inference.judges import camera, loop
from appliance.inference.judges.context import Context
from appliance.inference.track import Track
from appliance.inference.watch import Begun
from tests.inference.seen import seen

BITS = 768


def film(seconds, *, moves=20, seed=1, step=0.1):
    """A fingerprint each tenth of a second: so many bits of it change in half a second."""
    chance = random.Random(seed)
    pictures, now = [], chance.getrandbits(BITS)
    for _ in range(round(seconds / step)):
        for _ in range(round(moves * step * 2)):
            now ^= 1 << chance.randrange(BITS)
        pictures.append(now)
    return pictures


def noisy(fingerprint, chance, bits=2):
    for _ in range(bits):
        fingerprint ^= 1 << chance.randrange(BITS)
    return fingerprint


def looks_at(pictures, seconds, *, every=0.5, seed=2, jitter=0.05):
    """(at, fingerprint) of somebody who plays these pictures again and again; an encoder changes a few bits."""
    chance = random.Random(seed)
    at = 0.0
    while at < seconds:
        yield at, noisy(pictures[int(at / 0.1) % len(pictures)], chance)
        at += every + chance.uniform(-jitter, jitter)


def best(looks):
    memory, found = loop.Memory(), []
    for at, fingerprint in looks:
        memory = loop.remember(memory, at, fingerprint)
        if (back := loop.came_back(memory)) is not None:
            found.append(back)
    return max(found, default=None)


@pytest.mark.parametrize("length", [5.3, 8.0, 13.7, 31.1, 61.3])
def test_a_loop_brings_its_movement_back(length):
    assert best(looks_at(film(length), 3 * length + 20)) > 0.5


def test_what_goes_on_never_does():
    assert best(looks_at(film(200), 200)) < 0.1


def test_who_does_not_move_cannot_be_told_from_a_recording():
    assert best(looks_at(film(200, moves=0), 200)) is None


def test_a_loop_longer_than_what_is_remembered_is_not_found():
    assert best(looks_at(film(150), 300)) < 0.1


def test_a_stream_that_pauses_says_nothing_of_the_seconds_before():
    looks = [(at, f) for at, f in looks_at(film(11), 60) if not (at % 5 < 3)]
    assert best(looks) is None


def test_a_clock_that_is_set_back_begins_anew():
    memory = loop.Memory()
    for at, fingerprint in looks_at(film(20), 60):
        memory = loop.remember(memory, at, fingerprint)
    assert loop.came_back(loop.remember(memory, 1.0, 0)) is None


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 2**BITS - 1)), max_size=60))
def test_any_looks_give_a_share_or_nothing_and_memory_stays_bounded(looks):
    memory = loop.Memory()
    for at, fingerprint in sorted(looks, key=lambda look: look[0]):
        memory = loop.remember(memory, at, fingerprint)
        back = loop.came_back(memory)
        assert back is None or 0.0 <= back <= 1.0
    assert len(memory.looks) <= loop.KEPT / loop.STEP + 1


def test_a_recording_played_in_a_circle_is_one_flag():
    def judge(memory, look, context):
        return camera.judge(memory, look, context, somebody=True)

    track = Track(judge, camera.Memory(), Context())
    outputs = [
        output
        for at, fingerprint in looks_at(film(14), 90)
        for output in track.see(seen(1000.0 + at, fingerprint=fingerprint))
    ]
    (raised,) = [output for output in outputs if isinstance(output, Begun)]
    assert raised.code == "video_replay"
    assert 1028.0 < raised.episode.onset_at < 1040.0
    assert track.watch.active == {"video_replay"}


def test_without_a_fingerprint_nothing_is_said():
    _, ticks = camera.judge(camera.Memory(), seen(), Context(), somebody=True)
    assert ticks["video_replay"].verdict is Verdict.UNASSESSABLE
