"""A box with an exam that goes on, its real sync process, and recordings that the ledger is told of."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from appliance.bench.review import day
from appliance.bench.sync.server import Server
from appliance.box import health
from appliance.box.paths import Paths
from appliance.errors import Unavailable
from appliance.exam.events import FeedOpened, SegmentClosed
from appliance.exam.feed import Kind
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.ledger.record import Draft
from appliance.ledger.socket import LedgerServer
from appliance.ledger.writer import Writer

SITE, BOX = "bench", "box"
PATIENCE_SECONDS = 900.0
_SETTINGS = """\
[upstream]
site = "{site}"
box = "{box}"
url = "s3://{bucket}"
endpoint = "{endpoint}"
credentials_file = "{credentials}"
spread_seconds = 0
"""


class Box:
    """`bucket`: where it sends to."""

    def __init__(self, paths: Paths, writer: Writer, attempts: Sequence[str], bucket: str) -> None:
        self._paths, self._writer, self._attempts = paths, writer, attempts
        self._process: subprocess.Popen[bytes] | None = None
        self._sent = 0
        self.bucket = bucket

    @classmethod
    @contextlib.contextmanager
    def made(cls, data: Path, server: Server, *, attempts: int) -> Iterator[Self]:
        """With its ledger served by this process, as the web process would."""
        paths, bucket = Paths.of(data).make(), server.bucket()
        paths.config.write_text(
            _SETTINGS.format(
                site=SITE, box=BOX, bucket=bucket, endpoint=server.endpoint, credentials=server.credentials
            ),
            encoding="utf-8",
        )
        with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
            begins_at = time.time() - 600
            names = day.plan(writer, kinds=[Kind.WEBCAM], seats=attempts, begins_at=begins_at, minutes=120)
            opened = FeedOpened(kind="webcam", connection="bench", codecs=["h264", "opus"], opened_at=begins_at)
            for name in names:
                day.sit(
                    *(writer, paths.media, name, [(begins_at, opened)], begins_at, 7_200),
                    flags=0,
                    live=True,
                    picture=b"",
                )
            ledger = LedgerServer(paths.ledger_socket, writer=writer, reader=reader)
            ledger.start()
            box = cls(paths, writer, names, bucket)
            try:
                yield box
            finally:
                box.kill()
                ledger.stop()

    def start(self) -> None:
        """The sync process, as the supervisor starts it."""
        with open(self._paths.data / "sync.log", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "--data", str(self._paths.data), "sync"], stdout=log, stderr=log
            )
        self._until(lambda said: bool(said.get("healthy")))

    def kill(self) -> None:
        """As a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        (self._paths.health / "sync.json").unlink(missing_ok=True)

    def prefix(self, attempt: int) -> str:
        """Where an attempt's objects are in the bucket."""
        return f"{SITE}/{BOX}/{day.EXAM}/{self._attempts[attempt]}/"

    def files(self, attempt: int, *, count: int, size: int) -> list[Path]:
        """Recordings on the disk that the ledger does not know yet; each its own content."""
        folder = self._paths.media / day.EXAM / self._attempts[attempt] / "webcam"
        folder.mkdir(parents=True, exist_ok=True)
        made = [folder / f"1-webcam-20260101T100000.000Z-{number:05}.mp4" for number in range(1, count + 1)]
        for file in made:
            file.write_bytes(os.urandom(size))
        return made

    def record(self, attempt: int, files: Sequence[Path]) -> float:
        """Tell the ledger, all at once: what waits after an hour without a line. -> Since when it knows (wall)."""
        name, now = self._attempts[attempt], time.time()
        drafts = [
            Draft(payload=_closed(number, file, self._paths.media, now), chain=name, exam=day.EXAM, actor="capture")
            for number, file in enumerate(files, 1)
        ]
        began = time.time()
        self._writer.append(*drafts)
        return began

    def settled(self, *, objects: int) -> None:
        """Wait until nothing waits, after at least `objects` more were sent than at the last call."""
        wanted = self._sent + objects if objects else 0
        self._until(
            lambda said: said.get("sent_objects", -1) >= wanted and not said["backlog_objects"] and not said["to_check"]
        )
        self._sent = self.sent_objects()

    def sent_objects(self) -> int:
        """By this process so far."""
        return int(self._said().get("sent_objects", 0))

    def largest_mb(self) -> float:
        """The most memory that the process ever held (VmHWM)."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        assert found
        return int(found[1]) * 1024 / 1e6

    def _said(self) -> dict[str, Any]:
        try:
            return health.read(self._paths.health, "sync", now=time.time())
        except (OSError, json.JSONDecodeError):
            return {}

    def _until(self, settled: Any) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not settled(said := self._said()):
            if self._process is None or self._process.poll() is not None or time.monotonic() > until:
                raise Unavailable(
                    f"the sync process does not get on: {said.get('sentence', '')}", hint=f"See {self._paths.data}."
                )
            time.sleep(0.05)


def _closed(number: int, file: Path, media: Path, now: float) -> SegmentClosed:
    return SegmentClosed(
        kind="webcam",
        number=number,
        path=str(file.relative_to(media)),
        starts_at=now - 600,
        position=float(number),
        duration=1.0,
        bytes=file.stat().st_size,
        init_bytes=20,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        codecs=["h264", "opus"],
    )
