"""What capture does at its start, before and after the ledger answers.

Before: put the folders in order that a crash left open. After: the ledger has told which attempts have ended, which
segments it knows and which gaps are open. Then what it misses is said again, and a gap is opened for every feed whose
attempt goes on. That the ledger has told everything is known when the event that this process appended comes back.
"""

import asyncio
import logging
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance import __version__
from appliance.capture import ids, index
from appliance.capture.feed import Ledger
from appliance.capture.index import Survey
from appliance.capture.segment import OPEN
from appliance.capture.station import Station
from appliance.errors import ApplianceError
from appliance.exam.events import (
    BOX,
    AttemptEnded,
    AttemptFinished,
    GapClosed,
    GapOpened,
    ProcessStarted,
    SegmentClosed,
)
from appliance.exam.feed import Feed, Kind
from appliance.exam.gap import Cause
from appliance.ledger.client import Handler, Told

log = logging.getLogger(__name__)

TYPES = frozenset(
    cls.TYPE for cls in (AttemptEnded, AttemptFinished, SegmentClosed, GapOpened, GapClosed, ProcessStarted)
)


class Follower(Ledger, Protocol):
    """What this needs of the ledger's client."""

    def subscribe(self, handler: Handler, *, after: int = 0, types: frozenset[str] | None = None) -> None: ...

    def start(self) -> None: ...


@dataclass(slots=True)
class _Known:
    """What the ledger has told so far."""

    segments: set[str] = field(default_factory=set)
    gaps: dict[str, tuple[Feed, str, GapOpened]] = field(default_factory=dict)


async def begin(station: Station, client: Follower, media: Path) -> "CatchUp":
    """Put crashed recordings in order and follow the ledger from now on. Returns before the ledger has answered."""
    for found in await asyncio.to_thread(_recover, media):
        station.restore(found)
    follower = CatchUp(station, client, media)
    client.subscribe(follower.told, types=TYPES)
    client.append(ProcessStarted(process="capture", version=__version__), chain=BOX, exam=None, id=follower.mark)
    client.start()
    return follower


def _recover(media: Path) -> list[Survey]:
    """The feeds that a crash left open, in order again."""
    recovered = []
    try:
        folders = index.left_open(media)
    except OSError as error:
        log.error("the recordings cannot be listed: %s", error)
        return []
    for folder in folders:
        try:
            found = index.survey(media, folder)
        except (OSError, ApplianceError) as error:
            log.warning("%s cannot be read: %s", folder, error)
            continue
        if found is not None:
            recovered.append(found)
    return recovered


class CatchUp:
    """Follows the ledger. `told` belongs to the client's thread, the rest to the event loop."""

    def __init__(self, station: Station, ledger: Ledger, media: Path) -> None:
        self.mark = uuid.uuid4().hex
        self._station, self._ledger, self._media = station, ledger, media
        self._loop = asyncio.get_running_loop()
        self._known = _Known()
        self._task: asyncio.Task[None] | None = None
        self.done = self.compared = False

    def told(self, event: Told) -> None:
        """One event of the ledger, in the client's thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:
            log.info("an event came after the end of the loop: seq %d", event.seq)

    def _take(self, event: Told) -> None:
        said, known = event.payload, self._known
        if event.type in (AttemptEnded.TYPE, AttemptFinished.TYPE):
            self._station.end_attempt(event.chain, event.wall)
        elif self.done:
            return
        elif isinstance(said, SegmentClosed):
            known.segments.add(said.path)
        elif isinstance(said, GapOpened):
            known.gaps[said.gap] = (Feed(event.chain, Kind(said.kind)), event.exam or "", said)
        elif isinstance(said, GapClosed):
            known.gaps.pop(said.gap, None)
        elif event.id == self.mark:
            self.done = True
            self._task = asyncio.ensure_future(self._compare())

    async def _compare(self) -> None:
        """The ledger has told all it knew when this process started."""
        folders = await asyncio.to_thread(lambda: list(index.feed_folders(self._media)))
        for folder in folders:
            try:
                await self._compare_feed(folder)
            except (OSError, ValueError, ApplianceError) as error:
                log.warning("%s cannot be compared with the ledger: %s", folder, error)
        self._close_old_gaps()
        self._known = _Known()
        self.compared = True

    async def _compare_feed(self, folder: Path) -> None:
        files = await asyncio.to_thread(index.segments_in, folder)
        feed = Feed.parse(f"{folder.parts[-2]}/{folder.name}")
        exam = folder.parts[-3]
        for file, _ in files:
            path = str(file.relative_to(self._media))
            if path in self._known.segments or path.endswith(OPEN):
                continue
            try:
                segment = await asyncio.to_thread(index.describe, self._media, file)
            except (OSError, ValueError):
                continue  # `survey` sets it aside, or it is just being moved upstream
            self._ledger.append(segment, chain=feed.attempt, exam=exam, id=ids.of(path))
        if files:
            await self._station.adopt(folder, self._cause(feed))

    def _cause(self, feed: Feed) -> Cause:
        """A gap that was open before this start keeps its cause."""
        for known, _, said in self._known.gaps.values():
            if known == feed:
                return Cause(said.cause)
        return Cause.CAPTURE_RESTARTED

    def _close_old_gaps(self) -> None:
        """Gaps of attempts that ended while this process was away."""
        for feed, exam, said in self._known.gaps.values():
            ended = self._station.ended.get(feed.attempt)
            if ended is not None:
                closed = GapClosed(
                    gap=said.gap,
                    kind=said.kind,
                    cause=said.cause,
                    starts_at=said.starts_at,
                    ends_at=max(ended, said.starts_at),
                )
                self._ledger.append(closed, chain=feed.attempt, exam=exam, id=ids.of(said.gap, "closed"))
