"""As many candidates as the box carries, none on a nearly full disk, and who was recorded before always comes back."""

import asyncio
import os
import subprocess
import threading
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.box.token import Claim
from appliance.capture import admission as admission_module
from appliance.capture.admission import Admission, NoRoom, NoSeat, Seats
from appliance.capture.disk import Disk, free_bytes, is_low
from appliance.exam.events import CapacityRefused, StorageEnough, StorageLow
from appliance.exam.feed import Feed, Kind
from tests.capture.peers import RecordingLedger

MARK = 1_000


class Scene:
    def __init__(self, tmp_path, *, most=2, free=1 << 40):
        self.ledger, self.most, self.free = RecordingLedger(), most, free
        self.media, folder = tmp_path / "media", tmp_path / "seats"
        folder.mkdir(exist_ok=True)
        self.media.mkdir(exist_ok=True)
        self.seats = Seats(folder)
        self.disk = Disk(self.media, self.ledger, mark=MARK, free=lambda _: self.free)
        self.admission = Admission(self.seats, self.disk, self.ledger, media=self.media, most=lambda: self.most)

    def publish(self, attempt, kind=Kind.WEBCAM):
        with self.admission.admitting(Claim("publish", Feed(attempt, kind), "bio", "S")):
            pass

    def record(self, attempt):
        (self.media / "bio" / attempt / "webcam").mkdir(parents=True)


def test_one_more_than_the_box_carries_is_refused_and_told(tmp_path):
    scene = Scene(tmp_path)
    scene.publish("a1")
    scene.publish("a2")
    with pytest.raises(NoSeat, match="2 candidates at once, and all 2 seats are taken"):
        scene.publish("a3")
    (said,) = scene.ledger.of(CapacityRefused)
    assert (said.attempt, said.kind, said.reason, said.limit) == ("a3", "webcam", "seats", 2.0)
    assert scene.ledger.said[0][:2] == ("box", "bio")
    assert scene.admission.facts() == {"taken": 2, "most": 2, "refused_seats": 1, "refused_storage": 0}


def test_every_stream_of_one_candidate_is_one_seat(tmp_path):
    scene = Scene(tmp_path, most=1)
    for kind in (Kind.WEBCAM, Kind.SCREEN, Kind.PHONE, Kind.WEBCAM):
        scene.publish("a1", kind)
    assert scene.seats.taken() == ["a1"]


def test_an_attempt_that_is_over_gives_its_seat_to_the_next(tmp_path):
    scene = Scene(tmp_path, most=1)
    scene.publish("a1")
    scene.admission.over("a1")
    scene.publish("a2")
    assert scene.seats.taken() == ["a2"]


def test_who_was_recorded_before_is_let_in_whatever_the_box_carries(tmp_path):
    scene = Scene(tmp_path, most=0, free=0)
    scene.disk.look()
    scene.record("a1")
    scene.publish("a1")
    assert scene.seats.taken() == ["a1"]
    with pytest.raises(NoRoom):
        scene.publish("a2")


def test_who_holds_a_seat_comes_back_although_the_limit_fell(tmp_path):
    scene = Scene(tmp_path, most=2)
    scene.publish("a1")
    scene.most = 0
    scene.publish("a1")
    assert scene.seats.taken() == ["a1"]
    with pytest.raises(NoSeat):
        scene.publish("a2")


def test_an_offer_that_came_to_nothing_takes_no_seat(tmp_path):
    scene = Scene(tmp_path, most=1)
    claim = Claim("publish", Feed("a1", Kind.WEBCAM), "bio", "S")
    with pytest.raises(ValueError, match="offer"), scene.admission.admitting(claim):
        raise ValueError("offer")
    assert scene.seats.taken() == []
    scene.publish("a1")
    with pytest.raises(ValueError, match="offer"), scene.admission.admitting(claim):
        raise ValueError("offer")
    assert scene.seats.taken() == ["a1"]  # its other stream is there


def test_a_call_takes_no_seat(tmp_path):
    scene = Scene(tmp_path, most=0)
    scene.publish("a1", Kind.CALL)
    assert scene.seats.taken() == []


def test_a_page_that_asks_every_two_seconds_is_told_once_a_minute(tmp_path, monkeypatch):
    scene = Scene(tmp_path, most=0)
    now = [1000.0]
    monkeypatch.setattr(admission_module.time, "monotonic", lambda: now[0])
    for _ in range(60):
        now[0] += 2.0
        with pytest.raises(NoSeat):
            scene.publish("a1")
    assert len(scene.ledger.of(CapacityRefused)) == 2
    assert scene.admission.counters["refused_seats"] == 60


def test_what_is_remembered_of_refusals_is_bounded(tmp_path):
    scene = Scene(tmp_path, most=0)
    for number in range(admission_module._REMEMBERED + 50):
        with pytest.raises(NoSeat):
            scene.publish(f"a{number}")
    assert len(scene.admission._told) == admission_module._REMEMBERED


def test_workers_that_let_people_in_at_the_same_moment_count_the_same_seats(tmp_path):
    folder = tmp_path / "seats"
    folder.mkdir()
    got, start = [], threading.Barrier(4)

    def worker(number):
        seats = Seats(folder)
        start.wait()
        for attempt in range(20):
            if seats.take(f"w{number}a{attempt}", most=10):
                got.append(attempt)

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(Seats(folder).taken()) == 10


# --- the disk ---


def test_low_and_enough_are_told_once_each_with_room_between(tmp_path):
    scene = Scene(tmp_path, free=MARK)
    said = lambda: [payload.TYPE for _, _, payload in scene.ledger.said]  # noqa: E731
    for wall, free in enumerate((MARK, MARK - 1, MARK - 1, MARK, MARK * 1.1 - 1, MARK * 1.1, MARK, MARK - 1)):
        scene.free = int(free)
        scene.disk.look(wall=60.0 * wall)
    assert said() == [StorageLow.TYPE, StorageEnough.TYPE, StorageLow.TYPE]
    low = scene.ledger.of(StorageLow)[0]
    assert (low.free_bytes, low.mark_bytes) == (MARK - 1, MARK)
    assert scene.disk.sentence.startswith("the disk is nearly full")


def test_two_workers_say_it_once(tmp_path):
    ledger = RecordingLedger()
    for _ in range(2):
        Disk(tmp_path, ledger, mark=MARK, free=lambda _: 0).look(wall=70.0)
    assert len(ledger.of(StorageLow)) == 1


@given(st.lists(st.integers(0, 3 * MARK), max_size=60))
def test_a_disk_between_the_mark_and_a_tenth_more_keeps_its_state(frees):
    low = False
    for free in frees:
        before, low = low, is_low(low, free=free, mark=MARK)
        if MARK <= free < 1.1 * MARK:
            assert low == before
        else:
            assert low == (free < MARK)


def test_a_disk_that_is_gone_has_no_room(tmp_path):
    assert free_bytes(tmp_path / "gone") == 0
    assert free_bytes(tmp_path) > 0


def test_nobody_new_on_a_nearly_full_disk_until_there_is_room(tmp_path):
    scene = Scene(tmp_path)
    scene.publish("a1")
    scene.free = 10
    scene.disk.look()
    with pytest.raises(NoRoom, match="too little room"):
        scene.publish("a2")
    scene.publish("a1")
    (said,) = scene.ledger.of(CapacityRefused)
    assert (said.reason, said.limit) == ("storage", 10.0)
    scene.free = 1 << 40
    scene.disk.look()
    scene.publish("a2")


# --- a whole worker that starts on a full disk ---


@contextmanager
def mounted(folder, size):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode:
        pytest.skip("this machine does not let a test mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_worker_that_starts_on_a_full_disk_lets_nobody_in_and_goes_on_when_there_is_room(tmp_path):
    from appliance.bench.capture import box as boxes
    from appliance.errors import Unavailable
    from appliance.ledger.reader import opened
    from tests.capture.peers import Candidate, until

    with mounted(tmp_path / "disk", "150m") as disk:
        data = disk / "data"
        fill = disk / "fill"
        fill.write_bytes(bytes(110_000_000))  # under the floor of 64 MB from the start
        with boxes.capturing(data, settings="low_water_bytes = 80000000\n") as box:
            feed = Feed("a1", Kind.WEBCAM)

            async def publish():
                candidate = Candidate()
                try:
                    answer = await boxes_whip(box, feed, await candidate.offer())
                    await candidate.accept(answer)
                    await until(lambda: any(box.paths.media.glob("**/*.mp4.open")), seconds=15)
                finally:
                    await candidate.close()

            with pytest.raises(Unavailable, match="too little room"):
                asyncio.run(publish())
            (said,) = box.health().values()
            assert "nearly full" in said["sentence"]
            fill.unlink()
            asyncio.run(until_room(box))
            asyncio.run(publish())
            with opened(box.paths.database) as ledger:
                types = [event.type for event in ledger.events(after=0)]
            assert [name for name in types if name.startswith(("storage", "capacity"))] == [
                "storage.low",
                "capacity.refused",
                "storage.enough",
            ]


async def boxes_whip(box, feed, offer):
    from appliance.bench.capture.sender import whip

    return await whip(box.address(feed, "publish"), offer)


async def until_room(box):
    from tests.capture.peers import until

    await until(lambda: "nearly full" not in next(iter(box.health().values()))["sentence"], seconds=10)
