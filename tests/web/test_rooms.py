"""The room that a lab camera sees: on the wall of whoever sees a candidate of its exam, and of nobody else."""

import pytest

from appliance.box import picture
from appliance.exam.events import BOX, RoomNoticed, RoomWatched
from appliance.exam.feed import Feed, Kind
from appliance.ledger.record import Draft

from .conftest import EXAM

ROOM = "f" * 32
JSON = {"Accept": "application/json"}


@pytest.fixture
def watched(house):
    """A room with a still and a recording."""
    house.reach("in_exam")
    draft = Draft(payload=RoomWatched(camera="door"), chain=ROOM, exam=EXAM, actor="capture-1")
    house.services.writer.append(draft)
    header = picture.Header(
        feed=str(Feed(ROOM, Kind.CAMERA)),
        number=3,
        taken_at=5.0,
        position=2.0,
        width=2,
        height=2,
        jpeg_bytes=4,
        raw_bytes=0,
    )
    picture.write(house.services.paths.pictures, header, b"jpeg", b"")
    folder = house.services.paths.media / EXAM / ROOM / "camera"
    folder.mkdir(parents=True)
    (folder / "playlist.m3u8").write_text("#EXTM3U\n")
    return house


def play(client, exam=EXAM):
    with client.get(f"/media/{exam}/{ROOM}/camera/playlist.m3u8", headers=JSON) as answer:
        return answer.status_code


def ask(client):
    """-> what each way to the room answers."""
    return [
        client.get(f"/api/attempts/{ROOM}/picture/camera", headers=JSON).status_code,
        client.post(f"/api/attempts/{ROOM}/view", json={"kind": "camera"}, headers=JSON).status_code,
        play(client),
    ]


@pytest.mark.parametrize("role", ["lead", "proctor"])
def test_who_watches_the_exam_sees_its_room(watched, role):
    client = watched.user(role)
    assert ask(client) == [200, 200, 200]
    assert client.get(f"/api/exams/{EXAM}/wall").json["rooms"] == [{"room": ROOM, "exam": EXAM, "camera": "door"}]
    viewed = [(event.chain, event.payload.what) for event in watched.events("feed.viewed")]
    assert viewed == [(ROOM, "live"), (ROOM, "recording")]


def test_a_reviewer_plays_it_and_does_not_watch_it_live(watched):
    assert ask(watched.user("reviewer")) == [403, 403, 200]


@pytest.mark.parametrize("role", ["planner", "staff", "auditor"])
def test_other_roles_do_not(watched, role):
    assert ask(watched.user(role)) == [403, 403, 403]


def test_a_candidate_does_not(watched):
    assert ask(watched.candidate(0)) == [403, 403, 403]


def test_a_proctor_without_a_candidate_there_does_not(watched):
    planner = watched.user("planner")
    for attempt in watched.attempts:
        planner.post(f"/exams/{EXAM}/assign", json={"attempt": attempt, "proctor": ""})
    client = watched.user("proctor")
    assert ask(client) == [403, 403, 403]
    assert client.get(f"/api/exams/{EXAM}/wall").json["rooms"] == []


def test_after_the_exam_it_is_not_live_any_more(watched):
    watched.user("lead").post(f"/exams/{EXAM}/end", json={"reason": "over"})
    client = watched.user("lead")
    assert client.post(f"/api/attempts/{ROOM}/view", json={"kind": "camera"}).status_code == 409
    assert play(client) == 200


def test_a_room_is_no_candidate(watched):
    client = watched.user("lead")
    for path in (f"/api/attempts/{ROOM}/admit", f"/api/attempts/{ROOM}/end", f"/api/attempts/{ROOM}/messages"):
        assert client.post(path, json={"text": "x", "reason": "x"}).status_code == 404
    assert client.get(f"/api/attempts/{ROOM}").status_code == 404
    assert play(client, "other") == 404


def test_what_the_room_does_stands_on_the_wall_and_is_no_flag(watched):
    noticed = {"event": "r1", "exam": EXAM, "code": "lighting_poor", "attempts": ["a1", "a2", "a3"], "onset_at": 5.0}
    for ended_at in (None, 65.0):
        draft = Draft(payload=RoomNoticed(**noticed, ended_at=ended_at), chain=BOX, exam=EXAM, actor="inference")
        watched.services.writer.append(draft)
        wall = watched.user("proctor").get(f"/api/exams/{EXAM}/wall").json
        assert wall["room_events"] == [{**noticed, "ended_at": ended_at}]
        assert wall["flags"] == []
