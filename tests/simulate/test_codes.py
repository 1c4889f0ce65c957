"""The file of join codes, and what is said when something is wrong with it."""

import pytest

from appliance.errors import BadInput, NotFound
from appliance.simulate.codes import LARGEST, Ticket, read


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "codes"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_one_code_a_line(file):
    found = read(file("# lab 3\n\nCDFH-JKMN\ncdfh jkmp\r\n"), seats=2)
    assert found == [Ticket(1, "CDFHJKMN"), Ticket(2, "CDFHJKMP")]


def test_csv_with_seats_in_any_order(file):
    found = read(file("Seat,candidate,name,code\n4,d,Dee,CDFHJKMN\n2,b,Bo,CDFHJKMP\n"), seats=2)
    assert found == [Ticket(4, "CDFHJKMN"), Ticket(2, "CDFHJKMP")]


def test_a_seat_that_is_no_number_is_counted(file):
    found = read(file("code,seat\nCDFHJKMN,A-1\nCDFHJKMP,\n"), seats=2)
    assert [ticket.seat for ticket in found] == [1, 2]


def test_only_as_many_as_asked_for(file):
    assert len(read(file("CDFHJKMN\nCDFHJKMP\nCDFHJKMR\n"), seats=2)) == 2


def test_a_byte_order_mark_is_no_part_of_the_code(file):
    assert read(file(b"\xef\xbb\xbfCDFHJKMN\n"), seats=1) == [Ticket(1, "CDFHJKMN")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("CDFHJKMN\n", "has 1 join codes, but 2 seats"),
        ("", "has 0 join codes"),
        ("CDFHJKMN\nCDFHJKM0\n", "line 2: no join code has the character '0'"),
        ("CDFHJKMN\nCDFH\n", "line 2: a join code has 8 characters"),
        ("CDFHJKMN\nCDFH-JKMN\n", "line 2: this code was there before"),
        ("seat,code\n1,CDFHJKMN\n2\n", "line 3: a join code has 8 characters"),
        (b"\xff\xfe\x00", "is not text"),
        ("#" * (LARGEST + 1), "is larger than"),
    ],
)
def test_what_is_wrong_is_said(file, text, says):
    with pytest.raises(BadInput, match=says) as raised:
        read(file(text), seats=2)
    assert raised.value.hint


def test_two_people_on_one_seat(file):
    with pytest.raises(BadInput, match="line 3: seat 1 was there before"):
        read(file("seat,code\n1,CDFHJKMN\n1,CDFHJKMP\n"), seats=2)


def test_no_file(tmp_path):
    with pytest.raises(NotFound, match="cannot be read: No such file"):
        read(tmp_path / "none", seats=1)
