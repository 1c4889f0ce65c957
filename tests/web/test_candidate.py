"""The candidate's way through the exam, over the API."""

import pytest

from appliance.box import health
from appliance.box.token import FeedTokens
from appliance.exam.feed import Feed, Kind
from appliance.exam.policy import Admission, ExamPolicy
from appliance.ledger import tables
from appliance.ledger.actions import messages
from appliance.web.statement import statement

from .conftest import EXAM

EQUIPMENT = {"camera": "Fake camera", "microphone": "Fake microphone", "surface": "monitor"}


def test_all_the_way(house):
    client = house.client()
    client.post("/join", json={"code": house.codes[0]})
    assert client.get("/api/me").json["stage"] == "arrived"
    assert client.post("/api/me/confirm").json["stage"] == "consent"
    assert client.post("/api/me/sign", json={"signature": "Ada Lovelace"}).json["stage"] == "equipment"
    house.feeds_arrive("webcam", "screen")
    assert client.post("/api/me/equip", json=EQUIPMENT).json["stage"] == "waiting"
    lead = house.user("lead")
    assert lead.post(f"/api/attempts/{house.attempts[0]}/admit").json == {"admitted": house.attempts[0]}
    said = client.post("/api/me/start").json
    assert said["stage"] == "in_exam"
    assert said["ends_at"] == pytest.approx(said["now"] + 90 * 60, abs=5)
    assert client.post("/api/me/finish").json["stage"] == "submitted"
    signed = house.events("attempt.signed")[0].payload
    assert (signed.signature, signed.statement_sha256) == ("Ada Lovelace", statement().sha256)
    assert signed.statement_version == statement().version


def test_where_a_candidate_stands(house):
    house.reach("consent")
    said = house.candidate().get("/api/me").json
    assert {k: said[k] for k in ("attempt", "seat", "name", "stage", "ends_at", "messages")} == {
        "attempt": house.attempts[0],
        "seat": "1",
        "name": "Ada Lovelace",
        "stage": "consent",
        "ends_at": None,
        "messages": [],
    }
    assert said["seq"] == house.services.writer.head
    assert said["statement"] == {"version": statement().version, "text": statement().text}


def test_the_exam_itself_is_shown_only_while_it_is_open(house):
    client = house.candidate()
    for stage, link in [("admitted", ""), ("in_exam", "https://exam.test/x"), ("submitted", "")]:
        house.reach(stage)
        assert client.get("/api/me").json["exam"]["link"] == link


def test_nothing_can_be_published_before_the_signature_or_after_the_end(house):
    client = house.candidate()
    house.reach("consent")
    assert client.get("/api/me").json["feeds"] == {}
    for stage in ("equipment", "in_exam"):
        house.reach(stage)
        feeds = client.get("/api/me").json["feeds"]
        assert set(feeds) == {"webcam", "screen"}
        claim = FeedTokens.from_file(house.services.paths.feed_key).check(feeds["screen"]["token"], "publish")
        assert (claim.feed, claim.exam, claim.seat) == (Feed(house.attempts[0], Kind.SCREEN), EXAM, "1")
        assert feeds["screen"]["url"] == f"/whip/{house.attempts[0]}/screen"
    house.reach("submitted")
    assert client.get("/api/me").json["feeds"] == {}


@pytest.mark.parametrize(
    ("arriving", "sentence"),
    [
        ((), "Neither your camera nor your screen"),
        (("webcam",), "Your screen does not arrive"),
        (("screen",), "Your camera does not arrive"),
    ],
)
def test_equipment_must_arrive_at_the_box(house, arriving, sentence):
    house.reach("equipment")
    house.feeds_arrive(*arriving)
    answer = house.candidate().post("/api/me/equip", json=EQUIPMENT)
    assert answer.status_code == 409
    assert sentence in answer.json["error"]
    assert house.attempt().stage == "equipment"


def test_a_feed_that_fell_silent_does_not_arrive(house):
    house.reach("equipment")
    house.feeds_arrive("webcam", "screen", silent=30.0)
    assert house.candidate().post("/api/me/equip", json=EQUIPMENT).status_code == 409


def test_a_feed_without_a_connection_does_not_arrive(house):
    house.reach("equipment")
    house.feeds_arrive("webcam", "screen", silent=None)
    assert "Neither" in house.candidate().post("/api/me/equip", json=EQUIPMENT).json["error"]


def test_equipment_waits_for_capture(house):
    house.reach("equipment")
    answer = house.candidate().post("/api/me/equip", json=EQUIPMENT)
    assert answer.status_code == 503
    assert "cannot see just now" in answer.json["error"]


def test_an_exam_may_admit_by_itself(house):
    house.services.writer.transact(
        lambda t: t.connection.execute(tables.exam.update().values(admission=Admission.AUTOMATIC.value))
    )
    house.reach("equipment")
    house.feeds_arrive("webcam", "screen")
    assert house.candidate().post("/api/me/equip", json=EQUIPMENT).json["stage"] == "admitted"


@pytest.mark.parametrize(("step", "said"), [("start", {}), ("finish", {}), ("sign", {"signature": "A"})])
def test_a_step_that_does_not_fit_is_refused_with_a_sentence(house, step, said):
    house.reach("waiting")
    answer = house.candidate().post(f"/api/me/{step}", json=said)
    assert answer.status_code == 409
    assert "is not possible while the attempt is in stage waiting" in answer.json["error"]


def test_an_exam_cannot_be_started_before_it_begins(house):
    house.services.writer.transact(lambda t: t.connection.execute(tables.exam.update().values(starts_at=t.now + 60)))
    house.reach("admitted")
    assert "not begun" in house.candidate().post("/api/me/start").json["error"]


def test_chat_both_ways_and_read(house):
    house.reach("in_exam")
    client, proctor, attempt = house.candidate(), house.user("proctor"), house.attempts[0]
    mine = client.post("/api/me/messages", json={"text": "May I use the toilet?"})
    assert mine.status_code == 201
    theirs = proctor.post(f"/api/attempts/{attempt}/messages", json={"text": "Yes."}).json["message"]
    said = client.get("/api/me").json["messages"]
    assert [(m["text"], m["sender"], m["sender_name"], m["kind"]) for m in said] == [
        ("May I use the toilet?", "candidate", "Ada Lovelace", "chat"),
        ("Yes.", "staff", "The proctor", "chat"),
    ]
    assert client.post("/api/me/read", json={"message": theirs}).status_code == 200
    assert client.get("/api/me").json["messages"][1]["read_at"] is not None
    assert client.get("/api/me").json["messages"][0]["read_at"] is None
    proctor.post(f"/api/attempts/{attempt}/read", json={"message": mine.json["message"]})
    assert client.get("/api/me").json["messages"][0]["read_at"] is not None


def test_a_warning_is_acknowledged(house):
    house.reach("in_exam")
    client, proctor, attempt = house.candidate(), house.user("proctor"), house.attempts[0]
    warning = proctor.post(f"/api/attempts/{attempt}/messages", json={"text": "Phone away.", "kind": "warning"})
    end = f"/api/attempts/{attempt}/end"
    assert proctor.post(end, json={"reason": "phone"}).json["error"] == "0 of 1 warnings acknowledged"
    assert client.post(f"/api/me/messages/{warning.json['message']}/acknowledge").status_code == 200
    assert proctor.get(f"/api/attempts/{attempt}").json["warnings_acknowledged"] == 1
    assert proctor.post(end, json={"reason": "phone"}).json == {"ended": attempt}
    assert client.get("/api/me").json["stage"] == "ended"


def test_a_flood_of_messages_is_stopped_with_a_sentence(house):
    house.reach("in_exam", 0)
    house.reach("in_exam", 1)
    answers = [house.candidate().post("/api/me/messages", json={"text": "x"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [409]
    assert answers[-1].json["hint"].startswith("Your proctor has them.")
    assert house.candidate(1).post("/api/me/messages", json={"text": "x"}).status_code == 201


def test_a_candidate_cannot_warn(house):
    house.reach("in_exam")
    house.candidate().post("/api/me/messages", json={"text": "x", "kind": "warning"})
    assert house.candidate().get("/api/me").json["messages"][0]["kind"] == "chat"


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        ("x" * 10_000_000, 413, "at most 64 kB fit"),
        ("x" * 2_001, 400, "has 2001 characters; at most 2000 fit"),
        ("  ", 400, "is empty"),
        (None, 400, "is missing"),
        ({"a": 1}, 400, "must be text"),
        ("a\x00b", 400, "not text"),
        ("a\ud800b", 400, "not text"),
    ],
    ids=["10 MB", "long", "empty", "missing", "object", "null byte", "half a character"],
)
def test_a_message_that_does_not_fit_is_a_sentence(lasting, text, status, sentence):
    house = lasting
    answer = house.candidate().post("/api/me/messages", json={"text": text})
    assert answer.status_code == status
    assert sentence in answer.json["error"]
    assert answer.json["hint"] or status == 400
    assert house.candidate().get("/api/me").json["messages"] == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"\xff", b""])
def test_a_body_that_is_no_object_is_a_sentence(lasting, body):
    answer = lasting.candidate().post("/api/me/messages", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]


def test_the_longest_message_fits(house):
    house.reach("in_exam")
    text = "\U0001f642" * messages.LONGEST
    assert house.candidate().post("/api/me/messages", json={"text": text}).status_code == 201


def test_opening_the_page_again_is_noted_and_not_endlessly(house):
    client = house.client()
    client.post("/join", data={"code": house.codes[0]})
    assert client.get("/exam").status_code == 200
    assert house.events("attempt.rejoined") == []
    for _ in range(9):
        client.get("/exam")
    assert len(house.events("attempt.rejoined")) == 6


def test_the_page_carries_what_its_scripts_need(house):
    house.reach("consent")
    page = house.candidate().get("/exam").text
    assert house.attempts[0] in page
    assert '"webcam_bitrate": 800000' in page


def test_the_end_is_told_by_capture_being_dead(house):
    health.write(house.services.paths.health, "capture-1", healthy=False, sentence="disk full", feeds={})
    house.reach("equipment")
    assert house.candidate().post("/api/me/equip", json=EQUIPMENT).status_code == 503


def test_two_exams_do_not_mix(house):
    from appliance.exam.roster import RosterRow
    from appliance.ledger.actions import exams

    house.do(exams.create_exam, ExamPolicy(exam="other", title="Other", starts_at=0.0), by="planner")
    house.do(exams.import_roster, "other", [RosterRow("1", "c-1", "Ada Lovelace", "proctor")], by="planner")
    assert [a["attempt"] for a in house.user("proctor").get(f"/api/exams/{EXAM}/wall").json["attempts"]] == [
        house.attempts[0]
    ]
