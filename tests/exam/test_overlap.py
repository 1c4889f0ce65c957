"""Two recordings that cannot both be as planned: of one person, or from one seat, at the same time."""

from dataclasses import replace

import pytest

from appliance.exam.overlap import Recorded, overlaps

ONE = Recorded(attempt="a", exam="bio", candidate="c-1", room="B12", seat="7", starts_at=1000.0, ends_at=2000.0)
OTHER = replace(ONE, attempt="b", exam="chem", candidate="c-2", seat="8", starts_at=1500.0, ends_at=2500.0)


def test_another_candidate_at_another_seat_is_nobodys_business():
    assert overlaps(ONE, [OTHER]) == []


@pytest.mark.parametrize(("changes", "why"), [({"candidate": "c-1"}, "candidate"), ({"seat": "7"}, "seat")])
def test_the_same_person_or_the_same_seat_at_the_same_time(changes, why):
    (found,) = overlaps(ONE, [replace(OTHER, **changes)])
    assert (found.other.attempt, found.why, found.starts_at, found.ends_at) == ("b", why, 1500.0, 2000.0)


def test_one_after_the_other_is_fine_even_if_they_touch():
    assert overlaps(ONE, [replace(OTHER, seat="7", starts_at=1999.5)]) == []


def test_seat_7_of_a_room_nobody_named_is_not_known_to_be_the_same_place():
    assert overlaps(replace(ONE, room=""), [replace(OTHER, seat="7", room="")]) == []


def test_seat_7_of_another_room_is_another_seat():
    assert overlaps(ONE, [replace(OTHER, seat="7", room="B13")]) == []


def test_an_attempt_does_not_overlap_with_itself():
    assert overlaps(ONE, [ONE]) == []
