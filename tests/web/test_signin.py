"""Coming in: one or two steps, waits after wrong guesses, passwords for one sign-in, passkeys, recovery codes."""

import dataclasses
import json
import re
import time

import argon2
import pytest
import sqlalchemy as sa

from appliance.config import Settings
from appliance.config_signin import SignInSettings
from appliance.exam import totp
from appliance.ledger.actions import accounts, factors, guesses, passkeys, recovery, users
from appliance.ledger.signin_tables import guess
from appliance.web.auth import COOKIE
from appliance.web.signin import guard
from appliance.web.signin.hashing import Hashing

from .authenticator import Authenticator
from .conftest import PASSWORD, build, count, tables

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}
NAME = "https://localhost"


def sign_in(client, user="lead", password=PASSWORD, **said):
    return client.post("/sign-in", json={"user": user, "password": password, **said})


def code(secret, ahead=0):
    return totp.code(secret, int(time.time() // 30) + ahead)


@pytest.fixture
def with_app(house):
    """The lead has an app; -> its secret."""
    secret = totp.new_secret()
    house.do(factors.set_up, user="lead", secret=secret, code=code(secret, -1))
    return secret


@pytest.fixture
def strict(furnished, services):
    """A house in which admins and leads need a second factor."""
    said = SignInSettings(factor_roles="admin, lead")
    settings = dataclasses.replace(Settings(), sign_in=said)
    return build(furnished, dataclasses.replace(services, settings=settings))


def passkey_of(house, user="lead", **changes):
    """A passkey that is registered through the pages."""
    key, client = Authenticator(**changes), house.user(user)
    options = client.post("/account/passkeys/options", json={"password": PASSWORD}, base_url=NAME).json
    answer = client.post("/account/passkeys", json={"name": "my key", "credential": key.create(options)}, base_url=NAME)
    assert answer.status_code == 201, answer.json
    return key


def by_passkey(client, key, **said):
    options = client.post("/sign-in/passkey/options", json={}, base_url=NAME).json
    return client.post("/sign-in/passkey", json={"credential": key.get(options), **said}, base_url=NAME)


# --- the second step ---


def test_who_has_an_app_is_in_only_after_its_code(house, with_app):
    client = house.client()
    first = client.post("/sign-in", data={"user": "lead", "password": PASSWORD, "next": "/reports"})
    assert first.headers["Location"] == "/sign-in/second"
    assert client.get_cookie(COOKIE) is None
    assert client.get("/wall", headers=JSON).status_code == 401
    assert "Your password was right, The lead." in client.get("/sign-in/second").text
    wrong = client.post("/sign-in/second", data={"code": "000000"})
    assert wrong.status_code == 409
    assert "not right" in wrong.text
    right = client.post("/sign-in/second", data={"code": code(with_app)})
    assert right.headers["Location"] == "/reports"
    assert client.get("/wall").status_code == 200
    assert [e.payload.how for e in house.events("user.signed_in")] == ["totp"]
    assert client.get("/sign-in/second").headers["Location"] == "/sign-in", "the step is taken"


def test_a_script_sends_the_code_along(house, with_app):
    assert sign_in(house.client()).json == {"second": {"app": True, "passkeys": 0, "recovery": 0}}
    assert sign_in(house.client(), code="111111").status_code == 409
    answer = sign_in(house.client(), code=code(with_app))
    assert answer.json == {"user": "lead", "role": "lead"}


def test_the_second_step_needs_the_first_in_the_same_browser_and_the_same_password(house, with_app):
    assert house.client().post("/sign-in/second", json={"code": code(with_app)}).status_code == 409
    client = house.client()
    sign_in(client)
    house.do(accounts.set_password, user="lead", password_hash=users.hash_password("other good words"), by="admin",
             once=False)  # fmt: skip
    assert client.post("/sign-in/second", json={"code": code(with_app)}).status_code == 409


def test_codes_are_guessed_five_times_and_then_nobody_looks_at_them(make_house):
    house = make_house(SIGN_IN_LIMIT="100/minute")
    secret = totp.new_secret()
    house.do(factors.set_up, user="lead", secret=secret, code=code(secret, -1))
    client = house.client()
    sign_in(client)
    for _ in range(4):
        assert client.post("/sign-in/second", json={"code": "000000"}).status_code == 409
    fifth = client.post("/sign-in/second", json={"code": "ABCD-EFGH"})
    assert (fifth.status_code, fifth.headers["Retry-After"]) == (429, "30")
    assert client.post("/sign-in/second", json={"code": code(secret)}).status_code == 429
    assert sign_in(house.client(), code=code(secret)).status_code == 429, "a fresh browser has no fresh guesses"
    assert [e.payload.what for e in house.events("user.locked_out")] == ["factor"]


# --- waits ---


def test_wrong_passwords_cost_growing_waits_that_stand_across_restarts(make_house, furnished):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    for _ in range(4):
        assert sign_in(house.client(), password="wrong").status_code == 409
    fifth = sign_in(house.client(), password="wrong")
    assert (fifth.status_code, fifth.headers["Retry-After"]) == (429, "30")
    assert "Try again in 30 seconds" in fifth.json["error"]
    again = build(furnished, house.services, SIGN_IN_LIMIT="1000/minute")
    refused = again.client().post("/sign-in", data={"user": "lead", "password": PASSWORD})
    assert refused.status_code == 429, "the right password is not even looked at"
    assert "Try again in" in refused.text
    assert house.services.signing_in.facts() | {"sign_in_done": 0} == {
        "sign_in_done": 0, "sign_in_wrong": 5, "sign_in_waits": 1, "sign_in_touch_failed": 0,
    }  # fmt: skip
    house.do(lambda t: t.connection.execute(sa.update(guess).values(until=0.0)))
    assert sign_in(house.client(), password="wrong").headers["Retry-After"] == "60"
    (first, second) = house.events("user.locked_out")
    assert first.payload.to_json() == {
        "user": "lead", "what": "password", "address": "127.0.0.1", "wrong": 5, "seconds": 30.0,
    }  # fmt: skip
    assert second.payload.wrong == 6


def test_a_name_that_is_nobodys_waits_alike_and_is_not_written_down(make_house):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    said = [sign_in(house.client(), user=user, password="wrong") for user in ["lead", "my-secret-word"] * 5]
    assert [a.status_code for a in said] == [409] * 8 + [429] * 2
    assert said[8].json == said[9].json
    assert [e.payload.user for e in house.events("user.locked_out")] == ["lead", ""]
    assert "my-secret-word" not in json.dumps([e.to_json() for e in house.services.reader.events()])


def test_an_address_waits_after_many_names_and_others_do_not(make_house):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    for number in range(20):
        answer = sign_in(house.client(), user=f"user{number}", password="wrong")
    assert answer.status_code == 429
    assert sign_in(house.client()).status_code == 429
    elsewhere = house.client().post(
        "/sign-in", json={"user": "lead", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.0.2"}
    )
    assert elsewhere.status_code == 200
    assert house.events("user.locked_out")[0].payload.what == "address"


def test_nobody_is_kept_out_of_the_browser_and_by_the_passkey_that_are_their_own(make_house):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    own, key = house.client(), passkey_of(house, "admin")
    house.do(accounts.remove_factors, user="admin", by="admin")
    assert sign_in(own, "admin").status_code == 200
    own.post("/sign-out")
    key = passkey_of(house, "lead")
    for user in ("admin", "lead"):
        for _ in range(5):
            sign_in(house.client(), user, "wrong")
        assert sign_in(house.client(), user).status_code == 429
    assert sign_in(own, "admin").status_code == 200, "the browser they came in with before has guesses of its own"
    assert by_passkey(house.client(), key).status_code == 200
    assert house.client().get("/").status_code == 200


def test_who_is_in_stays_in_while_somebody_guesses(make_house):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    proctor = house.user("proctor")
    for _ in range(6):
        sign_in(house.client(), "proctor", "wrong")
    assert proctor.get("/wall").status_code == 200


def test_an_admin_ends_the_wait(make_house):
    house = make_house(SIGN_IN_LIMIT="1000/minute")
    for _ in range(5):
        sign_in(house.client(), password="wrong")
    admin = house.user("admin")
    assert "s after wrong tries" in admin.get("/users/lead").text
    assert admin.post("/users/lead/unlock").status_code == 303
    assert sign_in(house.client()).status_code == 200
    assert house.events("user.unlocked")[0].payload.to_json() == {"user": "lead", "by": "admin"}


def test_old_guesses_are_forgotten_and_the_table_is_bounded(house, monkeypatch):
    monkeypatch.setattr(guesses, "BOUND", 3)
    for name in "abcdef":
        house.do(guesses.wrong, [guesses.Subject("password", name)], user=name, address="x")
    assert count(house, guess) == 3
    day = time.time() - 25 * 3600
    house.do(lambda t: t.connection.execute(sa.update(guess).values(wrong_at=day, wrong=99)))
    assert house.do(guesses.wrong, [guesses.Subject("password", "f")], user="f", address="x") == 0
    assert count(house, guess) == 1


# --- passwords ---


def test_a_password_is_hashed_anew_at_sign_in_when_the_box_does_it_otherwise_now(house, monkeypatch):
    stored = lambda: house.ask(lambda c: users.stored(c, "lead"))  # noqa: E731
    before = stored()
    sign_in(house.client())
    assert stored() == before
    monkeypatch.setattr(users, "_hasher", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert sign_in(house.client(), password="wrong").status_code == 409
    assert stored() == before
    assert sign_in(house.client()).status_code == 200
    assert "m=16,t=2" in stored()
    assert sign_in(house.client()).status_code == 200


def test_too_many_at_once_are_asked_to_come_again_and_it_is_no_wrong_guess(furnished, services):
    full = Hashing(at_once=1, waiting=0)
    house = build(furnished, dataclasses.replace(services, hashing=full))
    with full:
        answer = sign_in(house.client())
        page = house.client().post("/sign-in", data={"user": "lead", "password": PASSWORD})
    assert (answer.status_code, answer.json["error"]) == (503, "many people sign in just now")
    assert page.status_code == 503
    assert "Many people sign in" in page.text
    assert full.facts()["passwords_refused"] == 2
    assert count(house, guess) == 0
    assert sign_in(house.client()).status_code == 200


def test_one_changes_the_own_password_and_is_out_everywhere_else(house):
    here, there = house.user("lead"), house.user("lead")
    new = "six other words now"
    change = {"password": PASSWORD, "new": new, "again": new}
    assert here.post("/account/password", json={**change, "password": "wrong"}).status_code == 403
    for wrong in ({"new": "Password2026!", "again": ""}, {"again": "something else"}, {"new": PASSWORD, "again": ""}):
        assert here.post("/account/password", json={**change, **wrong}).status_code == 400
    assert here.post("/account/password", data=change).headers["Location"] == "/account?changed=1"
    assert here.get("/wall").status_code == 200
    assert there.get("/wall", headers=JSON).status_code == 401
    assert sign_in(house.client()).status_code == 409
    assert sign_in(house.client(), password=new).status_code == 200
    (event,) = house.events("user.password_set")
    assert event.payload.to_json() == {"user": "lead", "by": "lead", "once": False}


def test_a_password_of_an_admin_is_good_for_one_sign_in(house):
    admin, old = house.user("admin"), house.user("proctor")
    once = admin.post("/users/proctor/password", json={}).json["password"]
    assert re.fullmatch(r"(\w{4}-){2}\w{4}", once)
    assert old.get("/wall", headers=JSON).status_code == 401
    shown = admin.post("/users/proctor/password", data={}).text
    once = re.search(r"<code class=\"secret\">([\w-]+)</code>", shown)[1]
    client = house.client()
    assert sign_in(client, "proctor", once).status_code == 200
    assert client.get("/wall").headers["Location"] == "/account"
    assert client.get("/api/status", headers=JSON).status_code == 403
    assert "Choose your own password" in client.get("/account").text
    assert not house.sockets.test_client(house.app, flask_test_client=client).is_connected()
    new = "six other words now"
    assert client.post("/account/password", json={"password": once, "new": new}).status_code == 200
    assert client.get("/wall").status_code == 200


def test_who_is_switched_off_is_out_at_once_and_hears_why_only_with_the_right_password(house):
    admin, lead = house.user("admin"), house.user("lead")
    page = house.sockets.test_client(house.app, flask_test_client=lead)
    assert page.is_connected()
    assert admin.post("/users/lead/disable").status_code == 303
    assert lead.get("/wall", headers=JSON).status_code == 401
    assert "switched off" in sign_in(house.client()).json["error"]
    assert "do not fit" in sign_in(house.client(), password="wrong").json["error"]
    assert "switched off" in admin.get("/users").text
    admin.post("/users/lead/enable")
    assert sign_in(house.client()).status_code == 200
    assert [e.type for e in house.services.reader.events(types=frozenset({"user.disabled", "user.enabled"}))] == [
        "user.disabled",
        "user.enabled",
    ]


def test_the_last_administrator_stays_one(house):
    admin = house.user("admin")
    assert admin.post("/users/admin/disable", json={}).status_code == 409
    last = admin.post("/users/admin/role", json={"role": "staff"})
    assert "last administrator" in last.json["error"]
    assert admin.post("/users/admin/role", data={"role": "staff"}).status_code == 409
    assert admin.post("/users/lead/role", json={"role": "admin"}).status_code == 200
    assert admin.post("/users/admin/role", json={"role": "staff"}).status_code == 200
    assert admin.get("/users", headers=JSON).status_code == 401, "another role begins with another sign-in"
    assert house.user("lead").get("/users").status_code == 200


# --- passkeys ---


def test_a_passkey_signs_in_without_a_password(house):
    key = passkey_of(house)
    client = house.client()
    answer = by_passkey(client, key, next="/reports")
    assert answer.json == {"user": "lead", "role": "lead", "next": "/reports"}
    assert client.get("/wall", base_url=NAME).status_code == 200
    assert [e.payload.how for e in house.events("user.signed_in")] == ["passkey"]
    page = house.user("lead").get("/account", base_url=NAME).text
    assert "my key" in page
    assert "works at localhost" in page


def test_a_passkey_is_the_second_step_of_its_own_person(house):
    key, other = passkey_of(house), passkey_of(house, "proctor")
    client = house.client()
    assert client.post("/sign-in", json={"user": "lead", "password": PASSWORD}, base_url=NAME).json["second"] == {
        "app": False, "passkeys": 1, "recovery": 0,
    }  # fmt: skip
    assert by_passkey(client, other).status_code == 409
    assert by_passkey(client, key).status_code == 200
    assert [e.payload.how for e in house.events("user.signed_in")] == ["second_passkey"]


def test_a_passkey_that_does_not_answer_as_it_should_is_refused(house):
    for odd in ("origin", "unverified", "replayed", "count", "stranger", "challenge", "nothing"):
        key, client = passkey_of(house), house.client()
        assert by_passkey(house.client(), key).status_code == 200
        options = client.post("/sign-in/passkey/options", json={}, base_url=NAME).json
        if odd == "origin":
            key.origin = "https://localhost.evil.example"
        if odd == "unverified":
            key.verified = False
        if odd == "count":
            key.count = 0
        if odd == "stranger":
            key.id = b"x" * 32
        if odd == "challenge":
            options["challenge"] = "AAAA" * 16
        answer = {"id": 7} if odd == "nothing" else key.get(options)
        if odd == "replayed":
            assert client.post("/sign-in/passkey", json={"credential": answer}, base_url=NAME).status_code == 200
            client.delete_cookie(COOKIE)
        refused = client.post("/sign-in/passkey", json={"credential": answer}, base_url=NAME)
        assert refused.status_code in (400, 409), odd
        assert client.get("/wall", headers=JSON, base_url=NAME).status_code == 401, odd
        assert "Traceback" not in refused.text


def test_at_a_number_there_are_no_passkeys_and_the_page_says_so(house):
    client = house.user("lead")
    at = "https://192.0.2.7:8443"
    client.set_cookie(COOKIE, house.token(user="lead"), domain="192.0.2.7")
    page = client.get("/account", base_url=at).text
    assert "Passkeys do not work at this address: 192.0.2.7:8443 is a number." in page
    assert "An app on your phone" in page
    answer = client.post("/account/passkeys/options", json={"password": PASSWORD}, base_url=at)
    assert (answer.status_code, answer.json["error"]) == (
        409,
        "passkeys work by the name of the box, not by its number",
    )
    assert "data-passkey-way" not in client.get("/sign-in", base_url=at).text
    assert "data-passkey-way" in client.get("/sign-in", base_url=NAME).text


def test_a_passkey_is_added_with_the_password_and_removed_with_it(house):
    client = house.user("lead")
    assert client.post("/account/passkeys/options", json={"password": "wrong"}, base_url=NAME).status_code == 403
    key = passkey_of(house)
    answer = client.post("/account/passkeys", json={"name": "again", "credential": key.create({"challenge": "AA"})},
                         base_url=NAME)  # fmt: skip
    assert answer.status_code == 409, "nobody asked for it"
    (own,) = house.ask(lambda c: passkeys.of(c, "lead"))
    gone = {"passkey": own.passkey, "password": PASSWORD}
    assert client.post("/account/passkeys/remove", json={**gone, "password": "x"}).status_code == 403
    assert house.user("admin").post("/account/passkeys/remove", json=gone).status_code == 404
    assert client.post("/account/passkeys/remove", json=gone).status_code == 200
    assert by_passkey(house.client(), key).status_code == 409
    assert [e.type for e in house.services.reader.events(types=frozenset({"user.passkey_added",
            "user.passkey_removed"}))] == ["user.passkey_added", "user.passkey_removed"]  # fmt: skip


# --- recovery codes ---


def test_recovery_codes_are_shown_once_and_each_is_good_once(house, with_app):
    client = house.user("lead")
    page = client.post("/account/recovery", data={"password": PASSWORD})
    codes = re.findall(r"<code class=\"secret\">([\w-]{19})</code>", page.text)
    assert len(set(codes)) == 10
    assert "You have 10 of them left." in client.get("/account").text
    assert codes[0] not in client.get("/account").text
    door = house.client()
    sign_in(door)
    came = door.post("/sign-in/second", data={"code": codes[0].lower().replace("-", " ")})
    assert came.headers["Location"] == "/account?recovered=1"
    assert "9 are left" in door.get("/account?recovered=1").text
    assert sign_in(house.client(), code=codes[0]).status_code == 409
    assert sign_in(house.client(), code=codes[1]).json["recovery_left"] == "8"
    assert [e.payload.left for e in house.events("user.recovery_used")] == [9, 8]
    client.post("/account/recovery", json={"password": PASSWORD})
    assert sign_in(house.client(), code=codes[2]).status_code == 409, "those from before are good no more"
    everything = json.dumps([e.to_json() for e in house.services.reader.events()])
    assert not [one for one in codes if one in everything or one.replace("-", "") in everything]


def test_without_a_second_factor_there_are_no_recovery_codes(house):
    answer = house.user("lead").post("/account/recovery", json={"password": PASSWORD})
    assert answer.status_code == 409
    assert house.ask(lambda c: recovery.left(c, "lead")) == 0


def test_codes_of_one_person_are_nobody_elses(house, with_app):
    codes = house.user("lead").post("/account/recovery", json={"password": PASSWORD}).json["codes"]
    secret = totp.new_secret()
    house.do(factors.set_up, user="admin", secret=secret, code=code(secret, -1))
    assert sign_in(house.client(), "admin", code=codes[0]).status_code == 409
    assert sign_in(house.client(), "lead", code=codes[0]).status_code == 200


def test_lost_factors_are_all_removed_by_an_admin(house, with_app):
    key = passkey_of(house)
    house.user("lead").post("/account/recovery", json={"password": PASSWORD})
    assert house.user("admin").post("/users/lead/factor/remove", json={}).json == {"factor": False}
    assert sign_in(house.client()).json == {"user": "lead", "role": "lead"}
    assert by_passkey(house.client(), key).status_code == 409
    assert house.ask(lambda c: recovery.left(c, "lead")) == 0


# --- what a role needs ---


def test_a_role_that_needs_a_second_factor_opens_nothing_before(strict):
    client = strict.client()
    assert sign_in(client).status_code == 200
    assert client.get("/wall").headers["Location"] == "/account"
    assert "Your work on this box needs a second factor" in client.get("/account").text
    assert sign_in(proctor := strict.client(), "proctor").status_code == 200
    assert proctor.get("/wall").status_code == 200
    secret = totp.new_secret()
    said = {"secret": secret, "code": code(secret), "password": PASSWORD}
    assert client.post("/account/factor", json=said).status_code == 200
    assert client.get("/wall").status_code == 200


# --- sessions ---


def test_a_sign_in_makes_a_new_token_whatever_cookie_was_there(house):
    mine = house.token(user="proctor")
    client = house.client(mine)
    sign_in(client)
    fresh = client.get_cookie(COOKIE).value
    assert fresh != mine
    assert house.client(mine).get("/wall", headers=JSON).status_code == 401, "the one before is over"
    fixed = house.client("planted-by-somebody")
    sign_in(fixed)
    assert fixed.get_cookie(COOKIE).value != "planted-by-somebody"
    assert house.client("planted-by-somebody").get("/wall", headers=JSON).status_code == 401


def test_one_sees_where_one_is_signed_in_and_ends_it(house):
    agent = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    there = house.client()
    there.post("/sign-in", json={"user": "lead", "password": PASSWORD}, headers={"User-Agent": agent},
               environ_base={"REMOTE_ADDR": "192.0.2.9"})  # fmt: skip
    here = house.user("lead")
    page = here.get("/account").text
    assert "Firefox on Windows" in page
    assert "192.0.2.9" in page
    assert "this one" in page
    socket = house.sockets.test_client(house.app, flask_test_client=there)
    assert socket.is_connected()
    dropped = []
    house.follower._drop = dropped.append
    session = re.search(r'name="session" value="(\w+)"', page)[1]
    assert house.user("proctor").post("/account/sessions/end", json={"session": session}).status_code == 404
    assert here.post("/account/sessions/end", json={"session": session}).json == {"ended": 1}
    assert len(dropped) == 1, "its live connection ends with it, not at the next look"
    assert there.get("/wall", headers=JSON).status_code == 401
    assert here.get("/wall").status_code == 200


def test_all_other_sign_ins_end_but_this_one(house):
    here, others = house.user("lead"), [house.user("lead") for _ in range(3)]
    proctor = house.user("proctor")
    assert here.post("/account/sessions/end", data={}).status_code == 303
    assert [c.get("/wall", headers=JSON).status_code for c in [here, *others, proctor]] == [200, 401, 401, 401, 200]
    assert house.events("user.sessions_ended")[0].payload.sessions == 3


def test_an_admin_ends_anybodys(house):
    lead, admin = house.user("lead"), house.user("admin")
    assert "Where this person is signed in" in admin.get("/users/lead").text
    assert admin.post("/users/lead/sessions/end", json={}).json == {"ended": 1}
    assert lead.get("/wall", headers=JSON).status_code == 401
    assert admin.get("/users").status_code == 200


def test_a_sign_in_that_is_not_used_ends_and_an_open_page_uses_it(house):
    lead, wall = house.user("lead"), house.user("proctor")
    page = house.sockets.test_client(house.app, flask_test_client=wall)
    assert page.is_connected()
    long_ago = time.time() - 100 * 60
    house.do(lambda t: t.connection.execute(sa.update(tables.login).values(seen_at=long_ago)))
    house.follower.recheck()
    house.do(lambda t: t.connection.execute(  # half an hour later
        sa.update(tables.login).values(seen_at=tables.login.c.seen_at - 30 * 60, created_at=long_ago)
    ))  # fmt: skip
    assert lead.get("/wall", headers=JSON).status_code == 401
    assert wall.get("/wall").status_code == 200
    page.disconnect()


def test_using_a_page_is_noted_and_not_at_every_click(house):
    client = house.user("lead")
    seen = lambda: house.ask(lambda c: c.execute(sa.select(tables.login.c.seen_at)).scalar())  # noqa: E731
    before = seen()
    client.get("/wall")
    assert seen() == before
    house.do(lambda t: t.connection.execute(sa.update(tables.login).values(seen_at=before - 61)))
    client.get("/wall")
    house.do(lambda t: None)
    assert seen() >= before


def test_the_browser_that_is_known_says_nothing_about_people(house):
    client = house.client()
    sign_in(client)
    cookie = client.get_cookie(guard.COOKIE, path="/sign-in")
    assert cookie is not None
    assert cookie.http_only
    assert "lead" not in cookie.value
