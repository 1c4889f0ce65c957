"""LTI Proctoring Services at the box's door: who may come in by which message, and what goes back to the platform."""

import dataclasses
import re
import time

import jwt
import pytest

from appliance.config import Settings
from appliance.exam.permissions import Role
from appliance.ledger import checkout, lti
from appliance.ledger.actions import exams
from appliance.ledger.actions import lti as actions
from appliance.ledger.projection import erased
from appliance.standards.lti.registry import Registry
from tests.standards.platform_side import AP, LTI, Platform, make_key

from .conftest import EXAM, build, served

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="session")
def platform_key():
    return make_key()


@pytest.fixture(scope="session")
def tool_folder(tmp_path_factory):
    """The box's own key is made once: that takes a while."""
    return tmp_path_factory.mktemp("tool")


@pytest.fixture
def lms(platform_key):
    return Platform(platform_key)


@pytest.fixture
def house(furnished, paths, lms, tmp_path, tool_folder):
    """The usual house, which knows one platform, whose link is the exam."""
    settings = dataclasses.replace(Settings(), platform=(lms.settings(tmp_path),))
    with served(furnished, paths) as services:
        registry = Registry.of(settings, folder=tool_folder, cache=tmp_path, secret=b"s" * 32)
        made = build(furnished, dataclasses.replace(services, settings=settings, lti=registry))
        made.do(actions.link, EXAM, platform="lms", resource_link=lms.link, by="planner")
        yield made


def start_page(house, client):
    answer = client.get("/lti/start")
    assert answer.status_code == 200, answer.text
    token = re.search(r'name="JWT" value="([^"]+)"', answer.text)[1]
    key = jwt.PyJWK(house.services.lti.key.jwks()["keys"][0])
    return answer, jwt.decode(token, key.key, algorithms=["RS256"], audience="https://lms.test")


def test_a_launch_lets_a_candidate_in_as_a_join_code_would(house, lms):
    client = house.client()
    answer = lms.launch(client)
    assert (answer.status_code, answer.headers["Refresh"]) == (200, "0; url=/exam")
    me = client.get("/api/me").json
    assert (me["attempt"], me["stage"], me["exam"]["link"]) == (house.attempts[0], "arrived", "")
    [event] = house.events("lti.launched")
    assert event.payload.resource_link == lms.link
    assert lms.session_data not in str(event.payload)  # a secret of the platform's does not go upstream


def test_the_whole_way_through_the_exam_and_back(house, lms):
    client = house.client()
    lms.launch(client)
    assert client.get("/lti/start", headers=JSON).status_code == 409  # not before the exam is open
    house.reach("in_exam")
    assert client.get("/api/me").json["exam"]["link"] == "/lti/start"
    answer, said = start_page(house, client)
    assert "form-action https://lms.test https:" in answer.headers["Content-Security-Policy"]
    assert 'action="https://lms.test/start-assessment"' in answer.text
    assert said["iss"] == "tool-1"
    assert said[LTI + "message_type"] == "LtiStartAssessment"
    assert (said[AP + "session_data"], said[AP + "attempt_number"]) == (lms.session_data, 1)
    assert said[LTI + "resource_link"] == {"id": lms.link}
    assert said[AP + "end_assessment_return"] is True
    assert AP + "verified_user" not in said  # nobody has checked who it is
    assert lms.launch(house.client(), "LtiEndAssessment").status_code == 200
    assert house.attempt().stage == "submitted"


def test_who_was_verified_is_said_where_a_person_has_checked_it(house, lms):
    from appliance.exam.events import IdentityDecided

    client = house.client()
    lms.launch(client)
    house.reach("in_exam")
    house.say(IdentityDecided(decision="unverified", by="lead"))
    assert AP + "verified_user" not in start_page(house, client)[1]
    house.say(IdentityDecided(decision="matched", by="lead"))
    assert start_page(house, client)[1][AP + "verified_user"] == {"name": "Ada Lovelace"}


def test_M83_the_platform_confirms_in_the_check_out_that_the_exam_is_submitted(house, lms):
    house.plan(check_out="proctor")
    client = house.client()
    lms.launch(client)
    house.reach("in_exam")
    assert "check" in lms.launch(house.client(), "LtiEndAssessment").text
    assert house.attempt().stage == "check_out"
    said = client.get("/api/me").json["checkout"]
    assert (said["ticks"], said["missing"]) == (["submitted"], [])
    [tick] = house.ask(lambda c: checkout.ticks(c, attempt=house.attempts[0]))
    assert tick.by == "exam platform"


def test_M83_it_counts_too_where_the_platform_says_so_during_a_pause(house, lms):
    from appliance.ledger.actions import sitting

    house.plan(check_out="proctor")
    client = house.client()
    lms.launch(client)
    house.reach("in_exam")
    house.do(sitting.pause, house.attempts[0], reason="alarm", by="lead")
    lms.launch(house.client(), "LtiEndAssessment")
    assert house.attempt().stage == "paused"
    house.do(sitting.resume, house.attempts[0], by="lead")
    client.post("/api/me/finish")
    assert client.get("/api/me").json["checkout"]["missing"] == []


def test_an_exam_that_ended_with_an_error_is_written_down_and_not_called_submitted(house, lms):
    lms.launch(house.client())
    house.reach("in_exam")
    answer = lms.launch(house.client(), "LtiEndAssessment", **{AP + "errormsg": "The server fell over"})
    assert "error" in answer.text
    assert "fell over" not in answer.text
    assert house.attempt().stage == "in_exam"
    [event] = house.events("lti.assessment_ended")
    assert (event.payload.troubled, event.payload.message) == (True, "The server fell over")


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "another-tool"}, "aud"),
        ({"iss": "https://evil.test"}, "iss"),
        ({"azp": "another-tool"}, "azp"),
        ({"exp": NOW - 120}, "too old"),
        ({"iat": NOW - 3600, "exp": NOW + 3600}, "too old"),
        ({"iat": NOW + 7200, "exp": NOW + 9000}, "disagree about the time"),
        ({"exp": "soon"}, "Expiration|times|signature"),
        ({"exp": None}, "no exp"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "no nonce"),
        ({LTI + "deployment_id": "d2"}, "deployment"),
        ({LTI + "version": "1.1"}, "1.3.0"),
        ({LTI + "message_type": "LtiResourceLinkRequest"}, "something else"),
        ({LTI + "resource_link": {}}, "resource link"),
        ({AP + "session_data": None}, "session_data"),
        ({AP + "session_data": "x" * 5000}, "session_data"),
        ({AP + "attempt_number": "1"}, "attempt_number"),
        ({AP + "start_assessment_url": "javascript:alert(1)"}, "no address"),
        ({AP + "start_assessment_url": "http://lms.test/start"}, "https"),
        ({"sub": None}, "sub"),
        ({"sub": "c-99"}, "roster"),
        ({LTI + "resource_link": {"id": "unknown"}}, "which exam"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_that_does_not_hold_lets_nobody_in_and_says_why(house, lms, changes, said):
    client = house.client()
    asked = lms.begin(client)
    token = lms.sign(lms.claims(**{"nonce": asked["nonce"], **changes}))
    answer = client.post("/lti/launch", data={"state": asked["state"], "id_token": token}, headers=JSON)
    assert answer.status_code in (400, 409)
    assert re.search(said, answer.json["error"]), answer.json
    assert answer.json["hint"]
    assert client.get("/api/me").status_code == 401
    assert house.attempt().stage == "invited"


def test_clocks_may_be_a_minute_apart(house, lms):
    late = int(time.time()) + 50
    assert lms.launch(house.client(), iat=late, exp=late + 300).status_code == 200


def test_only_the_platforms_own_key_signs(house, lms):
    for signing in ({"key": make_key()}, {"key": "k" * 32, "algorithm": "HS256"}, {"kid": "k2"}):
        answer = lms.launch(house.client(), signing=signing)
        assert answer.status_code == 400, signing
    asked = lms.begin(client := house.client())
    unsigned = jwt.encode(lms.claims(nonce=asked["nonce"]), None, algorithm="none")
    assert client.post("/lti/launch", data={"state": asked["state"], "id_token": unsigned}).status_code == 400
    assert client.post("/lti/launch", data={"state": asked["state"], "id_token": "rubbish"}).status_code == 400


def test_a_message_counts_once(house, lms):
    client = house.client()
    assert lms.launch(client).status_code == 200
    answer = client.post("/lti/launch", data=lms.last, headers=JSON)
    assert (answer.status_code, "used already" in answer.json["error"]) == (409, True)
    assert len(house.events("lti.launched")) == 1


def test_a_launch_that_began_in_another_browser_is_refused(house, lms):
    asked = lms.begin(house.client())
    token = lms.sign(lms.claims(nonce=asked["nonce"]))
    for state in (asked["state"], asked["state"][:-2] + "xx", ""):
        answer = house.client().post("/lti/launch", data={"state": state, "id_token": token}, headers=JSON)
        assert answer.status_code == 400


def test_an_unknown_platform_is_told_apart_from_none_at_all(house, make_house):
    answer = house.client().get("/lti/login?iss=https://other.test", headers=JSON)
    assert (answer.status_code, "does not know" in answer.json["error"]) == (400, True)
    without = make_house()
    assert without.client().get("/lti/login?iss=x", headers=JSON).status_code == 404


def test_a_launch_reaches_its_own_attempt_and_no_other(house, lms):
    client = house.client()
    lms.launch(client, sub="c-2")
    assert client.get("/api/me").json["attempt"] == house.attempts[1]
    assert client.get(f"/api/attempts/{house.attempts[0]}", headers=JSON).status_code == 403
    assert client.get("/wall", headers=JSON).status_code == 403


def test_a_second_browser_is_refused_until_staff_give_a_new_code(house, lms):
    first, second = house.client(), house.client()
    lms.launch(first)
    answer = lms.launch(second)
    assert answer.status_code == 409
    assert second.get("/api/me").status_code == 401
    assert lms.launch(first).status_code == 200  # the same browser comes back
    house.do(exams.issue_codes, EXAM, key=house.services.code_key, by="planner", attempt=house.attempts[0])
    assert lms.launch(second).status_code == 200


def test_a_used_join_code_keeps_others_out_as_well(house, lms):
    house.reach("arrived")
    assert lms.launch(house.client()).status_code == 409


def test_who_is_over_does_not_come_in_again(house, lms):
    lms.launch(client := house.client())
    house.reach("submitted")
    assert lms.launch(client).status_code == 409


def test_an_end_of_somebody_elses_attempt_ends_nothing(house, lms):
    lms.launch(house.client())
    house.reach("in_exam")
    for changes in ({"sub": "c-2"}, {AP + "attempt_number": 2}, {LTI + "resource_link": {"id": "x"}}):
        assert lms.launch(house.client(), "LtiEndAssessment", **changes).status_code == 409
    assert house.attempt().stage == "in_exam"


def test_who_came_with_a_code_has_no_way_to_the_platform(house):
    house.reach("in_exam")
    assert house.candidate().get("/lti/start", headers=JSON).status_code == 404
    assert house.candidate().get("/api/me").json["exam"]["link"] == "https://exam.test/x"


def test_a_planner_links_the_exam_by_what_led_nowhere(house, lms):
    lms.launch(house.client(), **{LTI + "resource_link": {"id": "week-7"}})
    planner = house.role(Role.PLANNER)
    assert "week-7" in planner.get(f"/exams/{EXAM}/lti").text
    said = {"platform": "lms", "resource_link": "week-7"}
    assert planner.post(f"/exams/{EXAM}/lti", data=said).status_code == 303
    assert lms.launch(house.client(), **{LTI + "resource_link": {"id": "week-7"}}).status_code == 200
    assert planner.post(f"/exams/{EXAM}/lti", data={**said, "remove": "on"}).status_code == 303
    assert [link.resource_link for link in house.ask(lambda c: lti.links(c, exam=EXAM))] == [lms.link]
    assert planner.post(f"/exams/{EXAM}/lti", data={**said, "platform": "other"}).status_code == 400


def test_an_erasure_takes_the_launch_with_it(house, lms):
    lms.launch(house.client())
    house.reach("submitted")
    house.services.writer.transact(lambda t: erased.erase(t.connection, house.attempts[0], exam=EXAM, upto=10_000))
    assert house.ask(lambda c: lti.launch(c, house.attempts[0])) is None
    assert [event.payload for event in house.events("lti.launched")] == [None]


def test_the_administrator_finds_what_to_copy(house):
    said = house.client().get("/lti/config").json
    assert said["public_jwk_url"] == "http://localhost/lti/jwks"
    assert said["scopes"] == ["https://purl.imsglobal.org/spec/lti-ap/scope/control.all"]
    [key] = house.client().get("/lti/jwks").json["keys"]
    assert (key["kty"], key["alg"], "d" in key) == ("RSA", "RS256", False)
    assert said["public_jwk"] == key  # for a platform that cannot reach the box
    assert said["public_key"].startswith("-----BEGIN PUBLIC KEY-----")


def test_the_platforms_messages_need_no_token_of_a_page(house, furnished, lms):
    strict = build(furnished, house.services, WTF_CSRF_ENABLED=True)
    assert lms.launch(strict.client()).status_code == 200


def test_the_cookie_crosses_sites_where_the_page_is_protected(house, lms):
    said = {"iss": lms.issuer, "login_hint": "u"}
    plain = house.client().get("/lti/login", query_string=said).headers["Set-Cookie"]
    safe = house.client().get("/lti/login", query_string=said, base_url="https://localhost").headers["Set-Cookie"]
    assert "SameSite=Lax" in plain
    assert "SameSite=None" in safe
    assert "Secure" in safe
    assert "HttpOnly" in safe
