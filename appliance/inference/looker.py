"""Goes round the watched webcams and looks at the newest picture of each."""

import logging
import time
from pathlib import Path

import cv2
import numpy as np

from appliance.box import picture
from appliance.box.picture import Header
from appliance.config import InferenceSettings
from appliance.exam.feed import Feed, Kind
from appliance.inference.detectors import Detectors
from appliance.inference.meter import Meter
from appliance.inference.observe import Observation, Observer, nothing
from appliance.inference.room import Room
from appliance.inference.schedule import Pace, Schedule

log = logging.getLogger(__name__)

AGAIN_SECONDS = 0.1
"""How soon to look again for a picture that has not come yet."""


class Looker:
    """Takes the newest picture of one feed after the other and looks at it."""

    def __init__(self, pictures: Path, settings: InferenceSettings, detectors: Detectors, room: Room) -> None:
        self.detectors = detectors
        self.room = room
        self.schedule = Schedule()
        self.meter = Meter()
        self.unreadable = 0  # picture files that hold no picture
        self.failed = 0  # pictures at which a model gave up
        self._pictures = pictures
        self._settings = settings
        self._observers: dict[str, Observer] = {}
        self._paces: dict[str, Pace] = {}
        self._numbers: dict[str, int] = {}
        self._beat_at = 0.0

    def turn(self, now: float) -> None:
        """One look, if one is due."""
        self._follow(now)
        attempt = self.schedule.pick(now)
        if attempt is None:
            return
        self.room.visited(attempt, now)
        fresh, pace = self._look(attempt), self._paces[attempt]
        interval = 1.0 / self._settings.face_rate
        again = AGAIN_SECONDS
        if fresh and not pace.closely:
            again = min(max(AGAIN_SECONDS / 2, pace.next - time.time()), interval)
        self.schedule.looked(attempt, now, again_at=time.monotonic() + again, interval=interval)

    def wait(self, now: float) -> float:
        """Seconds for which there is nothing to do."""
        return min(self.schedule.wait(now), AGAIN_SECONDS)

    def beat_due(self) -> bool:
        """True once a second."""
        now = time.monotonic()
        if now - self._beat_at < 1.0:
            return False
        self._beat_at = now
        return True

    def _follow(self, now: float) -> None:
        watched = self.room.watched()
        for attempt in watched - self.schedule.feeds():
            self.schedule.add(attempt, now)
            self._observers[attempt] = Observer(self.detectors)
            self._paces[attempt] = Pace(face_rate=self._settings.face_rate, object_rate=self._settings.object_rate)
        for attempt in self.schedule.feeds() - watched:
            self.schedule.remove(attempt)
            for memory in (self._observers, self._paces, self._numbers):
                memory.pop(attempt, None)

    def _look(self, attempt: str) -> bool:
        """True when there was a new picture."""
        pace = self._paces[attempt]
        found = self._newest(Feed(attempt, Kind.WEBCAM), pace)
        if found is None:
            return False
        header, jpeg, raw = found
        self._numbers[attempt] = header.number
        begun = time.perf_counter()
        seen = self._observe(attempt, header, raw, objects=pace.objects_due(header.taken_at))
        closely = self.room.see(attempt, seen, jpeg)
        pace.looked(header.taken_at, closely=closely)
        self.meter.add(time.monotonic(), took=time.perf_counter() - begun, age=time.time() - header.taken_at)
        return True

    def _newest(self, feed: Feed, pace: Pace) -> tuple[Header, bytes, bytes] | None:
        """A picture that was not seen yet and whose time has come."""
        try:
            header = picture.read_header(self._pictures, feed)
            if header is None or header.number == self._numbers.get(feed.attempt) or not pace.due(header.taken_at):
                return None
            return picture.read_raw(self._pictures, feed)
        except (ValueError, TypeError):  # not a picture file at all
            self.unreadable += 1
            return None

    def _observe(self, attempt: str, header: Header, raw: bytes, *, objects: bool) -> Observation:
        """One picture must not stop the others from being looked at: where it cannot be, that is what is seen."""
        try:
            pixels = np.frombuffer(raw, np.uint8).reshape(header.height, header.width, 3)
        except ValueError:  # not as many pixels as the header says
            self.unreadable += 1
            return nothing(header.taken_at, header.position)
        try:
            return self._observers[attempt].look(pixels, at=header.taken_at, position=header.position, objects=objects)
        except (RuntimeError, cv2.error) as error:
            self.failed += 1
            log.error("a picture of %s cannot be looked at: %s", attempt, error)
            return nothing(header.taken_at, header.position)
