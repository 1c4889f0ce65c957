"""Who sits there, over the API: the ID is shown or declined, compared, decided by a person; the turn of the head."""

import io
import json

import cv2
import numpy as np
import pytest

from appliance.box import health
from appliance.exam.detection import DetectionPolicy
from appliance.exam.events import (
    BOX,
    AnalysisCovered,
    AnalysisMissed,
    BaselineTaken,
    ChallengeAnswered,
    DetectionSet,
    IdentityCompared,
)
from appliance.exam.permissions import Action, Role, may
from appliance.ledger.record import Draft
from appliance.web import audience, photo

from .conftest import EXAM

pytestmark = pytest.mark.slow  # together too long for `make check`

SECRET = b"EXIF: taken at 52.5200 N 13.4050 E"


def jpeg(width=640, height=360, *, secret=b"", value=90):
    picture = np.full((height, width, 3), value, np.uint8)
    cv2.circle(picture, (width // 2, height // 2), height // 4, (20, 160, 220), -1)
    data = bytes(cv2.imencode(".jpg", picture)[1])
    extra = b"\xff\xe1" + (len(secret) + 2).to_bytes(2, "big") + secret if secret else b""
    return data[:2] + extra + data[2:]


def form(**files):
    return {name: (io.BytesIO(data), f"{name}.jpg") for name, data in files.items()}


@pytest.fixture
def exam(house):
    """An exam that asks for an ID; candidate 1 has shared camera and screen."""
    wanted(house, DetectionPolicy(identity=True))
    house.reach("equipment")
    return house


def wanted(house, policy):
    said = DetectionSet(exam=EXAM, policy=policy.to_json(), by="planner", override="")
    house.services.writer.append(Draft(payload=said, chain=BOX, exam=EXAM, actor="planner"))


def say(house, payload):
    house.services.writer.append(Draft(payload=payload, chain=house.attempts[0], exam=EXAM, actor="inference"))


def show(house, **files):
    sent = {"photo": jpeg(secret=SECRET), "face": jpeg(value=40), **files}
    return house.candidate().post("/api/me/identity", data=form(**sent), content_type="multipart/form-data")


def me(house):
    return house.candidate().get("/api/me").json


def seen(house, who="proctor"):
    return house.user(who).get(f"/api/attempts/{house.attempts[0]}").json["identity"]


def decide(house, who="proctor", **said):
    return house.user(who).post(f"/api/attempts/{house.attempts[0]}/identity", json=said)


def pictures(house):
    return sorted((house.services.paths.media / EXAM / house.attempts[0] / "identity").glob("*"))


# --- the candidate ---


def test_the_page_is_told_what_is_asked_for(exam):
    assert me(exam)["identity"] == {
        "wanted": True,
        "compares": True,
        "shown": False,
        "declined": False,
        "decided": False,
        "refused": False,
    }


def test_an_exam_without_it_asks_for_nothing_and_takes_nothing(house):
    house.reach("equipment")
    assert me(house)["identity"]["wanted"] is False
    assert show(house).status_code == 409
    assert pictures(house) == []


def test_what_is_shown_is_kept_without_what_else_the_file_carried(exam):
    assert show(exam).status_code == 201
    (event,) = exam.events("identity.pictured")
    files = {file.name.split("-")[0]: file for file in pictures(exam)}
    assert set(files) == {"photo", "face"}
    for file in files.values():
        assert file.stat().st_mode & 0o777 == 0o600
        assert SECRET not in file.read_bytes()
    assert event.payload.photo == str(files["photo"].relative_to(exam.services.paths.media))
    assert me(exam)["identity"]["shown"] is True


def test_large_pictures_are_made_smaller(exam):
    show(exam, photo=jpeg(2560, 1440))
    file = next(file for file in pictures(exam) if file.name.startswith("photo"))
    assert cv2.imread(str(file)).shape == (720, 1280, 3)


def claims(width, height):
    """A small picture whose header says it is a large one."""
    data = bytearray(jpeg(320, 240))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


BAD = {
    "nothing": b"",
    "text": b"I am no picture",
    "png": bytes(cv2.imencode(".png", np.zeros((300, 300, 3), np.uint8))[1]),
    "a pixel": jpeg(1, 1),
    "a bomb": claims(65_500, 65_500),
    "cut in its header": jpeg()[:60],
    "only a header": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "turning in a circle": b"\xff\xd8" + b"\xff\xe0\x00\x00" * 500,
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_and_leaves_nothing(exam, name):
    answer = show(exam, photo=BAD[name])
    assert answer.status_code == 400, answer.json
    assert set(answer.json) == {"error", "hint"}
    assert pictures(exam) == []
    assert exam.events("identity.pictured") == []


def test_too_many_bytes_are_refused(exam, monkeypatch):
    monkeypatch.setattr(photo, "LARGEST_FILE", len(jpeg()) - 1)
    answer = show(exam)
    assert (answer.status_code, "too large" in answer.json["error"]) == (400, True)
    assert pictures(exam) == []


def test_both_pictures_are_needed_and_a_flood_is_refused(exam):
    client = exam.candidate()
    one = client.post("/api/me/identity", data=form(photo=jpeg()), content_type="multipart/form-data")
    assert (one.status_code, "face" in one.json["error"]) == (400, True)
    for _ in range(5):
        show(exam)
    assert show(exam).status_code == 409
    assert len(exam.events("identity.pictured")) == 5
    assert len(pictures(exam)) == 10


def test_who_goes_on_without_showing_it_is_told_what_is_missing(exam):
    exam.feeds_arrive("webcam", "screen")
    client = exam.candidate()
    assert client.post("/api/me/equip", json={}).json["stage"] == "identification"
    said = client.post("/api/me/identify")
    assert (said.status_code, "has not been shown yet" in said.json["error"]) == (409, True)
    assert client.post("/api/me/identity/decline").json == {"declined": True}
    assert client.post("/api/me/identify").json["stage"] == "waiting"
    assert exam.events("identity.pictured") == []


def test_who_is_asked_for_no_id_can_decline_with_the_signature(house):
    house.reach("consent")
    client = house.candidate()
    assert client.get("/api/me").json["identity"]["compares"] is True
    said = client.post("/api/me/sign", json={"signature": "Ada Lovelace", "decline_matching": True}).json
    assert (said["stage"], said["identity"]["declined"]) == ("equipment", True)
    assert [event.type for event in house.services.reader.events(chain=house.attempts[0])][-2:] == [
        "attempt.signed",
        "identity.declined",
    ]


# --- the proctor ---


def test_I11_the_comparison_is_shown_as_numbers_and_decides_nothing(exam):
    show(exam)
    sha = seen(exam)["photo_sha256"]
    say(exam, IdentityCompared(photo_sha256=sha, score=0.61, limit=0.36, reason="", model="m"))
    exam.reach("waiting")
    exam.feeds_arrive("webcam", "screen")
    assert exam.candidate().post("/api/me/identify").json["stage"] == "waiting"
    said = seen(exam)
    assert (said["score"], said["limit"], said["decision"]) == (0.61, 0.36, None)
    refused = exam.user("proctor").post(f"/api/attempts/{exam.attempts[0]}/admit")
    assert (refused.status_code, "nobody has decided" in refused.json["error"]) == (409, True)
    assert decide(exam, decision="matched").json == {"decision": "matched"}
    assert exam.user("proctor").post(f"/api/attempts/{exam.attempts[0]}/admit").status_code == 200


def test_the_wall_shows_it_too(exam):
    show(exam)
    attempts = exam.user("lead").get(f"/api/exams/{EXAM}/wall").json["attempts"]
    assert [attempt["identity"]["wanted"] for attempt in attempts] == [True, True, True]
    assert [attempt["identity"]["pictured_at"] is not None for attempt in attempts] == [True, False, False]


def test_a_refusal_needs_a_note_and_the_candidate_hears_of_it_but_not_the_note(exam):
    show(exam)
    assert decide(exam, decision="refused").status_code == 400
    assert decide(exam, decision="refused", note="the card shows somebody else").status_code == 200
    said = me(exam)
    assert said["identity"]["refused"] is True
    assert "somebody else" not in json.dumps(said)
    (event,) = exam.events("identity.decided")
    assert set(audience.for_candidate(event)["payload"]) == {"decision"}


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role.value if role else "nobody")
def test_the_id_is_seen_by_those_who_may_see_the_candidate(exam, role):
    show(exam)
    answer = exam.role(role).get(f"/api/attempts/{exam.attempts[0]}/identity/photo", headers={"Accept": "text/html"})
    if may(role, Action.REVIEW):
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert exam.events("feed.viewed")[-1].payload.what == "identity"
    else:
        assert answer.status_code in (303, 401, 403)
        assert b"JFIF" not in answer.data
    answer.close()


def test_another_proctor_sees_no_id_and_decides_nothing(exam):
    show(exam)
    url = f"/api/attempts/{exam.attempts[0]}"
    other = exam.user("proctor2")
    assert other.get(f"{url}/identity/face").status_code == 403
    assert decide(exam, "proctor2", decision="matched").status_code == 403
    assert other.post(f"{url}/challenge").status_code == 403


def test_what_was_not_shown_is_not_found(exam):
    client = exam.user("proctor")
    for name in ("photo", "face", "template"):
        assert client.get(f"/api/attempts/{exam.attempts[0]}/identity/{name}").status_code == 404


# --- the challenge ---


def ask(house):
    return house.user("proctor").post(f"/api/attempts/{house.attempts[0]}/challenge")


def test_a_challenge_reaches_the_candidates_page_and_its_answer_the_proctor(house):
    house.reach("waiting")
    name = ask(house).json["challenge"]
    assert ask(house).status_code == 409
    shown = me(house)["challenge"]
    assert (shown["challenge"], len(shown["steps"])) == (name, 3)
    say(house, ChallengeAnswered(challenge=name, seen=["done", "not_seen", "unassessable"]))
    assert me(house)["challenge"] is None
    (row,) = house.user("proctor").get(f"/api/attempts/{house.attempts[0]}").json["challenges"]
    assert (row["steps"], row["seen"]) == (shown["steps"], ["done", "not_seen", "unassessable"])


def test_the_candidate_is_not_told_what_the_box_saw_of_it(house):
    house.reach("waiting")
    name = ask(house).json["challenge"]
    say(house, ChallengeAnswered(challenge=name, seen=["not_seen"] * 3))
    (event,) = house.events("challenge.answered")
    assert audience.for_candidate(event)["payload"] == {"challenge": name}


# --- why not ---


def judged(house):
    return house.user("proctor").get(f"/api/attempts/{house.attempts[0]}/judged").json


def test_what_could_be_judged_is_counted_while_the_exam_runs_and_stands_in_the_ledger_after_it(house):
    house.reach("in_exam")
    mine, other = f"{house.attempts[0]}/webcam", f"{house.attempts[1]}/webcam"
    counts = {mine: {"face_absent": [8, 10]}, other: {"face_absent": [1, 10]}}
    health.write(house.services.paths.health, "inference", healthy=True, sentence="looks", judged=counts)
    assert judged(house)["ticks"] == {"webcam": {"face_absent": [8, 10]}}
    house.reach("submitted")
    say(house, AnalysisCovered(kind="webcam", ticks={"face_absent": [80, 100]}))
    assert judged(house)["ticks"] == {"webcam": {"face_absent": [80, 100]}}


def test_rules_that_are_not_applied_are_named_without_a_reason(house):
    wanted(house, DetectionPolicy(off=frozenset({"noise"})))
    house.reach("consent")
    house.candidate().post("/api/me/sign", json={"signature": "Ada Lovelace", "decline_matching": True})
    said = judged(house)
    assert {"noise", "identity_mismatch"} <= set(said["off"])
    assert "headphones" not in said["off"]
    assert "phone_visible" in said["on"]
    assert {"noise", "focus_lost", "hands_out_of_view"}.isdisjoint(said["on"]), "off, heard of, or seen from elsewhere"


def test_spans_that_nobody_looked_at_and_base_lines_are_told(house):
    house.reach("in_exam")
    say(house, AnalysisMissed(kind="webcam", starts_at=1.0, ends_at=4.0, cause="late"))
    say(house, BaselineTaken(kind="webcam", values={"yaw": 1.0}, objects=[], late=True))
    said = judged(house)
    assert [(span["kind"], span["sense"], span["cause"]) for span in said["missed"]] == [("webcam", "sight", "late")]
    assert [(one["kind"], one["late"]) for one in said["baselines"]] == [("webcam", True)]


# --- what no model sees ---


def test_what_no_model_sees_is_ticked_by_its_code_once(house):
    house.reach("in_exam")
    url, client = f"/api/attempts/{house.attempts[0]}", house.user("proctor")
    assert client.get(url).json["tickable"] == ["headphones", "smart_wearable", "head_covering", "distraction"]
    assert client.post(f"{url}/flags", json={"code": "headphones"}).status_code == 201
    assert client.post(f"{url}/flags", json={"code": "headphones"}).status_code == 409
    assert client.post(f"{url}/flags", json={"code": "phone_visible"}).status_code == 400
    said = client.get(url).json
    assert said["tickable"] == ["smart_wearable", "head_covering", "distraction"]
    assert [flag["code"] for flag in said["flags"]] == ["headphones"]
    for _ in range(2):
        assert client.post(f"{url}/flags", json={"code": "distraction"}).status_code == 201, "it may happen again"
