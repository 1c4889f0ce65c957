"""Warnings and the end; two people at once; a stage that changes meanwhile; the institution that looks, not acts."""

import time

import pytest

from appliance.box.token import FeedTokens
from appliance.exam.permissions import Action
from appliance.ledger.actions import exams

from .conftest import EXAM
from .test_conduct import at, me, of_exam, together
from .test_table import endpoints, path_of

END = {"reason": "spoke with a neighbour"}


def warn(house, number=0):
    said = {"text": "Please look at your own screen.", "kind": "warning"}
    return house.user("proctor").post(at(house, "messages", number), json=said).json["message"]


def test_I29_a_warning_is_acknowledged_and_the_time_is_logged(house):
    house.reach("in_exam")
    message = warn(house)
    assert house.candidate().post(f"/api/me/messages/{message}/acknowledge").status_code == 200
    (logged,) = house.user("proctor").get(at(house, "")[:-1]).json["messages"]
    assert (logged["kind"], logged["acknowledged_at"]) == ("warning", pytest.approx(time.time(), abs=5))
    assert house.events("warning.acknowledged")[0].actor == "candidate"


def test_I36_ending_needs_the_acknowledged_warnings_or_a_second_person_with_a_reason(house):
    for number in (0, 2):
        house.reach("in_exam", number)
    proctor, lead = house.user("proctor"), house.user("lead")
    message = warn(house)
    early = proctor.post(at(house, "end"), json=END)
    assert (early.status_code, early.json["error"]) == (409, "0 of 1 warnings acknowledged")
    assert proctor.post(at(house, "end"), json={**END, "override": True}).status_code == 403
    house.candidate().post(f"/api/me/messages/{message}/acknowledge")
    assert proctor.post(at(house, "end"), json=END).status_code == 200
    assert lead.post(at(house, "end", 2), json=END).status_code == 409  # a lead, too, says that it is an override
    assert lead.post(at(house, "end", 2), json={"reason": " ", "override": True}).status_code == 400
    assert lead.post(at(house, "end", 2), json={**END, "override": True}).status_code == 200
    ended = [e.payload for e in house.events("attempt.ended")]
    assert [(said.by, said.warnings, said.overridden) for said in ended] == [("proctor", 1, False), ("lead", 0, True)]


def test_I35_an_end_stops_content_and_feeds_of_that_candidate_at_once_and_of_nobody_else(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    before = [me(house, number) for number in (0, 1)]
    assert [one["exam"]["link"] for one in before] == ["https://exam.test/x"] * 2
    page = house.sockets.test_client(house.app, flask_test_client=house.candidate())
    house.follower.deliver()
    page.get_received()
    began = time.monotonic()
    assert house.user("lead").post(at(house, "end"), json={**END, "override": True}).status_code == 200
    house.follower.deliver()
    (batch,) = [said["args"][0]["events"] for said in page.get_received() if said["name"] == "events"]
    assert [e["type"] for e in batch] == ["attempt.ended"]
    gone = me(house)
    assert time.monotonic() - began < 2
    assert (gone["stage"], gone["exam"]["link"], gone["feeds"]) == ("ended", "", {})
    assert house.candidate().get("/api/me/sections/1").status_code in (404, 409)
    assert house.user("proctor").post(at(house, "view"), json={"kind": "webcam"}).status_code == 409
    other = me(house, 1)
    assert (other["stage"], other["exam"], other["ends_at"]) == ("in_exam", before[1]["exam"], before[1]["ends_at"])
    assert set(other["feeds"]) == {"webcam", "screen"}
    page.disconnect()


def test_two_who_decide_one_flag_at_once_get_a_defined_answer(house):
    house.reach("in_exam")
    flag = house.flag()
    url, lead, proctor = f"/api/flags/{flag}/decide", house.user("lead"), house.user("proctor")
    same = {"decision": "confirmed", "was": "open"}
    answers = together(*(lambda who=who: who.post(url, json=same) for who in (lead, proctor)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(house.events("flag.decided")) == 1  # the same decision twice is one
    for who in (lead, proctor):
        assert who.post(url, json={"decision": "open", "was": "confirmed"}).status_code == 200
    dismiss = {"decision": "dismissed", "reason": "room_event", "was": "open"}
    answers = together(lambda: lead.post(url, json=same), lambda: proctor.post(url, json=dismiss))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.json for answer in answers if answer.status_code == 409]
    assert "meanwhile" in late["error"]
    assert ("The lead" in late["error"]) != ("The proctor" in late["error"])
    assert len(house.events("flag.decided")) == 3
    assert (
        proctor.post(url, json={**dismiss, "was": house.events("flag.decided")[-1].payload.decision}).status_code == 200
    )


def test_two_who_admit_at_once_admit_once_and_one_is_told(house):
    house.reach("waiting")
    house.feeds_arrive("webcam", "screen")
    lead, proctor = house.user("lead"), house.user("proctor")
    answers = together(*(lambda who=who: who.post(at(house, "admit")) for who in (lead, proctor)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(house.events("attempt.admitted")) == 1
    (late,) = [answer.json["error"] for answer in answers if answer.status_code == 409]
    assert "stage admitted" in late


def test_M10_a_seat_is_given_once_and_recording_goes_on_under_the_same_attempt(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    house.feeds_arrive("webcam", "screen")
    said = {"seat": "9", "reason": "a loaner"}
    answers = together(*(lambda n=n: house.user("lead").post(at(house, "seat", n), json=said) for n in (0, 1)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = [answer.json["error"] for answer in answers if answer.status_code == 409]
    assert "seat 9 is taken" in late
    moved = 0 if answers[0].status_code == 200 else 1
    tokens = FeedTokens.from_file(house.services.paths.feed_key)
    claim = tokens.check(me(house, moved)["feeds"]["webcam"]["token"], "publish")
    assert (claim.feed.attempt, claim.seat) == (house.attempts[moved], "9")
    tiles = {tile["attempt"]: tile for tile in house.user("lead").get(of_exam("wall")).json["attempts"]}
    assert tiles[house.attempts[moved]]["seat"] == "9"
    assert tiles[house.attempts[0]]["health"]["webcam"]["fps"] == 15.0


def test_a_stage_that_changes_while_a_wall_reloads_is_not_lost(house):
    house.reach("waiting")
    snapshot = house.user("lead").get(of_exam("wall")).json
    house.reach("admitted")
    page = house.sockets.test_client(house.app, flask_test_client=house.user("lead"))
    page.emit("follow", {"exam": EXAM, "after": snapshot["seq"]}, callback=True)
    house.follower.deliver()
    (batch,) = [said["args"][0]["events"] for said in page.get_received() if said["name"] == "events"]
    assert [(e["type"], e["chain"]) for e in batch] == [("attempt.admitted", house.attempts[0])]
    page.disconnect()


def test_a_roster_that_changes_while_the_exam_runs_changes_who_is_seen_and_nothing_else(house):
    for number in (0, 1):
        house.reach("in_exam", number)
    house.do(exams.assign, house.attempts[0], "proctor2", by="planner")
    assert house.user("proctor").get(at(house, "")[:-1]).status_code == 403
    seats = [tile["seat"] for tile in house.user("proctor2").get(of_exam("wall")).json["attempts"]]
    assert seats == ["1", "2"]
    assert (me(house)["stage"], set(me(house)["feeds"])) == ("in_exam", {"webcam", "screen"})


WRITES = {
    Action.ANSWER_INQUIRY,
    Action.GRANT_TIME,
    Action.ACCOMMODATE,
    Action.STAFF_CHAT,
    Action.PUBLIC,
    Action.OWN_SESSION,
    Action.REVIEW,  # what was played
    Action.DISCUSS,
    Action.RECORD_OUTCOME,
    Action.EXPORT,
    Action.HOLD,
    Action.ERASE,
    Action.READ_REPORT,  # who reads them asks for them
    Action.OWN_ACCOUNT,
}


def test_M95_the_institution_sees_every_room_and_only_answers_grants_and_talks(house):
    house.reach("in_exam")
    house.flag()
    client = house.user("institution")
    assert len(client.get(of_exam("wall")).json["attempts"]) == 3
    assert client.get(f"/wall/{EXAM}").status_code == client.get(f"/look/{house.attempts[1]}").status_code == 200
    head = house.services.writer.head
    refused = 0
    for method, rule, action in endpoints(house.app):
        if method != "GET" and action not in WRITES and action is not Action.WATCH:
            answer = client.open(path_of(house, rule), method=method, json={}, headers={"Accept": "application/json"})
            assert answer.status_code == 403, rule
            refused += 1
    assert refused > 40
    written = house.services.reader.events(after=head, limit=500)
    assert {event.type for event in written} == {"access.refused"}


def test_I1_a_planners_page_is_closed_to_a_proctor_and_a_proctors_to_a_planner(house):
    assert house.user("proctor").get("/exams").status_code == 403
    assert house.user("planner").get("/wall").status_code == 403
    assert house.user("planner").get("/exams").status_code == house.user("proctor").get("/wall").status_code == 200
