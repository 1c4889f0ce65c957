"""A reel -> a track of aiortc that hands out encoded packets at their pace: nothing is encoded when it is sent."""

import asyncio
import logging
import time
from fractions import Fraction
from typing import Any

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from appliance.simulate.reel import CHUNK_SECONDS, Chunk, Reel

log = logging.getLogger(__name__)

LATE_SECONDS = 0.5
"""So far behind the clock, the clock is set again rather than sending a burst."""

CLOCK = {"video": 90_000, "audio": 48_000}


class Place:
    """Where in its reel a seat is; outlives the connection that sends it."""

    def __init__(self, reel: Reel, *, behind: int = 0) -> None:
        self.reel = reel
        self.number = max(0, reel.head - behind)
        self.late = 0  # times that encoding did not keep up

    async def next(self) -> Chunk:
        """The next chunk. One that could not be made is not asked for again."""
        try:
            number, chunk = await self.reel.chunk(self.number)
        except Exception:
            self.number += 1
            raise
        self.number = number + 1
        return chunk


class ReelTrack(MediaStreamTrack):
    """Sends from `place` on, beginning with a key frame."""

    def __init__(self, kind: str, place: Place) -> None:
        super().__init__()
        self.kind = kind
        self._place = place
        self._chunk: Chunk = ()
        self._at = 0
        self._due: float | None = None
        self._sent = 0.0  # seconds, of media

    async def recv(self) -> Any:
        """The next packet, when it is due."""
        if self.readyState != "live":
            raise MediaStreamError
        if self._at >= len(self._chunk):
            self._chunk, self._at = await self._place.next(), 0
        step = CHUNK_SECONDS / len(self._chunk)
        await self._pace(step)
        packet = av.Packet(self._chunk[self._at])
        packet.time_base = Fraction(1, CLOCK[self.kind])
        packet.pts = round(self._sent * CLOCK[self.kind])
        self._at += 1
        self._sent += step
        return packet

    async def _pace(self, step: float) -> None:
        now = time.monotonic()
        if self._due is None:
            self._due = now
        if now - self._due > LATE_SECONDS:
            self._place.late += 1
            log.info("%s is %.1f s late", self.kind, now - self._due)
            self._sent += now - self._due
            self._due = now
        await asyncio.sleep(max(0.0, self._due - now))
        self._due += step
