"""When lab cameras are recorded: with their seat's attempt, or with an exam's room, by one worker."""

import asyncio
import contextlib
from dataclasses import dataclass, field

import pytest

from appliance.capture import cameras as cameras_module
from appliance.capture.attendance import Attendance, room_id
from appliance.capture.cameras import Cameras
from appliance.capture.ownership import Ownership
from appliance.config import CameraSettings
from appliance.exam.events import (
    AttemptAdmitted,
    AttemptArrived,
    AttemptCreated,
    AttemptEnded,
    AttemptEquipped,
    AttemptFinished,
    AttemptReseated,
    AttemptSigned,
    ExamEnded,
    ExamPlanned,
    FeedPositioned,
    RoomWatched,
)
from appliance.exam.feed import Feed, Kind
from appliance.exam.plan import ExamPlan, Level
from appliance.ledger.client import Told
from tests.capture.scene import scene

DOOR = CameraSettings(name="door", url="rtsp://door")
SIDE = CameraSettings(name="side", url="rtsp://side", seat="4")
ROOM = Feed(room_id("bio", "door", 0), Kind.CAMERA)
ENDED = AttemptEnded(by="lead", reason="over", warnings=0, overridden=False)


def told(payload, chain="a1", exam="bio"):
    return Told(seq=1, id="x", chain=chain, type=payload.TYPE, exam=exam, actor="a", wall=100.0, payload=payload)


def created(attempt="a1", seat="4", exam="bio"):
    return told(AttemptCreated(exam=exam, seat=seat, name="n", candidate="c"), attempt, exam)


SIGNED = AttemptSigned(statement_version="1", statement_sha256="", signature="n")
STEPS = [
    (AttemptArrived(browser="b"), False),
    (SIGNED, True),
    (AttemptEquipped(camera="c", microphone="m", surface="s"), True),
    (AttemptAdmitted(by="p"), True),
    (AttemptFinished(), False),
]


def names(attendance, *settings):
    return {(place.feed, place.seat) for place in attendance.wanted(settings or (DOOR, SIDE))}


def test_a_seats_camera_is_recorded_from_consent_to_the_end_of_its_attempt():
    attendance = Attendance()
    attendance.take(created())
    attendance.take(created("a2", "5"))
    for step, recorded in STEPS:
        attendance.take(told(step))
        attendance.take(told(step, "a2"))
        assert names(attendance, SIDE) == ({(Feed("a1", Kind.CAMERA), "4")} if recorded else set())


def test_a_room_is_recorded_from_the_first_candidate_to_the_last_ones_end():
    attendance = Attendance()
    attendance.take(created())
    attendance.take(created("a2", "5"))
    assert names(attendance, DOOR) == set()
    attendance.take(told(SIGNED))
    assert names(attendance, DOOR) == {(ROOM, "door")}
    attendance.take(told(RoomWatched(camera="door"), ROOM.attempt))
    assert attendance.take(told(ENDED)) == []
    assert names(attendance, DOOR) == {(ROOM, "door")}
    assert attendance.take(told(AttemptFinished(), "a2")) == [ROOM.attempt]
    assert names(attendance, DOOR) == set()


def test_the_end_of_the_exam_ends_its_room_even_if_somebody_never_came():
    attendance = Attendance()
    for event in (created(), created("a2", "5"), told(SIGNED), told(RoomWatched(camera="door"), ROOM.attempt)):
        attendance.take(event)
    assert attendance.take(told(ExamEnded(exam="bio", reason="over"), "box")) == [ROOM.attempt]
    assert attendance.take(told(ENDED)) == []
    assert attendance.take(told(ENDED, "a2")) == []


def test_who_comes_after_everybody_had_left_begins_another_room():
    attendance = Attendance()
    for event in (created(), told(SIGNED), told(AttemptFinished()), created("late"), told(SIGNED, "late")):
        attendance.take(event)
    (place,) = attendance.wanted([DOOR])
    assert place.feed.attempt == room_id("bio", "door", 1) != ROOM.attempt


def test_a_room_that_is_named_when_all_is_over_is_over_at_once():
    attendance = Attendance()
    for event in (created(), told(SIGNED), told(AttemptFinished())):
        attendance.take(event)
    assert attendance.take(told(RoomWatched(camera="door"), ROOM.attempt)) == [ROOM.attempt]


def test_two_exams_at_once_have_a_recording_each():
    attendance = Attendance()
    for attempt, exam in (("a1", "bio"), ("b1", "art")):
        attendance.take(created(attempt, "4", exam))
        attendance.take(told(SIGNED, attempt, exam))
    assert {(place.exam, place.seat) for place in attendance.wanted([DOOR, SIDE])} == {
        ("bio", "door"), ("art", "door"), ("bio", "4"), ("art", "4"),
    }  # fmt: skip


def test_M2_an_exam_without_pictures_has_no_lab_camera_either():
    attendance = Attendance()
    plan = ExamPlanned(exam="bio", plan=ExamPlan(level=Level.NONE).to_json(), by="lea")
    for event in (created(), told(plan, "box"), told(SIGNED)):
        attendance.take(event)
    assert names(attendance) == set()
    attendance.take(told(ExamPlanned(exam="bio", plan=ExamPlan().to_json(), by="lea"), "box"))
    assert len(names(attendance)) == 2


# --- one worker's part ---


@dataclass
class Fake:
    """Stands for a camera."""

    settings: CameraSettings
    feed: object
    running: bool = False
    halted: bool = False
    causes: list = field(default_factory=list)

    def start(self):
        self.running = True

    def halt(self):
        self.halted = True

    async def stop(self, cause):
        self.running = False
        self.causes.append(cause)

    def facts(self):
        return {}


@contextlib.asynccontextmanager
async def worker(tmp_path, *settings, number=1, count=1):
    async with scene(tmp_path / f"media{number}") as here:
        made = []

        def make(settings, feed):
            made.append(Fake(settings, feed))
            return made[-1]

        folder = tmp_path / "locks"
        folder.mkdir(exist_ok=True)
        ownership = Ownership(folder, number=number, count=count)
        cameras = Cameras(settings or (DOOR, SIDE), here.station, ownership, here.ledger, make=make)
        try:
            yield here, cameras, ownership, made
        finally:
            await cameras.stop()
            ownership.let_go()


def test_cameras_begin_and_end_with_the_ledger(tmp_path):
    async def run():
        async with worker(tmp_path) as (here, cameras, ownership, made):
            for event in (created(), told(SIGNED)):
                cameras.told(event)
            await cameras.look()
            await cameras.look()
            assert [(fake.settings.name, fake.running) for fake in made] == [("door", True), ("side", True)]
            assert set(ownership.attempts) == {"a1", ROOM.attempt}
            (room,) = here.ledger.of(RoomWatched)
            assert room.camera == "door"
            assert (ROOM.attempt, "bio", room) in here.ledger.said
            (placed,) = here.ledger.of(FeedPositioned)
            assert (placed.kind, placed.position) == ("camera", "oblique")
            cameras.told(told(room, ROOM.attempt))
            cameras.told(told(ENDED))
            assert [fake.halted for fake in made] == [True, True]
            assert ROOM.attempt in here.station.ended
            await cameras.look()
            assert cameras.facts() == {}
            await asyncio.sleep(0)
            assert [fake.running for fake in made] == [False, False]

    asyncio.run(run())


def test_who_goes_on_at_another_seat_is_recorded_by_the_camera_there(tmp_path):
    async def run():
        there = CameraSettings(name="there", url="rtsp://there", seat="5")
        async with worker(tmp_path, SIDE, there) as (_, cameras, _, made):
            for event in (created(), told(SIGNED)):
                cameras.told(event)
            await cameras.look()
            cameras.told(told(AttemptAdmitted(by="p")))
            cameras.told(told(AttemptReseated(seat="5", reason="a broken chair", by="p")))
            assert [fake.halted for fake in made] == [True]
            await asyncio.sleep(0)
            await cameras.look()
            assert [(fake.settings.name, fake.halted) for fake in made] == [("side", True), ("there", False)]

    asyncio.run(run())


def test_of_two_workers_one_records_and_the_other_takes_over_when_it_is_away(tmp_path):
    async def run():
        async with worker(tmp_path, DOOR, number=1, count=2) as one, worker(tmp_path, DOOR, number=2, count=2) as two:
            for _, cameras, _, _ in (one, two):
                cameras.told(created())
                cameras.told(told(SIGNED))
            first, second = (one, two) if one[2].first(ROOM.attempt) else (two, one)
            await second[1].look(now=0.0)
            assert second[3] == []
            await first[1].look(now=0.0)
            assert len(first[3]) == 1
            await second[1].look(now=cameras_module.PATIENCE_SECONDS + 1)
            assert second[3] == []  # the first one lives
            await first[1].stop()
            first[2].let_go()
            await second[1].look(now=cameras_module.PATIENCE_SECONDS + 1)
            assert len(second[3]) == 1

    asyncio.run(run())


def test_an_attempt_that_went_to_another_worker_takes_its_camera_along(tmp_path):
    async def run():
        async with worker(tmp_path, SIDE) as (_, cameras, ownership, made):
            cameras.told(created())
            cameras.told(told(SIGNED))
            await cameras.look()
            ownership.release("a1")
            cameras.told(told(AttemptAdmitted(by="p")))
            ownership.first = lambda attempt: False
            await cameras.look()
            assert made[0].halted

    asyncio.run(run())


@pytest.mark.parametrize("exam", ["bio/../x"])
def test_a_name_that_is_no_folder_records_nothing(tmp_path, exam):
    async def run():
        async with worker(tmp_path, SIDE) as (_, cameras, _, made):
            cameras.told(created(exam=exam))
            cameras.told(told(SIGNED, exam=exam))
            await cameras.look()
            assert made == []

    asyncio.run(run())
