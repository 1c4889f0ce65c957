"""Going round the shared screens: each is looked at, what changed is read, one at a time, and nobody waits for it."""

import threading
import time
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from appliance.box import picture
from appliance.errors import NotFound
from appliance.exam.feed import Feed, Kind
from appliance.inference import reader
from appliance.inference.ocr import Line, Reading
from appliance.inference.reader import Reader
from appliance.inference.screen import Popup, Screen

pytestmark = pytest.mark.slow  # together too long for `make check`


@dataclass
class FakeRoom:
    """Two screens, and what was said of them."""

    listed: dict = field(default_factory=dict)
    seen: list = field(default_factory=list)

    def screens(self):
        return {Feed(attempt, Kind.SCREEN): listed for attempt, listed in self.listed.items()}

    def share(self, feed, seen, jpeg):
        self.seen.append((feed.attempt, seen, jpeg))

    def readings(self, attempt):
        return [s.reading for a, s, _ in self.seen if a == attempt and isinstance(s, Screen) and s.reading]


class SlowText:
    """Says the mean of the picture; reads for as long as it is told to, and notes how many did so at once."""

    def __init__(self):
        self.go_on = threading.Event()
        self.go_on.set()
        self.at_once = self.most = self.count = 0
        self.broken = False

    def read(self, pixels, *, go_on):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.count += 1
        self.go_on.wait(5)
        self.at_once -= 1
        if self.broken:
            raise RuntimeError("no memory")
        return Reading(lines=(Line(f"{pixels.mean():.0f}", 0.9, 0, 0, 1, 0.02),), whole=True)


def show(folder, attempt, number, shade=200, *, same=False, size=(640, 360)):
    pixels = np.full((size[1], size[0], 3), shade, np.uint8)
    pixels[::20] = 40
    jpeg = cv2.imencode(".jpg", pixels)[1].tobytes()
    facts = {"feed": f"{attempt}/screen", "number": number, "taken_at": 1000.0 + number, "position": float(number)}
    sizes = {"width": size[0], "height": size[1], "jpeg_bytes": len(jpeg)}
    if not same:
        picture.write(folder, picture.Header(**facts, **sizes, raw_bytes=0), jpeg, b"", full=True)
    picture.write(folder, picture.Header(**facts, **sizes, raw_bytes=pixels.nbytes), jpeg, pixels.tobytes())


@pytest.fixture
def make(tmp_path):
    made = []

    def missing():
        raise NotFound("the model file text.xml is missing", hint="Run: appliance models prepare")

    def one(*attempts, text, listed=True):
        room = FakeRoom(dict.fromkeys(attempts, listed))
        made.append(Reader(tmp_path, room, lambda: text if text is not None else missing()))
        return made[-1], room

    yield one
    for each in made:
        if each._text is not None:
            each._text.go_on.set()
        each.stop()


def turns(one, start, seconds):
    """As the thread would, without waiting for the clock; a reading under way is let finish."""
    now = start
    while now < start + seconds:
        one.turn(now)
        time.sleep(0.002)
        now += reader.TURN_SECONDS
    return now


def test_a_screen_is_read_once_and_what_stands_there_holds_while_it_stays_the_same(make, tmp_path):
    text = SlowText()
    one, room = make("a1", text=text)
    now = 10.0
    for number in range(1, 8):
        show(tmp_path, "a1", number, same=number > 1)
        now = turns(one, now, 1.1)
    assert text.count == 1
    assert len(room.readings("a1")) >= 5
    assert all(seen.reads for _, seen, _ in room.seen)


def test_what_has_changed_is_not_judged_by_what_stood_there_before(make, tmp_path):
    one, room = make("a1", text=SlowText())
    show(tmp_path, "a1", 1, 200)
    now = turns(one, 10.0, 2)
    show(tmp_path, "a1", 2, 90)
    known = len(room.readings("a1"))
    now = turns(one, now, 1.1)
    assert len(room.readings("a1")) == known, "it is read again after four seconds, not at once"
    show(tmp_path, "a1", 3, 90, same=True)
    now = turns(one, now, 4)
    show(tmp_path, "a1", 4, 90, same=True)
    turns(one, now, 2)
    first, *_, last = [reading.lines[0].text for reading in room.readings("a1")]
    assert int(first) > 150
    assert int(last) < 120


def test_one_is_read_at_a_time_and_the_others_are_looked_at_meanwhile(make, tmp_path):
    text = SlowText()
    text.go_on.clear()
    one, room = make("a1", "a2", "a3", text=text)
    now = 10.0
    for number in range(1, 5):
        for attempt in room.listed:
            show(tmp_path, attempt, number, 100 + number * 20)
        now = turns(one, now, 1.1)
    assert text.most == 1
    assert {attempt: sum(a == attempt for a, _, _ in room.seen) for attempt in room.listed} == {
        "a1": 4,
        "a2": 4,
        "a3": 4,
    }
    text.go_on.set()
    turns(one, now, 3)
    assert text.most == 1
    assert text.count >= 3


def test_where_nothing_is_listed_nothing_is_read(make, tmp_path):
    text = SlowText()
    one, room = make("a1", text=text, listed=False)
    show(tmp_path, "a1", 1)
    turns(one, 10.0, 2)
    assert text.count == 0
    assert [seen.reads for _, seen, _ in room.seen] == [False]


def test_without_models_screens_are_looked_at_all_the_same(make, tmp_path):
    one, room = make("a1", text=None)
    for number in (1, 2):
        show(tmp_path, "a1", number)
        turns(one, 10.0 * number, 1.1)
    assert [(seen.reads, seen.changed) for _, seen, _ in room.seen] == [(True, None), (False, 0.0)]
    assert "models prepare" in one.missing


def test_a_screen_that_cannot_be_read_stops_nobody(make, tmp_path):
    text = SlowText()
    text.broken = True
    one, room = make("a1", text=text)
    show(tmp_path, "a1", 1)
    now = turns(one, 10.0, 2)
    text.broken = False
    show(tmp_path, "a1", 2, 90)
    now = turns(one, now, 5)
    assert one.unreadable == 1
    assert len(room.readings("a1")) == 1


@pytest.mark.parametrize("bad", [b"", b"no picture at all", b'{"feed": "a1/screen"}\nxx', b'{"number": 1}\n' * 3])
def test_a_file_that_holds_no_picture_is_counted(make, tmp_path, bad):
    one, room = make("a1", text=SlowText())
    picture.path_of(tmp_path, Feed("a1", Kind.SCREEN)).write_bytes(bad)
    turns(one, 10.0, 1)
    assert one.unreadable == 1
    assert room.seen == []


@pytest.mark.parametrize("size", [(2, 2), (7680, 4320)], ids=["tiny", "8K"])
def test_screens_of_absurd_sizes_break_nothing(make, tmp_path, size):
    one, room = make("a1", text=SlowText())
    show(tmp_path, "a1", 1, size=size)
    turns(one, 10.0, 2)
    assert len([seen for _, seen, _ in room.seen if isinstance(seen, Screen)]) >= 1


def test_the_picture_of_a_pop_up_is_the_one_on_which_it_was(make, tmp_path):
    one, room = make("a1", text=None)
    now = 10.0
    for number, over in enumerate((False, True, True, False), start=1):
        pixels = np.full((360, 640, 3), 200, np.uint8)
        pixels[::20] = 40
        if over:
            pixels[200:300, 400:600] = 20
        jpeg = cv2.imencode(".jpg", pixels)[1].tobytes()
        header = picture.Header(
            feed="a1/screen",
            number=number,
            taken_at=1000.0 + number,
            position=0.0,
            width=640,
            height=360,
            jpeg_bytes=len(jpeg),
            raw_bytes=pixels.nbytes,
        )
        if number != 3:
            picture.write(tmp_path, header, jpeg, b"", full=True)
        picture.write(tmp_path, header, jpeg, pixels.tobytes())
        now = turns(one, now, 1.1)
    ((popup, jpeg),) = [(seen, jpeg) for _, seen, jpeg in room.seen if isinstance(seen, Popup)]
    assert (popup.since, popup.at) == (1002.0, 1004.0)
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown[250, 500].mean() < 60


def test_a_screen_that_is_over_is_forgotten(make, tmp_path):
    one, room = make("a1", text=SlowText())
    show(tmp_path, "a1", 1)
    now = turns(one, 10.0, 1)
    room.listed.clear()
    turns(one, now, 1)
    assert one.facts()["screens"] == 0
