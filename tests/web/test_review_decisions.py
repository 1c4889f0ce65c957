"""What reviewers and the institution may say by the endpoints, and whom it reaches."""

import time

import pytest

from appliance.exam.events import (
    FlagNoted,
    OutcomeRecorded,
    RecommendationAnswered,
    RecommendationMade,
    RecommendationWithdrawn,
    SampleDrawn,
    SampleJudged,
)
from appliance.exam.permissions import Role
from appliance.exam.plan import Mode
from appliance.ledger import review, state
from appliance.web.audience import CANDIDATE_TYPES, View, shown
from appliance.web.auth import Viewer
from tests.ledger.recorded import Clock, record

from .conftest import EXAM

pytestmark = pytest.mark.slow

WHY = "A phone lay beside the keyboard from 10:02 to 10:09."


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(time, "time", made)
    return made


def at(house, end, number=0):
    return f"/api/review/{house.attempts[number]}/{end}"


def test_I6_a_flag_at_the_play_position_is_on_the_timeline_at_once(house, clock):
    house.reach("in_exam")
    clock.passed = 60
    house.reach("submitted")
    said = {"starts_at": clock() - 30, "ends_at": clock() - 20, "code": "phone_visible", "severity": "low"}
    answer = house.user("reviewer").post(at(house, "flags"), json={**said, "note": "at the edge", "kind": "screen"})
    assert answer.status_code == 201
    (flag,) = house.user("proctor").get(f"/api/review/{house.attempts[0]}").json["flags"]
    assert (flag["flag"], flag["source"], flag["kind"], flag["severity"]) == (
        *(answer.json["flag"], "reviewer"),
        *("screen", "low"),
    )
    assert flag["ended_at"] == pytest.approx(said["ends_at"])


@pytest.mark.parametrize("letter", ["x", "é", "字", "👋"])
def test_a_note_of_20000_characters_is_answered_with_its_length(house, letter):
    house.reach("in_exam")
    flag, client = house.flag(), house.user("reviewer")
    said = [
        client.post(at(house, "flags"), json={"starts_at": time.time(), "note": letter * 20_000}),
        client.post(f"/api/review/flags/{flag}/notes", json={"text": letter * 20_000}),
        client.post(at(house, "recommend"), json={"kind": "refer", "text": letter * 20_000}),
        house.user("institution").post(at(house, "outcome"), json={"outcome": letter * 20_000}),
    ]
    assert [answer.status_code for answer in said] == [400] * 4
    assert all("20000 characters; at most 2000" in answer.json["error"] for answer in said)


def test_notes_are_shared_by_all_who_may_see_the_candidate_and_nobody_else(house):
    house.reach("in_exam")
    url = f"/api/review/flags/{house.flag()}/notes"
    for name in ("proctor", "lead", "reviewer", "institution"):
        assert house.user(name).post(url, json={"text": f"from {name}"}).status_code == 201
    assert house.user("proctor2").post(url, json={"text": "mine?"}).status_code == 403  # another's candidate
    notes = house.user("proctor").get(f"/api/review/{house.attempts[0]}").json["notes"]
    assert [one["text"] for one in notes] == ["from proctor", "from lead", "from reviewer", "from institution"]


def test_M103_to_refer_waits_for_a_second_person_and_the_outcome_is_the_institutions(house):
    house.reach("submitted")
    reviewer, lead = house.user("reviewer"), house.user("lead")
    made = reviewer.post(at(house, "recommend"), json={"kind": "refer", "text": WHY}).json["recommendation"]
    url = f"/api/review/recommendations/{made}"
    assert "another person" in reviewer.post(f"{url}/answer", json={"agreed": True}).json["error"]
    assert house.user("proctor").post(f"{url}/answer", json={"agreed": True}).status_code == 403
    assert lead.post(f"{url}/answer", json={"agreed": True}).json == {"answered": made, "agreed": True}
    late = lead.post(f"{url}/answer", json={"agreed": False, "text": "no"})
    assert (late.status_code, "agreed with by The lead already" in late.json["error"]) == (409, True)
    (row,) = house.ask(lambda c: review.recommendations(c, attempt=house.attempts[0]))
    assert row.standing.value == "stands"
    for name, status in (("reviewer", 403), ("lead", 403), ("institution", 200)):
        assert house.user(name).post(at(house, "outcome"), json={"outcome": "Oral exam."}).status_code == status
    assert [one.outcome for one in house.ask(lambda c: review.outcomes(c, exam=EXAM))] == ["Oral exam."]


def test_a_recommendation_is_withdrawn_by_its_maker_or_a_lead(house):
    house.reach("in_exam")
    for name in ("reviewer", "lead"):
        made = house.user("reviewer").post(at(house, "recommend"), json={"kind": "no_concern"}).json
        url = f"/api/review/recommendations/{made['recommendation']}/withdraw"
        assert house.user(name).post(url, json={}).status_code == 200


def test_a_blind_minute_is_drawn_watched_without_flags_and_judged(house, clock):
    house.reach("in_exam")
    began = clock()
    record(house.services.writer, EXAM, house.attempts[0], starts_at=began, seconds=300)
    clock.passed = 400
    house.flag(onset_at=began + 130, source="proctor")
    client = house.user("reviewer")
    drawn = client.post(f"/api/review/{EXAM}/sample", json={}).json
    assert drawn["url"].startswith(f"/review/{EXAM}/{house.attempts[0]}?sample={drawn['sample']}&at=")
    shown_to = client.get(f"/api/review/{house.attempts[0]}?sample={drawn['sample']}").json
    assert (shown_to["flags"], shown_to["sample"]["sample"]) == ([], drawn["sample"])
    judge = f"/api/review/samples/{drawn['sample']}/judge"
    assert house.user("lead").post(judge, json={"verdict": "clear"}).status_code == 409
    assert "needs a flag" in client.post(judge, json={"verdict": "found"}).json["error"]
    moment = {"starts_at": shown_to["sample"]["starts_at"] + 5}
    flag = client.post(at(house, "flags"), json=moment).json["flag"]
    assert client.post(judge, json={"verdict": "found", "flag": flag}).status_code == 200
    assert house.ask(lambda c: review.summary(c, EXAM)).found == 1
    assert house.user("proctor").post(f"/api/review/{EXAM}/sample", json={}).status_code == 403


def test_I5_undoing_is_a_new_entry_and_inconclusive_leaves_the_list_of_the_wall(house):
    house.reach("in_exam")
    flag, client = house.flag(), house.user("proctor")
    said = {"decision": "inconclusive", "reason": "other_view_needed", "was": "open"}
    assert client.post(f"/api/flags/{flag}/decide", json=said).status_code == 200
    wall = client.get(f"/api/exams/{EXAM}/wall").json
    assert (wall["flags"], wall["attempts"][0]["flags_open"]) == ([], 0)
    assert client.post(f"/api/flags/{flag}/decide", json={"decision": "open"}).status_code == 200
    assert len(client.get(f"/api/exams/{EXAM}/wall").json["flags"]) == 1
    assert [event.payload.decision for event in house.events("flag.decided")] == ["inconclusive", "open"]


# --- whom it reaches ---

_BY = {"by": "reviewer", "by_name": "The reviewer"}
SAID = {
    "flag.noted": FlagNoted(note="n", flag="f", text="x", **_BY),
    "recommendation.made": RecommendationMade(recommendation="r", kind="refer", text="x", **_BY),
    "recommendation.answered": RecommendationAnswered(recommendation="r", agreed=True, text="x", **_BY),
    "recommendation.withdrawn": RecommendationWithdrawn(recommendation="r", text="x", by="reviewer"),
    "outcome.recorded": OutcomeRecorded(outcome="x", **_BY),
}
BLIND = {
    "sample.drawn": SampleDrawn(sample="s", starts_at=1.0, ends_at=61.0, seed="00", among=3, by="reviewer"),
    "sample.judged": SampleJudged(sample="s", verdict="clear", flag=None, text="", by="reviewer"),
}


def test_what_reviewers_say_reaches_staff_who_see_the_candidate_and_blind_minutes_nobody(house):
    for payload in (*SAID.values(), *BLIND.values()):
        house.say(payload)
    events = [event for name in (*SAID, *BLIND) for event in house.events(name)]
    view = house.ask(lambda c: View.of(c, EXAM))
    for role in (Role.PROCTOR, Role.LEAD, Role.REVIEWER, Role.INSTITUTION):
        viewer = Viewer(role, role.value, role.value, "")
        assert [said["type"] for said in shown(viewer, events, view)] == list(SAID)
    assert list(shown(Viewer(Role.PROCTOR, "proctor2", "", ""), events, view)) == []
    for number in (0, 1):
        assert list(shown(Viewer(Role.CANDIDATE, house.attempts[number], "", ""), events, view)) == []
    assert not CANDIDATE_TYPES & {*SAID, *BLIND}


def test_I3_what_is_recorded_and_reviewed_has_no_live_deeds_and_can_be_decided_after_the_end(house):
    house.reach("in_exam")
    house.plan(mode=Mode.RECORD_REVIEW)
    flag = house.flag()
    refused = house.user("lead").post(f"/api/attempts/{house.attempts[0]}/pause", json={"reason": "x"})
    assert (refused.status_code, "reviewed later" in refused.json["error"]) == (409, True)
    house.reach("submitted")
    assert house.user("reviewer").post(f"/api/flags/{flag}/decide", json={"decision": "confirmed"}).status_code == 200
    assert house.ask(lambda c: state.flag(c, flag)).decided_by == "reviewer"
