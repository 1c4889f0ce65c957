"""The institution's inbox: questions that it alone answers, with and without a script; extra time."""

import re

import pytest

from appliance.exam.permissions import Role
from appliance.ledger.actions import inquiries

from .conftest import EXAM
from .test_conduct import at, me

pytestmark = pytest.mark.slow

HTML = {"Accept": "text/html"}


def ask(house, kind="content", text="Is 3b about page 2?", number=0):
    return house.do(inquiries.inquire, house.attempts[number], kind=kind, text=text, by="candidate")


def page(house):
    return house.user("institution").get("/inbox", headers=HTML).text


def test_I34_a_routed_question_is_in_the_inbox_and_the_candidate_sees_what_becomes_of_it(house):
    house.reach("in_exam")
    routed = house.user("proctor").post(at(house, "inquiries"), json={"text": "Is 3b about page 2?"})
    assert routed.status_code == 201
    (asked,) = me(house)["sitting"]["inquiries"]
    assert (asked["text"], asked["answered_at"]) == ("Is 3b about page 2?", None)
    client = house.user("institution")
    inbox = client.get("/api/inbox").json
    assert inbox["open"] == 1
    (one,) = inbox["inquiries"]
    assert (one["kind"], one["name"], one["seat"], one["exam_title"]) == ("content", "Ada Lovelace", "1", "Biology 101")
    assert (one["passed_on_by"], one["answered_at"]) == ("The proctor", None)
    tile = house.user("proctor").get(f"/api/exams/{EXAM}/wall").json["attempts"][0]
    assert tile["inquiries_open"] == 1
    url = f"/api/inquiries/{one['inquiry']}/answer"
    assert client.post(url, json={"text": "Yes, page 2."}).status_code == 200
    (answered,) = me(house)["sitting"]["inquiries"]
    assert answered["answer"] == "Yes, page 2."
    assert client.get("/api/inbox").json["open"] == 0
    again = client.post(url, json={"text": "No."})
    assert (again.status_code, "has answered this question already" in again.json["error"]) == (409, True)
    assert client.post("/api/inquiries/none/answer", json={"text": "x"}).status_code == 404
    assert "The proctor" not in str(me(house)["sitting"])


def test_the_page_shows_open_questions_first_the_oldest_on_top_and_answers_without_a_script(house):
    house.reach("in_exam")
    assert "No question is waiting." in page(house)
    assert re.search(r"data-inbox-count hidden", page(house))
    first, second = ask(house, text="<script>alert(1)</script> שלום"), ask(house, "accommodation", "I need a pause")
    shown = page(house)
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; שלום" in shown
    assert shown.index(first) < shown.index(second)
    assert "2 open" in shown
    assert all(
        words in shown for words in ("Ada Lovelace", "Seat 1", "Biology 101", "just now", "About accommodations")
    )
    client = house.user("institution")
    answer = client.post(f"/inbox/{first}", data={"text": "Look at page 2."})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
    shown = page(house)
    assert shown.index(second) < shown.index("Answered (1)") < shown.index("Look at page 2.")
    assert "1 open" in shown


def test_an_answer_that_is_refused_keeps_what_was_typed_and_says_why(house):
    house.reach("in_exam")
    asked = ask(house, "accommodation")
    client = house.user("institution")
    refused = client.post(f"/inbox/{asked}", data={"text": "Granted & noted", "minutes": "5000"}, headers=HTML)
    assert refused.status_code == 400
    assert "Extra time is at least 1 minute" in refused.text
    assert "Granted &amp; noted</textarea>" in refused.text
    assert house.events("inquiry.answered") == house.events("attempt.time_set") == []  # both or none


def test_an_answer_about_accommodations_grants_time_in_the_same_step(house):
    house.reach("in_exam")
    before = house.attempt().ends_at
    asked = ask(house, "accommodation")
    client = house.user("institution")
    assert client.post(f"/inbox/{asked}", data={"text": "15 minutes more.", "minutes": "15"}).status_code == 303
    assert (house.attempt().extra_minutes, house.attempt().ends_at) == (15, before + 900)
    form = {"attempt": house.attempts[0], "minutes": "5"}
    assert client.post("/inbox/time", data=form).status_code == 303
    assert house.attempt().extra_minutes == 20
    assert "has 20 min extra" in page(house)
    wrong = client.post("/inbox/time", data={**form, "minutes": "none"}, headers=HTML)
    assert (wrong.status_code, "details" in wrong.text) == (400, True)


@pytest.mark.parametrize("role", [Role.PROCTOR, Role.LEAD, Role.PLANNER, Role.REVIEWER, Role.CANDIDATE])
def test_I32_nobody_else_reads_or_answers_the_inbox(lasting, role):
    client = lasting.role(role)
    for method, path in (("GET", "/inbox"), ("GET", "/api/inbox"), ("POST", "/inbox/x"), ("POST", "/inbox/time")):
        answer = client.open(path, method=method, json={"text": "x"} if method == "POST" else None)
        if (role, path) != (Role.PLANNER, "/inbox/time"):
            assert answer.status_code == 403, path
    assert "data-inbox-count" not in client.get("/wall" if role in (Role.PROCTOR, Role.LEAD) else "/").text


def test_the_institution_begins_at_the_inbox(house):
    answer = house.client().post(
        "/sign-in", data={"user": "institution", "password": "four good words here"}, headers=HTML
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
