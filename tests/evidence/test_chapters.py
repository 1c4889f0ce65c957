"""What a clip says of itself: where the span lies that was asked for, and what it has nothing of."""

from appliance.evidence.chapters import chapters
from appliance.evidence.job import Hole
from appliance.evidence.pick import uncovered

BEGAN = 1_763_805_600.0


def titles(found):
    return [(round(one.starts, 2), round(one.ends, 2), one.title) for one in found]


def hole(kind, starts, ends):
    return Hole(kind=kind, starts_at=BEGAN + starts, ends_at=BEGAN + ends, cause="connection_lost")


def test_a_clip_has_a_lead_in_what_was_asked_for_and_what_comes_after():
    assert titles(chapters(1.5, 9, 12, [], begins_at=BEGAN)) == [
        (0, 1.5, "lead-in"),
        (1.5, 9, "asked for"),
        (9, 12, "after"),
    ]


def test_cut_at_the_very_key_frame_it_has_nothing_else():
    assert titles(chapters(0, 9, 9.01, [], begins_at=BEGAN)) == [(0, 9, "asked for")]


def test_holes_are_chapters_that_name_the_feeds():
    found = chapters(2, 10, 10, [hole("webcam", 4, 8), hole("phone", 6, 10)], begins_at=BEGAN)
    assert titles(found) == [
        (0, 2, "lead-in"),
        (2, 4, "asked for"),
        (4, 6, "asked for; nothing of: webcam"),
        (6, 8, "asked for; nothing of: phone, webcam"),
        (8, 10, "asked for; nothing of: phone"),
    ]


def test_what_is_covered_and_what_is_not():
    assert uncovered([(0, 4), (3, 6), (8, 9)], 1, 12) == [(6, 8), (9, 12)]
    assert uncovered([(0, 4), (4.3, 12)], 1, 12) == [], "a third of a second is between two pictures of a screen"
    assert uncovered([], 1, 12) == [(1, 12)]
    assert uncovered([(5, 20)], 1, 12) == [(1, 5)]
