"""How long who guesses wrong waits, and which passwords are too easy."""

import pytest

from appliance.config_signin import ROLES, OidcSettings, SignInSettings
from appliance.errors import BadInput, ConfigError
from appliance.exam import passwords
from appliance.exam.permissions import USERS
from appliance.exam.signin import ACCOUNT, ADDRESS, left
from appliance.ledger.actions.users import Limits, _cost


def test_waits_grow_and_never_last_for_ever():
    assert [ACCOUNT.wait(n) for n in (0, 4, 5, 6, 7, 8, 9, 10, 11, 1_000_000)] == [
        0, 0, 30, 60, 120, 240, 480, 900, 900, 900,
    ]  # fmt: skip
    assert ADDRESS.wait(19) == 0
    assert ADDRESS.wait(20) == 30


def test_a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_longest():
    assert left(1000.0, now=990.0, patience=ACCOUNT) == 10
    assert left(1000.0, now=1001.0, patience=ACCOUNT) == 0
    assert left(1_000_000.0, now=0.0, patience=ACCOUNT) == 900


@pytest.mark.parametrize(
    "password",
    [
        "short", "Password2026!", "P@ssw0rd123", "qwertz12345", "1q2w3e4r5t6z", "adminadmin1", "1234567890123",
        "aaaaaaaaaaaa", "abcdefghijkl", "zyxwvutsrqpo", "Willkommen1!", "lea.lead2026", "proctor-proctor",
        "Summer2026!!",
    ],
)  # fmt: skip
def test_passwords_that_are_guessed_first_are_refused_with_what_to_do(password):
    with pytest.raises(BadInput) as caught:
        passwords.check(password, user="lea", name="Lea Lead")
    assert "words" in caught.value.hint


@pytest.mark.parametrize("password", ["four good words here", "correct horse battery", "kX9#mv2Lq!7w", "Eule trinkt"])
def test_passwords_of_words_or_chance_are_taken(password):
    passwords.check(password, user="lea", name="Lea Lead")


def test_a_small_box_works_passwords_out_with_less_memory_and_never_too_little():
    assert _cost(2 * 2**30, 4) == (3, 19_456)
    assert _cost(8 * 2**30, 4) == (3, 47_104)
    assert _cost(16 * 2**30, 8) == (3, 65_536)


def test_a_sign_in_lasts_as_long_as_the_settings_say():
    limits = Limits(seconds=100, idle=10)
    assert limits.hold(1000, 1095, now=1099)
    assert not limits.hold(1000, 1095, now=1100)
    assert not limits.hold(1000, 1050, now=1060)
    assert Limits(seconds=100).hold(1000, 1000, now=1099)


def test_the_settings_know_the_roles():
    assert set(ROLES) == {role.value for role in USERS}
    assert SignInSettings(factor_roles="admin, lead").with_factor == ("admin", "lead")
    with pytest.raises(ConfigError, match="'adnim', which is no role"):
        SignInSettings(factor_roles="adnim").check()
    for wrong in ({"session_hours": 0}, {"session_hours": 169}, {"idle_minutes": 1}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            SignInSettings(**wrong)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"issuer": "http://login.example.edu", "client_id": "box"}, "not an https address"),
        ({"issuer": "http://localhost.evil.example", "client_id": "box"}, "not an https address"),
        ({"issuer": "https://login.example.edu"}, "no client_id"),
        ({"issuer": "https://login.example.edu", "client_id": "box", "roles": "admins"}, "roles cannot be read"),
        ({"issuer": "https://login.example.edu", "client_id": "box", "roles": "a=boss"}, "'boss', which is no role"),
        ({"issuer": "https://login.example.edu", "client_id": "box", "create": True}, "in which role"),
        ({"issuer": "https://login.example.edu", "client_id": "box", "default_role": "x"}, "which is no role"),
    ],
)
def test_settings_of_a_provider_that_do_not_go_together_are_said(wrong, sentence):
    with pytest.raises(ConfigError, match=sentence):
        OidcSettings(**wrong).check()


def test_a_secret_file_that_is_not_there_is_named(tmp_path):
    settings = OidcSettings(client_secret_file=str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="client_secret_file"):
        settings.secret()
    (tmp_path / "there").write_text("s3cret\nmore\n")
    assert OidcSettings(client_secret_file=str(tmp_path / "there")).secret() == "s3cret"
    assert OidcSettings().secret() == ""
