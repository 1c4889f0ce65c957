"""Detector health by seat, over pages and API: what is said to whom, who may mute, and what that changes."""

import time

import pytest

from appliance.exam.events import FlagDecided
from appliance.exam.policy import ExamPolicy
from appliance.exam.roster import RosterRow
from appliance.ledger.actions import attempts, exams

from .conftest import EXAM

API = f"/api/review/exams/{EXAM}/seats"
PAGE = f"/review/{EXAM}/seats"


def dismiss(house, times, number=0, code="phone_visible", reason="detector_error"):
    for count in range(times):
        flag = house.flag(number, flag=f"{code}{number}-{count}", code=code)
        house.say(FlagDecided(flag=flag, decision="dismissed", reason=reason, note="", by="proctor"), number)


def mute(client, house, number=0, **changes):
    said = {"code": "phone_visible", "muted": True, "reason": "the lamp reflects", **changes}
    return client.post(f"/api/review/{house.attempts[number]}/mute", json=said)


@pytest.fixture
def lamp(house):
    """Candidate 1 is in the exam, and the phone detector was wrong there six times of six."""
    house.reach("in_exam")
    dismiss(house, 6)
    return house


def test_six_of_six_is_said_in_words_with_what_helps(lamp):
    page = lamp.user("lead").get(PAGE).text
    assert "Phone visible at seat 1: dismissed 6 of 6" in page
    assert "6 of them as a detector error" in page
    assert "move the lamp" in page
    assert "data-mute" in page


def test_the_wall_is_told_what_crossed_the_limit(lamp):
    (trouble,) = lamp.user("proctor").get(API).json["trouble"]
    assert (trouble["seat"], trouble["code"], trouble["dismissed"], trouble["decided"]) == ("1", "phone_visible", 6, 6)
    assert lamp.user("proctor").get(API).json["may_mute"] is False
    assert lamp.user("lead").get(API).json["may_mute"] is True


def test_a_proctor_learns_nothing_of_seats_of_others(lamp):
    assert lamp.user("proctor2").get(API).json["trouble"] == []
    assert "seat 1" not in lamp.user("proctor2").get(PAGE).text
    assert "data-mute" not in lamp.user("proctor").get(PAGE).text


def test_a_lead_mutes_with_a_reason_and_everybody_reads_by_whom_and_why(lamp):
    assert mute(lamp.user("lead"), lamp).json == {"changed": True}
    assert mute(lamp.user("lead"), lamp).json == {"changed": False}
    said = lamp.user("proctor").get(API).json
    assert said["trouble"] == []
    assert [(one["code"], one["by_name"], one["reason"]) for one in said["muted"]] == [
        ("phone_visible", "The lead", "the lamp reflects")
    ]
    assert "By The lead: the lamp reflects." in lamp.user("proctor").get(PAGE).text
    judged = lamp.user("proctor").get(f"/api/attempts/{lamp.attempts[0]}/judged").json
    assert [one["by_name"] for one in judged["muted"]] == ["The lead"]
    assert "phone_visible" not in judged["off"] + judged["on"]
    assert lamp.candidate().get("/api/me").json.keys() == lamp.candidate(1).get("/api/me").json.keys()


def test_M96_a_proctor_mutes_only_where_the_exam_is_led_by_delegation(lamp):
    proctor = lamp.user("proctor")
    assert mute(proctor, lamp).status_code == 403
    lamp.user("lead").post(f"/api/exams/{EXAM}/delegates", json={"user": "proctor", "active": True})
    assert proctor.get(API).json["may_mute"] is True
    assert mute(proctor, lamp).json == {"changed": True}


def test_unmuting_is_an_event_of_its_own(lamp):
    mute(lamp.user("lead"), lamp)
    assert mute(lamp.user("lead"), lamp, muted=False, reason="moved").json == {"changed": True}
    assert [event.payload.muted for event in lamp.events("rule.muted")] == [True, False]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"reason": ""}, 400), ({"reason": "x" * 20_000}, 400), ({"code": "manual_flag"}, 400), ({"muted": "maybe"}, 400)],
)
def test_what_does_not_fit_is_refused_in_words(lamp, change, status):
    answer = mute(lamp.user("lead"), lamp, **change)
    assert answer.status_code == status
    assert answer.json["error"]
    assert not lamp.events("rule.muted")


def test_nobody_else_mutes_and_nothing_is_muted_once_it_is_over(lamp):
    assert mute(lamp.user("proctor"), lamp).status_code == 403
    lamp.do(attempts.finish, lamp.attempts[0])
    assert mute(lamp.user("lead"), lamp).status_code == 409
    assert "data-mute" not in lamp.user("lead").get(PAGE).text


def test_what_was_dismissed_as_a_room_event_troubles_nobody(house):
    house.reach("in_exam")
    dismiss(house, 6, reason="room_event")
    assert house.user("lead").get(API).json["trouble"] == []


def test_earlier_exams_at_the_same_seats_are_named(lamp):
    def later(transaction):
        policy = ExamPolicy(exam="chem", title="Chemistry", starts_at=time.time() + 600)
        exams.create_exam(transaction, policy, by="planner")
        exams.import_roster(transaction, "chem", [RosterRow("1", "c-9", "Bo Next", None)], by="planner")

    lamp.do(later)
    page = lamp.user("lead").get("/review/chem/seats").text
    assert "Biology 101" in page
    assert "Phone visible at seat 1: dismissed 6 of 6 in earlier exams" in page
    assert "Ada Lovelace" not in page
