"""The exam itself over the API: content, breaks, announcements, questions to the institution."""

import hashlib
import socket

import pytest

from appliance.exam.events import AttemptAccommodated, ContentStored, ExamPlanned, SectionReleased
from appliance.exam.permissions import Role
from appliance.exam.plan import CheckOut, ExamPlan, Order, Release, Section
from appliance.ledger.actions import announcements, attempts, inquiries, sitting
from appliance.ledger.record import Draft

from .conftest import EXAM

PDF = b"%PDF-1.4 the questions"
THREE = tuple(Section(title=f"Part {n}", link=f"https://exam.test/{n}", break_minutes=5) for n in (1, 2, 3))


def say(house, payload, number=None):
    chain = "box" if number is None else house.attempts[number]
    house.services.writer.append(Draft(payload=payload, chain=chain, exam=EXAM, actor="planner"))


def plan(house, **values):
    say(house, ExamPlanned(exam=EXAM, plan=ExamPlan(**values).to_json(), by="planner"))


def release(house, section):
    say(house, SectionReleased(exam=EXAM, section=section, by="lead"))


def store_pdf(house, section=1):
    path = f"content/{EXAM}/{section}.pdf"
    file = house.services.paths.data / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(PDF)
    facts = {"path": path, "sha256": hashlib.sha256(PDF).hexdigest(), "bytes": len(PDF), "by": "planner"}
    say(house, ContentStored(exam=EXAM, section=section, name="paper.pdf", **facts))


def sat(client):
    return client.get("/api/me").json["sitting"]


def ask(client, path):
    """The answer, with its file read and closed."""
    with client.get(path) as answer:
        answer.get_data()
        return answer


# --- content ---


def test_M40_the_content_is_given_while_somebody_works_and_never_before_or_after(house):
    store_pdf(house)
    client = house.candidate()
    for stage in ("consent", "waiting", "admitted"):
        house.reach(stage)
        for path in ("/api/me/sections/1", "/api/me/content/1", "/exam/sections/1"):
            answer = ask(client, path)
            assert (answer.status_code, b"%PDF" in answer.data) == (409, False)
            assert "exam.test" not in answer.text
    house.reach("in_exam")
    assert client.get("/api/me/sections/1").json == {"link": "https://exam.test/x", "content": "/api/me/content/1"}
    answer = ask(client, "/api/me/content/1")
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"] == "inline; filename=paper.pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get("/api/me/sections/2").status_code == 404
    house.reach("submitted")
    assert ask(client, "/api/me/content/1").status_code == 409


def test_I35_end_break_and_pause_close_the_content_of_this_candidate_and_of_nobody_else(house):
    store_pdf(house)
    mine, other = house.candidate(0), house.candidate(1)
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    attempt = house.attempts[0]
    for begin, over in [
        ((sitting.begin_break, {"minutes": 5}), sitting.end_break),
        ((sitting.pause, {"reason": "x"}), sitting.resume),
        ((attempts.end, {"reason": "phone", "override": True}), None),
    ]:
        assert ask(mine, "/api/me/content/1").status_code == 200
        house.do(begin[0], attempt, by="lead", **begin[1])
        for path in ("/api/me/sections/1", "/api/me/content/1", "/exam/sections/1"):
            assert ask(mine, path).status_code == 409
        assert mine.get("/api/me").json["exam"]["link"] == ""
        assert not any(one["open"] for one in sat(mine)["sections"])
        assert ask(other, "/api/me/content/1").status_code == 200
        if over is not None:
            house.do(over, attempt, by="lead")


def test_I9_nothing_opens_before_the_onboarding_is_over_where_the_planner_says_so(house):
    plan(house, release=Release.TIME, onboarding_minutes=15, sections=THREE)  # it began a minute ago
    house.reach("admitted")
    client = house.candidate()
    answer = client.post("/api/me/start")
    assert (answer.status_code, "not begun" in answer.json["error"]) == (409, True)
    assert not any(one["released"] or one["open"] for one in sat(client)["sections"])
    said = client.get("/api/me").json
    assert said["plan"]["opens_at"] == said["exam"]["starts_at"] + 15 * 60


def test_M34_paper_is_opened_and_printed_before_the_time_runs(house):
    plan(house, print_minutes=10, check_out=CheckOut.PROCTOR)
    store_pdf(house)
    house.reach("admitted")
    client = house.candidate()
    assert ask(client, "/api/me/content/1").status_code == 409
    said = client.post("/api/me/start").json
    assert (said["stage"], said["ends_at"]) == ("printing", None)
    assert said["sitting"]["prints_until"] == pytest.approx(said["now"] + 600, abs=5)
    assert ask(client, "/api/me/content/1").data == PDF
    assert client.post("/api/me/start").json["stage"] == "in_exam"
    assert client.post("/api/me/finish").json["stage"] == "check_out"
    assert ask(client, "/api/me/content/1").status_code == 409


def test_M99_a_section_is_not_fetchable_before_its_release(house):
    plan(house, sections=THREE, one_by_one=True)
    house.reach("in_exam")
    client = house.candidate()
    release(house, 1)
    assert client.get("/api/me/sections/1").json == {"link": "https://exam.test/1"}
    for number in (2, 3):
        answer = client.get(f"/api/me/sections/{number}")
        assert (answer.status_code, "not released" in answer.json["error"]) == (409, True)
    assert "exam.test/2" not in client.get("/api/me").text
    release(house, 2)
    assert client.get("/exam/sections/2").headers["Location"] == "https://exam.test/2"
    said = [(s["number"], s["released"], s["open"], s["opened"]) for s in sat(client)["sections"]]
    assert said == [(1, True, True, True), (2, True, True, True), (3, False, False, False)]


def test_M100_each_candidate_has_an_own_order_that_can_be_told_again(house):
    many = tuple(Section(title=f"Part {n}") for n in range(1, 9))
    held = {"sections": many, "order": Order.SHUFFLED, "seed": "s"}
    plan(house, **held)
    orders = []
    for number in (0, 1):
        house.reach("in_exam", number)
        orders.append([s["number"] for s in sat(house.candidate(number))["sections"]])
        assert orders[-1] == ExamPlan(**held).order_for(house.attempts[number])
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


# --- breaks ---


def test_M98_the_break_after_a_section_is_ones_own_and_another_is_asked_for(house):
    plan(house, sections=THREE)
    house.reach("in_exam")
    client = house.candidate()
    assert (sat(client)["own_break"], client.post("/api/me/break", json={}).status_code) == (None, 409)
    client.get("/api/me/sections/1")
    assert sat(client)["own_break"] == 5
    assert client.post("/api/me/break", json={"minutes": 60}).json == {"stage": "on_break"}
    held = sat(client)["pause"]
    assert (held["kind"], held["minutes"]) == ("break", 5)
    assert held["until"] == pytest.approx(held["begun_at"] + 300, abs=1)
    assert client.post("/api/me/break/end", json={}).json == {"stage": "in_exam"}
    assert (sat(client)["pause"], sat(client)["own_break"]) == (None, None)
    say(house, AttemptAccommodated(switches=["breaks"]), 0)
    assert (sat(client)["own_break"], sat(client)["chooses_break"]) == (15, True)
    assert client.post("/api/me/break", json={"minutes": 3}).status_code == 200
    assert sat(client)["pause"]["minutes"] == 3


# --- words ---


def test_M16_M19_a_candidate_has_no_way_to_another_candidate_or_to_all(house):
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    mine, other = house.candidate(0), house.attempts[1]
    for path, said in [
        (f"/api/exams/{EXAM}/announcements", {"text": "hello", "spoken": False}),
        (f"/api/exams/{EXAM}/staff", {"text": "hello"}),
        (f"/api/attempts/{other}/messages", {"text": "hello", "kind": "chat"}),
        (f"/api/attempts/{other}/inquiries", {"text": "hello"}),
    ]:
        assert mine.post(path, json=said).status_code in (403, 404), path
    for path in ("/api/me/messages", "/api/me/inquiries"):  # whatever it says, it stays with this candidate
        more = {"kind": "content", "text": "hello", "attempt": other, "to": "all", "attempts": [other]}
        assert mine.post(path, json=more).status_code == 201
    heard = house.candidate(1).get("/api/me").json
    assert (heard["messages"], heard["sitting"]["announcements"], heard["sitting"]["inquiries"]) == ([], [], [])


def test_M57_an_announcement_is_there_until_it_was_seen(house):
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    words = {"text": "<b>10</b> دقائق 🙂", "spoken": True, "by": "lead", "by_name": "The lead"}
    id = house.do(announcements.announce, EXAM, attempts=house.attempts, **words)
    client = house.candidate()
    (said,) = sat(client)["announcements"]
    assert (said["text"], said["spoken"], said["by_name"], said["read_at"]) == (words["text"], True, "The lead", None)
    assert client.post(f"/api/me/announcements/{id}/read", json={}).json == {"read": id}
    assert sat(client)["announcements"][0]["read_at"] is not None
    assert house.candidate(2).post(f"/api/me/announcements/{id}/read", json={}).status_code == 404
    assert "lead" not in str({k: v for k, v in said.items() if k != "by_name"})


def test_I32_I34_M104_questions_are_passed_to_the_institution(house):
    house.reach("in_exam")
    client = house.candidate()
    for kind in ("content", "accommodation"):
        inquiry = client.post("/api/me/inquiries", json={"kind": kind, "text": f"{kind}?"}).json["inquiry"]
    house.do(inquiries.answer, inquiry, text="Yes.", by="institution", by_name="The institution")
    first, second = sat(client)["inquiries"]
    assert (first["kind"], first["state"], first["answer"]) == ("content", "open", None)
    assert (second["state"], second["answer"], second["answered_by_name"]) == ("answered", "Yes.", "The institution")
    assert "answered_by" not in second
    assert client.post("/api/me/inquiries", json={"kind": "content", "text": "x" * 2001}).json["error"] == (
        "the question has 2001 characters; at most 2000 fit"
    )
    codes = [client.post("/api/me/inquiries", json={"kind": "content", "text": "?"}).status_code for _ in range(9)]
    assert (codes[0], codes[-1]) == (201, 409)


def test_I33_nobody_who_watches_grants_time(house):
    for role in (Role.PROCTOR, Role.LEAD, Role.CANDIDATE):
        answer = house.role(role).post(f"/api/attempts/{house.attempts[0]}/extra-time", json={"minutes": 5})
        assert answer.status_code in (403, 404)
    assert house.attempt().extra_minutes == 0


def test_I28_the_chat_and_all_of_the_sitting_need_no_network_beyond_the_box(house, monkeypatch):
    def no_network(*_):
        raise AssertionError("something asks the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, no_network)
    house.reach("in_exam")
    client = house.candidate()
    message = client.post("/api/me/messages", json={"text": "May I go?"}).json["message"]
    reader = house.user("lead").post(f"/api/attempts/{house.attempts[0]}/read", json={"message": message})
    assert reader.status_code == 200
    assert client.get("/api/me").json["messages"][0]["read_at"] is not None


def test_I29_a_warning_is_acknowledged_with_its_time(house):
    house.reach("in_exam")
    client, url = house.candidate(), f"/api/attempts/{house.attempts[0]}/messages"
    message = house.user("lead").post(url, json={"text": "Eyes on your screen.", "kind": "warning"}).json["message"]
    assert client.get("/api/me").json["messages"][0]["acknowledged_at"] is None
    assert client.post(f"/api/me/messages/{message}/acknowledge").status_code == 200
    (event,) = house.events("warning.acknowledged")
    assert client.get("/api/me").json["messages"][0]["acknowledged_at"] == event.wall
