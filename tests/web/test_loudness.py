"""The line of sound under the player: what is known is answered at once, the rest is worked out elsewhere."""

import base64
import shutil
import sys
import threading
import time

import numpy as np
import pytest

from appliance.bench.review import damage
from appliance.bench.review.recording import lay
from appliance.exam.feed import Kind
from appliance.recording import loudness
from appliance.web.review.loudness import Measurer
from appliance.web.review.waiting import Waiting
from tests.capture import test_excerpt

from .conftest import EXAM
from .test_review_recording import Recorded

pytestmark = pytest.mark.slow

SECONDS = 48


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A feed with sound and one without, made once. Every other eight seconds are loud."""
    media = tmp_path_factory.mktemp("files")
    where = {"exam": EXAM, "attempt": "made", "seat": "1", "begins_at": float(round(time.time()) - 600)}
    kinds = (Kind.WEBCAM, Kind.SCREEN)
    return media / EXAM / "made", lay(media, **where, hours=SECONDS / 3600, kinds=kinds, small=True)


@pytest.fixture
def recorded(house, files):
    house.reach("in_exam")
    return Recorded(house, files)


def ask(recorded, kind="webcam"):
    said = recorded.house.user("lead").get(f"/api/review/{recorded.attempt}/{kind}/loudness")
    assert said.status_code == 200, said.text
    return np.frombuffer(base64.b64decode(said.json["levels"]), np.uint8), said.json["done"]


def measure(recorded, **how):
    Measurer(recorded.house.services, threading.Event(), **how).look()


def test_I3_it_is_worked_out_by_another_process_and_is_known_then(recorded):
    levels, done = ask(recorded)
    assert not done
    assert levels.max() == 0
    measure(recorded)
    levels, done = ask(recorded)
    assert done
    assert len(levels) == SECONDS * 10 + 1
    assert levels[5:10].max() < 100 < 180 < levels[85:90].min(), "noise of -64 dBFS, and of -20"
    gap = next(feed for feed in recorded.ask()["feeds"] if feed["kind"] == "webcam")["gaps"][0]
    first = round((gap["starts_at"] - recorded.laid.begins_at) * 10)
    assert levels[first + 1 : first + 40].max() == 0, "nothing was recorded there"
    assert recorded.house.services.reviewing.loudness_waiting == 0


def test_a_feed_without_sound_is_done_with_a_flat_line(recorded):
    ask(recorded, "screen")
    measure(recorded)
    levels, done = ask(recorded, "screen")
    assert done
    assert levels.max() == 0


def test_a_recording_that_grows_only_adds_to_it(recorded):
    later = recorded.file(-1)
    kept = later.read_bytes()
    later.unlink()
    ask(recorded)
    measure(recorded)
    cache = recorded.house.services.paths.loudness / EXAM / recorded.attempt / "webcam"
    before = {file.name: file.stat().st_mtime_ns for file in cache.iterdir()}
    later.write_bytes(kept)
    assert not ask(recorded)[1]
    measure(recorded)
    assert ask(recorded)[1]
    after = {file.name: file.stat().st_mtime_ns for file in cache.iterdir()}
    assert set(after) - set(before) == {later.name + loudness.SUFFIX}
    assert all(after[name] == before[name] for name in before)


@pytest.mark.parametrize("harm", [damage.cut_short, damage.corrupt, damage.scrambled, damage.headless, damage.missing])
def test_a_broken_file_takes_nothing_from_the_others(recorded, harm):
    harm(recorded.file(1))
    ask(recorded)
    measure(recorded)
    levels, done = ask(recorded)
    assert done
    assert levels[:80].min() > 0
    assert levels[165:170].min() > 0


def test_webm_is_heard_too(tmp_path):
    test_excerpt.record(tmp_path / "webcam", [(4, 8)], codec="vp8", width=96, height=64)
    (tmp_path / "out").mkdir()
    assert loudness.measure(tmp_path / "webcam", tmp_path / "out") == 1
    begin, levels = loudness.read(next((tmp_path / "out").iterdir()))
    assert (begin, len(levels)) == (40, 40)
    assert min(levels[2:]) > 200, "a tone of -15 dBFS"


def test_a_file_that_kills_the_process_twice_is_left_silent(tmp_path, files):
    out, folder = tmp_path / "out", files[0] / "webcam"
    out.mkdir()
    first = min(file.name for file in folder.glob("*.mp4"))
    (out / f"{first}.tried").write_bytes(b"xx")
    assert loudness.measure(folder, out) > 1
    assert loudness.read(out / (first + loudness.SUFFIX)) == (0, b"")
    assert not list(out.glob("*.tried"))


def test_a_process_that_dies_is_counted_and_not_begun_again_at_once(recorded):
    ask(recorded)
    measure(recorded, command=(sys.executable, "-c", "import os; os.abort()"))
    assert recorded.house.services.reviewing.loudness_failed == 1
    assert ask(recorded)[1] is False
    assert len(recorded.house.services.loudness) == 0, "it rests for a minute"


def test_a_full_queue_refuses_and_counts_and_the_page_is_answered_all_the_same(recorded):
    queue = recorded.house.services.loudness
    for number in range(200):
        queue.add((EXAM, f"a{number}", "webcam"))
    assert len(queue) == 48
    assert ask(recorded)[1] is False
    assert recorded.house.services.reviewing.facts()["review_loudness_refused"] == 1


def test_a_feed_waits_once_and_the_first_comes_first():
    queue = Waiting(2)
    assert [queue.add(("e", name, "webcam")) for name in "aabc"] == [True, True, True, False]
    assert queue.next() == ("e", "a", "webcam")
    queue.done(("e", "a", "webcam"))
    assert queue.next() == ("e", "b", "webcam")


def test_what_was_deleted_is_not_waited_for(recorded):
    shutil.rmtree(recorded.folder)
    assert ask(recorded)[1] is True
