"""The box's side of a measurement: the real capture process on an empty data folder, with a ledger that answers."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from appliance.bench.capture import usage
from appliance.box import health, workers
from appliance.box.paths import Paths
from appliance.box.token import Claim, FeedTokens, Purpose
from appliance.errors import Unavailable
from appliance.exam.feed import Feed, Kind
from appliance.ledger.reader import Reader
from appliance.ledger.socket import LedgerServer
from appliance.ledger.writer import Writer, opened
from appliance.recording.name import OPEN

EXAM = "bench"
MOST_SEATS = 10_000
"""Each window of a measurement has candidates of its own, and none of them ever hands in."""

START_SECONDS = 20.0
STOP_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """Capture workers. `pids`: their own, by name; a decoder is the child of each. `writer`: of its ledger."""

    paths: Paths
    pids: dict[str, int]
    tokens: FeedTokens
    writer: Writer

    def address(self, feed: Feed, purpose: Purpose) -> dict[str, str]:
        """Where a feed is published or viewed, for a helper process: at the worker that should carry it."""
        claim = Claim(purpose, feed, EXAM, feed.attempt)
        verb = "whip" if purpose == "publish" else "whep"
        socket = self.paths.capture_socket(workers.order(feed.attempt, len(self.pids))[0])
        return {"socket": str(socket), "path": f"/{verb}/{feed}", "token": self.tokens.mint(claim)}

    def streams(self, feeds: Sequence[Feed], *, folder: Path) -> list[dict[str, Any]]:
        """For the sender: `camera`, `screen` and `tone` of a folder, a webcam with sound, a screen without."""
        return [
            {
                "picture": str(folder / ("camera" if feed.kind is Kind.WEBCAM else "screen")),
                "sound": str(folder / "tone") if feed.kind is Kind.WEBCAM else None,
                "whip": self.address(feed, "publish"),
            }
            for feed in feeds
        ]

    def cpu(self) -> float:
        """Seconds of CPU of the capture workers alone."""
        return sum(usage.cpu(pid) for pid in self.pids.values())

    def decoder_cpu(self) -> float:
        """Seconds of CPU of their children: the decoders."""
        return sum(usage.cpu(child) for pid in self.pids.values() for child in usage.children(pid))

    def health(self) -> dict[str, dict[str, Any]]:
        """What each worker says of itself."""
        return {name: health.read(self.paths.health, name, now=time.time()) for name in self.pids}

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
def capturing(data: Path, *, count: int = 1, prefix: Sequence[str] = (), settings: str = "") -> Iterator[Box]:
    """So many capture workers that are ready and let everybody in. `prefix`: a command that runs them elsewhere;
    `settings`: more lines of the section [capture]."""
    paths = Paths.of(data).make()
    lines = f"[capture]\nworkers = {count}\nseats = {MOST_SEATS}\n{settings}"
    paths.config.write_text(lines, encoding="utf-8")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, paths.run, ignore_errors=True)
        writer = stack.enter_context(opened(paths.database))
        ledger = LedgerServer(paths.ledger_socket, writer=writer, reader=Reader(paths.database))
        ledger.start()
        stack.callback(ledger.stop)
        pids = {workers.worker(n): stack.enter_context(_process(paths, n, prefix)) for n in range(1, count + 1)}
        yield Box(paths, pids, FeedTokens.from_file(paths.feed_key), writer)


@contextmanager
def _process(paths: Paths, number: int, prefix: Sequence[str]) -> Iterator[int]:
    name = workers.worker(number)
    command = [*prefix, sys.executable, "-m", "appliance", "--data", str(paths.data), "capture"]
    command += ["--worker", str(number)]
    with open(paths.logs / f"{name}.log", "ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not health.read(paths.health, name, now=time.time())["healthy"]:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Unavailable("the capture process did not start", hint=_last_words(paths, name))
                time.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _last_words(paths: Paths, name: str) -> str:
    lines = (paths.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"Its last words: {lines[-1][:300]}" if lines else ""
