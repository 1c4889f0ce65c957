import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.exam.accommodation import Switch
from appliance.exam.roster import MAX_BYTES, MAX_ROWS, RosterError, RosterRow, parse

HEADER = "seat,candidate,name\n"


def findings(content):
    with pytest.raises(RosterError) as caught:
        parse(content)
    return caught.value.findings


def test_a_roster_is_read_in_its_order():
    rows = parse('seat,candidate,name,proctor\n2,s-2,Ana Lima,pat\n1,s-1,"Okafor, Chidi",\n')
    assert rows == [RosterRow("2", "s-2", "Ana Lima", "pat"), RosterRow("1", "s-1", "Okafor, Chidi", None)]


def test_spreadsheets_write_semicolons_marks_and_carriage_returns():
    text = "\ufeffName;Seat;Candidate\r\n Zo\u00eb ;A-1;7\r\n\r\n;;\r\n"
    assert parse(text.encode()) == parse(text) == [RosterRow("A-1", "7", "Zo\u00eb")]


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        ("", 1, "no column 'seat'"),
        ("1,s-1,Ana\n", 1, "no column 'seat'"),
        ("seat,candidate,name,shoe\n", 1, "'shoe' is not known"),
        ("seat,seat,candidate,name\n", 1, "twice"),
        (HEADER, 1, "no candidate below"),
        (HEADER + "1,s-1,\n", 2, "the name is empty"),
        (HEADER + "\n,s-1,Ana\n", 3, "the seat is empty"),
        (HEADER + "1,s-1\n", 2, "there are 2 fields"),
        (HEADER + "1,s-1,Ana\n1,s-2,Bo\n", 3, "the seat '1' is already on line 2"),
        (HEADER + "1,S-1,Ana\n2,s-1,Bo\n", 3, "the candidate 's-1' is already on line 2"),
        (HEADER + f"1,s-1,{'x' * 121}\n", 2, "has 121 characters"),
        (HEADER + "1,s-1,A\x07na\n", 2, "control character"),
        (HEADER + '1,s-1,"A\nna"\n', 2, "control character"),
        (HEADER + "1,s-1,\u202eanA\n", 2, "control character"),
        (HEADER + "../1,s-1,Ana\n", 2, "the seat '../1'"),
        (HEADER + '1,s-1,"Ana" Lima\n', 2, "not CSV"),
        (HEADER + '1,s-1,Ana\n2,s-2,"Bo\n', 3, "not CSV"),
        (HEADER.encode() + b"1,s-1,Jos\xe9\n", 2, "not UTF-8"),
        (b"\x00\x01\x02", 1, "no column 'seat'"),
        (HEADER + "1,s-1,A" + "a" * MAX_BYTES, 1, "at most 1000000"),
    ],
)
def test_a_fault_is_named_by_its_line(content, line, sentence):
    found = findings(content)
    assert found[0][0] == line
    assert sentence in found[0][1]


def test_every_fault_is_named_at_once():
    found = findings(HEADER + "1,s-1,Ana\n1,s-1,\n,s-2,Bo\n3,s-3\n1,s-1,Cy\n")
    assert [line for line, _ in found] == [3, 4, 5, 6, 6]


def test_the_longest_roster_is_taken_and_one_more_is_not():
    rows = [f"{n},s-{n},Name {n}\n" for n in range(MAX_ROWS + 1)]
    assert len(parse(HEADER + "".join(rows[:-1]))) == MAX_ROWS
    assert findings(HEADER + "".join(rows)) == [(MAX_ROWS + 2, "a roster has at most 500 candidates")]


def test_the_error_says_what_and_what_to_do():
    with pytest.raises(RosterError) as caught:
        parse(HEADER + "1,,\n")
    assert "line 2: the candidate is empty (and 1 more)" in str(caught.value)
    assert caught.value.hint


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: HEADER + t))
def test_whatever_is_sent_is_read_or_refused(content):
    try:
        rows = parse(content)
    except RosterError:
        return
    assert rows
    assert all(row.seat and row.candidate and row.name for row in rows)


def test_accommodations_are_a_column_of_their_own():
    rows = parse("seat,candidate,name,accommodations\n1,s-1,Ana,breaks|gaze\n2,s-2,Bo,\n")
    assert [row.accommodations for row in rows] == [{Switch.BREAKS, Switch.GAZE}, frozenset()]


def test_an_accommodation_that_is_not_known_is_named_by_its_line_with_all_that_are():
    found = findings("seat,candidate,name,accommodations\n1,s-1,Ana,breaks\n2,s-2,Bo,breaks dyslexia\n")
    assert [line for line, _ in found] == [3]
    assert "'dyslexia'" in found[0][1]
    assert all(switch in found[0][1] for switch in Switch)


def test_M93_a_roster_may_name_several_rooms():
    rows = parse("seat,candidate,name,room\n1,s-1,Ana,B2\n2,s-2,Bo,\n")
    assert [row.room for row in rows] == ["B2", ""]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1,s-1,Ana,extra_time,", "extra_time is granted, but extra_minutes does not say how much"),
        ("1,s-1,Ana,extra_time,0", "extra_time is granted, but extra_minutes does not say how much"),
        ("1,s-1,Ana,breaks,20", "there are 20 extra minutes, but the accommodation extra_time is missing"),
        ("1,s-1,Ana,extra_time,-5", "no number from 0 to 480"),
        ("1,s-1,Ana,extra_time,481", "no number from 0 to 480"),
        ("1,s-1,Ana,extra_time,½", "no number from 0 to 480"),
    ],
)
def test_extra_time_and_its_minutes_go_together(row, sentence):
    (found,) = findings("seat,candidate,name,accommodations,extra_minutes\n2,s-2,Bo,,\n" + row + "\n")
    assert found[0] == 3
    assert sentence in found[1]


def test_extra_minutes_are_read():
    (row,) = parse("seat,candidate,name,accommodations,extra_minutes\n1,s-1,Ana,extra_time|breaks,25\n")
    assert (row.extra_minutes, row.accommodations) == (25, {Switch.EXTRA_TIME, Switch.BREAKS})
