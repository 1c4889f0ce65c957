"""A moment kept: asked for at once, cut by a child process later, out of a real recording; bounded, never silent."""

import sys
import threading
import time

import pytest

from appliance.box import picture
from appliance.exam.feed import Feed, Kind
from appliance.ledger import keeping as waiting
from appliance.ledger.actions import keeping as actions
from appliance.web import keeping
from appliance.web.keeping import AROUND_SECONDS, SETTLE_SECONDS, Keeper
from tests.capture import test_excerpt as recording

from .conftest import EXAM

pytestmark = pytest.mark.slow  # together too long for `make check`

LATER = AROUND_SECONDS + SETTLE_SECONDS + 1


@pytest.fixture
def recorded(house):
    """Candidate 0 is in the exam, and 8 s of the webcam are on the disk."""
    house.reach("in_exam")
    recording.record(house.services.paths.media / EXAM / house.attempts[0] / "webcam", [(0, 8)])
    return house


def ask(house, by="proctor", **said):
    return house.user(by).post(f"/api/attempts/{house.attempts[0]}/keep", json={"kind": "webcam", **said})


def work(house, *, now=None, **changes):
    """What the thread does in one look."""
    return Keeper(house.services, threading.Event(), **changes).look(now=time.time() + LATER if now is None else now)


def failed(house):
    return [event.payload.reason for event in house.events("evidence.failed")]


def test_M64_one_click_keeps_a_still_and_a_clip_that_reviewers_may_see(recorded):
    answer = ask(recorded, position=5.0)
    assert answer.status_code == 202
    kept, about = answer.json["kept"], f"/api/attempts/{recorded.attempts[0]}/kept"
    assert not work(recorded, now=answer.json["ready_at"] - 1), "half of the clip lies in the future"
    reviewer = recorded.user("reviewer")
    assert reviewer.get(f"{about}/{kept}/still").status_code == 404
    assert work(recorded)
    (event,) = recorded.events("evidence.kept")
    assert (event.payload.kept, event.payload.kind, event.payload.by) == (kept, "webcam", "proctor")
    assert event.payload.ends_at - event.payload.starts_at == pytest.approx(8.0, abs=0.01)
    with reviewer.get(f"{about}/{kept}/still") as still:
        assert (still.mimetype, still.data[:4]) == ("image/png", b"\x89PNG")
    with reviewer.get(f"{about}/{kept}/clip", headers={"Range": "bytes=4-7"}) as clip:
        assert (clip.status_code, clip.mimetype, clip.data) == (206, "video/mp4", b"ftyp")
    viewed = [(e.payload.by, e.payload.what) for e in recorded.events("feed.viewed")]
    assert viewed == [("reviewer", "kept still"), ("reviewer", "kept clip")]
    assert recorded.user("proctor2").get(f"{about}/{kept}/still").status_code == 403
    assert not work(recorded), "done once"
    assert recorded.services.keeping.facts()["keeping_kept"] == 1


def test_the_newest_moment_is_the_picture_that_a_person_sees(recorded):
    feed, seen_at = Feed(recorded.attempts[0], Kind.WEBCAM), time.time() - 1
    sizes = {"width": 2, "height": 2, "jpeg_bytes": 1, "raw_bytes": 0}
    header = picture.Header(feed=str(feed), number=1, taken_at=seen_at, position=6.5, **sizes)
    picture.write(recorded.services.paths.pictures, header, b"j", b"")
    answer = ask(recorded)
    assert answer.json["ready_at"] == pytest.approx(seen_at + AROUND_SECONDS + SETTLE_SECONDS)
    (row,) = recorded.ask(waiting.waiting)
    assert (row.position, row.moment_at) == (6.5, seen_at)


@pytest.mark.parametrize(
    ("by", "said", "status"),
    [
        ("proctor2", {}, 403),
        ("institution", {}, 403),
        ("proctor", {"kind": "call"}, 400),
        ("proctor", {"position": 1e9}, 400),
        ("proctor", {"position": "soon"}, 400),
        ("proctor", {"kind": "mirror"}, 400),
    ],
)
def test_what_cannot_be_kept_is_refused(recorded, by, said, status):
    assert ask(recorded, by, **said).status_code == status
    assert recorded.events("evidence.asked") == []


def test_before_the_camera_there_is_nothing_to_keep(house):
    house.reach("consent")
    answer = ask(house)
    assert (answer.status_code, answer.json["hint"]) == (409, "Reload the page.")


def test_the_queue_is_bounded_and_counted(recorded, monkeypatch):
    monkeypatch.setattr(actions, "MOST_WAITING", 2)
    assert [ask(recorded).status_code for _ in range(3)] == [202, 202, 503]
    assert recorded.services.keeping.facts()["keeping_refused"] == 1
    work(recorded, now=0)
    assert recorded.services.keeping.facts()["keeping_waiting"] == 2


def test_what_fails_is_said_and_the_rest_goes_on(recorded, monkeypatch):
    for kind in ("screen", "webcam", "webcam", "webcam", "webcam"):
        ask(recorded, kind=kind, position=5.0)
    assert work(recorded)
    assert failed(recorded) == ["nothing_recorded"]
    died = (sys.executable, "-c", "import os; os.abort()")
    assert work(recorded, command=died)
    monkeypatch.setattr(keeping, "CHILD_SECONDS", 0.2)
    assert work(recorded, command=(sys.executable, "-c", "import time; time.sleep(60)"))
    assert work(recorded, command=("/nowhere",))
    assert failed(recorded) == ["nothing_recorded", "unreadable", "too_slow", "disk"]
    shown = recorded.ask(lambda c: [row.trouble for row in waiting.of(c, recorded.attempts[0])])
    assert sorted(shown) == ["", "disk", "nothing_recorded", "too_slow", "unreadable"]


def test_a_restart_goes_on_with_what_waits_and_an_attempt_that_ended_keeps_it_too(recorded):
    ask(recorded, position=5.0)
    stopping = threading.Event()
    stopping.set()
    assert Keeper(recorded.services, stopping).look(now=time.time() + LATER)
    assert (recorded.events("evidence.kept"), failed(recorded)) == ([], []), "it waits for the next process"
    recorded.reach("submitted")
    assert work(recorded)
    assert len(recorded.events("evidence.kept")) == 1


def test_the_thread_works_by_itself_and_stops_at_once(recorded, monkeypatch):
    monkeypatch.setattr(keeping, "AROUND_SECONDS", 0.5)
    monkeypatch.setattr(keeping, "SETTLE_SECONDS", 0.0)
    ask(recorded, position=5.0)
    with keeping.kept(recorded.services):
        until = time.monotonic() + 10
        while not recorded.services.keeping.kept and time.monotonic() < until:
            time.sleep(0.02)
    assert len(recorded.events("evidence.kept")) == 1
