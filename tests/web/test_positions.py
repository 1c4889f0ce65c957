"""Where the cameras of a candidate stand: said by who watches, for the rules that look at them."""

import pytest


@pytest.fixture
def seated(house):
    house.reach("equipment")
    return house


def positions(house):
    return house.user("lead").get(f"/api/attempts/{house.attempts[0]}").json["positions"]


def put(house, who="proctor", **said):
    return house.user(who).post(f"/api/attempts/{house.attempts[0]}/position", json=said)


def test_every_feed_has_its_usual_position(seated):
    assert positions(seated) == {
        "webcam": "front",
        "screen": "screen",
        "phone": "oblique",
        "camera": "room",
        "call": None,
    }


def test_a_proctor_says_where_a_camera_stands(seated):
    assert put(seated, kind="phone", position="paper").json == {"kind": "phone", "position": "paper"}
    assert positions(seated)["phone"] == "paper"
    (event,) = seated.events("feed.positioned")
    assert event.payload.to_json() == {"kind": "phone", "position": "paper", "by": "proctor"}


def test_the_wall_knows_it_too(seated):
    put(seated, kind="webcam", position="oblique")
    attempts = seated.user("lead").get("/api/exams/biology-101/wall").json["attempts"]
    assert [attempt["positions"]["webcam"] for attempt in attempts] == ["oblique", "front", "front"]


def test_saying_it_again_is_no_event(seated):
    assert put(seated, kind="webcam", position="front").status_code == 200
    assert seated.events("feed.positioned") == []


@pytest.mark.parametrize(
    ("kind", "position"),
    [("screen", "front"), ("call", "front"), ("webcam", "screen"), ("webcam", "ceiling"), ("oven", "front")],
)
def test_what_makes_no_sense_is_refused(seated, kind, position):
    assert put(seated, kind=kind, position=position).status_code == 400


def test_after_the_end_nothing_is_placed(seated):
    seated.reach("submitted")
    assert put(seated, kind="phone", position="paper").status_code == 409
