"""Positions: wall time between connections, the sender's spacing within one, sound and picture together for an hour."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.capture.timeline import Timeline
from appliance.recording.frame import RATE, Media

pytestmark = pytest.mark.slow  # together too long for `make check`

VIDEO, AUDIO = Media.VIDEO, Media.AUDIO


def test_frames_keep_the_spacing_of_their_sender_whatever_the_network_does():
    timeline = Timeline(base=10.0, began=500.0)
    arrivals = [500.0, 500.21, 500.22, 500.23, 500.4]
    placed = [timeline.place(VIDEO, number * 6000, arrived) for number, arrived in enumerate(arrivals)]
    assert placed == [900_000 + number * 6000 for number in range(5)]


def test_two_tracks_of_one_connection_stay_together():
    timeline = Timeline(base=0.0, began=100.0)
    for second in range(10):
        seen = timeline.place(VIDEO, second * 90_000, 100.0 + second) / 90_000
        heard = timeline.place(AUDIO, second * 48_000 + 7, 100.0 + second) / 48_000
        assert abs(seen - heard) < 0.001


def test_a_sender_that_counts_anew_goes_on_where_its_frames_arrive():
    timeline = Timeline(base=0.0, began=0.0)
    assert timeline.place(VIDEO, 5_000_000, 0.0) == 0
    assert timeline.place(VIDEO, 5_006_000, 0.07) == 6000
    assert timeline.place(VIDEO, 0, 1.0) == 90_000
    assert timeline.place(VIDEO, 2_000_000_000, 2.0) == 180_000
    assert timeline.jumps == 2


def test_a_count_that_stands_still_is_not_followed_for_long():
    timeline = Timeline(base=0.0, began=0.0)
    for number in range(200):
        position = timeline.place(VIDEO, 77, number * 0.1)
        assert number * 0.1 - position / 90_000 < 1.6
    assert 10 <= timeline.jumps <= 20


def test_a_late_frame_is_no_new_count():
    timeline = Timeline(base=0.0, began=0.0)
    timeline.place(VIDEO, 0, 0.0)
    assert timeline.place(VIDEO, 6000, 4.0) == 6000
    assert timeline.place(VIDEO, 360_000, 4.01) == pytest.approx(360_000, abs=500)
    assert timeline.jumps == 0


def test_sound_that_paused_without_counting_goes_on_where_it_arrives():
    """Chromium, where a page takes the microphone away and gives it back: the pictures say that nothing was held up."""
    timeline, sound = Timeline(base=0.0, began=0.0), 0
    for number in range(500):
        now = number / 50
        timeline.place(VIDEO, round(now * 90_000), now)
        if not 2 <= now < 7:
            position = timeline.place(AUDIO, sound * 960, now)
            sound += 1
            assert position / 48_000 == pytest.approx(now, abs=0.002)
    assert timeline.jumps == 1


def test_a_picture_that_a_busy_page_encodes_late_keeps_its_place():
    timeline = Timeline(base=0.0, began=0.0)
    for number in range(500):
        now = number / 50
        timeline.place(AUDIO, number * 960, now)
        if not 4.0 < now < 5.5:
            taken = 4.1 if now == 5.5 else now
            position = timeline.place(VIDEO, round(taken * 90_000), now)
            assert position / 90_000 == pytest.approx(taken, abs=0.01)
    assert timeline.jumps == 0


def test_a_call_that_paused_without_counting_is_behind_for_less_than_half_a_second():
    timeline = Timeline(base=0.0, began=0.0)
    for number in range(500):
        now = number / 50 + (5 if number >= 100 else 0)
        position = timeline.place(AUDIO, number * 960, now) / 48_000
        assert position == pytest.approx(now, abs=0.002) or 7 <= now < 7.4
    assert timeline.jumps == 1


@pytest.mark.parametrize("backlog_lasts", [0.2, 4.0])
def test_what_was_held_up_keeps_its_place_however_slowly_it_comes(backlog_lasts):
    """A network that stalls for 3 s, then sends what it kept."""
    timeline = Timeline(base=0.0, began=0.0)
    for number in range(500):
        sent = number / 50
        drained = 5 + (sent - 2) / (3 + backlog_lasts) * backlog_lasts
        arrived = max(sent, drained) if 2 <= sent < 5 + backlog_lasts else sent
        for media in Media:
            position = timeline.place(media, round(sent * RATE[media]), arrived) / RATE[media]
            assert position == pytest.approx(sent, abs=0.03)
    assert timeline.jumps == 0


def test_a_clock_that_runs_fast_is_followed_in_small_steps():
    timeline, drift = Timeline(base=0.0, began=0.0), 1.0002
    for second in range(1, 3601):
        position = timeline.place(AUDIO, round(second * 48_000 * drift), float(second))
    assert abs(position / 48_000 - 3600) < 0.05


def test_a_frame_without_reports_is_moved_to_where_the_promptest_say():
    """The first picture of a connection is large, and late."""
    timeline = Timeline(base=0.0, began=0.0)
    for number in range(300):
        position = timeline.place(VIDEO, number * 6000, number / 15 + (0.3 if number == 0 else 0.02))
    assert position / 90_000 == pytest.approx(299 / 15 + 0.02, abs=0.01)


@dataclass
class Sender:
    """Two tracks, each with its own way to here. `skew`: what the sender's wall clock says beyond ours."""

    drift: float = 0.0
    sound_drift: float = 0.0
    skew: float = 0.0
    video_delay: float = 0.08
    audio_delay: float = 0.01
    jitter: float = 0.1
    loss: float = 0.02
    seconds: float = 3600.0
    report_after: float = 2.0
    seed: int = 1

    def frames(self):
        """(arrived, media, RTP timestamp, captured by the sender's clock or None, true moment of capture), as they
        arrive."""
        chance = random.Random(self.seed)
        found = []
        for media, rate, delay, every in ((VIDEO, 10, self.video_delay, 1), (AUDIO, 50, self.audio_delay, 5)):
            own = 1 + self.drift + (self.sound_drift if media is AUDIO else 0)
            start, last = chance.randrange(10**6), 0.0
            for number in range(0, round(self.seconds * rate), every):
                if chance.random() < self.loss:
                    continue
                at = number / rate  # true
                last = max(last, at + delay + chance.random() * self.jitter)
                known = at >= self.report_after * (3 if media is AUDIO else 1)
                captured = 1.7e9 + self.skew + at * (1 + self.drift) if known else None
                found.append((last, media, start + round(at * own * RATE[media]), captured, at))
        return sorted(found)


def play(sender):
    """-> the timeline, and for each frame (media, true moment, seconds placed)."""
    timeline = Timeline(base=0.0, began=0.0)
    return timeline, [
        (media, at, timeline.place(media, timestamp, arrived, captured) / RATE[media])
        for arrived, media, timestamp, captured, at in sender.frames()
    ]


def apart(placed, *, since=0.0):
    """How far sound and picture of one moment are placed apart, at most."""
    error = {VIDEO: 0.0, AUDIO: 0.0}
    worst = 0.0
    for media, at, position in placed:
        error[media] = position - at
        if at > since:
            worst = max(worst, abs(error[VIDEO] - error[AUDIO]))
    return worst


def test_sound_and_picture_stay_within_80_ms_for_an_hour():
    timeline, placed = play(Sender(drift=100e-6, sound_drift=50e-6))
    assert apart(placed, since=8.0) < 0.03
    assert apart(placed) < 0.2  # before the first report of the sound nobody can know
    assert timeline.jumps == timeline.steps == 0
    assert timeline.clock.drift * 1e6 == pytest.approx(-100, abs=20)
    _, at, position = placed[-1]
    assert position - at < 0.12, "an hour is as long as ours"


SENDERS = st.builds(
    Sender,
    drift=st.floats(-100e-6, 100e-6),
    sound_drift=st.floats(-100e-6, 100e-6),
    skew=st.floats(-1e5, 1e5),
    video_delay=st.floats(0, 0.4),
    audio_delay=st.floats(0, 0.2),
    jitter=st.floats(0, 0.1),
    loss=st.floats(0, 0.2),
    seconds=st.just(300.0),
    seed=st.integers(0, 1000),
)


@given(SENDERS)
@settings(max_examples=25, deadline=None)
def test_whatever_the_paths_take_sound_and_picture_are_together(sender):
    _, placed = play(sender)
    assert apart(placed, since=10.0) < 0.08
    before = {VIDEO: -1.0, AUDIO: -1.0}
    for media, _, position in placed:
        assert position > before[media]
        before[media] = position


@given(SENDERS)
@settings(max_examples=5, deadline=None)
def test_and_so_for_an_hour(sender):
    sender.seconds = 3600.0
    assert apart(play(sender)[1], since=10.0) < 0.08


def test_sound_moves_by_so_little_that_nobody_hears_it():
    """1 ms a second, not more, whatever the reports say when they come."""
    _, placed = play(Sender(video_delay=0.02, audio_delay=0.15, drift=100e-6, seconds=600))
    heard = [(at, position) for media, at, position in placed if media is AUDIO]
    for (at, position), (later, next_position) in zip(heard, heard[50:], strict=False):
        assert abs((next_position - position) / (later - at) - 1) < 0.0012


def test_a_sender_whose_clock_is_set_keeps_its_place():
    sender = Sender(seconds=120, jitter=0.02)
    timeline, placed = Timeline(base=0.0, began=0.0), []
    for arrived, media, timestamp, captured, at in sender.frames():
        told = at >= (60.3 if media is VIDEO else 64)
        captured = captured - 7.0 if captured and told else captured
        placed.append((media, at, timeline.place(media, timestamp, arrived, captured) / RATE[media]))
    assert timeline.steps == 1
    assert apart(placed, since=10.0) < 0.08
    assert max(abs(position - at) for _, at, position in placed) < 0.2


def test_the_time_that_the_promptest_frames_travelled_is_taken_off():
    sender = Sender(video_delay=0.2, audio_delay=0.2, jitter=0.01, seconds=400)
    timeline, placed = Timeline(base=0.0, began=0.0), []
    for arrived, media, timestamp, captured, at in sender.frames():
        timeline.delay = 0.2 if at > 10 else 0.0
        placed.append((at, timeline.place(media, timestamp, arrived, captured) / RATE[media]))
    at, position = placed[-1]
    assert position == pytest.approx(at, abs=0.12)


FRAMES = st.lists(
    st.tuples(
        st.sampled_from([VIDEO, AUDIO]),
        st.integers(-(2**40), 2**40) | st.integers(0, 10) | st.just(0),
        st.floats(0, 20),
        st.none() | st.floats(-1e10, 1e10),
    ),
    max_size=80,
)


@given(FRAMES)
@example([(VIDEO, 0, 0.0, None)] * 2 + [(VIDEO, 16315, 1.0, 0.0), (VIDEO, -73686, 0.0, None), (VIDEO, 0, 10.5, 0.0)])
def test_time_never_stands_still_or_runs_back_or_away(frames):
    timeline, now, before = Timeline(base=3.0, began=0.0), 0.0, {VIDEO: 3 * 90_000 - 1, AUDIO: 3 * 48_000 - 1}
    for media, timestamp, elapsed, captured in frames:
        now += elapsed
        position = timeline.place(media, timestamp, now, captured)
        assert position > before[media]
        before[media] = position
        assert position / RATE[media] <= 3.0 + now + 2.01
        assert position / RATE[media] >= 3.0 + now - 10.01


@given(st.lists(st.tuples(st.integers(0, 90_000), st.floats(0, 0.2), st.floats(-1e3, 1e3)), max_size=100))
def test_counts_and_clocks_that_run_wild_are_bounded_too(frames):
    timeline, now, timestamp, wall = Timeline(base=0.0, began=0.0), 0.0, 0, 0.0
    for ticks, elapsed, clock in frames:
        now, timestamp, wall = now + elapsed, timestamp + ticks, wall + clock
        position = timeline.place(VIDEO, timestamp, now, wall) / 90_000
        assert now - 10.01 <= position <= now + 2.01
