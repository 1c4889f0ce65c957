"""What staff do around the exam, over the API: check-in, sitting, announcements, the back channel, the end; and who may
not."""

import threading
import time

import pytest

from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import AttemptMoved, IdentityPictured, ScanRecorded, SegmentClosed
from appliance.exam.plan import Mode, Sight
from appliance.ledger.actions import exams

from .conftest import EXAM
from .test_table import endpoints

pytestmark = pytest.mark.slow

WORDS = ["<img src=x onerror=alert(1)>", "שלום לכולם, العربية", "👩‍🏫 fünf & sechs", "a\nb\tc"]


def at(house, path, number=0):
    return f"/api/attempts/{house.attempts[number]}/{path}"


def of_exam(path):
    return f"/api/exams/{EXAM}/{path}"


def me(house, number=0):
    return house.candidate(number).get("/api/me").json


def together(*calls):
    """All at once; -> what each got, in order."""
    barrier, said = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        barrier.wait()
        said[place] = call()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


# --- check-in ---


def test_I13_an_id_is_asked_for_again_with_a_reason_and_the_first_one_is_kept(house):
    house.do(exams.set_detection, EXAM, DetectionPolicy(identity=True), by="planner")
    house.reach("waiting")
    assert house.attempt().stage == "identification"
    shown = {"photo": "a.jpg", "photo_sha256": "0", "face": "b.jpg", "face_sha256": "1"}
    house.say(IdentityPictured(**shown), actor="candidate")
    house.say(AttemptMoved(stage="waiting", step="identify", by="candidate", reason=""))
    client, said = house.user("proctor"), {"stage": "identification", "reason": "the photo is blurred"}
    began = time.monotonic()
    assert client.post(at(house, "back"), json={**said, "reason": " "}).status_code == 400
    assert client.post(at(house, "back"), json=said).status_code == 200
    assert me(house)["stage"] == "identification"
    assert time.monotonic() - began < 2
    (returned,) = client.get(at(house, "")[:-1]).json["checkin"]["returned"]
    assert (returned["stage"], returned["times"], returned["reason"]) == ("identification", 1, said["reason"])
    assert house.events("identity.pictured")[0].payload.photo == "a.jpg"
    assert client.get(at(house, "")[:-1]).json["identity"]["photo_sha256"] == "0"


def test_I14_a_scan_is_asked_for_again_and_the_attempts_are_counted(house):
    house.reach("equipment")
    house.plan(room_scan=True)
    house.say(AttemptMoved(stage="room_scan", step="equip", by="candidate", reason=""))
    client = house.user("proctor")
    clip = {"sha256": "0", "bytes": 9, "seconds": 12.0, "delete_at": 9e9}
    for number in (1, 2):
        house.say(ScanRecorded(scan=f"s{number}", number=number, path=f"{number}.webm", **clip), actor="candidate")
        house.say(AttemptMoved(stage="waiting", step="scan", by="candidate", reason=""))
        said = {"verdict": "again", "note": f"too fast {number}"}
        assert client.post(at(house, f"scans/s{number}/review"), json=said).status_code == 200
        assert house.attempt().stage == "room_scan"
    checkin = client.get(at(house, "")[:-1]).json["checkin"]
    assert [(one["stage"], one["times"], one["reason"]) for one in checkin["returned"]] == [
        ("room_scan", 2, "too fast 2")
    ]
    assert [(one["number"], one["verdict"], one["there"]) for one in checkin["scans"]] == [
        (1, "again", True),
        (2, "again", True),
    ]


def test_I12_the_clip_of_a_scan_is_played_by_ranges_and_the_first_look_is_in_the_ledger(house):
    house.reach("waiting")
    folder = house.services.paths.media / EXAM / house.attempts[0] / "scans"
    folder.mkdir(parents=True)
    (folder / "1.webm").write_bytes(b"0123456789")
    path = f"{EXAM}/{house.attempts[0]}/scans/1.webm"
    clip = {"sha256": "0", "bytes": 10, "seconds": 12.0, "delete_at": 9e9}
    house.say(ScanRecorded(scan="s1", number=1, path=path, **clip))
    client = house.user("proctor")
    with client.get(at(house, "scans/s1"), headers={"Range": "bytes=2-4"}) as answer:
        assert (answer.status_code, answer.data, answer.mimetype) == (206, b"234", "video/webm")
    with client.get(at(house, "scans/s1")) as answer:
        assert answer.data == b"0123456789"
    assert [e.payload.what for e in house.events("feed.viewed")] == ["scan"]
    assert client.get(at(house, "scans/none")).status_code == 404
    assert house.user("proctor2").get(at(house, "scans/s1")).status_code == 403


def test_I15_refusing_admission_needs_reasons_locks_out_and_tells_the_next_step_only(house):
    house.reach("waiting")
    client, said = house.user("proctor"), {"reason": "not the person", "next_step": "Go to room 7."}
    for missing in said:
        assert client.post(at(house, "refuse"), json={**said, missing: ""}).status_code == 400
    assert client.post(at(house, "refuse"), json=said).status_code == 200
    assert me(house)["stage"] == "refused"
    assert house.candidate().post("/api/me/start").status_code == 409
    assert client.post(at(house, "admit")).status_code == 409
    refused = house.events("attempt.refused")[0]
    assert (refused.chain, refused.payload.by) == (house.attempts[0], "proctor")  # the chain goes upstream
    assert "not the person" not in str(me(house))


def test_M14_nobody_is_admitted_whom_the_box_does_not_record(house):
    house.reach("waiting")
    client = house.user("proctor")
    for arriving in ((), ("webcam",)):
        house.feeds_arrive(*arriving)
        answer = client.post(at(house, "admit"))
        assert (answer.status_code, "not being recorded" in answer.json["error"]) == (409, True)
    assert "screen" in answer.json["error"]
    assert "webcam" not in answer.json["error"]
    house.feeds_arrive("webcam", "screen")
    assert client.post(at(house, "admit")).status_code == 200


def test_I11_M46_known_to_me_stands_for_an_id_only_where_the_planner_permits_it(house):
    house.do(exams.set_detection, EXAM, DetectionPolicy(identity=True), by="planner")
    house.reach("waiting")
    client = house.user("proctor")
    house.plan(known_allowed=False)
    refused = client.post(at(house, "identity"), json={"decision": "known", "note": ""})
    assert (refused.status_code, refused.json["error"]) == (409, "this exam wants an ID of everybody")
    house.plan(known_allowed=True)
    assert client.post(at(house, "identity"), json={"decision": "known", "note": ""}).status_code == 200
    known = client.get(at(house, "")[:-1]).json["identity"]
    assert (known["decision"], known["decided_by"]) == ("known", "proctor")  # I11: a person, by name and time
    assert known["decided_at"] == pytest.approx(time.time(), abs=5)
    assert house.attempt().stage == "waiting"


def test_M23_M32_M53_what_a_person_ticks_is_noted_with_the_name(house):
    house.reach("equipment")
    house.plan(position=True, required=frozenset({Sight.FACE, Sight.HANDS}))
    house.say(AttemptMoved(stage="position", step="equip", by="candidate", reason=""))
    client = house.user("proctor")
    assert client.post(at(house, "posture"), json={"ticked": "face"}).status_code == 400
    assert client.post(at(house, "posture"), json={"ticked": ["feet"]}).status_code == 400
    said = {"ticked": ["hands", "face"], "phone": "visible"}
    assert client.post(at(house, "posture"), json=said).json == {"ticked": ["face", "hands"]}
    posture = client.get(at(house, "")[:-1]).json["checkin"]["posture"]
    assert (posture["ticked"], posture["phone"], posture["by"]) == (["face", "hands"], "visible", "proctor")
    assert house.attempt().stage == "waiting"


# --- the sitting ---


def test_I3_the_server_refuses_what_is_live_where_nobody_watches_and_admits_by_itself(house):
    house.plan(mode=Mode.RECORD_REVIEW)
    house.reach("waiting")
    assert house.attempt().stage == "admitted"
    house.candidate().post("/api/me/start")
    assert house.attempt().stage == "in_exam"
    client = house.user("lead")
    for path, said in {
        "messages": {"text": "Careful", "kind": "warning"},
        "call": {},
        "break": {"minutes": 5},
        "pause": {"reason": "fire"},
        "scan": {"reason": "once more"},
        "attention": {"kind": "listen"},
        "admit": {},
    }.items():
        answer = client.post(at(house, path), json=said)
        assert (answer.status_code, "recorded and reviewed later" in answer.json["error"]) == (409, True), path
    assert client.post(at(house, "flags"), json={"note": "x"}).status_code == 201
    assert client.post(at(house, "messages"), json={"text": "Hello", "kind": "chat"}).status_code == 201


def test_I8_an_act_that_does_not_fit_the_stage_is_refused_in_words(house):
    house.reach("arrived")
    client = house.user("proctor")
    for path, said in {"break": {"minutes": 5}, "break/end": {}, "pause": {"reason": "x"}, "resume": {}}.items():
        answer = client.post(at(house, path), json=said)
        assert (answer.status_code, "in the stage arrived" in answer.json["error"]) == (409, True), path
    assert client.post(at(house, "break"), json={"minutes": 2.5}).status_code == 400


def test_M18_a_pause_and_a_break_stop_the_clock_and_nothing_that_records(house):
    house.reach("in_exam")
    client = house.user("proctor")
    ends_at = house.attempt().ends_at
    for begin, said, end in (("pause", {"reason": "alarm"}, "resume"), ("break", {"minutes": 5}, "break/end")):
        assert client.post(at(house, begin), json=said).status_code == 200
        assert set(me(house)["feeds"]) == {"webcam", "screen"}
        assert client.post(at(house, end)).status_code == 200
        assert house.attempt().stage == "in_exam"
    assert house.attempt().ends_at >= ends_at
    rules = [rule for method, rule, _ in endpoints(house.app) if method != "GET"]
    assert not [rule for rule in rules if "record" in rule]


def test_I33_a_proctor_is_refused_extra_time_in_the_ledger_and_the_institution_grants_it(house):
    house.reach("in_exam")
    before = me(house)["ends_at"]
    for name in ("proctor", "lead"):
        assert house.user(name).post(at(house, "extra-time"), json={"minutes": 10}).status_code == 403
    assert {(e.payload.user, e.payload.action) for e in house.events("access.refused")} == {
        ("proctor", "grant_time"),
        ("lead", "grant_time"),
    }
    assert me(house)["ends_at"] == before
    answer = house.user("institution").post(at(house, "extra-time"), json={"minutes": 10})
    assert (answer.json["extra_minutes"], answer.json["ends_at"]) == (10, before + 600)
    assert (me(house)["ends_at"], me(house)["sitting"]["extra_minutes"]) == (before + 600, 10)
    assert house.user("planner").post(at(house, "extra-time"), json={"minutes": 5}).json["extra_minutes"] == 15
    tile = house.user("proctor").get(f"/api/exams/{EXAM}/wall").json["attempts"][0]
    assert (tile["extra_minutes"], tile["ends_at"]) == (15, before + 900)


def test_M61_a_listening_is_logged_with_time_and_listener(house):
    house.reach("in_exam")
    for name, kind in (("proctor", "look"), ("lead", "listen")):
        assert house.user(name).post(at(house, "attention"), json={"kind": kind}).status_code == 200
    given = house.events("attention.given")
    assert [(e.actor, e.payload.kind, e.payload.by) for e in given] == [
        ("proctor", "look", "proctor"),
        ("lead", "listen", "lead"),
    ]
    assert given[1].wall == pytest.approx(time.time(), abs=5)
    attention = house.user("proctor").get(f"/api/exams/{EXAM}/wall").json["attempts"][0]["attention"]
    assert (attention["looked_by"], attention["listened_by"], attention["listened_at"]) == (
        "lead",
        "lead",
        given[1].wall,
    )
    assert house.user("institution").post(at(house, "attention"), json={"kind": "look"}).status_code == 403


def test_M63_an_irregularity_stores_time_place_category_and_words(house):
    house.reach("in_exam")
    began = time.time() - 100
    segment = {"kind": "webcam", "number": 1, "path": "x/1.mp4", "starts_at": began, "position": 0.0, "duration": 2.0}
    house.say(SegmentClosed(**segment, bytes=9, init_bytes=1, sha256="0", codecs=["h264"]), actor="capture-1")
    said = {"category": "environment.noise", "text": WORDS[0], "back_seconds": 30}
    assert house.user("proctor").post(at(house, "irregularities"), json=said).status_code == 201
    (noted,) = house.user("proctor").get(at(house, "")[:-1]).json["irregularities"]
    assert noted["happened_at"] == pytest.approx(time.time() - 30, abs=5)
    assert noted["position"] == pytest.approx(70, abs=5)
    assert (noted["category"], noted["text"], noted["by"]) == ("environment.noise", WORDS[0], "proctor")
    wrong = {**said, "category": "none"}
    assert house.user("proctor").post(at(house, "irregularities"), json=wrong).status_code == 400


def test_M25_a_room_scan_is_asked_for_during_the_exam_and_the_candidate_sees_the_reason(house):
    house.reach("in_exam")
    client, said = house.user("proctor"), {"reason": "a voice was heard"}
    assert client.post(at(house, "scan"), json={"reason": ""}).status_code == 400
    asked = client.post(at(house, "scan"), json=said)
    assert asked.status_code == 201
    again = client.post(at(house, "scan"), json=said)
    assert (again.status_code, again.json["error"]) == (409, "the candidate has been asked already")
    (scan,) = client.get(at(house, "")[:-1]).json["checkin"]["scans"]
    assert (scan["scan"], scan["asked_by"], scan["there"]) == (asked.json["scan"], "proctor", False)
    assert (me(house)["stage"], said["reason"] in str(me(house)["checkin"])) == ("in_exam", True)


def test_M30_distraction_is_a_flag_that_a_person_raises(house):
    house.reach("in_exam")
    assert house.user("proctor").post(at(house, "flags"), json={"note": "distraction: eats"}).status_code == 201
    (flag,) = house.user("proctor").get(at(house, "")[:-1]).json["flags"]
    assert (flag["source"], flag["note"] or flag["facts"]["note"]) == ("proctor", "distraction: eats")


def test_M11_whom_to_ask_is_on_the_pages_of_candidate_and_proctor(house):
    house.reach("waiting")
    house.plan(contact="IT desk, ext. 4100")
    assert "IT desk, ext. 4100" in str(me(house))
    assert house.user("proctor").get(of_exam("wall")).json["plan"]["contact"] == "IT desk, ext. 4100"


def test_M58_the_wall_says_since_when_a_question_waits(house):
    house.reach("in_exam")
    for words in ("May I go out?", "Hello?"):
        house.candidate().post("/api/me/messages", json={"text": words})
    said = house.user("proctor").get(of_exam("wall")).json
    waiting = [one for one in said["messages"] if one["sender"] == "candidate" and one["read_at"] is None]
    assert (said["attempts"][0]["unread"], len(waiting)) == (2, 2)
    assert waiting[0]["sent_at"] < waiting[1]["sent_at"] <= said["now"]
    house.user("proctor").post(at(house, "read"), json={"message": waiting[1]["message"]})
    assert house.user("proctor").get(of_exam("wall")).json["attempts"][0]["unread"] == 0
