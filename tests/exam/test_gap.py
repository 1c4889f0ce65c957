"""No second of a feed is unaccounted for: it is on disk or in a gap with a cause."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.exam.gap import SILENCE_SECONDS, Cause, Coverage, Gap


def test_a_gap_begins_where_the_media_ended_and_ends_where_they_go_on():
    coverage, said = Coverage(100.0).missing(Cause.NO_MEDIA)
    assert said == [Gap(Cause.NO_MEDIA, 100.0)]
    assert coverage.gap == Gap(Cause.NO_MEDIA, 100.0)
    coverage, said = coverage.stored(107.0, 108.0)
    assert said == [Gap(Cause.NO_MEDIA, 100.0, 107.0)]
    assert coverage == Coverage(108.0)


def test_the_first_cause_of_a_gap_stays():
    coverage, _ = Coverage(100.0).missing(Cause.PAGE_CLOSED)
    assert coverage.missing(Cause.CONNECTION_LOST) == (coverage, [])


def test_a_hole_nobody_noticed_becomes_a_gap_when_media_go_on():
    coverage, said = Coverage(100.0).stored(103.5, 104.5)
    assert said == [Gap(Cause.NO_MEDIA, 100.0), Gap(Cause.NO_MEDIA, 100.0, 103.5)]
    assert coverage.until == 104.5


def test_frames_that_are_a_little_apart_are_no_gap():
    assert Coverage(100.0).stored(101.4, 102.0) == (Coverage(102.0), [])


def test_nothing_is_said_after_the_end():
    over, said = Coverage(100.0, Cause.NO_MEDIA).ended(110.0)
    assert said == [Gap(Cause.NO_MEDIA, 100.0, 110.0)]
    assert over.stored(111.0, 112.0) == (over, [])
    assert over.missing(Cause.NO_MEDIA) == (over, [])
    assert over.ended(120.0) == (over, [])


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.floats(0, 5), st.floats(0.01, 3)),
        st.tuples(st.just("miss"), st.sampled_from(list(Cause)), st.just(0.0)),
    ),
    max_size=30,
)


@given(_STEPS, st.floats(0, 10))
def test_every_moment_is_on_disk_or_in_exactly_one_gap(steps, tail):
    coverage, now = Coverage(0.0), 0.0
    spans: list[tuple[float, float]] = []
    told: list[Gap] = []
    for kind, value, lasts in steps:
        if kind == "store":
            start = now + value
            now = start + lasts
            spans.append((start, now))
            coverage, said = coverage.stored(start, now)
        else:
            coverage, said = coverage.missing(value)
        told += said
    coverage, said = coverage.missing(Cause.PAGE_CLOSED)
    told += said
    end = now + tail
    coverage, said = coverage.ended(end)
    told += said

    opened = [gap for gap in told if gap.ends_at is None]
    closed = [gap for gap in told if gap.ends_at is not None]
    assert [(gap.cause, gap.starts_at) for gap in opened] == [(gap.cause, gap.starts_at) for gap in closed]
    pieces = sorted(spans + [(gap.starts_at, gap.ends_at) for gap in closed])
    reached = 0.0
    for starts, ends in pieces:
        assert starts - reached <= SILENCE_SECONDS + 1e-9, "a moment is in no gap and not on disk"
        assert starts >= reached - 1e-9, "a moment is told twice"
        reached = max(reached, ends)
    assert end - reached <= SILENCE_SECONDS + 1e-9
