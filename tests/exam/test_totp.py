"""Codes of the second factor: the vectors of RFC 6238, a little tolerance, and each code good once."""

import base64

import pytest

from appliance.exam import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_M91_the_vectors_of_RFC_6238(at, expected):
    assert totp.code(SECRET, at // 30, digits=8) == expected


def test_a_code_is_taken_half_a_minute_early_or_late_and_no_more():
    now, step = 1_000_000_005.0, 1_000_000_005 // 30
    for off, taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        found = totp.matching(SECRET, totp.code(SECRET, step + off), now=now, used=0)
        assert found == (step + off if taken else None)


def test_a_code_is_good_once_and_so_is_an_older_one():
    now, step = 1_000_000_005.0, 1_000_000_005 // 30
    assert totp.matching(SECRET, totp.code(SECRET, step), now=now, used=step) is None
    assert totp.matching(SECRET, totp.code(SECRET, step - 1), now=now, used=step) is None
    assert totp.matching(SECRET, totp.code(SECRET, step + 1), now=now, used=step) == step + 1


@pytest.mark.parametrize("said", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "12 34 5x"])
def test_what_is_no_code_is_none(said):
    assert totp.matching(SECRET, said, now=1_000_000_005.0, used=0) is None


def test_a_code_may_be_typed_with_a_gap_as_apps_show_it():
    now = 1_000_000_005.0
    shown = totp.code(SECRET, int(now // 30))
    assert totp.matching(SECRET, f"{shown[:3]} {shown[3:]}", now=now, used=0) is not None


def test_secrets_are_160_bits_and_no_two_are_alike():
    made = {totp.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert all(totp.is_secret(secret) and len(secret) == 32 for secret in made)
    assert not any(totp.is_secret(text) for text in ("", "A" * 31, "GEZDGNBV", "not base32 at all 0189 ......"))


def test_what_an_app_reads_names_the_box_and_the_person():
    said = totp.address(SECRET, user="rita@uni", issuer="Lab box north")
    assert said == f"otpauth://totp/Lab%20box%20north%3Arita%40uni?secret={SECRET}&issuer=Lab%20box%20north"
