"""Who is there, as the ledger tells it, and so which lab cameras are recorded. Pure: events in, answers out.

A camera with a seat is recorded with the attempt that sits there, in the stages in which anything of it is. A camera of
the whole room is recorded from the first such stage of an exam until all its attempts are closed, under the id of a
room: the same one however often this is worked out, and another one when somebody comes after everybody had left. An
exam that is held without pictures has none of either (proctoring.md M2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from appliance.capture import ids
from appliance.capture.segment import Place
from appliance.config import CameraSettings
from appliance.exam.events import (
    AttemptCreated,
    AttemptReseated,
    ExamEnded,
    ExamPlanned,
    RoomWatched,
)
from appliance.exam.feed import Feed, Kind
from appliance.exam.plan import Level
from appliance.exam.stage import CLOSED, MOVING, RECORDED, Stage, reached
from appliance.ledger.client import Told

TYPES = MOVING | {payload.TYPE for payload in (AttemptCreated, AttemptReseated, ExamEnded, ExamPlanned, RoomWatched)}


@dataclass(slots=True)
class _Attempt:
    exam: str
    seat: str
    stage: Stage = Stage.INVITED


@dataclass(slots=True)
class _Exam:
    """`turn` counts how often everybody had left; `recorded`: the exam is one of which pictures are kept."""

    recorded: bool = True
    attempts: set[str] = field(default_factory=set)
    rooms: set[str] = field(default_factory=set)
    watched: bool = False
    turn: int = 0


def room_id(exam: str, camera: str, turn: int) -> str:
    """Stands where an attempt's id does."""
    return ids.of("room", exam, camera, turn)


class Attendance:
    """Folds events, in the order of the ledger."""

    def __init__(self) -> None:
        self._attempts: dict[str, _Attempt] = {}
        self._exams: dict[str, _Exam] = {}

    def take(self, event: Told) -> list[str]:
        """-> the rooms that are over since this event."""
        said = event.payload
        if isinstance(said, AttemptCreated):
            self._attempts[event.chain] = _Attempt(said.exam, said.seat)
            self._exam(said.exam).attempts.add(event.chain)
        elif isinstance(said, RoomWatched) and event.exam:
            exam = self._exam(event.exam)
            if not exam.watched:  # it was said when all was over
                return [event.chain]
            exam.rooms.add(event.chain)
        elif isinstance(said, ExamEnded):
            return self._left(self._exam(said.exam))
        elif isinstance(said, ExamPlanned):
            self._exam(said.exam).recorded = said.plan.get("level") != Level.NONE
        elif isinstance(said, AttemptReseated) and event.chain in self._attempts:
            self._attempts[event.chain].seat = said.seat
        elif event.chain in self._attempts and (stage := reached(said)) is not None:
            return self._moved(self._attempts[event.chain], stage)
        return []

    def _exam(self, exam: str) -> _Exam:
        return self._exams.setdefault(exam, _Exam())

    def _moved(self, attempt: _Attempt, stage: Stage) -> list[str]:
        attempt.stage = stage
        exam = self._exam(attempt.exam)
        exam.watched = exam.watched or stage in RECORDED
        if stage in CLOSED and all(self._attempts[other].stage in CLOSED for other in exam.attempts):
            return self._left(exam)
        return []

    def _left(self, exam: _Exam) -> list[str]:
        rooms, exam.rooms = sorted(exam.rooms), set()
        exam.turn += exam.watched
        exam.watched = False
        return rooms

    def wanted(self, cameras: Sequence[CameraSettings]) -> dict[Place, CameraSettings]:
        """What is to be recorded now."""
        found: dict[Place, CameraSettings] = {}
        for camera in cameras:
            if camera.seat:
                for id, attempt in self._attempts.items():
                    here = attempt.seat == camera.seat and attempt.stage in RECORDED
                    if here and self._exam(attempt.exam).recorded:
                        found[Place(attempt.exam, Feed(id, Kind.CAMERA), attempt.seat)] = camera
                continue
            for name, exam in self._exams.items():
                if exam.watched and exam.recorded:
                    room = room_id(name, camera.name, exam.turn)
                    found[Place(name, Feed(room, Kind.CAMERA), camera.name)] = camera
        return found
