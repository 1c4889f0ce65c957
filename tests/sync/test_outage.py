"""All rest when the store is away, one thing at a time is tried, and nobody comes back in the same second."""

import pytest

from appliance.sync.outage import STRIKES, Outage
from appliance.sync.trouble import Pause


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def outage(clock, *, spread=60.0, chance=0.5) -> Outage:
    pause = Pause(first=1, longest=60, monotonic=clock)
    return Outage(pause=pause, spread=spread, monotonic=clock, chance=lambda: chance)


def wait(it: Outage, clock) -> None:
    while not it.pause.over:
        clock.now += 0.1


def test_hands_that_run_into_the_same_outage_make_one_of_it(clock):
    it = outage(clock)
    for name in "abcd":
        assert it.failed(name, 0)
    assert it.hands(4) == 0
    assert it.pause.left <= 1.5, "four failures, and not four times longer a pause"


def test_one_thing_at_a_time_is_tried_until_something_works(clock):
    it = outage(clock)
    for _ in range(3):
        it.failed("a", it.era)
        assert it.hands(4) == 0
        wait(it, clock)
        assert it.hands(4) == 1
    it.works("b", it.era)
    assert it.hands(4) == 4


def test_what_was_under_way_before_the_outage_proves_nothing(clock):
    it = outage(clock)
    it.failed("a", 0)
    it.works("b", 0)
    assert it.hands(4) == 0


def test_another_thing_is_tried_each_time(clock):
    it = outage(clock)
    it.failed("a", 0)
    wait(it, clock)
    it.failed("b", it.era)
    assert it.avoid == {"a", "b"}
    it.works("c", it.era)
    assert not it.avoid, "then the order counts again"


def test_a_thing_that_makes_all_rest_again_and_again_is_left_alone_by_itself(clock):
    it = outage(clock)
    for _ in range(STRIKES):
        assert it.failed("bad", it.era)
        wait(it, clock)
        it.works("good", it.era)
    assert not it.failed("bad", it.era), "the store works for others"
    assert it.hands(4) == 4
    it.works("bad", it.era)
    assert it.failed("bad", it.era)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 0), (0.25, 15), (1.0, 60)])
def test_after_a_start_recordings_wait_for_a_time_of_this_box_own(clock, chance, seconds):
    it = outage(clock, chance=chance)
    clock.now = max(0.0, seconds - 0.01)
    assert it.spread_over == (seconds == 0)
    clock.now = seconds
    assert it.spread_over


def test_after_an_outage_they_wait_no_longer_than_it_was(clock):
    it = outage(clock, chance=1.0)
    clock.now = 100.0
    it.failed("a", 0)
    clock.now = 108.0
    it.works("a", it.era)
    assert not it.spread_over
    clock.now = 116.0
    assert it.spread_over
    it.failed("a", it.era)
    clock.now = 10_000.0
    it.works("a", it.era)
    clock.now = 10_059.0
    assert not it.spread_over
    clock.now = 10_060.0
    assert it.spread_over


def test_a_thousand_boxes_do_not_come_back_in_the_same_second(clock):
    starts = []
    for _ in range(1000):
        it = Outage(pause=Pause(first=1, longest=60, monotonic=clock), spread=60.0, monotonic=clock)
        starts.append(it._video_from)
    assert max(sum(int(at) == second for at in starts) for second in range(60)) < 50
