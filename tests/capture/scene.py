"""A capture station in this process: real writer, real connections, a ledger that remembers, no decoder."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from appliance.box.token import Claim
from appliance.capture import hooks
from appliance.capture.feed import Services
from appliance.capture.ownership import Ownership
from appliance.capture.station import Station
from appliance.capture.writer import Writer
from appliance.config import CaptureSettings
from appliance.exam.feed import Feed, Kind
from appliance.recording.frame import Encoded
from tests.capture.peers import RecordingLedger

WEBCAM, SCREEN = Feed("a1", Kind.WEBCAM), Feed("a1", Kind.SCREEN)
QUICK = CaptureSettings(segment_seconds=2.0, keyframe_seconds=1.0)


def claim(feed: Feed = WEBCAM, purpose: str = "publish") -> Claim:
    return Claim(purpose, feed, "bio", "S1")


@dataclass
class Pictures:
    """Stands for the decoder."""

    shown: list[tuple[Feed, Encoded, float]] = field(default_factory=list)
    heard: list[tuple[Feed, float, float]] = field(default_factory=list)
    ended: list[Feed] = field(default_factory=list)

    def show(self, feed: Feed, frame: Encoded, *, taken_at: float, position: float) -> None:
        self.shown.append((feed, frame, position))

    def hear(self, feed: Feed, frame: Encoded, *, at: float, position: float) -> None:
        self.heard.append((feed, at, position))

    def end(self, feed: Feed) -> None:
        self.ended.append(feed)


@dataclass
class Scene:
    station: Station
    ledger: RecordingLedger
    pictures: Pictures
    writer: Writer
    media: Path
    ownership: Ownership

    @property
    def folder(self) -> Path:
        return self.media / "bio" / "a1" / "webcam"


@asynccontextmanager
async def scene(
    folder: Path, *, settings: CaptureSettings = QUICK, ledger: RecordingLedger | None = None, reserve: int = 0
) -> AsyncIterator[Scene]:
    hooks.prepare()
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    writer, pictures, ledger = Writer(folder, reserve=reserve), Pictures(), ledger or RecordingLedger()
    feeds = folder.with_name("feeds")
    await asyncio.to_thread(feeds.mkdir, exist_ok=True)
    ownership = Ownership(feeds, number=1, count=1)
    station = Station(Services(media=folder, writer=writer, ledger=ledger, pictures=pictures, settings=settings))
    writer.start()
    ticking = asyncio.ensure_future(_tick(station))
    try:
        yield Scene(station, ledger, pictures, writer, folder, ownership)
    finally:
        ticking.cancel()
        await station.stop()
        await asyncio.to_thread(writer.stop)
        ownership.let_go()


async def _tick(station: Station) -> None:
    while True:
        station.tick(time.monotonic())
        station.tick_sessions(time.monotonic())
        await asyncio.sleep(0.1)
