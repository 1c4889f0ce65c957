"""What every answer carries, and what is refused before a view is asked."""

import re

import pytest
from flask import abort

from appliance.errors import StorageFull
from appliance.exam.permissions import Action
from appliance.web.needs import needs

from .conftest import EXAM

JSON = {"Accept": "application/json"}


@pytest.fixture
def guarded(make_house):
    """With the CSRF check on, as the box runs."""
    return make_house(WTF_CSRF_ENABLED=True)


def token_of(client):
    return re.search(r'name="csrf-token" content="([^"]+)"', client.get("/statement").text)[1]


def test_every_answer_says_what_a_browser_may_do(house):
    house.reach("in_exam")
    answers = [
        house.client().get("/"),
        house.client().get("/nothing"),
        house.candidate().get("/api/me"),
        house.user("proctor").get("/exams"),
        house.client().post("/join", json={"code": "x"}),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Permissions-Policy"].startswith(
            "camera=(self), microphone=(self), display-capture=(self)"
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_no_page_has_a_script_or_a_style_in_it(house):
    house.reach("in_exam")
    pages = [
        house.client().get("/"),
        house.client().get("/sign-in"),
        house.candidate().get("/exam"),
        house.user("lead").get(f"/wall/{EXAM}"),
        house.user("planner").get(f"/exams/{EXAM}"),
        house.user("planner").get("/exams/new"),
        house.user("admin").get("/users"),
    ]
    for page in pages:
        assert page.status_code == 200
        for attributes in re.findall(r"<script([^>]*)>", page.text):
            assert 'type="application/json"' in attributes or " src=" in attributes
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", page.text)


def test_a_form_from_elsewhere_is_refused(guarded):
    client = guarded.client()
    answer = client.post("/join", json={"code": guarded.codes[0]}, headers=JSON)
    assert answer.status_code == 400
    assert answer.json["hint"] == "Reload the page and send it again."
    assert guarded.attempt().stage == "invited"
    page = client.post("/join", data={"code": guarded.codes[0], "csrf_token": "forged"})
    assert page.status_code == 400
    assert "open for too long" in page.text
    token = token_of(client)
    other = guarded.client()
    assert other.post("/join", json={"code": guarded.codes[0]}, headers={"X-CSRFToken": token}).status_code == 400
    assert client.post("/join", json={"code": guarded.codes[0]}, headers={"X-CSRFToken": token}).status_code == 200


def test_a_form_field_carries_the_token_too(guarded):
    client = guarded.user("planner")
    said = {"csrf_token": token_of(client), "reason": "x"}
    assert client.post(f"/exams/{EXAM}/end", data=said).status_code == 303


_SIGNED = ("/whip", "/whep", "/lti/login", "/lti/launch")
"""Opened by a token or by a platform's signature, and by no cookie of this box."""


def test_every_post_that_a_cookie_opens_is_guarded(guarded):
    for rule in guarded.app.url_map.iter_rules():
        if "POST" in rule.methods and not rule.rule.startswith(_SIGNED):
            path = re.sub(r"<[^>]+>", "x", re.sub(r"<int:[^>]+>", "1", rule.rule))
            answer = guarded.client().post(path, json={}, headers=JSON)
            assert "open for too long" in answer.json["error"], rule.rule


def test_the_form_cookie_is_for_this_box_alone(house):
    cookie = house.client().get("/").headers["Set-Cookie"]
    assert cookie.startswith("form=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    ("path", "method", "code", "sentence"),
    [
        ("/nothing", "GET", 404, "There is no such page"),
        ("/join", "DELETE", 405, "not possible here"),
        ("/api/nothing", "GET", 404, "There is no such page"),
        ("/join", "GET", 405, "not possible here"),
    ],
)
def test_an_error_of_the_way_is_a_page_or_json(lasting, path, method, code, sentence):
    page = lasting.client().open(path, method=method, headers={"Accept": "text/html"})
    assert page.status_code == code
    assert sentence in page.text
    answer = lasting.client().open(path, method=method, headers=JSON)
    assert (answer.status_code, set(answer.json)) == (code, {"error", "hint"})


def break_view(house, error):
    @needs(Action.PUBLIC)
    def broken():
        raise error

    house.app.config["PROPAGATE_EXCEPTIONS"] = False
    house.app.view_functions["public.front"] = broken


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_no_stack_and_no_words_of_an_exception_reach_a_page(house, accept, caplog):
    break_view(house, ValueError("the secret inside"))
    answer = house.client().get("/", headers={"Accept": accept})
    assert answer.status_code == 500
    assert "The box could not do that" in answer.text
    for word in ("the secret inside", "Traceback", "ValueError", "werkzeug"):
        assert word not in answer.text
    assert "the secret inside" in caplog.text  # it is in the log


def test_an_error_for_people_is_said_as_it_is(house):
    break_view(house, StorageFull("the ledger cannot be written", hint="Free space."))
    answer = house.client().get("/", headers=JSON)
    assert (answer.status_code, answer.json) == (503, {"error": "the ledger cannot be written", "hint": "Free space."})


def test_an_odd_status_of_a_library_is_a_sentence_too(house):
    @needs(Action.PUBLIC)
    def odd():
        abort(418)

    house.app.view_functions["public.front"] = odd
    assert house.client().get("/", headers=JSON).json["error"] == "The box could not do that."


def test_an_error_page_that_cannot_be_drawn_is_still_a_sentence(house, caplog):
    house.app.jinja_env.globals["asset"] = None  # every page needs it

    answer = house.client().get("/nothing")
    assert answer.status_code == 404
    assert answer.text.startswith("There is no such page on this box.")
    assert "error.html cannot be rendered" in caplog.text


@pytest.mark.parametrize("path", ["/join", "/sign-in"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(lasting, path):
    answer = lasting.client().post(path, data={"code": "x" * 70_000}, headers={"Accept": "application/json"})
    assert answer.status_code == 413
    assert answer.json["error"] == "That is too much at once: at most 64 kB fit."


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://localhost.evil.test"])
def test_a_socket_from_another_page_is_refused(lasting, origin):
    """That the own origin is let in, test_process shows."""
    answer = lasting.user("lead").get("/socket.io/?EIO=4&transport=polling", headers={"Origin": origin})
    lasting.sockets.server.shutdown()
    assert answer.status_code == 400
    assert "origin" in answer.text.lower()


def test_the_first_csrf_token_does_not_live_in_the_ledger(guarded):
    client = guarded.client()
    token = token_of(client)
    client.post("/join", json={"code": guarded.codes[0]}, headers={"X-CSRFToken": token})
    for event in guarded.services.reader.events():
        assert token not in str(event.to_json())
