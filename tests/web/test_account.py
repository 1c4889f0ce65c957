"""The second factor: set up with a code, asked for, removed; the secret is in no event."""

import json
import re
import time

import pytest

from appliance.exam import totp

from .conftest import PASSWORD

pytestmark = pytest.mark.slow


def secret_on(page: str) -> str:
    return re.search(r'name="secret" value="([A-Z2-7]{32})"', page)[1]


def code(secret: str, ahead: int = 0) -> str:
    return totp.code(secret, int(time.time() // 30) + ahead)


def set_up(client, known, **said):
    usual = {"secret": known, "code": code(known, -1), "password": PASSWORD}
    return client.post("/account/factor", data=usual | said)


def test_M91_a_second_factor_is_set_up_with_a_code_and_the_password(house):
    client = house.user("lead")
    page = client.get("/account").text
    secret = secret_on(page)
    assert "data:image/svg+xml" in page
    assert set_up(client, secret).status_code == 303
    after = client.get("/account").text
    assert "A second factor is set up." in after
    assert secret not in after
    (event,) = house.events("user.factor_set")
    assert (event.chain, event.payload.to_json()) == ("box", {"user": "lead"})
    everything = json.dumps([event.to_json() for event in house.services.reader.events()])
    assert secret not in everything


def test_a_wrong_code_or_password_sets_up_nothing_and_keeps_the_secret_on_the_page(house):
    client = house.user("lead")
    secret = secret_on(client.get("/account").text)
    wrong = set_up(client, secret, code="000000")
    assert wrong.status_code == 409
    assert secret_on(wrong.text) == secret, "the app that has read it need not read it again"
    assert set_up(client, secret, password="wrong wrong wrong").status_code == 403
    assert set_up(client, secret, secret="SHORT").status_code == 400
    assert house.events("user.factor_set") == []


def test_it_is_removed_with_password_and_code(house):
    client = house.user("lead")
    secret = secret_on(client.get("/account").text)
    set_up(client, secret)
    gone = client.post("/account/factor/remove", data={"password": PASSWORD, "code": "000000"})
    assert gone.status_code == 403
    assert client.post("/account/factor/remove", data={"password": PASSWORD}).status_code == 400
    gone = client.post("/account/factor/remove", data={"password": PASSWORD, "code": code(secret)})
    assert gone.status_code == 303
    assert "No second factor is set up." in client.get("/account").text
    (event,) = house.events("user.factor_removed")
    assert event.payload.to_json() == {"user": "lead", "by": "lead"}


def test_an_admin_removes_one_that_was_lost_and_that_stands_in_the_ledger(house):
    set_up(house.user("lead"), secret := secret_on(house.user("lead").get("/account").text))
    admin = house.user("admin")
    assert 'href="/users/lead"' in admin.get("/users").text
    assert "/users/lead/factor/remove" in admin.get("/users/lead").text
    assert admin.post("/users/lead/factor/remove", data={}).status_code == 303
    assert "/users/lead/factor/remove" not in admin.get("/users/lead").text
    (event,) = house.events("user.factor_removed")
    assert event.payload.to_json() == {"user": "lead", "by": "admin"}
    assert secret


def test_everybody_who_signs_in_finds_it_under_the_own_name(house):
    assert '<a class="bar-who" href="/account">' in house.user("auditor").get("/ledger").text
