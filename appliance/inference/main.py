"""The inference process: newest pictures in, flags out."""

import contextlib
import json
import logging
import os
import time
import uuid
from pathlib import Path

import numpy as np

from appliance import __version__
from appliance.box import health, picture, process
from appliance.box.paths import Paths, models_folder
from appliance.config import Settings
from appliance.exam.events import BOX, ProcessStarted
from appliance.exam.feed import Feed, Kind
from appliance.inference.detectors import Detectors, load_detectors
from appliance.inference.meter import Meter
from appliance.inference.observe import Observer
from appliance.inference.room import TYPES, Room
from appliance.inference.schedule import Pace, Schedule
from appliance.ledger.client import Client, Told

log = logging.getLogger(__name__)

NAME = "inference"
AGAIN_SECONDS = 0.1
"""How soon to look again for a picture that has not come yet."""


def run(*, paths: Paths, settings: Settings) -> int:
    """Look at every watched webcam until SIGTERM or SIGINT; 0."""
    stopping = process.stop_event()
    _say(paths, healthy=False, sentence="loading models")
    cache = paths.cache / "openvino"
    detectors = load_detectors(models_folder(), threads=settings.inference.threads, cache=cache)
    client = Client(paths.ledger_socket, process=NAME)
    looked = paths.cache / "inference-looked.json"
    room = Room(
        append=lambda payload, chain, exam, event: client.append(payload, chain=chain, exam=exam, id=event),
        media=paths.media,
        models=detectors.versions,
        now=time.time(),
        looked_at=read_looked(looked),
    )
    own_start = uuid.uuid4().hex

    def told(event: Told) -> None:
        if event.id == own_start:
            room.started()
        room.tell(event.payload, chain=event.chain, exam=event.exam, at=event.wall)

    client.subscribe(told, after=0, types=TYPES)
    client.append(ProcessStarted(process=NAME, version=__version__), chain=BOX, exam=None, id=own_start)
    client.start()
    try:
        process.notify("READY=1")
        looker = Looker(paths, settings, detectors, room)
        while not stopping.is_set():
            looker.turn(time.monotonic())
            if looker.beat_due():
                room.beat(time.time())
                write_looked(looked, room.facts().looked_at)
                report(paths, looker, client)
                process.notify("WATCHDOG=1")
            stopping.wait(looker.wait(time.monotonic()))
    finally:
        process.notify("STOPPING=1")
        write_looked(looked, room.facts().looked_at)
        client.stop(flush_seconds=1.0)
    return 0


class Looker:
    """Takes the newest picture of one feed after the other and looks at it."""

    def __init__(self, paths: Paths, settings: Settings, detectors: Detectors, room: Room) -> None:
        self.detectors = detectors
        self.room = room
        self.schedule = Schedule()
        self.meter = Meter()
        self.unreadable = 0
        self._pictures = paths.pictures
        self._settings = settings.inference
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
        feed, pace = Feed(attempt, Kind.WEBCAM), self._paces[attempt]
        newest = picture.read_header(self._pictures, feed)
        if newest is None or newest.number == self._numbers.get(attempt) or not pace.due(newest.taken_at):
            return False
        found = picture.read_raw(self._pictures, feed)
        if found is None:
            return False  # the feed was over between the two
        header, jpeg, raw = found
        self._numbers[attempt] = header.number
        objects = pace.objects_due(header.taken_at)
        begun = time.perf_counter()
        try:
            pixels = np.frombuffer(raw, np.uint8).reshape(header.height, header.width, 3)
        except ValueError:  # the pixels are not as many as the header says
            self.unreadable += 1
            pixels = np.zeros((1, 1, 3), np.uint8)
        seen = self._observers[attempt].look(pixels, at=header.taken_at, position=header.position, objects=objects)
        closely = self.room.see(attempt, seen, jpeg)
        pace.looked(header.taken_at, closely=closely)
        self.meter.add(time.monotonic(), took=time.perf_counter() - begun, age=time.time() - header.taken_at)
        return True


def report(paths: Paths, looker: Looker, client: Client) -> None:
    """The health file."""
    missing = looker.detectors.missing
    facts = looker.room.facts()
    healthy, sentence = True, f"looking at {len(looker.schedule.feeds())} webcams"
    if missing:
        healthy, sentence = False, " ".join(missing.values())
    elif not client.connected:
        healthy, sentence = False, "waiting for the ledger"
    elif not looker.room.ready:
        healthy, sentence = False, "reading the ledger"
    _say(
        paths,
        healthy=healthy,
        sentence=sentence,
        rate=round(looker.meter.rate, 2),
        busy=round(looker.meter.busy, 3),
        age=round(looker.meter.age, 3),
        late=looker.schedule.late,
        unreadable=looker.unreadable,
        missed={cause: round(seconds, 1) for cause, seconds in facts.missed.items()},
        snapshots_failed=facts.snapshots_failed,
        feeds={f"{attempt}/webcam": {"looked_at": at} for attempt, at in facts.looked_at.items()},
        models=looker.detectors.versions,
        missing=missing,
        waiting=client.waiting,
        lost=client.lost,
    )


def _say(paths: Paths, *, healthy: bool, sentence: str, **facts: object) -> None:
    health.write(paths.health, NAME, healthy=healthy, sentence=sentence, **facts)


def read_looked(file: Path) -> dict[str, float]:
    """When each webcam was last looked at, as an earlier process left it; empty when none did."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {str(attempt): float(at) for attempt, at in said.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):  # cut off by a power cut: it is written anew
        return {}


def write_looked(file: Path, looked_at: dict[str, float]) -> None:
    """Rename the new record into place. A full disk must not stop detection: the record is then older than it could be,
    and more is called missed than was."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        temporary.write_text(json.dumps(looked_at), encoding="utf-8")
        temporary.rename(file)
