"""Goes round the cameras of those who check in or are judged, and looks at the newest picture of each."""

import logging
import time
from pathlib import Path

import cv2
import numpy as np

from appliance.box import picture
from appliance.box.picture import Header
from appliance.config import InferenceSettings
from appliance.exam.feed import Feed, Kind, Position
from appliance.inference import enrolment
from appliance.inference.detectors import Detectors
from appliance.inference.gate import Gate
from appliance.inference.glance import Glances
from appliance.inference.governor import Governor
from appliance.inference.look import Look
from appliance.inference.matching import Matcher, Wanted
from appliance.inference.meter import Meter
from appliance.inference.observe import Observation, Observer, nothing
from appliance.inference.room import Room
from appliance.inference.schedule import Pace, Schedule, rates

log = logging.getLogger(__name__)

AT_A_GLANCE = (Look.FACES, Look.OBJECTS)
"""All that is looked for in the pictures of somebody who is not judged yet."""

AGAIN_SECONDS = 0.1
"""How soon to look again for a picture that has not come yet."""


class Looker:
    """Takes the newest picture of one feed after the other and looks at it."""

    def __init__(
        self, pictures: Path, settings: InferenceSettings, detectors: Detectors, room: Room, *, seen: Path
    ) -> None:
        self.detectors = detectors
        self.room = room
        self.schedule = Schedule()
        self.meter = Meter()
        self.governor = Governor()
        self.unreadable = 0  # picture files that hold no picture
        self.failed = 0  # pictures at which a model gave up
        self._pictures = pictures
        self._settings = settings
        self._rates = rates(settings)
        self._placed: dict[Feed, Position | None] = {}
        self._glances = Glances(seen)
        self._matcher = Matcher(room.media, detectors)
        self._wanted = Wanted()
        self._observers: dict[Feed, Observer] = {}
        self._paces: dict[Feed, Pace] = {}
        self._numbers: dict[Feed, int] = {}
        self._beat_at = 0.0
        self._late = 0

    def turn(self, now: float) -> None:
        """One look, if one is due."""
        self._follow(now)
        self._match()
        feed = self.schedule.pick(now)
        if feed is None:
            return
        self.room.visited(feed, now)
        fresh, pace = self._look(feed), self._paces[feed]
        interval = 1.0 / (self._settings.face_rate * self.governor.share)
        again = AGAIN_SECONDS
        if fresh and not pace.hungry:
            again = min(max(AGAIN_SECONDS / 2, pace.next - time.time()), interval)
        self.schedule.looked(feed, now, again_at=time.monotonic() + again, interval=interval)

    def wait(self, now: float) -> float:
        """Seconds for which there is nothing to do."""
        return min(self.schedule.wait(now), AGAIN_SECONDS)

    def weigh(self, now: float) -> bool:
        """Once a second: is there time for everything? -> whether every feed is looked at more or less often from now
        on."""
        late, self._late = self.schedule.late > self._late, self.schedule.late
        changed = self.governor.weigh(now, busy=self.meter.busy, late=late)
        for pace in self._paces.values():
            pace.share = self.governor.share
        return changed

    def beat_due(self) -> bool:
        """True once a second."""
        now = time.monotonic()
        if now - self._beat_at < 1.0:
            return False
        self._beat_at = now
        return True

    def _follow(self, now: float) -> None:
        judged, self._placed = self.room.watched(), self.room.placed()
        self._glances.keep_only(self._placed.keys())
        watched = judged | self._placed.keys()
        for feed in watched - self._paces.keys():
            self.schedule.add(feed, now)
            self._observers[feed] = Observer(self.detectors, gate=Gate())
            self._paces[feed] = Pace(rates=self._rates, share=self.governor.share)
        for feed in self._paces.keys() - watched:
            self.schedule.remove(feed)
            self._observers.pop(feed)
            self._paces.pop(feed)
            self._numbers.pop(feed, None)
        for feed, pace in self._paces.items():
            pace.rates = self._rates if feed in judged else {look: self._rates[look] for look in AT_A_GLANCE}

    def _match(self) -> None:
        """Keep the templates that are wanted, and compare what was shown; one of it at a turn."""
        self._wanted = self.room.matching()
        self._matcher.hold(self._wanted.held)
        for feed, observer in self._observers.items():
            observer.template = self._matcher.template(feed.attempt) if feed.kind is Kind.WEBCAM else None
        for attempt, shown in list(self._wanted.shown.items())[:1]:
            self.room.matched(attempt, self._matcher.compare(shown))

    def _enrol(self, feed: Feed, seen: Observation, jpeg: bytes) -> None:
        """Take the first picture that is worth it."""
        exam = self._wanted.missing.get(feed.attempt)
        if exam is None or feed.kind is not Kind.WEBCAM or not enrolment.is_worth_keeping(seen):
            return
        try:
            enrolled = self._matcher.enrol(jpeg, exam=exam, attempt=feed.attempt)
        except OSError as error:  # the next picture is tried
            self.failed += 1
            log.error("the face of %s cannot be kept: %s", feed.attempt, error)
        else:
            self.room.matched(feed.attempt, enrolled)

    def _look(self, feed: Feed) -> bool:
        """True when there was a new picture."""
        pace = self._paces[feed]
        found = self._newest(feed, pace)
        if found is None:
            return False
        header, jpeg, raw = found
        self._numbers[feed] = header.number
        begun = time.perf_counter()
        seen = self._observe(feed, header, raw, wants=pace.due(header.taken_at))
        pace.looked(header.taken_at, hungry=self.room.see(feed, seen, jpeg))
        if feed in self._placed:
            self._glances.look(feed, self._placed[feed], seen)
        self._enrol(feed, seen, jpeg)
        self.meter.add(time.monotonic(), took=time.perf_counter() - begun, age=time.time() - header.taken_at)
        return True

    def _newest(self, feed: Feed, pace: Pace) -> tuple[Header, bytes, bytes] | None:
        """A picture that was not seen yet and whose time has come."""
        try:
            header = picture.read_header(self._pictures, feed)
            if header is None or header.number == self._numbers.get(feed) or not pace.due(header.taken_at):
                return None
            return picture.read_raw(self._pictures, feed)
        except (ValueError, TypeError):  # not a picture file at all
            self.unreadable += 1
            return None

    def _observe(self, feed: Feed, header: Header, raw: bytes, *, wants: frozenset[Look]) -> Observation:
        """One picture must not stop the others from being looked at: where it cannot be, that is what is seen."""
        try:
            pixels = np.frombuffer(raw, np.uint8).reshape(header.height, header.width, 3)
        except ValueError:  # not as many pixels as the header says
            self.unreadable += 1
            return nothing(header.taken_at, header.position)
        try:
            return self._observers[feed].look(pixels, at=header.taken_at, position=header.position, wants=wants)
        except (RuntimeError, cv2.error) as error:
            self.failed += 1
            log.error("a picture of %s cannot be looked at: %s", feed, error)
            return nothing(header.taken_at, header.position)
