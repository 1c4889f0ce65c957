"""The check-in over the API: self-test, room scan, position, rules, and being asked again."""

import io
import time
from pathlib import Path

import pytest

from appliance.box import health, seen
from appliance.errors import BadInput
from appliance.exam.events import BOX, ExamPlanned
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan, Level, Mode, Second, Sight
from appliance.exam.stage import Stage
from appliance.ledger import checkin
from appliance.ledger.actions import attempts, plans
from appliance.ledger.actions import checkin as actions
from appliance.ledger.record import Draft
from appliance.web import clip
from appliance.web.needs import limit_of
from tests.web.clips import mp4, webm

from .conftest import EXAM

pytestmark = pytest.mark.slow

WEBM = {"content_type": "video/webm"}


def hold(house, **plan):
    house.do(plans.set_plan, EXAM, ExamPlan(**plan), by="planner")


def me(house):
    return house.candidate().get("/api/me").json


def scan(house, body=None, **options):
    return house.candidate().post("/api/me/scan", data=body or webm(20.0), **{**WEBM, **options})


def files(house):
    return sorted((house.services.paths.media / EXAM / house.attempts[0] / "scan").glob("*"))


def looks(house, kind="webcam", **facts):
    said = {sight.value: "not_assessable" for sight in Sight} | facts
    seen.write(
        house.services.paths.seen, house.attempts[0], {kind: {**said, "box": [0.4, 0.1, 0.2, 0.3], "at": time.time()}}
    )


# --- what the page is told ---


def test_I10_the_whole_check_in_in_order_and_a_reload_stays_where_it_was(house):
    hold(house, room_scan=True, position=True, briefing="Be fair.", contact="Desk 1", items=("a pen",))
    house.reach("equipment")
    client = house.candidate()
    assert me(house)["plan"]["briefing"] is None
    house.feeds_arrive("webcam", "screen")
    assert client.post("/api/me/equip", json={"surface": "monitor"}).json["stage"] == "room_scan"
    assert scan(house).status_code == 201
    assert me(house)["stage"] == "position"
    looks(house, face="seen")
    assert client.post("/api/me/position", json={"phone": "none"}).json["stage"] == "briefing"
    said = me(house)["plan"]["briefing"]
    assert (said["text"], me(house)["stage"]) == ("Be fair.", "briefing")
    assert client.post("/api/me/brief", json={"sha256": said["sha256"]}).json["stage"] == "waiting"
    (read,) = house.events("briefing.acknowledged")
    assert read.payload.text_sha256 == said["sha256"]
    assert client.post("/api/me/brief", json={"sha256": said["sha256"]}).status_code == 409


def test_M42_M35_M2_what_has_to_arrive_is_what_the_plan_says(house):
    house.reach("equipment")
    client = house.candidate()
    for plan, feeds in (
        ({"kind": ExamKind.PAPER, "check_out": CheckOut.CANDIDATE}, ["webcam"]),
        ({"level": Level.CAMERA}, ["webcam"]),
        ({}, ["webcam", "screen"]),
        ({"level": Level.NONE}, []),
    ):
        house.services.writer.transact(lambda t, plan=plan: t.append(planned(plan)))
        said = me(house)
        assert (said["plan"]["feeds"], sorted(said["feeds"])) == (feeds, sorted(feeds))
        house.feeds_arrive(*feeds[1:])
        if feeds:
            assert client.post("/api/me/equip", json={"surface": "monitor"}).status_code == 409
    assert client.post("/api/me/equip", json={}).json["stage"] == "waiting"


def planned(plan):
    said = ExamPlanned(exam=EXAM, plan=ExamPlan(**plan).to_json(), by="planner")
    return Draft(payload=said, chain=BOX, exam=EXAM, actor="planner")


def test_M42_a_part_of_the_screen_is_not_the_screen(house):
    house.reach("equipment")
    house.feeds_arrive("webcam", "screen")
    answer = house.candidate().post("/api/me/equip", json={"surface": "window"})
    assert (answer.status_code, "part of your screen" in answer.json["error"]) == (409, True)


def test_I15_who_was_refused_is_told_the_next_step_and_not_the_reason(house):
    house.reach("waiting")
    house.do(attempts.refuse, house.attempts[0], reason="another person", next_step="Go to room 4.", by="lead")
    answer = house.candidate().get("/api/me")
    assert answer.json["refused"] == {"next_step": "Go to room 4."}
    assert "another person" not in answer.text


# --- the self-test ---

GOOD = {"browser": {"state": "pass", "value": "Chrome"}, "light": {"state": "warn", "value": 41}}


def test_M3_M9_a_self_test_is_stored_with_what_the_box_knows_of_itself(house):
    house.reach("equipment")
    feeds = {f"{house.attempts[0]}/webcam": {"loss": 0.031}, f"{house.attempts[1]}/webcam": {"loss": 0.9}}
    health.write(house.services.paths.health, "capture-1", healthy=True, sentence="records", feeds=feeds)
    client = house.candidate()
    assert client.post("/api/me/probe", data=b"x" * 300_000).json["bytes"] == 300_000
    assert client.post("/api/me/probe", data=b"x" * 500_000).status_code == 413
    said = client.post("/api/me/selftest", json={"results": GOOD}).json["results"]
    assert said["loss"] == {"state": "warn", "value": 3.1}
    assert {"disk", "box_clock"} <= said.keys()
    kept = house.ask(lambda c: checkin.selftest(c, house.attempts[0]))
    assert kept.results == said
    assert "disk" not in me(house)["checkin"]["selftest"]["results"]


@pytest.mark.parametrize(
    "results",
    [
        None,
        [],
        {"odd": {"state": "pass"}},
        {"light": {"state": "perfect", "value": 1}},
        {"light": {"state": "pass", "value": "x" * 121}},
        {"light": {"state": "pass", "value": float("inf")}},
        {"light": {"state": "pass", "value": {"a": 1}}},
        {"light": "pass"},
    ],
)
def test_what_is_no_self_test_is_a_sentence(lasting, results):
    answer = lasting.candidate().post("/api/me/selftest", json={"results": results})
    assert (answer.status_code, set(answer.json)) == (400, {"error", "hint"})


def test_a_self_test_belongs_to_the_check_in(lasting):
    assert lasting.candidate().post("/api/me/selftest", json={"results": GOOD}).status_code == 409


# --- the room scan ---


@pytest.fixture
def room(house):
    hold(house, room_scan=True, scan_retention_days=3)
    house.reach("waiting")  # as far as it goes: to the room scan
    assert house.attempt().stage is Stage.ROOM_SCAN
    return house


def test_M47_I12_a_scan_is_a_clip_of_its_own_with_its_own_date_and_nobody_goes_in_before_it_was_seen(room):
    said = scan(room).json
    assert (said["number"], said["seconds"]) == (1, pytest.approx(20.0, abs=0.2))
    (file,) = files(room)
    assert file.name.startswith("001-")
    assert file.stat().st_mode & 0o777 == 0o600
    (event,) = room.events("scan.recorded")
    assert event.payload.path == str(file.relative_to(room.services.paths.media))
    assert event.payload.delete_at - event.wall == pytest.approx(3 * 86_400, abs=2)
    room.feeds_arrive("webcam", "screen")
    admit = f"/api/attempts/{room.attempts[0]}/admit"
    assert "room scan" in room.user("proctor").post(admit).json["error"]
    room.do(actions.review_scan, room.attempts[0], scan=said["scan"], verdict="clear", note="", by="proctor")
    assert room.user("proctor").post(admit).status_code == 200


def test_I14_resubmitting_a_scan_shows_the_reason_counts_and_keeps_the_one_before(room):
    first = scan(room).json["scan"]
    review = {"scan": first, "verdict": "again", "note": "the desk is not in it", "by": "proctor"}
    room.do(actions.review_scan, room.attempts[0], **review)
    said = me(room)
    assert said["stage"] == "room_scan"
    assert said["checkin"]["returned"] == [{"stage": "room_scan", "reason": "the desk is not in it", "times": 1}]
    assert scan(room).json["number"] == 2
    assert [file.name[:3] for file in files(room)] == ["001", "002"]
    assert me(room)["stage"] == "waiting"
    assert me(room)["checkin"]["scan"]["verdict"] is None


def test_M25_a_scan_is_asked_for_during_the_exam_which_goes_on(house):
    house.reach("in_exam")
    assert scan(house).status_code == 409
    asked = house.do(actions.ask_scan, house.attempts[0], reason="I heard somebody", by="proctor")
    said = me(house)
    assert (said["stage"], said["checkin"]["scan"]["asked"]) == ("in_exam", {"reason": "I heard somebody"})
    with pytest.raises(Exception, match="asked already"):
        house.do(actions.ask_scan, house.attempts[0], reason="once more", by="proctor")
    assert scan(house).json["scan"] == asked
    said = me(house)
    assert (said["stage"], said["checkin"]["scan"]["asked"]) == ("in_exam", None)
    again = {"scan": asked, "verdict": "again", "note": "and the door", "by": "proctor"}
    house.do(actions.review_scan, house.attempts[0], **again)
    assert me(house)["checkin"]["scan"]["asked"] == {"reason": "and the door"}


def test_M22_in_a_practice_run_a_scan_is_kept_no_longer_than_the_rest():
    held = ExamPlan(practice=True, practice_hours=5, scan_retention_days=7)
    assert actions.scan_kept_seconds(held) == 5 * 3600


BAD = {
    "text": b"I am no clip at all, but long enough to look at.",
    "only a header": webm(20.0)[:40],
    "cut": webm(20.0)[:120],
    "short": webm(5.0),
    "long": webm(200.0),
    "a playlist": b"#EXTM3U\n",
    "sizes that lie": webm(20.0).replace(b"\x1f\x43\xb6\x75", b"\x1f\x43\xb6\x74"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_clip_is_refused_and_leaves_nothing(lasting, tmp_path, name):
    with lasting.app.app_context(), pytest.raises(BadInput) as refused:
        clip.receive(io.BytesIO(BAD[name]), tmp_path, Path("scan"), number=1, kind="video/webm")
    assert refused.value.hint
    assert list((tmp_path / "scan").iterdir()) == []


def test_other_bodies_are_refused_and_a_flood_too(room, monkeypatch):
    assert scan(room, content_type="text/plain").status_code == 400
    monkeypatch.setattr(clip, "LARGEST", 300)
    assert "larger than" in scan(room).json["error"]
    assert room.events("scan.recorded") == []
    assert limit_of(room.app.view_functions["checkin.scan"]) == 60_000_000
    codes = [scan(room, content_type="text/plain").status_code for _ in range(5)]
    assert codes[-1] == 409
    assert files(room) == []


def test_an_mp4_is_measured_by_its_own_header():
    assert clip.mp4_seconds(io.BytesIO(mp4(21.5))) == pytest.approx(21.5)
    assert clip.mp4_seconds(io.BytesIO(mp4(21.5)[:20])) is None
    assert clip.mp4_seconds(io.BytesIO(b"\0\0\0\x08free" + mp4(20.0))) is None


# --- position ---


@pytest.fixture
def place(house):
    hold(house, position=True, required=frozenset({Sight.FACE, Sight.HANDS, Sight.SCREEN}))
    house.reach("waiting")
    assert house.attempt().stage is Stage.POSITION
    return house


def take(house, phone="none"):
    return house.candidate().post("/api/me/position", json={"phone": phone})


def test_M32_position_waits_for_what_is_required_in_words(place):
    assert "face, hands, screen" in take(place).json["error"]
    looks(place, face="seen", hands="not_seen")
    said = place.candidate().get("/api/me/position").json
    assert (said["missing"], said["box"]) == (["hands", "screen"], [0.4, 0.1, 0.2, 0.3])
    assert "hands, screen" in take(place).json["error"]
    looks(place, face="seen", hands="seen", screen="seen")
    assert take(place, "").status_code == 400
    assert take(place, "in my pocket").status_code == 400
    assert "second camera" in take(place, "second_camera").json["error"]
    assert take(place, "visible").json["stage"] == "waiting"
    (event,) = place.events("position.checked")
    assert (event.payload.phone, event.payload.seen["hands"]) == ("visible", "seen")


def test_M49_what_no_model_sees_is_ticked_by_a_person_and_counts_only_here(place):
    looks(place, face="seen", hands="seen")
    tick = {"phone": "", "seen": {}, "by": "proctor"}
    place.do(actions.tick_position, place.attempts[0], ticked=["screen"], **tick)
    assert place.candidate().get("/api/me/position").json["ticked"] == ["screen"]
    assert take(place).json["stage"] == "waiting"
    place.do(attempts.send_back, place.attempts[0], Stage.POSITION, reason="sit nearer", by="proctor")
    assert place.candidate().get("/api/me/position").json["missing"] == ["screen"]
    place.do(actions.tick_position, place.attempts[0], ticked=list(Sight), **{**tick, "phone": "none"})
    assert place.attempt().stage is Stage.WAITING


def test_old_pictures_say_nothing_and_any_camera_may_see_it(place):
    said = {"face": "seen", "hands": "seen", "screen": "seen", "box": None}
    path = place.services.paths.seen
    seen.write(path, place.attempts[0], {"webcam": {**said, "at": time.time() - 30}})
    assert place.candidate().get("/api/me/position").json["missing"] == ["face", "hands", "screen"]
    now = time.time()
    both = {
        "webcam": {**said, "screen": "not_seen", "at": now},
        "phone": {"screen": "seen", "face": "not_seen", "at": now},
    }
    seen.write(path, place.attempts[0], both)
    assert place.candidate().get("/api/me/position").json["missing"] == []


def test_where_nobody_watches_nobody_is_waited_for(house):
    required = frozenset({Sight.FACE, Sight.SCREEN})
    hold(house, mode=Mode.RECORD_REVIEW, room_scan=True, position=True, required=required)
    house.reach("waiting")
    scan(house)
    looks(house, face="seen")
    assert take(house).json["stage"] == "admitted"


def test_M43_without_the_second_camera_nobody_is_admitted_where_it_is_required(house):
    hold(house, second=Second.REQUIRED)
    house.reach("waiting")
    house.feeds_arrive("webcam", "screen")
    admit = f"/api/attempts/{house.attempts[0]}/admit"
    assert "second camera" in house.user("proctor").post(admit).json["error"]


# --- the rules ---


def test_M54_rules_that_were_changed_meanwhile_are_read_again(house):
    hold(house, briefing="Old rules.")
    house.reach("waiting")
    digest = me(house)["plan"]["briefing"]["sha256"]
    hold(house, briefing="New rules.")
    answer = house.candidate().post("/api/me/brief", json={"sha256": digest})
    assert (answer.status_code, "changed" in answer.json["error"]) == (409, True)
    assert house.attempt().stage is Stage.BRIEFING
