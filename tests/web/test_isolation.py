"""A proctor sees the assigned candidates only, a candidate nothing of another: each endpoint of an attempt is asked."""

import pytest

from appliance.exam.permissions import Role, may
from appliance.web.needs import action_of

from .conftest import EXAM
from .test_table import endpoints, path_of

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}


def scoped(house):
    """Every endpoint that names an attempt or a flag, but the reports: their readers see every seat."""
    for method, rule, action in endpoints(house.app):
        if ("<attempt>" in rule or "<flag>" in rule) and not rule.startswith("/reports"):
            yield method, rule, action


def test_there_is_something_to_ask(house):
    assert len(list(scoped(house))) >= 13


def test_I18_a_proctor_gets_nothing_of_another_proctors_candidate(house):
    house.reach("in_exam")
    house.flag()
    other = house.user("proctor2")
    for method, rule, _ in scoped(house):
        answer = other.open(path_of(house, rule), method=method, json={}, headers=JSON)
        assert answer.status_code == 403, f"{method} {rule} shows another proctor's candidate"
    assert {e.payload.user for e in house.events("access.refused")} == {"proctor2"}


def test_a_proctor_gets_nothing_of_a_candidate_whom_nobody_watches(house):
    house.attempts.reverse()  # path_of takes the first: seat 3
    house.flag()
    proctor = house.user("proctor")
    for method, rule, _ in scoped(house):
        assert proctor.open(path_of(house, rule), method=method, json={}, headers=JSON).status_code == 403


def test_taking_the_assignment_away_closes_the_door_at_once(house):
    proctor, planner = house.user("proctor"), house.user("planner")
    assert proctor.get(f"/api/attempts/{house.attempts[0]}").status_code == 200
    said = {"attempt": house.attempts[0], "proctor": "proctor2"}
    assert planner.post(f"/exams/{EXAM}/assign", json=said).status_code == 200
    assert proctor.get(f"/api/attempts/{house.attempts[0]}").status_code == 403
    assert house.user("proctor2").get(f"/api/attempts/{house.attempts[0]}").status_code == 200


@pytest.mark.parametrize("role", [Role.LEAD, Role.REVIEWER])
def test_lead_and_reviewer_see_every_candidate(house, role):
    house.reach("in_exam")
    house.flag()
    for method, rule, action in scoped(house):
        if may(role, action):
            answer = house.role(role).open(path_of(house, rule), method=method, json={}, headers=JSON)
            assert answer.status_code != 403


def test_M82_a_candidate_gets_nothing_of_anybody_by_any_id(house):
    house.reach("in_exam")
    house.flag()
    for number in (0, 1):  # another's, and the own by a path that is for staff
        client = house.candidate(number)
        for method, rule, _ in scoped(house):
            assert client.open(path_of(house, rule), method=method, json={}, headers=JSON).status_code == 403


def test_a_candidate_reads_and_changes_only_the_own_chat(house):
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    sent = {"text": "Phone away.", "kind": "warning"}
    warning = house.user("lead").post(f"/api/attempts/{house.attempts[0]}/messages", json=sent).json["message"]
    other = house.candidate(1)
    assert other.get("/api/me").json["messages"] == []
    assert other.post(f"/api/me/messages/{warning}/acknowledge").status_code == 404
    assert other.post("/api/me/read", json={"message": warning}).status_code == 404
    said = house.candidate(0).get("/api/me").json["messages"][0]
    assert (said["acknowledged_at"], said["read_at"]) == (None, None)


def test_the_wall_holds_the_assigned_candidates_only(house):
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    house.flag(0)
    house.flag(1)
    for number in (0, 1):
        house.candidate(number).post("/api/me/messages", json={"text": f"from {number}"})

    def wall(name):
        said = house.user(name).get(f"/api/exams/{EXAM}/wall")
        return said, ([a["seat"] for a in said.json["attempts"]], [f["flag"] for f in said.json["flags"]])

    said, seen = wall("proctor")
    assert seen == (["1"], ["flag0"])
    assert [m["text"] for m in said.json["messages"]] == ["from 0"]
    assert "Thompson" not in said.text
    assert wall("proctor2")[1] == (["2"], ["flag1"])
    assert wall("lead")[1] == (["1", "2", "3"], ["flag0", "flag1"])


def test_the_wall_lists_only_exams_with_somebody_to_watch(house):
    assert f"/wall/{EXAM}" in house.user("proctor").get("/wall").text
    house.user("planner").post(f"/exams/{EXAM}/assign", json={"attempt": house.attempts[0], "proctor": ""})
    assert f"/wall/{EXAM}" not in house.user("proctor").get("/wall").text


def test_an_attempt_that_does_not_exist_is_not_found(house):
    for method, rule, action in scoped(house):
        if may(Role.LEAD, action) and "<attempt>" in rule:
            path = path_of(house, rule).replace(house.attempts[0], "0" * 16)
            assert house.user("lead").open(path, method=method, json={}, headers=JSON).status_code == 404


def test_the_exam_of_the_path_must_be_the_attempts(house):
    folder = house.services.paths.media / EXAM / house.attempts[0] / "webcam"
    folder.mkdir(parents=True)
    (folder / "playlist.m3u8").write_text("#EXTM3U")
    lead = house.user("lead")
    with lead.get(f"/media/{EXAM}/{house.attempts[0]}/webcam/playlist.m3u8") as answer:
        assert answer.status_code == 200
    assert lead.get(f"/media/other/{house.attempts[0]}/webcam/playlist.m3u8").status_code == 404
    assert lead.get(f"/reports/other/{house.attempts[0]}/report.json").status_code == 404


def test_only_a_lead_overrides_the_warnings(house):
    house.reach("in_exam")
    end = f"/api/attempts/{house.attempts[0]}/end"
    said = {"reason": "fire", "override": True}
    assert house.user("proctor").post(end, json=said).status_code == 403
    assert house.events("access.refused")[-1].payload.action == "override_end"
    assert house.user("lead").post(end, json=said).status_code == 200
    ended = house.events("attempt.ended")[0].payload
    assert (ended.by, ended.overridden, ended.warnings) == ("lead", True, 0)


def test_every_scoped_view_is_known_to_need_an_action(house):
    assert all(action_of(view) is not None for view in house.app.view_functions.values())
