"""Back-fill: a page that is back says why it was away, asks what is missing, and brings it.

Each piece it brings becomes one whole file, marked late by its name, in the hole of the recording where it belongs. A
page can fill nothing but holes of its own feed, and not with more than a camera sends.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from appliance.capture.feed import LiveFeed
from appliance.capture.lay import Laid, lay
from appliance.capture.piece import Piece, read
from appliance.capture.segment import Segment
from appliance.capture.writer import File, Writer
from appliance.errors import BadInput, Unavailable
from appliance.exam.events import SegmentClosed
from appliance.exam.gap import Cause
from appliance.recording.frame import RATE, Media
from appliance.recording.part import Part

MOST_A_MINUTE = 60
READ_SECONDS = 10.0
_AT_ONCE = 8
_BYTES_A_SECOND = 1_000_000
_SPARE_BYTES = 4_000_000
_PART_SECONDS = 0.9
_FILES_A_PIECE = 8


@dataclass(slots=True)
class _Account:
    """What one feed was brought."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    times: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_A_MINUTE))
    bytes: Counter[str] = field(default_factory=Counter)  # by gap


class Fills:
    """Everything that pages bring late to this process. Belongs to the event loop."""

    def __init__(self) -> None:
        self._accounts: WeakKeyDictionary[LiveFeed, _Account] = WeakKeyDictionary()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self.counters = {"fills": 0, "fills_known": 0, "fills_refused": 0}

    def asked(self, feed: LiveFeed, why: str) -> dict[str, Any]:
        """-> `{"now", "open", "holes": [[from, to], ...]}` in wall seconds of this box: what is missing, and whether a
        gap is still open. `why`: the cause as the page knows it, or ""."""
        if why in {cause.value for cause in Cause}:
            feed.explained(Cause(why))
        holes = [[hole.starts_at, hole.ends_at] for hole in feed.holes.missing()]
        return {"now": time.time(), "open": feed.coverage is None or feed.coverage.cause is not None, "holes": holes}

    async def take(self, feed: LiveFeed, body: Callable[[], Awaitable[bytes]]) -> dict[str, Any]:
        """-> `{"filled": [from, to]}` in wall seconds, once that is on disk; `{"filled": null}` when nothing of it is
        missing. BadInput when it cannot be a recording, Unavailable when the page asks too often or the disk fails."""
        account = self._accounts.setdefault(feed, _Account())
        self._admit(account, time.monotonic())
        async with account.turn, self._room:
            try:
                piece = read(await asyncio.wait_for(body(), READ_SECONDS))
                spans = [span async for span in self._fill(feed, account, piece)]
            except (BadInput, TimeoutError) as error:
                self.counters["fills_refused"] += 1
                if isinstance(error, BadInput):
                    raise
                raise BadInput("the upload took too long", hint="The page tries again by itself.") from None
            self.counters["fills" if spans else "fills_known"] += 1
            return {"filled": [spans[0][0], spans[-1][1]] if spans else None}

    async def _fill(self, feed: LiveFeed, account: _Account, piece: Piece) -> AsyncIterator[tuple[float, float]]:
        """-> each span that is on disk now. One file, unless the size of the picture changes or another hole begins."""
        for _ in range(_FILES_A_PIECE):
            laid = self._lay(feed, account, piece)
            if laid is None:
                return
            segment = await self._write(feed, laid)
            account.bytes[laid.hole.gap] += segment.bytes
            feed.filled(laid.hole.gap, segment)
            yield segment.starts_at, segment.starts_at + segment.duration

    def _admit(self, account: _Account, now: float) -> None:
        if len(account.times) == MOST_A_MINUTE and now - account.times[0] < 60:
            self.counters["fills_refused"] += 1
            raise Unavailable("this page uploads too often", hint="It goes on by itself in a minute.")
        account.times.append(now)

    def _lay(self, feed: LiveFeed, account: _Account, piece: Piece) -> Laid | None:
        begins_at = feed.recorder.begins_at
        laid = None if begins_at is None else lay(piece, feed.holes, begins_at)
        if laid is not None:
            bound = _SPARE_BYTES + _BYTES_A_SECOND * feed.holes.length(laid.hole.gap)
            if account.bytes[laid.hole.gap] + laid.bytes > bound:
                raise BadInput("this is more than the gap can have held", hint="Nothing more of it is taken.")
        return laid

    async def _write(self, feed: LiveFeed, laid: Laid) -> SegmentClosed:
        """Unavailable when nothing of it could be stored."""
        assert feed.recorder.begins_at is not None  # there was a hole to lay it in
        feed.recorder.number += 1
        position = laid.samples[0][1].position
        starts_at = feed.recorder.begins_at + position / RATE[Media.VIDEO]
        path = feed.place.file(starts_at, feed.recorder.number, laid.container.suffix, late=True)
        segment = Segment(laid.container, feed.recorder.number, path, starts_at, position)
        writer, file = feed.services.writer, File(feed.services.media / path, segment.header)
        for data, part in _parts(segment, laid):
            if await _append(writer, file, data):
                segment.stored.append(part)
            else:
                break
        sha256 = await _close(writer, file)
        if not sha256 or not segment.stored:
            raise Unavailable("the disk does not take it just now", hint="The page tries again by itself.")
        first, last = segment.stored[0], segment.stored[-1]
        return SegmentClosed(
            kind=feed.feed.kind.value,
            number=segment.number,
            path=path,
            starts_at=starts_at,
            position=first.position,
            duration=last.end - first.position,
            bytes=file.size,
            init_bytes=len(segment.header),
            sha256=sha256,
            codecs=list(laid.container.codecs),
            late=True,
        )


async def _append(writer: Writer, file: File, data: bytes) -> bool:
    """Whether it is on disk."""
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def done(error: OSError | None, _: str) -> None:
        if not answer.done():
            answer.set_result(error is None)

    return writer.append(file, data, done) and await answer


async def _close(writer: Writer, file: File) -> str:
    """-> its SHA-256; "" when it could not be closed, or holds nothing."""
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def done(error: OSError | None, sha256: str) -> None:
        if not answer.done():
            answer.set_result("" if error else sha256)

    writer.close(file, done)
    return await answer


def _parts(segment: Segment, laid: Laid) -> list[tuple[bytes, Part]]:
    """Of at most a second each, as in every recording."""
    parts = []
    for media, sample in laid.samples:
        segment.add(media, sample)
        if media is Media.VIDEO and segment.waiting() >= _PART_SECONDS:
            parts.append(segment.take())
    parts.append(segment.take(laid.lasts))
    return [part for part in parts if part is not None]
