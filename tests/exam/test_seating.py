"""Where the lab's seats are, as a person types it."""

import pytest

from appliance.errors import BadInput
from appliance.exam import seating
from appliance.exam.own_runs import OwnRun, is_own_run, name_of
from appliance.exam.policy import ExamPolicy
from appliance.exam.seating import SeatPlace

ROOM = "1 2 - 3\n4 5 - 6\nA-1"


def test_a_room_is_typed_as_it_is_drawn_and_drawn_as_it_was_typed():
    places = seating.parse(ROOM)
    assert places[2] == SeatPlace(seat="3", row=1, column=4)
    assert [place.seat for place in places] == ["1", "2", "3", "4", "5", "6", "A-1"]
    assert seating.drawn(places) == ROOM
    assert seating.parse(seating.drawn(places)) == places
    assert seating.parse("1, 2;3\t4\n\n5") == seating.parse("1 2 3 4\n5")
    assert seating.parse("") == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 2\n3 2", "row 2: seat 2 was there before"),
        ("1 <b>", "row 1: '<b>' cannot name a seat"),
        (" ".join(str(n) for n in range(31)), "row 1 has 31 places"),
        ("\n".join(str(n) for n in range(31)), "31 rows"),
        ("1" * 17, "cannot name a seat"),
        ("x" * 2001, "longer than 2000"),
    ],
)
def test_what_cannot_be_a_room_is_named_by_its_row(text, sentence):
    with pytest.raises(BadInput, match=sentence):
        seating.parse(text)


def test_seats_that_nobody_has_placed_stand_in_rows():
    places = seating.in_rows([str(n) for n in range(1, 9)])
    assert (places[5].row, places[5].column, places[6].row, places[6].column) == (1, 6, 2, 1)
    assert sorted(["10", "2", "A1"], key=seating.naturally) == ["2", "10", "A1"]


def test_the_box_knows_its_own_runs_by_name():
    name = name_of(OwnRun.REHEARSAL, now=0.0, mark="0a1b2c3d")
    assert name == "rehearsal-19700101000000-0a1b2c3d"
    assert is_own_run(name)
    ExamPolicy(exam=name_of(OwnRun.SEAT_CHECK, now=0.0, mark="0a1b2c3d"), title="x", starts_at=0.0).checked()
    assert not is_own_run("rehearsal-2026")
    assert not is_own_run("biology-101")
