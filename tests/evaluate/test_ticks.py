"""Single looks and five-second segments against labels."""

from pathlib import Path

import pytest

from appliance.evaluate import segments, ticks
from appliance.evaluate.dataset import Clip, Span
from appliance.evaluate.match import Alarm, Episode, Outcome
from appliance.inference.judges.context import tick

CODES = {"phone": ("phone_visible",), "fault": ("camera_covered", "camera_frozen")}


def clip(*labels, ignored=()):
    return Clip(
        name="a",
        file=Path("a"),
        seconds=20.0,
        pictures=True,
        labels=tuple(labels),
        ignored=tuple(ignored),
        clean=not labels,
        natural=True,
        subject="a",
    )


def looks(*spans, until=20.0, score=None):
    """Each second one, true inside the spans."""
    return [tick(float(at), any(a <= at < b for a, b in spans), score=score) for at in range(int(until))]


def test_every_true_look_is_stronger_than_every_one_that_is_not():
    assert ticks.strength(tick(0, True, score=0.0)) == 0.5
    assert ticks.strength(tick(0, False, score=0.9)) == 0.45
    assert ticks.strength(tick(0, True, score=30.0)) == 1.0
    assert ticks.strength(tick(0, True)) == 1.0
    assert ticks.strength(tick(0, False)) == 0.0


def test_looks_inside_a_label_are_positive_and_those_that_could_not_be_judged_are_none():
    said = [tick(1, False), tick(5, True), tick(6, None), tick(7, False)]
    found = ticks.scores(clip(Span("phone", 4, 10)), {"phone_visible": said}, CODES, Outcome())
    assert found["phone_visible"] == ticks.Scores((1.0, 0.0), (0.0,))


def test_looks_in_an_ignored_span_are_none():
    found = ticks.scores(
        clip(ignored=[Span("phone", 4, 10)]), {"phone_visible": [tick(5, True), tick(12, False)]}, CODES, Outcome()
    )
    assert found["phone_visible"] == ticks.Scores((), (0.0,))


def test_a_label_of_two_flags_counts_for_the_one_that_met_it():
    label = Span("fault", 4, 12)
    hit = (Episode(CODES["fault"], 4, 12), Alarm("camera_frozen", 4.5, 10.5, 12))
    said = {"camera_covered": [tick(5, False)], "camera_frozen": [tick(5, True)]}
    found = ticks.scores(clip(label), said, CODES, Outcome(hits=(hit,)))
    assert found == {"camera_frozen": ticks.Scores((1.0,), ())}
    found = ticks.scores(clip(label), said, CODES, Outcome())
    assert found == {"camera_covered": ticks.Scores((0.0,), ())}


def test_a_segment_is_positive_from_half_of_it_on():
    found = segments.segments(clip(Span("phone", 2.5, 12.4)), 20.0, {}, CODES, {"phone_visible"})
    assert [s.positive for s in found] == [True, True, False, False]


def test_labels_that_touch_the_same_moment_are_not_counted_twice():
    spans = (Span("phone", 0, 2), Span("fault", 1, 2))
    (first, *_) = segments.segments(clip(*spans), 20.0, {}, CODES, {"phone_visible", "camera_covered"})
    assert not first.positive


def test_a_label_that_nothing_there_could_judge_makes_no_segment_positive():
    found = segments.segments(clip(Span("phone", 0, 20)), 20.0, {}, CODES, set())
    assert not any(s.positive for s in found)


def test_the_score_is_the_strongest_of_what_two_seconds_show_together():
    once, always = [tick(3.0, True)], [tick(5 + i / 4, 5 + i / 4 >= 8) for i in range(60)]
    found = segments.segments(clip(), 20.0, {"phone_visible": [*once, *always]}, CODES, {"phone_visible"})
    assert [s.score for s in found] == pytest.approx([1 / 3, 7 / 8 + 1 / 8, 1.0, 1.0])


def test_looks_that_are_far_apart_are_not_taken_together():
    found = segments.smoothed([tick(0.0, True), tick(2.0, True), tick(3.0, True), tick(4.0, None), tick(4.5, True)])
    assert found == [(0.0, 1 / 3), (2.0, 1 / 3), (3.0, 2 / 3), (4.5, 2 / 3)]


def test_a_segment_of_which_a_little_is_labelled_is_touched():
    found = segments.segments(clip(Span("phone", 4.0, 5.5)), 20.0, {}, CODES, {"phone_visible"})
    assert [(s.positive, s.touched) for s in found] == [(False, True), (False, True), (False, False), (False, False)]


def test_what_is_ignored_gives_a_segment_no_score():
    ignored = [Span("phone", 4, 16)]
    found = segments.segments(clip(ignored=ignored), 20.0, {"phone_visible": looks((5, 15))}, CODES, {"phone_visible"})
    assert [s.score for s in found] == [0.0] * 4


def test_a_label_counts_where_another_flag_of_the_same_rule_is_ignored():
    labels, codes = Span("phone", 0, 10), {**CODES, "tablet": ("phone_visible",)}
    said = {"phone_visible": looks((0, 10))}
    found = segments.segments(clip(labels, ignored=[Span("tablet", 0, 10)]), 20.0, said, codes, {"phone_visible"})
    assert [s.score > 0 for s in found] == [True, True, True, False]


def test_neutral_notes_say_nothing_of_a_person():
    found = segments.segments(clip(), 20.0, {"noise": looks((0, 20))}, CODES, {"noise"})
    assert [s.score for s in found] == [0.0] * 4


@pytest.mark.parametrize(("seconds", "count"), [(1.0, 1), (7.4, 1), (7.5, 2), (20.0, 4)])
def test_half_a_segment_at_the_end_counts(seconds, count):
    assert len(segments.segments(clip(), seconds, {}, CODES, set())) == count
