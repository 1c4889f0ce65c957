"""The lab cameras that this worker records just now: begun and ended as candidates come and go.

Of every attempt and room one worker carries all feeds (`ownership`); its cameras are read there too.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from appliance.capture import ids
from appliance.capture.attendance import TYPES, Attendance
from appliance.capture.camera import Camera
from appliance.capture.feed import LiveFeed
from appliance.capture.ownership import Ownership
from appliance.capture.ports import Ledger
from appliance.capture.segment import Place
from appliance.capture.station import Station
from appliance.capture.tasks import Tasks
from appliance.config import CameraSettings
from appliance.errors import ApplianceError
from appliance.exam.events import FeedPositioned, RoomWatched
from appliance.exam.feed import USUAL, Feed, Position
from appliance.exam.gap import Cause
from appliance.ledger.client import Told

log = logging.getLogger(__name__)

__all__ = ["TYPES", "Cameras"]

PATIENCE_SECONDS = 6.0
"""So long the worker whose share it is may take before another one begins."""


class Cameras:
    """All methods belong to the event loop."""

    def __init__(
        self,
        settings: Sequence[CameraSettings],
        station: Station,
        ownership: Ownership,
        ledger: Ledger,
        *,
        make: Callable[[CameraSettings, LiveFeed], Camera] = Camera,
    ) -> None:
        self._settings, self._station, self._ownership, self._ledger = settings, station, ownership, ledger
        self._make = make
        self._attendance = Attendance()
        self._running: dict[Feed, Camera] = {}
        self._chosen: dict[Feed, CameraSettings] = {}  # of those that run
        self._since: dict[Feed, float] = {}
        self._ending = Tasks()

    def told(self, event: Told) -> None:
        """One event of the ledger."""
        for room in self._attendance.take(event):
            self._station.end_attempt(room, event.wall)
        if self._running:
            wanted = {place.feed: of for place, of in self._attendance.wanted(self._settings).items()}
            for feed in [feed for feed in self._running if wanted.get(feed) != self._chosen[feed]]:
                self._end(feed)  # it is over, or the candidate goes on at another seat, in front of another camera

    async def look(self, now: float | None = None) -> None:
        """Once a second, when the ledger has told all it knew: begin what is to be recorded here."""
        now = time.monotonic() if now is None else now
        wanted = self._attendance.wanted(self._settings)
        self._since = {place.feed: self._since.get(place.feed, now) for place in wanted}
        for place, settings in wanted.items():
            feed = place.feed
            if feed not in self._running and self._mine(feed.attempt, waited=now - self._since[feed]):
                try:
                    await self._begin(place, settings)
                except (ApplianceError, OSError) as error:
                    log.warning("camera %s cannot be recorded: %s", settings.name, type(error).__name__)
        for feed in [feed for feed in self._running if feed.attempt not in self._ownership.attempts]:
            self._end(feed)

    async def stop(self) -> None:
        """The process stops, the exam goes on."""
        for feed in list(self._running):
            self._end(feed)
        await self._ending.finish()

    def facts(self) -> dict[str, Any]:
        """For the health file: camera -> how it is."""
        return {str(feed): camera.facts() for feed, camera in self._running.items()}

    def _mine(self, attempt: str, *, waited: float) -> bool:
        if attempt in self._ownership.attempts:
            return True
        due = self._ownership.first(attempt) or waited >= PATIENCE_SECONDS
        return due and self._ownership.claim(attempt) == self._ownership.number

    async def _begin(self, place: Place, settings: CameraSettings) -> None:
        with self._ownership.using(place.feed.attempt):
            feed = await self._station.expect(place)
            if feed is None:
                return
            self._tell(place, settings)
            self._running[place.feed] = camera = self._make(settings, feed)
            self._chosen[place.feed] = settings
            camera.start()
            log.info("camera %s is recorded as %s", settings.name, place.feed)

    def _tell(self, place: Place, settings: CameraSettings) -> None:
        """Saying it twice is harmless."""
        chain, kind = place.feed.attempt, place.feed.kind
        if not settings.seat:
            watched = RoomWatched(camera=settings.name)
            self._ledger.append(watched, chain=chain, exam=place.exam, id=ids.of(chain, "watched"))
        if Position(settings.placed) is not USUAL[kind]:
            placed = FeedPositioned(kind=kind.value, position=settings.placed, by="box settings")
            self._ledger.append(placed, chain=chain, exam=place.exam, id=ids.of(chain, kind, settings.placed))

    def _end(self, feed: Feed) -> None:
        camera = self._running.pop(feed)
        self._chosen.pop(feed)
        camera.halt()
        self._ending.start(camera.stop(Cause.CAPTURE_RESTARTED))
