"""The rehearsal's page: who may begin one, when not, and what is said afterwards."""

import time

import pytest

from appliance.box import health
from appliance.exam.policy import ExamPolicy
from appliance.ledger.actions import exams
from appliance.rehearsal import files
from appliance.rehearsal.phase import Phase, State

from .conftest import EXAM

pytestmark = pytest.mark.slow

VERDICT = {
    "holds": 12,
    "weakest": "detection",
    "parts": {"detection": 12, "processor": 20, "memory": 999},
    "figures": {"cpu": 0.4, "loss": 0.001, "written": 2_500_000.0, "busy": None},
    "seats": [{"seat": "9", "code": "loss", "value": 4.0, "real": True}],
    "asked": 8,
    "here": 8,
    "real": 3,
    "seconds": 300.0,
}


@pytest.fixture
def evening(house):
    """Nobody is here, and the door answers."""
    house.do(lambda t: exams.end_exam(t, EXAM, reason="over", by="lead"))
    health.write(house.services.paths.health, "door", healthy=True, sentence="listens", port=8080)
    return house


def test_it_is_asked_for_with_as_many_seats_as_the_next_exam_has(evening):
    page = evening.user("staff").get("/rehearsal").text
    assert 'name="seats" type="number" min="1" max="60" required value="6"' in page
    assert "Nothing was rehearsed yet." in page

    def plan(transaction):
        exams.create_exam(transaction, ExamPolicy(exam="next", title="Next", starts_at=time.time() + 50_000), by="p")
        rows = [exams.RosterRow(str(n), f"c{n}", f"N {n}") for n in range(1, 10)]
        exams.import_roster(transaction, "next", rows, by="p")

    evening.do(plan)
    page = evening.user("staff").get("/rehearsal").text
    assert 'required value="9"' in page
    assert "The next exam is Next" in page


def test_staff_begin_one_and_stop_it(evening):
    staff, rehearsals = evening.user("staff"), evening.services.rehearsals
    assert staff.post("/rehearsal", data={"seats": "3", "minutes": "0.5"}).status_code == 303
    assert (rehearsals.asked.seats, rehearsals.asked.minutes, rehearsals.asked.url) == (3, 0.5, "http://127.0.0.1:8080")
    rehearsals.state = State(phase=Phase.MEASURING, since=time.time(), seconds=30.0)
    files.say(evening.services.paths, {"phase": "measuring", "here": 2, "seats": 3, "real": 1, "left": 61.0})
    text = staff.get("/rehearsal/now").text
    assert "2 of 3 seats send" in text
    assert "1:01 left." in text
    again = staff.post("/rehearsal", data={"seats": "3", "minutes": "1"})
    assert (again.status_code, rehearsals.refused) == (409, 1)
    assert "A rehearsal goes on already" in again.text or "a rehearsal goes on already" in again.text
    staff.post("/rehearsal/stop")
    assert rehearsals.stopping


def test_nobody_else_begins_one(evening):
    assert evening.user("planner").post("/rehearsal", data={"seats": "3", "minutes": "1"}).status_code == 403
    assert 'action="/rehearsal"' not in evening.user("planner").get("/rehearsal").text


def test_it_is_refused_while_candidates_are_here_and_before_an_exam(house):
    health.write(house.services.paths.health, "door", healthy=True, sentence="listens", port=8080)
    staff = house.user("staff")
    soon = staff.post("/rehearsal", json={"seats": 3, "minutes": 1})
    assert (soon.status_code, "within half an hour" in soon.json["error"]) == (409, True)
    house.reach("in_exam")
    on = staff.post("/rehearsal", json={"seats": 3, "minutes": 1})
    assert (on.status_code, "candidates are here" in on.json["error"]) == (409, True)


def test_what_makes_no_sense_is_said_and_what_was_typed_stays(evening):
    staff = evening.user("staff")
    for seats, minutes in (("0", "1"), ("61", "1"), ("3", "0"), ("x", "1"), ("3", "99")):
        answer = staff.post("/rehearsal", data={"seats": seats, "minutes": minutes})
        assert answer.status_code == 400
        assert f'value="{seats}"' in answer.text
        assert not evening.services.rehearsals.goes_on


def test_the_report_says_what_the_lab_holds_what_is_weakest_and_which_seat_to_look_at(evening):
    report = {"at": time.time(), "outcome": "done", "reason": "", "verdict": VERDICT}
    files.write_report(evening.services.paths, report)
    text = evening.user("lead").get("/rehearsal").text
    assert "This lab can hold 12 seats tomorrow." in text
    assert "The weakest part is detection" in text
    assert "Seat 9: lost 4 % of its packets." in text
    assert "Look at its cable and its socket" in text
    assert "3 of them were the lab&#39;s own computers" in text
    assert evening.user("lead").get("/api/rehearsal").json["report"]["verdict"]["holds"] == 12


ENDS = [
    ({"outcome": "failed", "reason": "nobody"}, "No seat could send"),
    ({"outcome": "failed", "reason": "restarted"}, "The box was started again in the middle."),
    ({"outcome": "stopped", "reason": ""}, "It was stopped before anything could be said."),
    ({"outcome": "done", "reason": "", "verdict": {**VERDICT, "holds": None, "weakest": ""}}, "It was too short"),
    ({"outcome": "interrupted", "reason": "", "verdict": VERDICT}, "Candidates came in, so it ended."),
    ({"outcome": "done", "reason": "", "verdict": {"of": "another box"}}, "It was too short"),
]


def test_whatever_became_of_it_is_said(evening):
    staff = evening.user("staff")
    for report, sentence in ENDS:
        files.write_report(evening.services.paths, {"at": time.time(), **report})
        assert sentence in staff.get("/rehearsal").text


def test_a_report_that_cannot_be_read_is_none(evening):
    files.report_file(evening.services.paths).write_text("{", encoding="utf-8")
    assert "Nothing was rehearsed yet." in evening.user("staff").get("/rehearsal").text
