"""Goes round the shared screens: looks at each once a second, and reads what changed, one at a time over all seats.

Looking is cheap. Reading takes a part of a second, so it has a thread of its own, which gives way to everybody else; it
reads only screens of exams that say what may be seen, only what is new, and no seat more often than every few seconds.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from appliance.box import picture
from appliance.errors import ApplianceError
from appliance.exam.feed import Feed
from appliance.inference.ocr import Reading, TextReader
from appliance.inference.room import Room
from appliance.inference.screen import Changes, Screen, fit

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 4.0
"""A screen that changes all the time is read again after so long."""
READ_SECONDS = 3.0
"""One reading takes no longer: lines that are left are not read. A screen of 1080p takes 0.15 to 0.5 s of an idle core,
1.7 s of a crowded one."""
TURN_SECONDS = 0.1
_GIVES_WAY = 10  # as `nice` counts
_AFTER = 0.001  # seconds: what was read belongs to the last look, and comes after it


@dataclass(slots=True, kw_only=True)
class _Seen:
    """Of one screen. `number` of the last picture looked at, taken `at`; `full`: the last JPEG at full size, picture
    `full_number`, and `before` it the one that it took the place of; `reading` of picture `read`, had at `read_at`
    (monotonic)."""

    changes: Changes = field(default_factory=Changes)
    due: float = 0.0
    at: float = 0.0
    number: int = -1
    full: bytes = b""
    before: bytes = b""
    full_number: int = -1
    reading: Reading | None = None
    read: int = -1
    read_at: float = float("-inf")


class Reader:
    """`load` is called when the first screen is to be read: most exams say nothing of screens, and the models hold
    300 MB. Everything but the reading itself happens in `turn`."""

    def __init__(self, pictures: Path, room: Room, load: Callable[[], TextReader]) -> None:
        self._pictures = pictures
        self._room = room
        self._load = load
        self._text: TextReader | None = None
        self.missing = ""  # why nothing can be read
        self._seen: dict[Feed, _Seen] = {}
        self._work = ThreadPoolExecutor(1, thread_name_prefix="reader", initializer=_give_way)
        self._under_way: tuple[Feed, int, Future[Reading | None]] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="screens", daemon=True)
        self.readings = 0
        self.seconds = 0.0  # that readings took
        self.cut_short = 0  # readings that had no time for all lines
        self.unreadable = 0  # picture files that hold no picture

    def start(self) -> None:
        """Go round from now on."""
        self._thread.start()

    def stop(self) -> None:
        """A reading that is under way ends with the line it is at."""
        self._stopping.set()
        self._work.shutdown(wait=False, cancel_futures=True)
        if self._thread.ident is not None:
            self._thread.join(READ_SECONDS)

    @property
    def running(self) -> bool:
        """Screens are looked at."""
        return self._thread.is_alive()

    def facts(self) -> dict[str, object]:
        """For the health file."""
        return {
            "screens": len(self._seen),
            "readings": self.readings,
            "seconds": round(self.seconds, 2),
            "cut_short": self.cut_short,
            "unreadable": self.unreadable,
        }

    def _run(self) -> None:
        while not self._stopping.wait(TURN_SECONDS):
            self.turn(time.monotonic())

    def turn(self, now: float) -> None:
        """Take what was read, look at every screen whose time has come, and begin to read the next."""
        self._take(now)
        screens = self._room.screens()
        for feed in self._seen.keys() - screens.keys():
            self._seen.pop(feed)
        for feed, listed in screens.items():
            of = self._seen.setdefault(feed, _Seen())
            if of.due <= now:
                of.due = now + LOOK_SECONDS
                self._look(feed, of, reads=listed and not self.missing)
        if self._under_way is None and not self.missing:
            self._begin([feed for feed, listed in screens.items() if listed], now)

    def _look(self, feed: Feed, of: _Seen, *, reads: bool) -> None:
        try:
            found = picture.read_raw(self._pictures, feed)
            if found is None or found[0].number == of.number:
                return
            header, _, raw = found
            pixels = np.frombuffer(raw, np.uint8).reshape(header.height, header.width, 3)
            self._keep_full(feed, of)
            of.number, of.at = header.number, header.taken_at
            seen, popup = of.changes.look(pixels, at=header.taken_at, position=header.position)
        except (ValueError, TypeError, OSError, cv2.error) as error:  # one screen must not stop the others
            log.info("a picture of %s cannot be looked at: %s", feed, error)
            self.unreadable += 1
            return
        if popup is not None:
            self._room.share(feed, popup, of.before)
        known = of.reading if of.read == of.full_number else None
        judged = seen.changed is not None or seen.moved is not None
        self._room.share(feed, replace(seen, reads=reads, reading=known if judged else None), of.full)

    def _keep_full(self, feed: Feed, of: _Seen) -> None:
        """The same bytes for as long as the screen stays the same: flags that wait for their time hold one picture."""
        header = picture.read_header(self._pictures, feed, full=True)
        if header is None or header.number == of.full_number:
            return
        if found := picture.read_jpeg(self._pictures, feed, full=True):
            of.before, of.full, of.full_number = of.full or found[1], found[1], found[0].number

    def _begin(self, feeds: list[Feed], now: float) -> None:
        """The screen that has waited longest."""
        waiting = [
            (of.read_at, feed)
            for feed in feeds
            if (of := self._seen[feed]).full_number not in (-1, of.read) and now - of.read_at >= AGAIN_SECONDS
        ]
        if not waiting or self._stopping.is_set():
            return
        _, feed = min(waiting, key=lambda one: one[0])
        of = self._seen[feed]
        with contextlib.suppress(RuntimeError):  # it was stopped meanwhile
            self._under_way = (feed, of.full_number, self._work.submit(self._read, of.full))

    def _read(self, jpeg: bytes) -> Reading | None:
        """In the thread that gives way."""
        if self._text is None:
            self._text = self._load()
        began = time.perf_counter()
        decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if decoded is None:
            return None
        pixels = np.asarray(decoded, np.uint8)
        if not fit(pixels):
            return None
        until = time.monotonic() + READ_SECONDS
        reading = self._text.read(pixels, go_on=lambda: time.monotonic() < until and not self._stopping.is_set())
        self.seconds += time.perf_counter() - began
        return reading

    def _take(self, now: float) -> None:
        if self._under_way is None or not self._under_way[2].done():
            return
        feed, number, done = self._under_way
        self._under_way = None
        self.readings += 1
        of = self._seen.get(feed)
        if (error := done.exception()) is not None:  # one screen must not stop the others from being read
            log.error("a screen of %s cannot be read: %s", feed, error)
            self.unreadable += 1
            if isinstance(error, ApplianceError):
                self.missing = f"{error}. {error.hint}."
            reading = None
        else:
            reading = done.result()
            self.cut_short += reading is not None and not reading.whole
        if of is None:
            return
        of.read, of.read_at, of.reading = number, now, reading
        if reading is not None:  # it may have changed since, but so it was
            of.at += _AFTER
            self._room.share(feed, Screen(at=of.at, position=None, reads=True, reading=reading), of.full)


def _give_way() -> None:
    """This thread alone: Linux counts niceness by thread."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _GIVES_WAY)
