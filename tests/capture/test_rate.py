"""What a connection may send: its path's loss, and its share of the lab's network."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.box import health
from appliance.capture import neighbours
from appliance.capture.rate import FLOOR, SOUND_BITRATE, Controller, Stream, shares
from appliance.exam.feed import Kind

WEBCAM, SCREEN = Stream(Kind.WEBCAM, 800_000, True), Stream(Kind.SCREEN, 600_000, False)
PHONE, CALL = Stream(Kind.PHONE, 600_000, False), Stream(Kind.CALL, 0, True)


def after(controller, loss, *, seconds=1, packets=100, most=1_000_000):
    """What it allows after so many seconds of this loss."""
    for _ in range(seconds):
        lost = round(packets * loss)
        controller = controller.after(received=packets - lost, lost=lost, seconds=1.0, most=most)
    return controller


def test_a_good_path_reaches_the_target_and_stays_there():
    assert after(Controller(1_000_000), 0.0, seconds=60).allowed == 1_000_000
    assert after(Controller(500_000), 0.01, seconds=5).allowed == pytest.approx(500_000 * 1.08**5)
    assert after(Controller(500_000), 0.01, seconds=10).allowed == 1_000_000


def test_over_ten_percent_lost_takes_half_of_that_away_each_second():
    one = after(Controller(1_000_000), 0.2)
    assert (one.allowed, one.loss) == (pytest.approx(900_000), pytest.approx(0.2))
    assert after(one, 0.2, seconds=3).allowed == pytest.approx(900_000 * 0.9**3)


def test_between_two_and_ten_percent_nothing_changes():
    assert after(Controller(700_000), 0.05, seconds=30).allowed == 700_000


def test_it_never_falls_below_the_floor_and_comes_back():
    low = after(Controller(1_000_000), 0.6, seconds=60)
    assert low.allowed == FLOOR
    assert after(low, 0.0, seconds=31).allowed == 1_000_000


def test_a_share_that_shrinks_counts_at_once():
    assert after(Controller(1_000_000), 0.0, most=300_000).allowed == 300_000
    assert after(Controller(1_000_000), 0.0, most=50_000).allowed == 50_000


def test_a_few_packets_say_nothing_about_loss():
    """A still screen sends five packets a second: one of them lost is no loss of 20 %."""
    still = Controller(600_000)
    for _ in range(4):
        still = still.after(received=4, lost=1, seconds=0.9, most=1_000_000)
    assert still.allowed < 600_000  # 20 packets together do
    assert Controller(600_000).after(received=4, lost=1, seconds=1, most=1e6).allowed == 600_000
    silent = Controller(600_000)
    for _ in range(30):
        silent = silent.after(received=0, lost=0, seconds=1.0, most=1_000_000)
    assert silent.allowed == 600_000


def test_everyone_gets_the_target_while_the_budget_suffices():
    assert shares(60_000_000, [WEBCAM, SCREEN, PHONE, CALL]) == [864_000, 600_000, 600_000, 64_000]


def test_M8_quality_is_given_up_in_the_written_order():
    streams = [PHONE, SCREEN, WEBCAM]
    assert shares(2_064_000, streams) == pytest.approx([600_000, 600_000, 864_000])
    assert shares(1_624_000, streams) == pytest.approx([160_000, 600_000, 864_000])
    assert shares(1_264_000, streams) == pytest.approx([100_000, 300_000, 864_000])
    assert shares(664_000, streams) == pytest.approx([100_000, 100_000, 464_000])
    assert shares(214_000, streams) == pytest.approx([50_000, 50_000, 114_000])


def test_streams_of_one_kind_are_treated_alike():
    given = shares(10_000_000, [WEBCAM] * 20 + [SCREEN] * 20)
    assert len(set(given[:20])) == len(set(given[20:])) == 1
    small = Stream(Kind.WEBCAM, 200_000, False)
    large = Stream(Kind.WEBCAM, 800_000, False)
    assert shares(800_000, [small, large, large]) == pytest.approx([200_000, 300_000, 300_000])


STREAMS = st.lists(
    st.builds(Stream, st.sampled_from(list(Kind)), st.integers(0, 5_000_000), st.booleans()), max_size=40
)


@given(st.floats(0, 1e8), STREAMS)
@example(1.094053e-317, [PHONE, Stream(Kind.WEBCAM, 600_000, False), Stream(Kind.WEBCAM, 600_000, False)])  # hung once
@example(8.8075074925646e-311, [Stream(Kind.WEBCAM, 2, False), Stream(Kind.CALL, 800_000, False)])  # hung once
def test_the_budget_holds_and_sound_never_pays(budget, streams):
    given = shares(budget, streams)
    sound = SOUND_BITRATE * sum(stream.sound for stream in streams)
    assert sum(given) <= max(budget, sound) + 1
    for share, stream in zip(given, streams, strict=True):
        assert SOUND_BITRATE * stream.sound <= share <= stream.target + SOUND_BITRATE * stream.sound + 1


@given(st.lists(st.tuples(st.integers(-5, 1000), st.integers(-5, 1000), st.floats(-1, 10), st.floats(0, 5e6))))
def test_whatever_was_counted_the_allowed_rate_stays_within_its_bounds(seconds):
    controller = Controller(1_000_000)
    for received, lost, elapsed, most in seconds:
        controller = controller.after(received=received, lost=lost, seconds=elapsed, most=most)
        assert min(FLOOR, most) <= controller.allowed <= most


def test_the_workers_of_a_box_share_one_budget(tmp_path):
    """Each works out the same division, from what all say."""
    health.write(tmp_path, "capture-1", healthy=True, sentence="", streams=[WEBCAM.to_json()] * 3)
    health.write(tmp_path, "capture-2", healthy=True, sentence="", streams=[SCREEN.to_json(), WEBCAM.to_json()])
    health.write(tmp_path, "web", healthy=True, sentence="", streams=[WEBCAM.to_json()] * 9)
    now = time.time()
    first = neighbours.streams(tmp_path, "capture-1", now=now)
    second = neighbours.streams(tmp_path, "capture-2", now=now)
    assert (first, second) == ([SCREEN, WEBCAM], [WEBCAM] * 3)
    ours = sum(shares(2_000_000, [*second, *first])[:3])
    theirs = sum(shares(2_000_000, [*first, *second])[:2])
    assert ours + theirs == pytest.approx(2_000_000)
    assert neighbours.streams(tmp_path, "capture-1", now=now + 6) == []


def test_a_neighbour_that_talks_nonsense_is_left_out(tmp_path):
    health.write(tmp_path, "capture-2", healthy=True, sentence="", streams=[["hologram", 1, 1]])
    (tmp_path / "capture-3.json").write_text("{")
    assert neighbours.streams(tmp_path, "capture-1", now=time.time()) == []
