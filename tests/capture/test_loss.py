"""A line that loses packets: what was lost is asked for again, and what is recorded is whole and plays."""

import time
from contextlib import contextmanager
from itertools import pairwise

import av
import pytest

from appliance.bench.capture import clip, lossy
from appliance.bench.capture.box import EXAM, capturing
from appliance.bench.capture.job import helper
from appliance.errors import Unavailable
from appliance.exam.feed import Feed, Kind
from appliance.ledger import reader as readers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

FEED = Feed("a1", Kind.WEBCAM)


@pytest.fixture
def line():
    if why := lossy.missing():
        pytest.skip(why)
    try:
        with lossy.line() as made:
            yield made
    except Unavailable as error:
        pytest.skip(f"this machine does not let a test lose packets: {error.message}")


@contextmanager
def published(line, tmp_path):
    """A capture worker on one side of the line, a sender of 720p15 with sound on the other; -> (box, sender)."""
    clip.camera().write(tmp_path / "picture")
    clip.tone().write(tmp_path / "sound")
    with capturing(tmp_path / "data", prefix=line.at_box) as box:
        stream = {
            "picture": str(tmp_path / "picture"),
            "sound": str(tmp_path / "sound"),
            "whip": box.address(FEED, "publish"),
        }
        with helper("appliance.bench.capture.sender", {"streams": [stream]}, prefix=line.at_sender) as sender:
            yield box, sender
        deadline = time.monotonic() + 5
        while box.left_open() and time.monotonic() < deadline:
            time.sleep(0.1)


def times(box):
    """When each recorded picture is shown, in seconds; all of them can be decoded."""
    found = []
    for file in sorted((box.paths.media / EXAM / FEED.attempt / FEED.kind.value).glob("*.mp4")):
        with av.open(str(file)) as container:
            container.streams.video[0].codec_context.options = {"err_detect": "explode"}
            found += [frame.time for frame in container.decode(video=0)]
    return found


def gaps(box):
    with readers.opened(box.paths.database) as ledger:
        return [
            (event.type, event.payload.cause)
            for event in ledger.events(after=0, types=frozenset({"gap.opened", "gap.closed"}))
        ]


@pytest.mark.long
@pytest.mark.parametrize("percent", [1, 5])
def test_what_the_line_loses_is_asked_for_again_and_no_picture_is_missing(line, tmp_path, percent):
    with published(line, tmp_path) as (box, sender):
        line.lose(percent)
        time.sleep(6)
        arrived, lost = line.counted()
        line.lose(0)
        time.sleep(1)
        sent = sender.ask()["frames"][0]
    assert lost > 0.2 * percent / 100 * arrived, f"{lost} of {arrived} packets were lost"
    shown = times(box)
    assert len(shown) >= 0.99 * sent
    steps = [later - earlier for earlier, later in pairwise(shown)]
    assert max(steps) < 0.2, "a picture is missing"
    assert gaps(box) == [("gap.opened", "page_closed")], "but for the end"


def test_a_line_that_is_down_for_a_while_is_a_gap_and_the_recording_goes_on(line, tmp_path):
    with published(line, tmp_path) as (box, sender):
        time.sleep(2)
        line.lose(100)
        time.sleep(3.5)
        line.lose(0)
        time.sleep(4)
        assert sender.ask()["alive"] == 1
    assert gaps(box)[:2] == [("gap.opened", "no_media"), ("gap.closed", "no_media")]
    assert len(times(box)) > 15 * 4
