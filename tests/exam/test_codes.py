import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import BadInput
from appliance.exam import codes


@given(st.binary(min_size=16, max_size=32))
def test_what_is_shown_is_read_back(random):
    code = codes.generate(random)
    assert len(code) == 8
    assert set(code) <= set(codes.ALPHABET)
    assert codes.normalise(codes.shown(code)) == code
    sloppy = codes.shown(code).lower().replace("-", " \u2013 ")
    assert codes.normalise(f"  {sloppy}\n") == code


def test_the_alphabet_has_no_look_alikes():
    for pair in ("0O", "1I", "1L", "IL", "2Z", "5S", "8B", "UV", "6G"):
        assert len(set(pair) & set(codes.ALPHABET)) < 2
    assert not set("AEIOU") & set(codes.ALPHABET)
    assert len(set(codes.ALPHABET)) == len(codes.ALPHABET)


def test_different_bytes_make_different_codes():
    assert len({codes.generate(n.to_bytes(16)) for n in range(5000)}) == 5000


def test_too_few_random_bytes_are_refused():
    with pytest.raises(ValueError, match="16 random bytes"):
        codes.generate(b"short")


@pytest.mark.parametrize("text", ["", "3467", "3467-9CDFH", "A" * 10_000_000])
def test_the_wrong_length_is_refused(text):
    with pytest.raises(BadInput, match="8 characters"):
        codes.normalise(text)


def test_a_character_that_no_code_has_is_named():
    with pytest.raises(BadInput, match="'O'"):
        codes.normalise("3467-9CDo")
