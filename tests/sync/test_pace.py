"""The limit over all uploads together, and what is on its way."""

import threading

import pytest

from appliance.sync.pace import BURST_SECONDS, Bucket, Line


class Clock:
    """Time passes only where somebody sleeps, or the line itself takes long."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bucket(clock):
    return Bucket(monotonic=clock, sleep=clock.sleep)


def sent_in(bucket, clock, seconds, *, piece, takes=0.0) -> int:
    """Bytes in so many seconds, when the line itself needs `takes` for a piece."""
    end, sent = clock.now + seconds, 0
    while True:
        bucket.take(piece)
        clock.now += takes
        if clock.now > end:
            return sent
        sent += piece


@pytest.mark.parametrize("piece", [700, 16_384, 1 << 20])
@pytest.mark.parametrize("takes", [0.0, 0.0001])
def test_a_limit_is_kept_within_five_percent_with_large_and_small_pieces(bucket, clock, piece, takes):
    bucket.limit(16e6)
    assert 60 * 2e6 * 0.95 <= sent_in(bucket, clock, 60, piece=piece, takes=takes) <= 60 * 2e6 * 1.01


def test_a_line_that_is_hardly_faster_than_the_limit_still_reaches_it(bucket, clock):
    bucket.limit(16e6)
    sent = sent_in(bucket, clock, 60, piece=1 << 20, takes=0.5)
    assert sent >= 60 * 2e6 * 0.95


def test_without_a_limit_nothing_waits(bucket, clock):
    for _ in range(1000):
        bucket.take(1 << 20)
    assert clock.now == 100.0


def test_a_limit_that_changes_holds_at_once_in_both_directions(bucket, clock):
    for mbit in (8, 2, 32):
        bucket.limit(mbit * 1e6)
        sent = sent_in(bucket, clock, 30, piece=16_384)
        assert 0.95 <= sent / (30 * mbit * 125_000) <= 1.05, mbit


def test_whoever_waits_notices_that_the_limit_is_lifted(clock):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        clock.now += seconds
        if len(slept) == 3:
            bucket.limit(0)

    bucket = Bucket(monotonic=clock, sleep=sleep)
    bucket.limit(8.0)  # one byte a second
    bucket.take(1 << 20)
    assert len(slept) == 3


def test_an_hour_without_anything_saves_up_no_more_than_the_burst(bucket, clock):
    bucket.limit(16e6)
    bucket.take(16_384)
    clock.now += 3600
    assert sent_in(bucket, clock, 1, piece=16_384) <= 2e6 * (1 + BURST_SECONDS)


def test_several_uploads_share_one_limit(clock):
    """Real threads: the clock is theirs together."""
    lock = threading.Lock()

    def sleep(seconds):
        with lock:
            clock.now += seconds

    bucket = Bucket(monotonic=clock, sleep=sleep)
    bucket.limit(16e6)

    def upload():
        for _ in range(100):
            bucket.take(50_000)

    threads = [threading.Thread(target=upload) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 4 * 100 * 50_000 / (clock.now - 100.0) == pytest.approx(2e6, rel=0.05)


def test_what_is_on_its_way_is_known_with_how_far_it_is(clock):
    line = Line(monotonic=clock)
    with line.uploading("a/b.mp4", 1000):
        line.take(300)
        [one] = line.uploads()
        assert (one.key, one.size, one.sent) == ("a/b.mp4", 1000, 300)
        line.take(900)  # a driver that tries again reads again
        assert line.uploads()[0].sent == 1000
    assert line.uploads() == ()


def test_the_rate_is_that_of_the_last_minute_and_the_speed_that_while_something_was_sent(clock):
    line = Line(monotonic=clock)
    assert (line.rate(), line.speed()) == (0.0, None)
    with line.uploading("x", 10**9):
        for _ in range(30):
            clock.now += 1
            line.take(1000)
    assert line.rate() == pytest.approx(1000, rel=0.05)
    clock.now += 29
    assert line.rate() == pytest.approx(500, rel=0.1)
    assert line.speed() == pytest.approx(1000, rel=0.05)
    clock.now += 120
    assert line.rate() == 0.0
    assert line.speed() == pytest.approx(1000, rel=0.05), "it is remembered"
