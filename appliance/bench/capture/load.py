"""The load of the cost measurements: streams that are published, perhaps watched, for a window of time."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.bench.capture.box import Box, frames_in
from appliance.bench.capture.janus import Janus, convert
from appliance.bench.capture.janus_client import JanusClient
from appliance.bench.capture.job import Helper, helper
from appliance.bench.capture.ratio import WHOLE, Window
from appliance.exam.feed import Feed, Kind

WARM_UP_SECONDS = 3.0
SECONDS = 10.0
_SETTLE_SECONDS = 5.0
_FPS = 15.0
_rooms = itertools.count(1000)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Frames in the files of one window, and the CPU that making them playable took."""

    frames: int
    later: float = 0.0


class Target(Protocol):
    """What is loaded. Each window has new streams."""

    def publishing(self, streams: int) -> dict[str, Any]: ...

    def cpu(self) -> float: ...

    def decoder_cpu(self) -> float: ...

    def recorded(self) -> Recorded: ...


class Watched(Target, Protocol):
    """What also forwards to viewers."""

    def watching(self, published: dict[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Load:
    """`picture`: the file of the clip that is sent."""

    folder: Path
    picture: Path

    def window(self, target: Target, *, streams: int, viewers: Watched | None = None, whole: float = WHOLE) -> Window:
        """Publish, warm up, measure, stop, count what was recorded. `viewers`: the target again, to be watched too."""
        job = target.publishing(streams)
        for stream in job["streams"]:
            stream["picture"] = str(self.picture)
        with _sender(job) as sender:
            with _viewer(viewers.watching(sender.ask())) if viewers else nullcontext() as watched:
                time.sleep(WARM_UP_SECONDS)
                seen = watched.ask()["frames"] if watched else []
                before = (target.cpu(), target.decoder_cpu(), sender.cpu(), time.monotonic())
                time.sleep(SECONDS)
                after = (target.cpu(), target.decoder_cpu(), sender.cpu(), time.monotonic())
                share = _share(watched.ask()["frames"], seen, after[3] - before[3]) if watched else 1.0
            sent = sum(sender.ask()["frames"])
        recorded = target.recorded()
        seconds = after[3] - before[3]
        stream_seconds = max(recorded.frames, 1) / _FPS
        return Window(
            seconds=seconds,
            streams=streams,
            server=after[0] - before[0],
            decoder=after[1] - before[1],
            generator=after[2] - before[2],
            sent=sent,
            recorded=recorded.frames,
            later=recorded.later / stream_seconds * seconds * streams,
            wanted=whole,
            seen=share,
        )


def _sender(job: dict[str, Any]) -> AbstractContextManager[Helper]:
    return helper("appliance.bench.capture.sender", job)


def _viewer(job: dict[str, Any]) -> AbstractContextManager[Helper]:
    return helper("appliance.bench.capture.viewer", job)


def _share(now: list[int], before: list[int], seconds: float) -> float:
    """What the worst viewer got of its frames; two may be on their way."""
    fewest = min(after - earlier for after, earlier in zip(now, before, strict=True))
    return (fewest + 2) / (seconds * _FPS)


class BoxTarget:
    """The capture process."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._feeds: list[Feed] = []

    def publishing(self, streams: int) -> dict[str, Any]:
        """Each stream is the webcam of an attempt of its own."""
        number = next(_rooms)
        self._feeds = [Feed(f"w{number}s{stream}", Kind.WEBCAM) for stream in range(streams)]
        return {"streams": [{"whip": self._box.address(feed, "publish")} for feed in self._feeds]}

    def watching(self, published: dict[str, Any]) -> dict[str, Any]:
        """One viewer each."""
        return {"views": [self._box.address(feed, "view") for feed in self._feeds]}

    def cpu(self) -> float:
        return self._box.cpu()

    def decoder_cpu(self) -> float:
        return self._box.decoder_cpu()

    def recorded(self) -> Recorded:
        """When every file is closed."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while self._box.left_open() and time.monotonic() < deadline:
            time.sleep(0.1)
        return Recorded(sum(self._box.recorded(feed) for feed in self._feeds))


class JanusTarget:
    """A room of Janus that records."""

    def __init__(self, janus: Janus, folder: Path) -> None:
        self._janus, self._folder = janus, folder
        self._room = 0

    def publishing(self, streams: int) -> dict[str, Any]:
        """A new room."""
        self._room = next(_rooms)
        (self._folder / str(self._room)).mkdir(parents=True)
        asyncio.run(self._create(streams))
        return {"streams": [{} for _ in range(streams)], "janus": {"url": self._janus.url, "room": self._room}}

    async def _create(self, streams: int) -> None:
        async with JanusClient(self._janus.url) as client:
            await client.create_room(
                self._room,
                publishers=streams,
                videocodec="h264",
                bitrate=2_000_000,
                fir_freq=0,
                record=True,
                rec_dir=str(self._folder / str(self._room)),
            )

    def watching(self, published: dict[str, Any]) -> dict[str, Any]:
        """One subscriber each."""
        return {"janus": {"url": self._janus.url, "room": self._room, "publishers": published["publishers"]}}

    def cpu(self) -> float:
        return self._janus.cpu()

    def decoder_cpu(self) -> float:
        return 0.0

    def recorded(self) -> Recorded:
        """Converted, one after the other."""
        time.sleep(1.0)  # Janus closes its files when it has noticed that the publishers are gone
        frames, cpu = 0, 0.0
        for recording in sorted((self._folder / str(self._room)).glob("*.mjr")):
            made, used = convert(recording)
            frames, cpu = frames + frames_in(made), cpu + used
        return Recorded(frames, cpu)


class MediaRecorderTarget:
    """aiortc's own recorder, which decodes and encodes anew."""

    def __init__(self, process: Helper, socket: Path, folder: Path) -> None:
        self._process, self._socket, self._folder = process, socket, folder

    @classmethod
    @contextmanager
    def running(cls, parent: Path) -> Iterator["MediaRecorderTarget"]:
        """In a process of its own."""
        folder = parent / f"mediarecorder-{next(_rooms)}"
        folder.mkdir()
        socket = folder / "whip.sock"
        with helper("appliance.bench.capture.mediarecorder", {"socket": str(socket), "folder": str(folder)}) as process:
            yield cls(process, socket, folder)

    def publishing(self, streams: int) -> dict[str, Any]:
        """WHIP, as to the box."""
        return {
            "streams": [
                {"whip": {"socket": str(self._socket), "path": f"/whip/{stream}", "token": ""}}
                for stream in range(streams)
            ]
        }

    def cpu(self) -> float:
        return self._process.cpu()

    def decoder_cpu(self) -> float:
        return 0.0

    def recorded(self) -> Recorded:
        """What it had written when its files were closed."""
        self._process.ask()
        return Recorded(sum(frames_in(file) for file in self._folder.glob("*.mp4")))
