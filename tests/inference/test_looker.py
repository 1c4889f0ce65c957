"""Going round the feeds: each in turn, each picture once, and no picture stops the others."""

import time
from pathlib import Path

import numpy as np
import pytest

from appliance.box import picture, seen
from appliance.config import InferenceSettings
from appliance.exam.feed import Feed, Kind, Position
from appliance.inference.detectors import Detectors
from appliance.inference.look import Look
from appliance.inference.looker import Looker
from appliance.inference.main import read_looked, write_looked
from appliance.inference.matching import Wanted
from tests.inference.seen import face


class FakeRoom:
    def __init__(self, *attempts):
        self.attempts = set(attempts)
        self.checks_in = {}
        self.seen = []
        self.closely = False
        self.visits = []
        self.media = Path("media")
        self.wanted = Wanted()
        self.said = []

    def watched(self):
        return frozenset(Feed(attempt, Kind.WEBCAM) for attempt in self.attempts)

    def placed(self):
        return {Feed(attempt, Kind.WEBCAM): stands for attempt, stands in self.checks_in.items()}

    def matching(self):
        return self.wanted

    def matched(self, attempt, payload):
        self.said.append((attempt, payload))

    def visited(self, feed, now):
        self.visits.append(feed.attempt)

    def see(self, feed, looked, jpeg):
        self.seen.append((feed.attempt, looked))
        return frozenset({Look.OBJECTS}) if self.closely else frozenset()


def show(folder, attempt, number, *, at=None, size=(64, 48), raw=None, jpeg=b"jpeg"):
    raw = np.full((size[1], size[0], 3), 100, np.uint8).tobytes() if raw is None else raw
    header = picture.Header(
        feed=f"{attempt}/webcam",
        number=number,
        taken_at=time.time() if at is None else at,
        position=1.0,
        width=size[0],
        height=size[1],
        jpeg_bytes=len(jpeg),
        raw_bytes=len(raw),
    )
    picture.write(folder, header, jpeg, raw)


def turns(looker, count):
    """So many turns, with the clock moved on to when the next thing is due."""
    now = time.monotonic()
    for _ in range(count):
        now = max(now, min(looker.schedule._due.values(), default=now))
        looker.turn(now)


@pytest.fixture
def make(tmp_path):
    def made(*attempts, detectors=None, **settings):
        room = FakeRoom(*attempts)
        return Looker(tmp_path, InferenceSettings(**settings), detectors or Detectors(), room, seen=tmp_path), room

    return made


def test_each_feed_in_turn(make, tmp_path):
    looker, room = make("a1", "a2", "a3")
    for attempt in room.attempts:
        show(tmp_path, attempt, 1)
    turns(looker, 3)
    assert sorted(attempt for attempt, _ in room.seen) == ["a1", "a2", "a3"]
    assert looker.meter.rate == pytest.approx(3 / 5)


def test_a_picture_is_looked_at_once(make, tmp_path):
    looker, room = make("a1")
    show(tmp_path, "a1", 1)
    turns(looker, 10)
    assert len(room.seen) == 1
    assert len(room.visits) == 10


def test_a_feed_without_pictures_is_visited_and_nothing_happens(make, tmp_path):
    looker, room = make("a1")
    turns(looker, 3)
    assert room.seen == []
    assert room.visits == ["a1"] * 3


def test_pictures_that_come_faster_than_the_rate_wait_unless_something_was_seen(make, tmp_path):
    looker, room = make("a1")
    for i in range(8):
        show(tmp_path, "a1", i, at=1000.0 + i / 4)
        turns(looker, 1)
    assert len(room.seen) == 4
    room.closely = True
    for i in range(8, 16):
        show(tmp_path, "a1", i, at=1000.0 + i / 4)
        turns(looker, 1)
    assert len(room.seen) == 12


@pytest.mark.parametrize("junk", [b"", b"no json\n", b"{}\n", b'{"feed": 1}\n', b"\xff\xfe\x00\n"])
def test_a_file_that_is_no_picture_is_counted_and_the_others_go_on(make, tmp_path, junk):
    looker, room = make("a1", "a2")
    picture.path_of(tmp_path, Feed("a1", Kind.WEBCAM)).write_bytes(junk)
    show(tmp_path, "a2", 1)
    turns(looker, 4)
    assert looker.unreadable >= 1
    assert [attempt for attempt, _ in room.seen] == ["a2"]


def test_pixels_that_do_not_fit_the_header_cannot_be_judged(make, tmp_path):
    looker, room = make("a1")
    show(tmp_path, "a1", 1, raw=b"\x00" * 100)
    turns(looker, 1)
    assert looker.unreadable == 1
    ((_, looked),) = room.seen
    assert looked.view is None


def test_a_model_that_gives_up_is_counted_and_the_picture_cannot_be_judged(make, tmp_path):
    class Broken:
        version = "broken"

        def find(self, picture, *, at_least):
            raise RuntimeError("bad picture")

    looker, room = make("a1", detectors=Detectors(faces=Broken()))
    show(tmp_path, "a1", 1)
    turns(looker, 1)
    assert looker.failed == 1
    ((_, looked),) = room.seen
    assert looked.view is None


def test_an_attempt_that_is_over_leaves_nothing_behind(make, tmp_path):
    looker, room = make("a1", "a2")
    show(tmp_path, "a1", 1)
    turns(looker, 2)
    room.attempts.discard("a1")
    turns(looker, 2)
    assert looker.schedule.feeds() == {Feed("a2", Kind.WEBCAM)}
    assert set(looker._observers) == set(looker._paces) == {Feed("a2", Kind.WEBCAM)}
    assert "a1" not in looker._numbers


def test_M32_who_checks_in_is_told_at_once_what_is_in_the_picture_and_nothing_else_is_made_of_it(make, tmp_path):
    asked = []

    class Faces:
        version = "1"

        def find(self, picture, *, at_least):
            return [face(left=16.0, width=32.0)] if picture.mean() > 50 else []

    class Never:
        version = "1"

        def __getattr__(self, name):
            asked.append(name)
            return lambda *args, **kwargs: None

    looker, room = make(detectors=Detectors(faces=Faces(), likeness=Never()))
    room.checks_in = {"a1": Position.FRONT}
    now = time.time()
    show(tmp_path, "a1", 1, at=now, size=(128, 200))
    turns(looker, 2)
    said = seen.read(tmp_path, "a1", now)["webcam"]
    assert (said["face"], said["screen"], said["at"]) == ("seen", "not_assessable", now)
    assert said["box"] == pytest.approx([0.125, 0.5, 0.25, 0.192])
    dark = np.full((200, 128, 3), 40, np.uint8).tobytes()
    show(tmp_path, "a1", 2, at=now + 1, size=(128, 200), raw=dark)
    turns(looker, 2)
    said = seen.read(tmp_path, "a1", now + 1)["webcam"]
    assert (said["face"], said["box"], said["at"]) == ("not_seen", None, now + 1)
    assert looker._paces[Feed("a1", Kind.WEBCAM)].rates.keys() == {Look.FACES, Look.OBJECTS}
    room.checks_in, room.attempts = {}, {"a1"}
    show(tmp_path, "a1", 3, at=now + 2)
    turns(looker, 2)
    assert seen.read(tmp_path, "a1", now + 2) == {}, "who has been admitted is no longer told"
    assert looker._paces[Feed("a1", Kind.WEBCAM)].rates.keys() > {Look.HEAD, Look.LIKENESS}
    assert asked == [], "nobody's face is compared at a glance"


def test_when_nothing_is_due_it_waits_but_not_long(make):
    looker, _ = make()
    assert 0 < looker.wait(time.monotonic()) <= 0.1


def test_the_heart_beats_once_a_second(make):
    looker, _ = make()
    assert looker.beat_due()
    assert not looker.beat_due()


def test_the_record_of_looks_survives_and_a_broken_one_is_none(tmp_path):
    file = tmp_path / "looked.json"
    assert read_looked(file) == {}
    write_looked(file, {"a1": 1000.5})
    assert read_looked(file) == {"a1": 1000.5}
    for broken in ("", "[]", "{", '{"a1": null}', '{"a1": "x"}'):
        file.write_text(broken)
        assert read_looked(file) == {}
    write_looked(tmp_path / "no" / "folder", {"a1": 1.0})


def test_the_meter_forgets_what_is_long_ago():
    from appliance.inference.meter import Meter

    meter = Meter()
    for i in range(100):
        meter.add(float(i), took=0.1, age=0.3)
    assert meter.rate == pytest.approx(6 / 5)
    assert meter.busy == pytest.approx(0.12)
    assert meter.age == 0.3
