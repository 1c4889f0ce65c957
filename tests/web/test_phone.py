"""The phone as a second camera: invited, scanned, confirmed, refused; and what it may not."""

import base64
import time

import pytest

from appliance.box import health
from appliance.box.token import FeedTokens
from appliance.exam import phone
from appliance.exam.feed import Kind
from appliance.exam.permissions import Role
from appliance.ledger import state
from appliance.ledger.actions import exams, phones
from appliance.web import audience
from appliance.web.auth import COOKIE, PHONE_COOKIE

pytestmark = pytest.mark.slow  # together too long for `make check`

JSON = {"Accept": "application/json"}


def invited(house, number=0):
    answer = house.candidate(number).post("/api/me/phone")
    assert answer.status_code == 201, answer.text
    return answer.json


def scanned(house, number=0, said=None):
    """A phone that has used the code: a browser of its own."""
    token = (said or invited(house, number))["link"].partition("#")[2]
    client = house.client()
    answer = client.post("/phone/join", json={"token": token})
    assert (answer.status_code, answer.json) == (200, {"joined": True})
    return client


def waiting(house, number=0):
    """The pairing of the phone that waits."""
    rows = house.ask(lambda c: state.pairings(c, attempt=house.attempts[number]))
    return next(row.pairing for row in rows if row.state is phone.State.SCANNED)


def decide(house, what, pairing, number=0, who="lead", **said):
    return house.user(who).post(f"/api/attempts/{house.attempts[number]}/phones/{pairing}/{what}", json=said)


def joined(house, number=0):
    """A phone that is in, and its pairing."""
    client = scanned(house, number)
    pairing = waiting(house, number)
    assert decide(house, "confirm", pairing, number).status_code == 200
    return client, pairing


def states(house):
    return [row.state.value for row in house.ask(lambda c: state.pairings(c, attempt=house.attempts[0]))]


@pytest.fixture
def seated(house):
    house.reach("equipment")
    return house


# --- the code ---


@pytest.mark.parametrize("stage", ["equipment", "waiting", "admitted", "in_exam"])
def test_a_code_is_offered_in_every_stage_that_is_recorded(house, stage):
    house.reach(stage)
    assert set(invited(house)) >= {"link", "address", "code", "picture", "expires_at", "here"}


@pytest.mark.parametrize("stage", ["consent", "submitted"])
def test_there_is_none_before_the_signature_and_after_the_end(house, stage):
    house.reach(stage)
    answer = house.candidate().post("/api/me/phone")
    assert answer.status_code == 409
    assert answer.json["error"] == "nothing is recorded now"


def test_the_picture_is_an_image_without_style_or_script(seated):
    """tests/front reads it with a camera's eyes."""
    head, _, svg = invited(seated)["picture"].partition(",")
    assert head.startswith("data:image/svg+xml")
    assert "script" not in svg
    assert "style" not in svg


def test_the_code_can_be_typed(seated):
    said = invited(seated)
    token = said["link"].partition("#")[2]
    assert said["code"].replace("-", "") == token
    typed = said["code"].upper().replace("-", " ")
    assert seated.client().post("/phone/join", json={"token": typed}).status_code == 200


def test_the_token_is_128_bits_and_only_its_hash_is_stored(seated):
    token = invited(seated)["link"].partition("#")[2]
    assert len(base64.b32decode(token.upper() + "======")) == 16
    stored = seated.ask(lambda c: [row.token for row in c.execute(phones.tables.pairing.select())])
    assert token not in str(stored)
    assert len(stored[0]) == 64
    assert token not in str([event.payload for event in seated.events("phone.invited")])


def test_opening_the_link_uses_nothing_up(seated):
    """A messenger that shows a preview of the link opens it."""
    said = invited(seated)
    for _ in range(3):
        assert seated.client().get("/phone/join").status_code == 200
    assert seated.client().get(said["address"]).status_code == 200
    scanned(seated, said=said)


def test_a_code_works_once(seated):
    said = invited(seated)
    scanned(seated, said=said)
    again = seated.client().post("/phone/join", json={"token": said["link"].partition("#")[2]})
    assert again.status_code == 409
    assert "used already" in again.json["error"]


def test_a_newer_code_withdraws_the_one_before(seated):
    first, second = invited(seated), invited(seated)
    assert seated.client().post("/phone/join", json={"token": first["link"].partition("#")[2]}).status_code == 409
    scanned(seated, said=second)


def test_a_code_is_good_for_two_minutes(seated):
    said = invited(seated)
    assert said["expires_at"] == pytest.approx(time.time() + 120, abs=5)
    row = phones.tables.pairing
    seated.do(lambda t: t.connection.execute(row.update().values(expires_at=row.c.expires_at - 121)))
    answer = seated.client().post("/phone/join", json={"token": said["link"].partition("#")[2]})
    assert (answer.status_code, answer.json["error"]) == (409, "this code is too old")
    assert seated.events("phone.scanned") == []


@pytest.mark.parametrize("token", ["", "short", "x" * 26 + "!", "a" * 27, "9" * 26])
def test_what_cannot_be_a_code_is_said(seated, token):
    answer = seated.client().post("/phone/join", json={"token": token})
    assert answer.status_code == 400


def test_codes_are_not_tried_out(make_house):
    house = make_house(PHONE_LIMIT="3/minute")
    house.reach("equipment")
    said = invited(house)
    for _ in range(3):
        assert house.client().post("/phone/join", json={"token": "a" * 26}).status_code == 409
    answer = house.client().post("/phone/join", json={"token": said["link"].partition("#")[2]})
    assert answer.status_code == 429


def test_a_candidate_asks_for_twelve_codes_a_minute_at_most(seated):
    client = seated.candidate()
    answers = [client.post("/api/me/phone").status_code for _ in range(13)]
    assert answers == [201] * 12 + [409]


@pytest.mark.parametrize(
    ("host", "origin", "here"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("localhost:8080", "http://localhost:8080", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        ("box.lab:8443", "http://box.lab:8443", False),
        ("10.1.2.3:8443", "http://10.1.2.3:8443", False),
        ("[fd00::7]:8443", "http://[fd00::7]:8443", False),
    ],
)
def test_the_link_leads_where_the_candidates_own_browser_found_the_box(seated, host, origin, here):
    client = seated.app.test_client(use_cookies=False)
    headers = {"Cookie": f"{COOKIE}={seated.token(attempt=seated.attempts[0])}"}
    said = client.post("/api/me/phone", base_url=f"http://{host}", headers=headers).json
    assert said["link"].startswith(f"{origin}/phone/join#")
    assert (said["address"], said["here"]) == (f"{origin}/phone/join", here)


@pytest.mark.parametrize(
    ("addresses", "origin", "here"),
    [
        (["127.0.0.1", "fe80::1", "fd00::7", "10.1.2.3"], "https://10.1.2.3:8443", False),
        (["::1", "fd00::7"], "https://[fd00::7]:8443", False),
        (["127.0.0.1"], "https://localhost:8443", True),
    ],
)
def test_from_the_box_itself_the_link_leads_to_its_address_in_the_lab_where_it_has_one(seated, addresses, origin, here):
    health.write(seated.services.paths.health, "door", healthy=True, sentence="listens", addresses=addresses)
    client = seated.app.test_client(use_cookies=False)
    headers = {"Cookie": f"{COOKIE}={seated.token(attempt=seated.attempts[0])}"}
    said = client.post("/api/me/phone", base_url="https://localhost:8443", headers=headers).json
    assert (said["address"], said["here"]) == (f"{origin}/phone/join", here)


def test_only_the_page_of_the_box_itself_may_use_a_code(make_house):
    house = make_house(WTF_CSRF_ENABLED=True)
    house.reach("equipment")
    _, token = house.do(phones.invite, house.attempts[0], by="candidate")
    client = house.client()
    assert client.post("/phone/join", json={"token": token}).status_code == 400
    page = client.get("/phone/join").text
    csrf = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    assert client.post("/phone/join", json={"token": token}, headers={"X-CSRFToken": csrf}).status_code == 200


# --- the phone waits ---


def test_a_scanned_phone_waits_and_has_nowhere_to_publish(seated):
    client = scanned(seated)
    said = client.get("/phone/state", headers=JSON).json
    assert (said["seat"], said["exam"], said["state"], said["feeds"]) == ("1", "Biology 101", "scanned", {})


def test_everybody_who_should_know_is_told(seated):
    scanned(seated)
    pairing = waiting(seated)
    assert seated.candidate().get("/api/me").json["phone"]["state"] == "scanned"
    (tile,) = [t for t in seated.user("lead").get("/api/exams/biology-101/wall").json["attempts"] if t["seat"] == "1"]
    assert [(p["pairing"], p["state"]) for p in tile["phones"]] == [(pairing, "scanned")]
    assert seated.user("lead").get(f"/api/attempts/{seated.attempts[0]}").json["phones"] == tile["phones"]
    assert {"phone.scanned", "phone.confirmed", "phone.refused"} <= audience.CANDIDATE_TYPES


def test_a_second_phone_takes_the_place_of_the_one_that_waits(seated):
    first, second = scanned(seated), scanned(seated)
    assert first.get("/phone/state", headers=JSON).status_code == 401
    assert second.get("/phone/state", headers=JSON).json["state"] == "scanned"
    assert states(seated) == ["refused", "scanned"]


# --- the proctor ---


def test_once_it_is_confirmed_it_may_publish_its_own_feed(seated):
    client, pairing = joined(seated)
    said = client.get("/phone/state", headers=JSON).json
    assert said["state"] == "confirmed"
    door = said["feeds"]["phone"]
    claim = FeedTokens.from_file(seated.services.paths.feed_key).check(door["token"], "publish")
    assert (claim.feed.attempt, claim.feed.kind, claim.pairing) == (seated.attempts[0], Kind.PHONE, pairing)
    assert door["url"] == f"/whip/{seated.attempts[0]}/phone"
    (event,) = seated.events("phone.confirmed")
    assert event.payload.to_json() == {"pairing": pairing, "by": "lead"}


def test_one_that_is_refused_is_out_at_once(seated):
    client = scanned(seated)
    pairing = waiting(seated)
    assert decide(seated, "refuse", pairing, reason="not theirs").status_code == 200
    assert client.get("/phone/state", headers=JSON).status_code == 401
    (event,) = seated.events("phone.refused")
    assert event.payload.to_json() == {"pairing": pairing, "by": "lead", "reason": "not theirs"}
    assert seated.candidate().get("/api/me").json["phone"]["state"] == "refused"


def test_refusing_needs_a_reason(seated):
    scanned(seated)
    assert decide(seated, "refuse", waiting(seated), reason=" ").status_code == 400


def test_one_that_is_in_can_be_removed(seated):
    client, pairing = joined(seated)
    assert decide(seated, "refuse", pairing, reason="points away").status_code == 200
    assert client.get("/phone/state", headers=JSON).status_code == 401
    assert client.get("/phone").headers["Location"] == "/phone/join"


def test_a_phone_that_joins_anew_replaces_the_older_one(seated):
    older, _ = joined(seated)
    newer = scanned(seated)
    assert older.get("/phone/state", headers=JSON).json["feeds"]  # until somebody has looked at the new one
    second = waiting(seated)
    decide(seated, "confirm", second)
    assert older.get("/phone/state", headers=JSON).status_code == 401
    assert newer.get("/phone/state", headers=JSON).json["feeds"]
    assert states(seated) == ["refused", "confirmed"]
    assert [e.payload.reason for e in seated.events("phone.refused")] == [phones.REPLACED]


def test_a_new_phone_that_is_refused_leaves_the_older_one_in(seated):
    older, first = joined(seated)
    scanned(seated)
    decide(seated, "refuse", waiting(seated), reason="whose is that?")
    assert older.get("/phone/state", headers=JSON).json["feeds"]
    said = seated.candidate().get("/api/me").json["phone"]
    assert (said["pairing"], said["state"]) == (first, "confirmed")


def test_nobody_decides_twice(seated):
    _, pairing = joined(seated)
    assert decide(seated, "confirm", pairing).status_code == 409
    decide(seated, "refuse", pairing, reason="x")
    assert decide(seated, "refuse", pairing, reason="x").status_code == 409
    assert decide(seated, "confirm", pairing).status_code == 409


def test_a_pairing_is_of_its_own_attempt(seated):
    seated.reach("equipment", 1)
    scanned(seated, 0)
    assert decide(seated, "confirm", waiting(seated, 0), number=1).status_code == 404
    assert states(seated) == ["scanned"]


def test_an_invited_phone_cannot_be_confirmed_before_it_has_come(seated):
    assert decide(seated, "confirm", invited(seated)["pairing"]).status_code == 409


def test_a_proctor_decides_about_the_assigned_ones_only(seated):
    scanned(seated)
    pairing = waiting(seated)
    assert decide(seated, "confirm", pairing, who="proctor2").status_code == 403
    assert decide(seated, "confirm", pairing, who="proctor").status_code == 200


def test_staff_ask_for_the_phone_in_the_chat(seated):
    sent = {"text": "Please add your phone.", "kind": "phone"}
    assert seated.user("lead").post(f"/api/attempts/{seated.attempts[0]}/messages", json=sent).status_code == 201
    (said,) = seated.candidate().get("/api/me").json["messages"]
    assert (said["kind"], said["text"]) == ("phone", "Please add your phone.")


# --- what it may not ---


def test_a_phone_is_nothing_but_a_phone(seated):
    """Its cookie is sent to /phone only; and where it is sent by hand it opens nothing else."""
    client, _ = joined(seated)
    cookie = client.get_cookie(PHONE_COOKIE, path="/phone")
    assert (cookie.path, cookie.http_only, cookie.same_site) == ("/phone", True, "Strict")
    forged = seated.client(cookie.value)
    for path in ("/exam", "/api/me", "/wall", "/look/x", f"/api/attempts/{seated.attempts[0]}", "/exams", "/ledger"):
        assert forged.get(path, headers=JSON).status_code == 403
    assert forged.post("/api/me/phone").status_code == 403
    assert forged.post("/api/me/finish").status_code == 403


def test_in_a_second_window_the_candidate_stays_the_candidate(seated):
    """On loopback both are windows of one browser: two cookies, and each page has its own."""
    client = seated.candidate()
    token = client.post("/api/me/phone").json["link"].partition("#")[2]
    client.post("/phone/join", json={"token": token})
    assert client.get("/api/me").json["phone"]["state"] == "scanned"
    assert client.get("/phone/state", headers=JSON).json["seat"] == "1"


def test_in_a_second_window_a_phone_that_is_removed_is_nobody_and_not_the_candidate(seated):
    """Else the ledger would say that the candidate knocks at a door for phones."""
    client = seated.candidate()
    token = client.post("/api/me/phone").json["link"].partition("#")[2]
    client.post("/phone/join", json={"token": token})
    decide(seated, "refuse", waiting(seated), reason="x")
    assert client.get("/phone/state", headers=JSON).status_code == 401
    assert client.get("/api/me").status_code == 200
    assert seated.events("access.refused") == []


def test_a_candidate_is_no_phone(seated):
    assert seated.candidate().get("/phone/state", headers=JSON).status_code == 403


def test_who_has_no_cookie_is_led_to_the_door_for_phones(seated):
    answer = seated.client().get("/phone")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/phone/join")


def test_a_phones_page_has_none_of_the_staffs_ways(seated):
    client, _ = joined(seated)
    page = client.get("/phone").text
    assert "/sign-out" not in page
    assert 'aria-label="Pages"' not in page


def test_a_login_of_a_phone_without_a_pairing_is_not_found(seated):
    assert seated.role(Role.PHONE).get("/phone/state", headers=JSON).status_code == 404


def test_after_the_attempt_nothing_is_published(seated):
    client, _ = joined(seated)
    seated.reach("submitted")
    said = client.get("/phone/state", headers=JSON).json
    assert (said["stage"], said["feeds"]) == ("submitted", {})


def test_a_code_cannot_be_used_after_the_attempt(seated):
    said = invited(seated)
    seated.reach("submitted")
    answer = seated.client().post("/phone/join", json={"token": said["link"].partition("#")[2]})
    assert (answer.status_code, answer.json["error"]) == (409, "nothing is recorded now")


def test_a_new_join_code_signs_the_browser_out_and_leaves_the_phone_in(seated):
    browser = seated.candidate()
    client, _ = joined(seated)
    seated.do(exams.issue_codes, "biology-101", key=seated.services.code_key, by="lead", attempt=seated.attempts[0])
    assert browser.get("/api/me").status_code == 401
    assert client.get("/phone/state", headers=JSON).json["state"] == "confirmed"
