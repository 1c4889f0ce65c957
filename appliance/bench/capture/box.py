"""The box's side of a measurement: the real capture process on an empty data folder, with a ledger that answers."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from appliance.bench.capture import usage
from appliance.box import health
from appliance.box.paths import Paths
from appliance.box.token import Claim, FeedTokens, Purpose
from appliance.capture.segment import OPEN
from appliance.errors import Unavailable
from appliance.exam.feed import Feed
from appliance.ledger.reader import Reader
from appliance.ledger.socket import LedgerServer
from appliance.ledger.writer import opened

EXAM = "bench"
START_SECONDS = 20.0
STOP_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """One capture process. `pid`: its own; the decoder is its child."""

    paths: Paths
    pid: int
    tokens: FeedTokens

    def address(self, feed: Feed, purpose: Purpose) -> dict[str, str]:
        """Where a feed is published or viewed, for a helper process."""
        claim = Claim(purpose, feed, EXAM, feed.attempt)
        verb = "whip" if purpose == "publish" else "whep"
        token = self.tokens.mint(claim)
        return {"socket": str(self.paths.capture_socket(1)), "path": f"/{verb}/{feed}", "token": token}

    def cpu(self) -> float:
        """Seconds of CPU of the capture process alone."""
        return usage.cpu(self.pid)

    def decoder_cpu(self) -> float:
        """Seconds of CPU of its children: the decoder."""
        return sum(usage.cpu(child) for child in usage.children(self.pid))

    def health(self) -> dict[str, Any]:
        """What the capture process says of itself."""
        return health.read(self.paths.health, "capture-1", now=time.time())

    def left_open(self) -> list[Path]:
        """Files that are being written."""
        return list((self.paths.media / EXAM).glob(f"*/*/*{OPEN}"))

    def recorded(self, feed: Feed) -> int:
        """Frames of video in the files of a feed."""
        folder = self.paths.media / EXAM / feed.attempt / feed.kind.value
        return sum(frames_in(file) for file in folder.glob("*.mp4"))


def frames_in(file: Path) -> int:
    """Frames of video in a file. av.FFmpegError when it cannot be read."""
    with av.open(str(file)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


@contextmanager
def capturing(data: Path, *, prefix: Sequence[str] = ()) -> Iterator[Box]:
    """A capture process that is ready, the only one. `prefix`: a command that runs it elsewhere."""
    paths = Paths.of(data).make()
    paths.config.write_text("[capture]\nworkers = 1\n", encoding="utf-8")
    with opened(paths.database) as writer:
        ledger = LedgerServer(paths.ledger_socket, writer=writer, reader=Reader(paths.database))
        ledger.start()
        try:
            with _process(paths, prefix) as pid:
                yield Box(paths, pid, FeedTokens.from_file(paths.feed_key))
        finally:
            ledger.stop()


@contextmanager
def _process(paths: Paths, prefix: Sequence[str]) -> Iterator[int]:
    command = [*prefix, sys.executable, "-m", "appliance", "--data", str(paths.data), "capture"]
    with open(paths.logs / "bench.log", "ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not health.read(paths.health, "capture-1", now=time.time())["healthy"]:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable("the capture process did not start", hint=f"Its log is in {paths.logs}.")
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
