"""One alarm for one episode, the largest overlap first; what is left over has a name."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.evaluate.dataset import EVERYTHING, Span
from appliance.evaluate.match import EDGE, TOLERANCE, Alarm, Episode, Uncounted, episodes, match
from appliance.exam.detection import USUAL

CODES = {
    "phone": ("phone_visible",),
    "absent": ("face_absent",),
    "fault": ("camera_covered", "camera_frozen"),
    "voice": ("speech",),
    "nothing": (),
}


def alarm(code, onset, end, *, fired=None):
    return Alarm(code, onset, onset if fired is None else fired, end)


def phone(start, end, *, due=True):
    return Episode(("phone_visible",), start, end, due)


def off(labels=(), ignored=()):
    return Uncounted.of(labels, ignored, CODES, USUAL)


def test_an_alarm_inside_a_label_is_a_hit():
    outcome = match([phone(5, 10)], [alarm("phone_visible", 6, 9)], off())
    assert outcome.hits == ((phone(5, 10), alarm("phone_visible", 6, 9)),)
    assert outcome.missed == outcome.false == outcome.duplicates == ()


def test_an_alarm_of_another_flag_is_none():
    outcome = match([phone(5, 10)], [alarm("face_absent", 6, 9)], off())
    assert outcome.missed == (phone(5, 10),)
    assert outcome.false == (alarm("face_absent", 6, 9),)


def test_two_seconds_beside_the_label_is_a_hit_and_a_little_more_is_not():
    late, later = alarm("phone_visible", 10 + TOLERANCE, 14), alarm("phone_visible", 10.01 + TOLERANCE, 14)
    assert match([phone(5, 10)], [late], off()).hits
    outcome = match([phone(5, 10)], [later], off())
    assert outcome.missed
    assert outcome.false == (later,)


def test_of_two_alarms_the_longer_overlap_is_the_hit_and_the_other_a_duplicate_and_not_false():
    short, long = alarm("phone_visible", 5, 6), alarm("phone_visible", 7, 10)
    outcome = match([phone(5, 10)], [short, long], off())
    assert outcome.hits == ((phone(5, 10), long),)
    assert outcome.duplicates == ((phone(5, 10), short),)
    assert outcome.false == ()


def test_one_alarm_over_two_labels_meets_the_one_it_covers_more_of():
    outcome = match([phone(5, 7), phone(30, 40)], [alarm("phone_visible", 6, 40)], off())
    assert [episode for episode, _ in outcome.hits] == [phone(30, 40)]
    assert outcome.missed == (phone(5, 7),)


def test_an_alarm_in_a_label_too_short_for_its_rule_is_neither_right_nor_wrong():
    outcome = match([phone(5, 6, due=False)], [alarm("phone_visible", 5, 6)], off())
    assert outcome.missed == outcome.hits == outcome.false == ()
    assert outcome.uncounted == (alarm("phone_visible", 5, 6),)


def test_an_alarm_in_an_ignored_span_of_its_flag_is_not_counted_one_of_another_flag_is():
    ignored = [Span("phone", 5, 10)]
    assert match([], [alarm("phone_visible", 6, 7)], off(ignored=ignored)).false == ()
    assert match([], [alarm("face_absent", 6, 7)], off(ignored=ignored)).false
    beside = alarm("phone_visible", 10.01 + EDGE, 12)
    assert match([], [beside], off(ignored=ignored)).false == (beside,)


def test_where_nothing_counts_no_alarm_does():
    ignored = [Span(EVERYTHING, 5, 10)]
    outcome = match([], [alarm("face_absent", 6, 7), alarm("posture_static", 6, 7)], off(ignored=ignored))
    assert outcome.false == ()


def test_a_flag_that_the_labels_do_not_know_is_false_only_where_nothing_is_labelled():
    labels = [Span("phone", 5, 10)]
    inside, outside = alarm("face_obstructed", 6, 7), alarm("face_obstructed", 20, 27)
    outcome = match([], [inside, outside], off(labels=labels))
    assert outcome.uncounted == (inside,)
    assert outcome.false == (outside,)


def test_a_neutral_note_is_no_alert():
    assert match([], [alarm("noise", 5, 10)], off()).uncounted == (alarm("noise", 5, 10),)


def test_a_label_shorter_than_its_rule_is_not_due():
    due = [e.due for e in episodes([Span("absent", 0, 7.9), Span("absent", 40, 48)], CODES, USUAL)]
    assert due == [False, True]


def test_a_label_that_several_rules_can_meet_is_due_when_the_shortest_would_fire():
    (found,) = episodes([Span("fault", 0, 4.5)], CODES, USUAL)
    assert found == Episode(("camera_covered", "camera_frozen"), 0, 4.5, True)


def test_speech_needs_the_voiced_seconds_of_its_rule():
    due = [e.due for e in episodes([Span("voice", 0, 1.9), Span("voice", 40, 42)], CODES, USUAL)]
    assert due == [False, True]


def test_labels_that_detection_would_join_are_one_episode():
    found = episodes([Span("phone", 0, 5), Span("phone", 14, 20), Span("phone", 31, 35)], CODES, USUAL)
    assert [(e.start, e.end) for e in found] == [(0, 20), (31, 35)]


def test_two_short_labels_do_not_become_due_by_being_joined():
    (found,) = episodes([Span("absent", 20, 27.4), Span("absent", 35, 36.6)], CODES, USUAL)
    assert not found.due


def test_a_label_that_no_rule_in_force_can_see_is_no_episode():
    assert episodes([Span("nothing", 0, 50)], CODES, USUAL) == []


times = st.floats(0, 60).map(lambda x: round(x, 1))
spans = st.tuples(times, times).map(sorted)


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
def test_matching_is_one_to_one_complete_and_greedy(labels, raised):
    expected = [phone(start, end) for start, end in labels]
    alarms = [alarm("phone_visible", start, end) for start, end in raised]
    outcome = match(expected, alarms, off())

    def overlap(episode, of):
        return min(of.end, episode.end + TOLERANCE) - max(of.onset, episode.start - TOLERANCE)

    assert len(outcome.hits) + len(outcome.missed) == len(expected)
    assert len(outcome.hits) + len(outcome.duplicates) + len(outcome.false) == len(alarms)
    assert all(overlap(episode, of) >= 0 for episode, of in (*outcome.hits, *outcome.duplicates))
    assert not any(overlap(episode, of) >= 0 for episode in expected for of in outcome.false)
    assert sorted(overlap(e, a) for e, a in outcome.hits) == sorted(_by_hand(expected, alarms, overlap))


def _by_hand(expected, alarms, overlap):
    """Take the best pair, strike both, again."""
    left, right, found = list(expected), list(alarms), []
    while pairs := [(overlap(e, a), e, a) for e in left for a in right if overlap(e, a) >= 0]:
        best, e, a = min(pairs, key=lambda pair: (-pair[0], pair[1].start, pair[2].onset))
        left.remove(e)
        right.remove(a)
        found.append(best)
    return found
