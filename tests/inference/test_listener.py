"""From sound files to what the room is told: in order, at the half seconds, bounded, and where it is at home."""

import numpy as np
import pytest

from appliance.box import sound
from appliance.box.sound import RATE, SECONDS
from appliance.exam.feed import Feed, Kind
from appliance.inference.budget import A_SECOND, MOST, Budget, printed
from appliance.inference.detectors import Detectors
from appliance.inference.listener import AT_ONCE, MISSING_SECONDS, Listener
from appliance.inference.room import Seated
from appliance.inference.sound import QUIETEST, WINDOW, Ear, silence

NOW = 1_000_000.0
ONE, TWO = Feed("a1", Kind.WEBCAM), Feed("a2", Kind.WEBCAM)


class Room:
    """What the listener needs of it."""

    def __init__(self, *feeds):
        self.seated = {feed: Seated("bio", f"S{number}") for number, feed in enumerate(feeds, start=1)}
        self.told = {feed: [] for feed in feeds}

    def microphones(self, now):
        return dict(self.seated)

    def listen(self, feed, heard):
        self.told[feed].append(heard)


class Clock:
    """Wall time that stands still until somebody moves it."""

    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def noise(seconds, *, seed=1, loud=300.0):
    return np.random.default_rng(seed).normal(0, loud, int(seconds * RATE)).astype(np.int16)


def play(folder, feed, samples, *, ends_at=NOW, run=1, position=50.0):
    """The decoder has heard all of `samples` by `ends_at`."""
    kept = samples[-int(SECONDS * RATE) :]
    header = sound.Header(
        feed=str(feed), run=run, end=len(samples), ends_at=ends_at, position=position, samples=len(kept)
    )
    sound.write(folder, header, kept)


def make(folder, clock, *feeds):
    room = Room(*feeds)
    return Listener(folder, Detectors(), room, clock=clock), room


def test_each_half_second_is_told_once_at_the_half_second(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    whole = noise(5)
    for number in range(8):
        clock.now = NOW + 0.5 * number
        play(tmp_path, ONE, whole[: RATE + number * WINDOW], ends_at=clock.now + 0.12, position=clock.now - NOW)
        listening.turn(0.5 * number)
    told = room.told[ONE]
    assert [heard.at for heard in told] == pytest.approx([NOW + 0.5 * n for n in range(8)], abs=1e-3)
    assert told[3].position == pytest.approx(1.5 - 0.12, abs=1e-3)
    assert listening.skipped == 0


def test_no_sound_is_told_each_half_second(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    for number in range(4):
        clock.now = NOW + 0.5 * number
        listening.turn(0.5 * number)
    assert room.told[ONE] == [silence(NOW + 0.5 * n) for n in range(4)]


def test_sound_that_stopped_is_waited_for_a_moment_and_then_missing(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    play(tmp_path, ONE, noise(2))
    listening.turn(0.0)
    heard = len(room.told[ONE])
    clock.now = NOW + MISSING_SECONDS - 0.1
    listening.turn(1.0)
    assert len(room.told[ONE]) == heard
    clock.now = NOW + MISSING_SECONDS + 0.6
    listening.turn(2.0)
    assert room.told[ONE][-1].level is None


def test_what_is_too_far_behind_is_passed_over_and_counted(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    whole = noise(20)
    play(tmp_path, ONE, whole[: 2 * RATE])
    listening.turn(0.0)
    clock.now = NOW + 10.0
    play(tmp_path, ONE, whole[: 12 * RATE], ends_at=clock.now)
    listening.turn(10.0)
    assert [heard.at - NOW for heard in room.told[ONE][-AT_ONCE:]] == pytest.approx([8.5, 9.0, 9.5, 10.0])
    assert listening.skipped == 16


def test_a_new_run_begins_at_its_newest(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    play(tmp_path, ONE, noise(2))
    listening.turn(0.0)
    clock.now = NOW + 3.0
    play(tmp_path, ONE, noise(0.8, seed=2), ends_at=clock.now, run=2)
    listening.turn(3.0)
    assert room.told[ONE][-1].at == pytest.approx(NOW + 3.0)
    assert listening.skipped == 0


def test_a_sender_whose_clock_runs_fast_stays_at_the_half_seconds(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    whole = noise(70)
    for number in range(120):
        clock.now = NOW + 0.5 * number
        end = RATE + int(number * WINDOW * 1.002)
        play(tmp_path, ONE, whole[:end], ends_at=clock.now)
        listening.turn(0.5 * number)
    off = [(heard.at + 0.25) % 0.5 - 0.25 for heard in room.told[ONE]]
    assert max(map(abs, off)) < 0.05
    assert len(room.told[ONE]) >= 119


def test_a_file_that_holds_no_sound_is_counted_and_the_others_are_heard(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE, TWO)
    play(tmp_path, ONE, noise(2))
    play(tmp_path, TWO, noise(2))
    file = sound.path_of(tmp_path, TWO)
    file.write_bytes(file.read_bytes()[:-100])
    listening.turn(0.0)
    assert listening.unreadable == 1
    assert [heard.level is None for heard in room.told[TWO]] == [True]
    assert room.told[ONE][0].level == pytest.approx(-40.8, abs=0.5)


def test_who_left_is_forgotten(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE)
    play(tmp_path, ONE, noise(2))
    listening.turn(0.0)
    room.seated.clear()
    listening.turn(1.0)
    assert listening.facts()["microphones"] == 0


def bursts(seconds, seed):
    """Noise that comes and goes like syllables."""
    random = np.random.default_rng(seed)
    gain = np.repeat(random.choice([0.0, 0.2, 1.0], int(seconds * 6) + 1), RATE // 6)[: int(seconds * RATE)]
    return random.normal(0, 6000, len(gain)) * gain


def test_what_is_louder_at_a_neighbour_is_told_as_that_neighbours(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE, TWO)
    voice = bursts(6, seed=4)
    near = (voice + noise(6, seed=5, loud=20)).astype(np.int16)
    far = (voice * 0.2 + noise(6, seed=6, loud=20)).astype(np.int16)
    for number in range(8):
        clock.now = NOW + 0.5 * number
        until = 2 * RATE + number * WINDOW
        play(tmp_path, ONE, near[:until], ends_at=clock.now)
        play(tmp_path, TWO, far[:until], ends_at=clock.now + 0.05)
        listening.turn(0.5 * number)
    assert {heard.elsewhere for heard in room.told[ONE]} == {""}
    assert [heard.elsewhere for heard in room.told[TWO][4:]] == ["S1"] * len(room.told[TWO][4:])
    assert len(room.told[TWO]) > 6


def test_what_most_seats_hear_is_told_as_the_rooms(tmp_path, clock):
    three = Feed("a3", Kind.WEBCAM)
    listening, room = make(tmp_path, clock, ONE, TWO, three)
    alarm = bursts(3, seed=4)
    for number in range(5):
        clock.now = NOW + 0.5 * number
        for feed, gain in ((ONE, 1.0), (TWO, 0.5), (three, 0.3)):
            heard = (alarm * gain + noise(3, loud=20)).astype(np.int16)[: RATE + number * WINDOW]
            play(tmp_path, feed, heard, ends_at=clock.now)
        listening.turn(0.5 * number)
    assert {told[-1].everywhere for feed, told in room.told.items() if feed != ONE} == {True}
    assert (room.told[ONE][-1].elsewhere, room.told[TWO][-1].elsewhere) == ("", "S1")


def test_a_neighbour_whose_sound_is_late_is_waited_for(tmp_path, clock):
    listening, room = make(tmp_path, clock, ONE, TWO)
    whole = noise(5)
    play(tmp_path, ONE, whole[: 2 * RATE])
    play(tmp_path, TWO, whole[: 2 * RATE], ends_at=NOW - 0.6)
    listening.turn(0.0)
    last = room.told[ONE][-1].at if room.told[ONE] else 0.0
    assert last < NOW - 0.25  # it is not said yet what of it is whose
    clock.now = NOW + 1.2
    play(tmp_path, ONE, whole[: 3 * RATE], ends_at=NOW + 1.0)
    listening.turn(1.0)
    assert room.told[ONE][-1].at >= NOW  # nor is it waited for longer than a second


def test_digital_silence_is_heard_as_such():
    heard = Ear(Detectors()).listen(np.zeros(WINDOW, np.int16), at=1.0, position=None)
    assert (heard.level, heard.steady, heard.clipped, heard.chances) == (QUIETEST, QUIETEST, 0.0, None)


def test_samples_at_full_scale_are_clipped():
    square = np.where(np.arange(WINDOW) % 40 < 20, 32767, -32768).astype(np.int16)
    heard = Ear(Detectors()).listen(square, at=1.0, position=None)
    assert heard.clipped == 1.0
    assert heard.level == pytest.approx(0.0, abs=0.01)


def test_knocks_are_found_where_they_begin():
    samples = noise(2, loud=10)
    for start in (0.3, 0.7, 1.1):
        at = int(start * RATE)
        samples[at : at + 800] += (8000 * np.exp(-np.arange(800) / 160)).astype(np.int16)
    ear = Ear(Detectors())
    found = [
        burst.at
        for number in range(4)
        for burst in ear.listen(
            samples[number * WINDOW : (number + 1) * WINDOW], at=0.5 * (number + 1), position=None
        ).bursts
    ]
    assert found == pytest.approx([0.3, 0.7, 1.1], abs=0.011)


class Printer:
    """Costs nothing."""

    def print(self, sound):
        return (1.0,)


def test_voices_are_compared_so_often_and_no_more():
    budget, ear = Budget(), Ear(Detectors())
    heard = ear.listen(noise(0.5), at=1.0, position=None)
    minute = [printed(heard, noise(1).astype(np.float32), Printer(), budget) for _ in range(120)]
    spent = sum(one.voice is not None for one in minute)
    assert spent == budget.spent == pytest.approx(MOST + 60 * A_SECOND, abs=1)
    assert budget.refused == 120 - spent
