"""What a capture worker does about recordings that no worker carries: at its start, and when another one died.

Before the ledger answers: put the folders in order that a crash left open. After: the ledger has told which attempts
have ended, which segments it knows and which gaps are open. Then what it misses is said again, and a gap is opened for
every feed whose attempt goes on. That the ledger has told everything is known when the event that this process appended
comes back.

A worker begins with the attempts that are its own share, and touches none that a living worker carries. An attempt that
it got because its page came here, or because nobody carries it for a while, is put in order in the same way.
"""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from appliance import __version__
from appliance.box import workers
from appliance.capture import ids, index
from appliance.capture.index import Survey
from appliance.capture.ownership import Ownership
from appliance.capture.ports import Ledger
from appliance.capture.station import Station
from appliance.errors import ApplianceError
from appliance.exam.events import (
    BOX,
    AttemptEnded,
    AttemptFinished,
    AttemptRefused,
    CallEnded,
    CallStarted,
    GapClosed,
    GapOpened,
    PhoneRefused,
    ProcessStarted,
    SegmentClosed,
)
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import Cause
from appliance.exam.stage import ENDING
from appliance.ledger.client import Handler, Told
from appliance.recording.name import OPEN

log = logging.getLogger(__name__)

TYPES = frozenset(
    cls.TYPE
    for cls in (
        AttemptEnded,
        AttemptFinished,
        AttemptRefused,
        CallStarted,
        CallEnded,
        PhoneRefused,
        SegmentClosed,
        GapOpened,
        GapClosed,
        ProcessStarted,
    )
)


class Follower(Ledger, Protocol):
    """What this needs of the ledger's client."""

    def subscribe(self, handler: Handler, *, after: int = 0, types: frozenset[str] | None = None) -> None: ...

    def start(self) -> None: ...


async def begin(
    station: Station,
    ownership: Ownership,
    client: Follower,
    media: Path,
    *,
    also: Callable[[Told], None] | None = None,
    types: frozenset[str] = frozenset(),
) -> "CatchUp":
    """Put crashed recordings in order and follow the ledger from now on. Returns before the ledger has answered.
    `also` is told every event too, in the event loop; it may want more `types`."""
    for folder in await asyncio.to_thread(_left_open, media):
        attempt = folder.parts[-2]
        if ownership.first(attempt) and ownership.claim(attempt) == ownership.number:
            found = await asyncio.to_thread(_survey, media, folder)
            if found is not None:
                station.restore(found)
    follower = CatchUp(station, ownership, client, media, also=also)
    client.subscribe(follower.told, types=TYPES | types)
    started = ProcessStarted(process=workers.worker(ownership.number), version=__version__)
    client.append(started, chain=BOX, exam=None, id=follower.mark)
    client.start()
    return follower


def _left_open(media: Path) -> list[Path]:
    """The feeds that a crash left open."""
    try:
        return index.left_open(media)
    except OSError as error:
        log.error("the recordings cannot be listed: %s", error)
        return []


def _survey(media: Path, folder: Path) -> Survey | None:
    try:
        return index.survey(media, folder)
    except (OSError, ApplianceError) as error:
        log.warning("%s cannot be read: %s", folder, error)
        return None


class CatchUp:
    """Follows the ledger. `told` belongs to the client's thread, the rest to the event loop."""

    def __init__(
        self,
        station: Station,
        ownership: Ownership,
        ledger: Ledger,
        media: Path,
        *,
        also: Callable[[Told], None] | None = None,
    ) -> None:
        self.mark = uuid.uuid4().hex
        self._also = also
        self._station, self._ownership, self._ledger, self._media = station, ownership, ledger, media
        self._loop = asyncio.get_running_loop()
        self._segments: defaultdict[str, set[str]] = defaultdict(set)  # attempt -> paths that the ledger knows
        self._gaps: dict[str, tuple[Feed, str, GapOpened]] = {}
        self._complete: set[str] = set()  # attempts of which nothing is missing here and in the ledger
        self._task: asyncio.Task[None] | None = None
        self.done = self.compared = False

    def told(self, event: Told) -> None:
        """One event of the ledger, in the client's thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, event)
            if self._also is not None:
                self._loop.call_soon_threadsafe(self._also, event)
        except RuntimeError:
            log.info("an event came after the end of the loop: seq %d", event.seq)

    def _take(self, event: Told) -> None:
        said, attempt = event.payload, event.chain
        if event.type in ENDING:
            self._station.end_attempt(attempt, event.wall)
        elif event.type == CallStarted.TYPE:
            self._station.call_began(attempt, event.wall)
        elif event.type == CallEnded.TYPE:
            self._station.call_over(attempt, event.wall)
        elif isinstance(said, PhoneRefused):
            self._station.remove_phone(attempt, said.pairing)
        elif isinstance(said, SegmentClosed):
            if not (self.compared and attempt in self._station.ended):  # nobody will ask any more
                self._segments[attempt].add(said.path)
        elif isinstance(said, GapOpened):
            feed = Feed(attempt, Kind(said.kind))
            self._gaps[said.gap] = (feed, event.exam or "", said)
            self._station.open_gaps[feed] = Cause(said.cause)
        elif isinstance(said, GapClosed):
            self._gaps.pop(said.gap, None)
            self._station.open_gaps.pop(Feed(attempt, Kind(said.kind)), None)
        elif event.id == self.mark:
            self.done = True
            self._task = asyncio.ensure_future(self._compare())

    # --- at the start: this worker's share ---

    async def _compare(self) -> None:
        """The ledger has told all it knew when this process started."""
        for folder in await asyncio.to_thread(lambda: list(index.feed_folders(self._media))):
            attempt = folder.parts[-2]
            if attempt not in self._ownership.attempts and not self._ownership.first(attempt):
                continue
            if self._ownership.claim(attempt) == self._ownership.number:
                with self._ownership.using(attempt):
                    await self._put_in_order(folder)
                self._complete.add(attempt)
                self._ownership.keep(self._station.carries)
        self._close_old_gaps()
        for attempt in self._station.ended:
            self._segments.pop(attempt, None)
        self.compared = True

    # --- later: what another worker left ---

    async def look(self) -> None:
        """Once a second: an attempt that came here with its page, or that nobody carries, is put in order."""
        try:
            await self._look()
        except OSError as error:
            log.error("what other workers left cannot be looked at: %s", error)

    async def _look(self) -> None:
        for attempt in self._ownership.orphans():
            if self._ownership.claim(attempt) == self._ownership.number:
                log.warning("attempt %s had no worker and is carried on", attempt)
                await self._carry_on(attempt)
        if not self.compared:
            return
        for attempt in self._ownership.attempts:
            if attempt not in self._complete and self._station.carries(attempt):
                await self._carry_on(attempt)
        self._complete.intersection_update(self._ownership.attempts)

    async def _carry_on(self, attempt: str) -> None:
        with self._ownership.using(attempt):
            for folder in await asyncio.to_thread(lambda: list(index.feed_folders(self._media, attempt=attempt))):
                await self._put_in_order(folder)
        if self.compared:
            self._complete.add(attempt)
            self._close_old_gaps()

    async def _put_in_order(self, folder: Path) -> None:
        try:
            if self.done:
                await self._say_missing(folder)
            await self._station.adopt(folder)
        except (OSError, ValueError, ApplianceError) as error:
            log.warning("%s cannot be put in order: %s", folder, error)

    async def _say_missing(self, folder: Path) -> None:
        """Segments that are on disk and that the ledger does not know."""
        attempt, exam = folder.parts[-2], folder.parts[-3]
        known = self._segments.get(attempt, set())
        for file, _ in await asyncio.to_thread(index.segments_in, folder):
            path = str(file.relative_to(self._media))
            if path in known or path.endswith(OPEN):
                continue
            try:
                segment = await asyncio.to_thread(index.describe, self._media, file)
            except (OSError, ValueError):
                continue  # `survey` sets it aside, or it is just being moved upstream
            self._ledger.append(segment, chain=attempt, exam=exam, id=ids.of(path))

    def _close_old_gaps(self) -> None:
        """Gaps of attempts that ended while nobody carried them."""
        for feed, exam, said in list(self._gaps.values()):
            ended = self._station.ended.get(feed.attempt)
            if ended is not None and feed not in self._station.feeds:
                closed = GapClosed(
                    gap=said.gap,
                    kind=said.kind,
                    cause=said.cause,
                    starts_at=said.starts_at,
                    ends_at=max(ended, said.starts_at),
                )
                self._ledger.append(closed, chain=feed.attempt, exam=exam, id=ids.of(said.gap, "closed"))
