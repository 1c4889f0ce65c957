"""The doors: join codes, sign-in, sign-out, health."""

import pytest

from appliance.box import health
from appliance.exam.permissions import Role
from appliance.ledger.actions import exams
from appliance.web.auth import COOKIE
from appliance.web.public import HOME

from .conftest import EXAM, PASSWORD, count, tables

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}


def join(client, code, **headers):
    return client.post("/join", json={"code": code}, headers=headers)


def test_a_code_lets_a_candidate_in(house):
    client = house.client()
    answer = client.post("/join", data={"code": house.codes[0].lower().replace("-", " ")})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/exam")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert client.get("/api/me").json["seat"] == "1"
    assert house.attempt().stage == "arrived"


def test_the_cookie_is_secure_where_the_page_is(house):
    answer = house.client().post("/join", json={"code": house.codes[0]}, base_url="https://localhost")
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))
    # none: it would hold for the box's plain page with the certificate too, and for a later start without --lan
    assert "Strict-Transport-Security" not in answer.headers


def test_only_the_hash_of_a_token_is_stored(house):
    client = house.client()
    join(client, house.codes[0])
    token = client.get_cookie(COOKIE).value
    stored = house.ask(lambda c: c.execute(tables.login.select()).all())
    assert token not in str(stored)


def test_M12_a_second_browser_with_the_same_code_is_refused_and_the_first_goes_on(house):
    first, second = house.client(), house.client()
    join(first, house.codes[0])
    answer = join(second, house.codes[0])
    assert answer.status_code == 409
    assert answer.json == {
        "error": "this code is in use on another computer or in another browser",
        "hint": "Go on there, or ask the proctor for a new code.",
    }
    page = second.post("/join", data={"code": house.codes[0]})
    assert page.status_code == 409
    assert "in use on another computer" in page.text
    assert first.get("/api/me").status_code == 200


def test_the_same_browser_comes_back_with_its_code(house):
    client = house.client()
    join(client, house.codes[0])
    assert join(client, house.codes[0]).json == {"attempt": house.attempts[0]}
    assert client.get("/api/me").status_code == 200
    assert len(house.events("attempt.rejoined")) == 1


def test_a_new_code_signs_the_old_browser_out(house):
    old, new = house.client(), house.client()
    join(old, house.codes[0])
    code = house.user("proctor").post(f"/api/attempts/{house.attempts[0]}/code").json["code"]
    assert old.get("/api/me").status_code == 401
    assert join(new, house.codes[0]).status_code == 409  # the old code is not known any more
    assert join(new, code).status_code == 200
    assert house.attempt().stage == "arrived"


@pytest.mark.parametrize(("code", "status"), [("", 400), ("AB", 400), ("3333-3333", 409), ("x" * 65, 400), (7, 400)])
def test_a_wrong_code_is_a_sentence(lasting, code, status):
    answer = join(lasting.client(), code)
    assert answer.status_code == status
    assert answer.json["error"]


def test_a_closed_attempt_cannot_be_joined(house):
    house.do(exams.end_exam, EXAM, reason="over", by="planner")
    assert "over" in join(house.client(), house.codes[0]).json["error"]


def test_only_wrong_codes_count_against_an_address(make_house):
    house = make_house(JOIN_LIMIT="3/minute")
    for code in house.codes:
        assert join(house.client(), code).status_code == 200
    for _ in range(3):
        assert join(house.client(), "3333-3333").status_code == 409
    answer = join(house.client(), "3333-3333")
    assert answer.status_code == 429
    assert answer.json["error"] == "Too many wrong tries."
    other = house.client().post("/join", json={"code": "3333-3333"}, environ_base={"REMOTE_ADDR": "10.0.0.2"})
    assert other.status_code == 409


def test_M17_the_first_page_knows_who_comes(house):
    assert "XXXX-XXXX" in house.client().get("/").text
    for role, home in HOME.items():
        answer = house.role(role).get("/")
        assert (answer.status_code, answer.headers["Location"]) == (303, home)
        assert house.role(role).get(home).status_code == 200


def test_the_door_is_open_again_when_a_candidate_has_finished(house):
    house.reach("submitted")
    assert "XXXX-XXXX" in house.candidate().get("/").text


def test_sign_in_and_out(house):
    client = house.client()
    answer = client.post("/sign-in", data={"user": "Lead", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/wall")
    token = client.get_cookie(COOKIE).value
    assert client.get("/wall").status_code == 200
    assert client.post("/sign-out").headers["Location"] == "/"
    assert client.get_cookie(COOKIE) is None
    assert house.client(token).get("/wall", headers=JSON).status_code == 401
    assert [e.payload.user for e in house.events("user.signed_in")] == ["lead"]


def test_sign_in_goes_on_where_it_was_asked_but_never_off_the_box(house):
    def where(path):
        said = {"user": "lead", "password": PASSWORD, "next": path}
        return house.client().post("/sign-in", data=said).headers["Location"]

    assert where(f"/wall/{EXAM}") == f"/wall/{EXAM}"
    for path in ("//evil.test/x", "https://evil.test", "/\\evil.test", "evil", "/a\nb"):
        assert where(path) == "/wall"


@pytest.mark.parametrize("said", [{"user": "lead", "password": "wrong"}, {"user": "nobody", "password": PASSWORD}])
def test_a_wrong_password_says_the_same_as_a_wrong_name(lasting, said):
    house = lasting
    answer = house.client().post("/sign-in", json=said)
    assert (answer.status_code, answer.json["error"]) == (409, "the name and the password do not fit together")
    page = house.client().post("/sign-in", data=said)
    assert page.status_code == 409
    assert "do not fit together" in page.text


def test_wrong_passwords_are_throttled(make_house):
    house = make_house(SIGN_IN_LIMIT="2/minute")
    for _ in range(2):
        assert house.client().post("/sign-in", json={"user": "lead", "password": "x"}).status_code == 409
    assert house.client().post("/sign-in", json={"user": "lead", "password": PASSWORD}).status_code == 429


def test_a_login_ends_after_sixteen_hours(house):
    token = house.token(user="lead")
    house.services.writer.transact(
        lambda t: t.connection.execute(tables.login.update().values(created_at=t.now - 16 * 3600 - 1))
    )
    assert house.client(token).get("/wall", headers=JSON).status_code == 401
    assert count(house, tables.login) == 1


@pytest.mark.parametrize("token", ["", "x", "x" * 500, "\u00e4"])
def test_a_token_of_no_one_is_nobody(lasting, token):
    assert lasting.client(token).get("/wall", headers=JSON).status_code == 401


def test_health_needs_every_process(house):
    folder = house.services.paths.health
    answer = house.client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json["processes"]["capture-1"] == {"healthy": False, "sentence": "not running"}
    for process in house.services.needed:
        health.write(folder, process, healthy=True, sentence="runs", secret="counter")
    answer = house.client().get("/healthz")
    assert (answer.status_code, answer.json["healthy"]) == (200, True)
    assert "counter" not in answer.text
    health.write(folder, "inference", healthy=False, sentence="a model is missing")
    assert house.client().get("/healthz").status_code == 503


def test_the_statement_can_be_read_before_joining(house):
    assert "I take this exam alone" in house.client().get("/statement").text


def test_roles_have_a_home():
    assert set(HOME) == set(Role)
