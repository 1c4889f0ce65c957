"""Evidence: Range, types, who looked, and no way out of the folder."""

import os

import pytest

from .conftest import EXAM

pytestmark = pytest.mark.slow

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def recording(house):
    house.reach("in_exam")
    folder = house.services.paths.media / EXAM / house.attempts[0] / "webcam"
    folder.mkdir(parents=True)
    (folder / "playlist.m3u8").write_text("#EXTM3U\n")
    (folder / "1-webcam-20260101T000000.000Z-00001.mp4").write_bytes(CONTENT)
    (folder / "1-webcam-20260101T000030.000Z-00002.mp4.open").write_bytes(CONTENT)
    (folder / "notes.txt").write_text("no")
    house.url = f"/media/{EXAM}/{house.attempts[0]}/webcam"
    return house


def fetch(client, url, **headers):
    with client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}) as answer:
        return answer.status_code, answer.data, answer.headers


def test_a_playlist(recording):
    status, data, headers = fetch(recording.user("proctor"), f"{recording.url}/playlist.m3u8")
    assert (status, data, headers["Cache-Control"]) == (200, b"#EXTM3U\n", "no-store")
    assert headers["Content-Type"].split(";")[0] == "application/vnd.apple.mpegurl"


@pytest.mark.parametrize(
    "file", ["1-webcam-20260101T000000.000Z-00001.mp4", "1-webcam-20260101T000030.000Z-00002.mp4.open"]
)
def test_a_piece_of_a_recording_in_parts(recording, file):
    client = recording.user("proctor")
    status, data, headers = fetch(client, f"{recording.url}/{file}")
    assert (status, data, headers["Content-Type"], headers["Accept-Ranges"]) == (200, CONTENT, "video/mp4", "bytes")
    status, data, headers = fetch(client, f"{recording.url}/{file}", Range="bytes=100-199")
    assert (status, data) == (206, CONTENT[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(CONTENT)}"
    assert fetch(client, f"{recording.url}/{file}", Range="bytes=999999-")[0] == 416
    status, _, headers = fetch(client, f"{recording.url}/{file}?download")
    assert headers["Content-Disposition"] == f'attachment; filename="{file.removesuffix(".open")}"'


def test_a_piece_that_is_closed_meanwhile_is_found_by_either_name(recording):
    client = recording.user("proctor")
    for name in ("1-webcam-20260101T000000.000Z-00001.mp4.open", "1-webcam-20260101T000030.000Z-00002.mp4"):
        status, data, headers = fetch(client, f"{recording.url}/{name}", Range="bytes=0-9")
        assert (status, data, headers["Content-Type"]) == (206, CONTENT[:10], "video/mp4")


def test_the_first_look_of_each_person_is_in_the_ledger(recording):
    lead, proctor = recording.user("lead"), recording.user("proctor")
    for _ in range(3):
        fetch(lead, f"{recording.url}/playlist.m3u8")
    fetch(proctor, f"{recording.url}/playlist.m3u8")
    viewed = [(e.payload.by, e.payload.kind, e.payload.what) for e in recording.events("feed.viewed")]
    assert viewed == [("lead", "webcam", "recording"), ("proctor", "webcam", "recording")]


@pytest.mark.parametrize(
    "file",
    [
        "notes.txt",
        "none.mp4",
        "../../../../keys/web",
        "..%2f..%2f..%2f..%2fkeys%2fweb",
        "%2e%2e%2fnotes.mp4",
        ".hidden.mp4",
        "a\x00.mp4",
        "link.mp4",
        "x" * 300 + ".mp4",
        "%2Fetc%2Fpasswd.mp4",
        "folder.mp4",
    ],
)
def test_nothing_else_comes_out(recording, file):
    folder = recording.services.paths.media / EXAM / recording.attempts[0] / "webcam"
    (folder / "folder.mp4").mkdir()
    (folder / "link.mp4").symlink_to(recording.services.paths.keys / "web")
    (folder.parent.parent / "notes.mp4").write_text("another's")
    status, data, _ = fetch(recording.user("lead"), f"{recording.url}/{file}")
    assert status in (404, 400)
    assert b"another's" not in data
    assert (recording.services.paths.keys / "web").read_bytes() not in data


def test_an_attempts_files_only_by_its_own_path(recording):
    other = recording.services.paths.media / EXAM / recording.attempts[1] / "webcam"
    other.mkdir(parents=True)
    (other / "playlist.m3u8").write_text("other")
    url = f"/media/{EXAM}/{recording.attempts[0]}/webcam/..%2f..%2f{recording.attempts[1]}%2fwebcam%2fplaylist.m3u8"
    assert fetch(recording.user("proctor"), url)[0] == 404
    assert fetch(recording.user("proctor"), f"/media/{EXAM}/{recording.attempts[1]}/webcam/playlist.m3u8")[0] == 403


def test_snapshots_of_a_flag(recording):
    folder = recording.services.paths.media / EXAM / recording.attempts[0] / "snapshots"
    folder.mkdir()
    (folder / "flag0-onset.jpg").write_bytes(b"jpeg")
    inside = f"{EXAM}/{recording.attempts[0]}/snapshots/flag0-onset.jpg"
    snapshots = [
        {"moment": "onset", "path": inside, "sha256": "", "at": 0.0},
        {"moment": "peak", "path": "../keys/web", "sha256": "", "at": 0.0},
        {"moment": "last", "path": os.fspath(recording.services.paths.keys / "web"), "sha256": "", "at": 0.0},
    ]
    flag = recording.flag(snapshots=snapshots)
    client = recording.user("reviewer")
    status, data, headers = fetch(client, f"/api/flags/{flag}/snapshots/onset")
    assert (status, data, headers["Content-Type"]) == (200, b"jpeg", "image/jpeg")
    assert recording.events("feed.viewed")[0].payload.what == "snapshot"
    for moment in ("peak", "last", "none"):
        assert fetch(client, f"/api/flags/{flag}/snapshots/{moment}")[0] == 404
    assert fetch(client, "/api/flags/none/snapshots/onset")[0] == 404
    assert fetch(recording.user("proctor2"), f"/api/flags/{flag}/snapshots/onset")[0] == 403


def test_what_was_seen_is_bounded():
    from appliance.web.seen import Seen

    seen = Seen(bound=2)
    assert [seen.first("a"), seen.first("a"), seen.first("b"), seen.first("c"), seen.first("c")] == [
        True,
        False,
        True,
        True,
        False,
    ]
    assert seen.first("a")  # it forgot everything when it was full: written twice, never not at all
