"""Role x endpoint: every rule of the application and every socket event, asked as everybody."""

import re
from pathlib import Path

import pytest

from appliance.exam.permissions import USERS, Action, Role, may
from appliance.web import sockets
from appliance.web.needs import action_of

from .conftest import EXAM

pytestmark = pytest.mark.slow

API = Path(__file__).parents[2] / "docs" / "api.md"
EVERYBODY = [None, *Role]
REFUSED = (401, 403)


def endpoints(app):
    """(method, rule, action) of all there is."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, action_of(app.view_functions[rule.endpoint])


def path_of(house, rule: str) -> str:
    values = {
        "exam": EXAM,
        "attempt": house.attempts[0],
        "flag": "flag0",
        "kind": "webcam",
        "file": "playlist.m3u8",
        "moment": "onset",
        "message": "none",
        "section": "1",
        "announcement": "none",
        "pairing": "none",
        "picture": "photo",
        "scan": "none",
        "inquiry": "none",
        "page": "none",
        "number": "1",
        "errand_id": "none",
        "kept": "none",
        "export": "none",
        "user": "none",
        "hold": "none",
        "recommendation": "none",
        "sample": "none",
        "rest": f"{house.attempts[0]}/webcam",
        "filename": "none.css",
        "code": "3333-3333",
        "step": "lab",
        "name": "box.crt",
        "token": "none",
        "check": "clock",
    }
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: values[m[1]], rule)


@pytest.mark.parametrize("role", EVERYBODY, ids=lambda role: role.value if role else "nobody")
def test_I2_every_endpoint_lets_in_whom_the_table_names_and_nobody_else(house, role):
    house.reach("in_exam")
    house.flag()
    client = house.role(role)
    asked = 0
    for method, rule, action in endpoints(house.app):
        if rule == "/sign-out":
            continue  # it would sign the others out; test_public has it
        answer = client.open(path_of(house, rule), method=method, headers={"Accept": "application/json"}, json={})
        asked += 1
        if may(role, action):
            assert answer.status_code not in REFUSED, f"{method} {rule} refuses {role}: {answer.text}"
        else:
            assert answer.status_code == (401 if role is None else 403), f"{method} {rule} lets {role} in"
            assert set(answer.json) == {"error", "hint"}
        assert answer.status_code != 500, f"{method} {rule} breaks for {role}"
    assert asked > 40


def test_every_view_names_an_action(house):
    assert [rule for _, rule, action in endpoints(house.app) if action is None] == []


def test_a_view_that_names_none_answers_nobody(make_house):
    house = make_house()
    house.app.view_functions["public.front"] = lambda: "secret"
    for role in EVERYBODY:
        answer = house.role(role).get("/", headers={"Accept": "application/json"})
        assert answer.status_code == 403
        assert "secret" not in answer.text


def test_every_endpoint_stands_in_the_document(house):
    said = set()
    for line in API.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\| ([A-Z, ]+) \| `(/[^`]*)` \| (\w+) \|", line):
            for method in found[1].split(", "):
                said.add((method, re.sub(r"{(\w+)}", r"<\1>", found[2]), Action(found[3])))
    there = {(method, re.sub(r"<\w+:", "<", rule), action) for method, rule, action in endpoints(house.app)}
    assert there - said == set(), "not in docs/api.md, or with another action"
    assert said - there == set(), "in docs/api.md, but not in the application"


@pytest.mark.parametrize("role", EVERYBODY, ids=lambda role: role.value if role else "nobody")
def test_every_socket_event_lets_in_whom_the_table_names(house, role):
    house.reach("in_exam")
    page = house.sockets.test_client(house.app, flask_test_client=house.role(role))
    kind = "user" if role in USERS else "candidate"
    allowed = {name for name, handlers in sockets.EVENTS.items() if may(role, action_of(handlers[kind]))}
    assert page.is_connected() == bool(allowed)
    if not page.is_connected():
        return
    for name in sockets.EVENTS:
        said = page.emit(name, {"exam": EXAM, "after": 0}, callback=True)
        assert ("error" not in said) == (name in allowed)
    assert "error" in page.emit("anything", {"exam": EXAM}, callback=True)
    page.disconnect()


def test_every_socket_handler_names_an_action():
    for handlers in sockets.EVENTS.values():
        assert set(handlers) == {"user", "candidate"}
        assert all(action_of(handler) is not None for handler in handlers.values())


def test_a_refusal_is_in_the_ledger_but_not_a_thousand_times(house):
    client = house.user("proctor")
    for _ in range(15):
        assert client.get("/exams").status_code == 403
    found = house.events("access.refused")
    assert len(found) == 10
    assert found[0].payload.to_json() == {"user": "proctor", "action": "plan", "path": "/exams"}


def test_nobody_goes_to_the_sign_in_page(house):
    answer = house.client().get("/wall")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
