"""Watching over the API: pictures, live views, flags, the wall's figures."""

import time

import pytest

from appliance.box import picture
from appliance.box.token import FeedTokens
from appliance.exam.feed import Feed, Kind

from .conftest import EXAM


def write_picture(house, number=7, kind=Kind.WEBCAM, jpeg=b"\xff\xd8jpeg"):
    feed = Feed(house.attempts[0], kind)
    header = picture.Header(
        feed=str(feed),
        number=number,
        taken_at=1000.5,
        position=12.25,
        width=2,
        height=1,
        jpeg_bytes=len(jpeg),
        raw_bytes=6,
    )
    picture.write(house.services.paths.pictures, header, jpeg, b"rawraw")


def test_a_still_and_its_age(house):
    write_picture(house)
    url = f"/api/attempts/{house.attempts[0]}/picture/webcam"
    client = house.user("proctor")
    answer = client.get(url)
    assert (answer.data, answer.mimetype) == (b"\xff\xd8jpeg", "image/jpeg")
    assert (answer.headers["X-Taken-At"], answer.headers["X-Position"]) == ("1000.500", "12.250")
    assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == ('"7"', "no-store")
    assert client.get(url, headers={"If-None-Match": '"7"'}).status_code == 304
    write_picture(house, number=8)
    assert client.get(url, headers={"If-None-Match": '"7"'}).status_code == 200


@pytest.mark.parametrize(("kind", "status"), [("screen", 404), ("sofa", 400), ("..", 400)])
def test_no_still(lasting, kind, status):
    answer = lasting.user("proctor").get(f"/api/attempts/{lasting.attempts[0]}/picture/{kind}")
    assert answer.status_code == status
    assert answer.json["error"]


def test_a_live_view_gets_a_token_and_is_in_the_ledger(house):
    house.reach("in_exam")
    said = house.user("proctor").post(f"/api/attempts/{house.attempts[0]}/view", json={"kind": "screen"}).json
    assert said["url"] == f"/whep/{house.attempts[0]}/screen"
    claim = FeedTokens.from_file(house.services.paths.feed_key).check(said["token"], "view")
    assert (claim.feed, claim.exam, claim.seat) == (Feed(house.attempts[0], Kind.SCREEN), EXAM, "1")
    viewed = house.events("feed.viewed")[0]
    assert viewed.chain == house.attempts[0]
    assert viewed.payload.to_json() == {"kind": "screen", "by": "proctor", "what": "live"}


@pytest.mark.parametrize("stage", ["consent", "submitted"])
def test_nothing_is_live_before_consent_or_after_the_end(house, stage):
    house.reach(stage)
    answer = house.user("proctor").post(f"/api/attempts/{house.attempts[0]}/view", json={"kind": "webcam"})
    assert answer.status_code == 409
    assert house.events("feed.viewed") == []


def test_the_wall_says_what_is_known_of_each_feed(house):
    house.reach("in_exam")
    house.feeds_arrive("webcam")
    write_picture(house)
    house.flag()
    house.candidate().post("/api/me/messages", json={"text": "Help"})
    said = house.user("proctor").get(f"/api/exams/{EXAM}/wall").json
    (tile,) = said["attempts"]
    assert tile["pictures"] == {"webcam": {"taken_at": 1000.5, "number": 7}, "screen": None}
    assert tile["health"]["webcam"]["fps"] == 15.0
    assert tile["health"]["screen"] is None
    assert (tile["flags_open"], tile["unread"], tile["stage"], tile["proctor"]) == (1, 1, "in_exam", "proctor")
    assert said["seq"] == house.services.writer.head
    assert said["now"] == pytest.approx(time.time(), abs=5)
    assert said["exam"]["warnings_before_end"] == 1


def test_one_candidate_with_all_that_is_known(house):
    house.reach("in_exam")
    house.flag()
    said = house.user("proctor").get(f"/api/attempts/{house.attempts[0]}").json
    assert [f["code"] for f in said["flags"]] == ["phone_visible"]
    assert said["flags"][0]["facts"]["score"] == 0.8
    assert (said["gaps"], said["segments"], said["exam"]["exam"]) == ([], [], EXAM)


def test_I5_I25_deciding_a_flag_and_taking_it_back(house):
    house.reach("in_exam")
    flag = house.flag()
    client = house.user("proctor")
    decide = f"/api/flags/{flag}/decide"
    assert client.post(decide, json={"decision": "dismissed"}).json["error"] == "dismissing needs a reason"
    assert client.post(decide, json={"decision": "dismissed", "reason": "room_event"}).status_code == 200
    wall = client.get(f"/api/exams/{EXAM}/wall").json
    assert (wall["flags"], wall["attempts"][0]["flags_open"]) == ([], 0)
    assert client.post(decide, json={"decision": "open"}).status_code == 200
    assert len(client.get(f"/api/exams/{EXAM}/wall").json["flags"]) == 1
    assert [e.payload.decision for e in house.events("flag.decided")] == ["dismissed", "open"]
    assert client.post("/api/flags/none/decide", json={"decision": "open"}).status_code == 404


def test_I26_a_flag_of_ones_own(house):
    house.reach("in_exam")
    answer = house.user("proctor").post(f"/api/attempts/{house.attempts[0]}/flags", json={"note": "whispers"})
    assert answer.status_code == 201
    raised = house.events("flag.raised")[0]
    assert (raised.payload.source, raised.payload.note, raised.payload.code) == ("proctor", "whispers", "manual_flag")
    assert raised.payload.onset_at == pytest.approx(raised.wall - 10, abs=1)


@pytest.mark.parametrize("back", [601, -1, "x", None, True, float("inf")])
def test_a_flag_too_far_back_is_refused(lasting, back):
    house = lasting
    url = f"/api/attempts/{house.attempts[0]}/flags"
    answer = house.user("proctor").post(url, json={"note": "", "back_seconds": back})
    assert answer.status_code == (201 if back is None else 400)


def test_admitting_twice_is_refused_with_a_sentence(house):
    house.reach("waiting")
    house.feeds_arrive("webcam", "screen")
    url = f"/api/attempts/{house.attempts[0]}/admit"
    assert house.user("proctor").post(url).status_code == 200
    answer = house.user("proctor").post(url)
    assert (answer.status_code, house.attempt().stage) == (409, "admitted")


def test_pages(house):
    house.reach("in_exam")
    for role in ("proctor", "lead"):
        page = house.user(role).get(f"/wall/{EXAM}").text
        assert f'"role": "{role}"' in page
        assert ('"override_end": true' in page) == (role == "lead")
        assert house.user(role).get(f"/look/{house.attempts[0]}").status_code == 200
    assert house.user("lead").get("/wall/none").status_code == 404
