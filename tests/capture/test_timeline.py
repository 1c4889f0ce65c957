"""Positions: wall time between connections, the sender's spacing within one."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.capture.frame import Media
from appliance.capture.timeline import Track


def test_frames_keep_the_spacing_of_their_sender_whatever_the_network_does():
    track = Track(Media.VIDEO, base=10.0, began=500.0)
    arrivals = [500.0, 500.21, 500.22, 500.23, 500.4]
    placed = [track.place(number * 6000, arrived) for number, arrived in enumerate(arrivals)]
    assert placed == [900_000 + number * 6000 for number in range(5)]


def test_two_tracks_of_one_connection_stay_together():
    video = Track(Media.VIDEO, base=0.0, began=100.0)
    audio = Track(Media.AUDIO, base=0.0, began=100.0)
    for second in range(10):
        seen = video.place(second * 90_000, 100.0 + second) / 90_000
        heard = audio.place(second * 48_000 + 7, 100.0 + second) / 48_000
        assert abs(seen - heard) < 0.001


def test_a_sender_that_counts_anew_goes_on_where_its_frames_arrive():
    track = Track(Media.VIDEO, base=0.0, began=0.0)
    assert track.place(5_000_000, 0.0) == 0
    assert track.place(5_006_000, 0.07) == 6000
    assert track.place(0, 1.0) == 90_000
    assert track.place(2_000_000_000, 2.0) == 180_000


def test_a_late_frame_is_no_new_count():
    track = Track(Media.VIDEO, base=0.0, began=0.0)
    track.place(0, 0.0)
    assert track.place(6000, 4.0) == 6000
    assert track.place(360_000, 4.01) == 360_000


def test_a_clock_that_runs_fast_is_followed_in_small_steps():
    track, drift = Track(Media.VIDEO, base=0.0, began=0.0), 1.0002
    for second in range(1, 3601):
        position = track.place(round(second * 90_000 * drift), float(second))
        if second % 30 == 0:
            track.settle()
    assert abs(position / 90_000 - 3600) < 0.05


@given(st.lists(st.tuples(st.integers(-(2**33), 2**33), st.floats(0, 10)), max_size=50))
def test_time_never_stands_still_or_runs_back(steps):
    track, now, before = Track(Media.AUDIO, base=3.0, began=0.0), 0.0, -1
    for timestamp, elapsed in steps:
        now += elapsed
        position = track.place(timestamp, now)
        assert position > before
        before = position
        if elapsed > 5:
            track.settle()
