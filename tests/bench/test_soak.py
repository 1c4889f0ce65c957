"""What the soak makes of what it saw: holes in the recordings, growth, queues at their bounds."""

from appliance.bench.soak import COUNTERS, GROWTH_BYTES, Sample, grown, holes, overflowed


def test_segments_and_gaps_that_touch_leave_no_hole():
    assert holes([(0.0, 30.0), (30.0, 42.5), (42.5, 60.0)], until=60.5) == []


def test_two_seconds_of_silence_are_no_hole_and_more_are():
    assert holes([(0.0, 30.0), (32.0, 60.0)], until=60.0) == []
    assert holes([(0.0, 30.0), (32.1, 60.0)], until=60.0) == [2.1000000000000014]


def test_a_feed_that_ended_early_has_a_hole_at_its_end():
    assert holes([(0.0, 30.0)], until=40.0) == [10.0]


def test_overlapping_spans_in_any_order_count_once():
    assert holes([(20.0, 60.0), (0.0, 25.0), (5.0, 10.0)], until=60.0) == []


def test_a_feed_without_anything_is_one_hole():
    assert holes([], until=12.0) == [12.0]


def test_a_process_that_grew_is_named():
    before = {"capture-1": Sample(50_000_000, 9, 60), "decoder": Sample(90_000_000, 4, 12)}
    assert grown(before, before) == []
    after = before | {"capture-1": Sample(50_000_000 + GROWTH_BYTES + 1_000_000, 9, 60)}
    assert grown(before, after) == ["capture-1 grew by 9.0 MB"]


def test_threads_and_files_that_stay_open_are_named():
    before, after = {"capture-1": Sample(1, 9, 60)}, {"capture-1": Sample(1, 12, 69)}
    assert grown(before, after) == ["capture-1 has 9 more files open", "capture-1 has 3 more threads"]


def test_a_process_that_was_replaced_is_named():
    assert grown({"decoder": Sample(1, 1, 1)}, {}) == ["decoder is not the process that it was"]


def test_queues_at_their_bound_are_named_and_skipped_pictures_are_not():
    fine = dict.fromkeys(COUNTERS, 0.0) | {"decoder_skipped": 40.0, "ledger_waiting": 3.0}
    assert overflowed(fine) == []
    assert overflowed(fine | {"writer_refused": 2.0, "ledger_lost": 1.0}) == ["writer_refused is 2", "ledger_lost is 1"]
