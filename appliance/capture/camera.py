"""One lab camera while it is recorded: a child process that reads it, and the feed that its frames go to.

The child connects again by itself; a child that dies, or says what no reader says, is replaced. Nothing of this touches
another feed.
"""

import asyncio
import contextlib
import json
import logging
import socket
import sys
import time
import uuid
from typing import Any

from appliance.capture.child import end
from appliance.capture.feed import LiveFeed
from appliance.capture.pictures import LENGTHS
from appliance.config import CameraSettings
from appliance.exam.gap import Cause
from appliance.recording.frame import Encoded, Media

log = logging.getLogger(__name__)

REASONS = {
    "away": "it does not answer; check its power, its cable and the address",
    "codec": "it does not send H.264; set it to H.264, without H.265 or “smart” codecs",
    "login": "it refuses the user name or password of its address",
    "lost": "the connection broke off",
    "no_picture": "its description names no picture; check the path in its address",
    "nonsense": "what it sends is no RTSP",
    "silent": "it stopped sending",
    "too_much": "it sends more than 32 Mbit/s; lower its bitrate",
}
"""Why a connection ended, for a person."""

_MOST_HEAD = 4_096
_MOST_FRAME = 5_000_000
_MOST_TICKS = 1 << 62
_RESPAWN_SECONDS, _RESPAWN_LATEST = 0.5, 5.0
_SETTLED_SECONDS = 30.0


class Nonsense(Exception):
    """The child said what no reader says: it is not to be trusted any more."""


class Camera:
    """All methods belong to the event loop."""

    def __init__(
        self,
        settings: CameraSettings,
        feed: LiveFeed,
        *,
        command: tuple[str, ...] = ("-m", "appliance.capture.camera_reader"),
    ) -> None:
        self.settings, self.feed = settings, feed
        self.trouble = "connecting"
        self.process: asyncio.subprocess.Process | None = None
        self.counters = {"connections": 0, "frames": 0, "dropped": 0, "nonsense": 0, "respawned": 0}
        self._command = command
        self._connection = ""
        self._over = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Media should come from now on."""
        self.feed.expected(Cause.CONNECTION_LOST)
        self._task = asyncio.ensure_future(self._run())

    def halt(self) -> None:
        """From this moment on nothing more is recorded."""
        self._over = True

    async def stop(self, cause: Cause) -> None:
        """Returns when the child has ended and the last segment is closed."""
        self.halt()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._lost(cause)

    def facts(self) -> dict[str, Any]:
        """For the health file."""
        return {
            "feed": str(self.feed.feed),
            "trouble": REASONS.get(self.trouble, self.trouble),
            **self.counters,
        }

    async def _run(self) -> None:
        delay = _RESPAWN_SECONDS
        while True:
            began = time.monotonic()
            try:
                await self._read()
            except (Nonsense, ValueError, KeyError, TypeError):
                self.counters["nonsense"] += 1
                log.warning("the reader of camera %s sent nonsense and is replaced", self.settings.name)
            except OSError as error:
                log.warning("the reader of camera %s cannot be started: %s", self.settings.name, error.strerror)
            await self._lost(Cause.CONNECTION_LOST)
            self.counters["respawned"] += 1
            if time.monotonic() - began > _SETTLED_SECONDS:
                delay = _RESPAWN_SECONDS
            await asyncio.sleep(delay)
            delay = min(2 * delay, _RESPAWN_LATEST)

    async def _read(self) -> None:
        """One child, from its start to its end."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self.process = child = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *self._command,
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                )
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        try:
            writer.write(f"{self.settings.url}\n".encode())
            while (message := await _message(reader)) is not None:
                await self._take(*message)
        finally:
            writer.close()
            await end(child)

    async def _take(self, head: dict[str, Any], data: bytes) -> None:
        if self._over:
            return  # the attempt has ended: nothing of it is recorded any more
        if "opened" in head:
            await self._lost(Cause.CONNECTION_LOST)
            self._begin()
        elif "closed" in head:
            self.trouble = str(head["closed"])
            log.info("camera %s: %s", self.settings.name, REASONS.get(self.trouble, "the connection ended"))
            await self._lost(Cause.CONNECTION_LOST)
        elif not self._connection:
            raise Nonsense
        else:
            self.counters["frames"] += 1
            self.counters["dropped"] += int(head["dropped"])
            self.trouble = ""
            self.feed.frame(_frame(head, data))

    def _begin(self) -> None:
        self.counters["connections"] += 1
        self._connection = uuid.uuid4().hex
        self.feed.connected(self._connection, sound=False, ask_key_frame=_cannot_ask, lost=lambda: 0)

    async def _lost(self, cause: Cause) -> None:
        connection, self._connection = self._connection, ""
        if connection:
            closed = asyncio.Event()
            self.feed.disconnected(connection, cause, closed.set)
            await closed.wait()


def _cannot_ask() -> None:
    """RTSP has no way to ask for a key frame."""


def _frame(head: dict[str, Any], data: bytes) -> Encoded:
    timestamp, arrived = int(head["timestamp"]), float(head["arrived"])
    now = time.monotonic()
    if not (data and abs(timestamp) < _MOST_TICKS and now - 60 < arrived <= now):
        raise Nonsense
    return Encoded(
        media=Media.VIDEO,
        codec="h264",
        data=data,
        timestamp=timestamp,
        arrived=arrived,
        key=bool(head["key"]),
        reference=bool(head["reference"]),
    )


async def _message(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes] | None:
    """(head, frame); None when the child has ended."""
    try:
        head_bytes, frame_bytes = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
        if head_bytes > _MOST_HEAD or frame_bytes > _MOST_FRAME:
            raise Nonsense
        head = json.loads(await reader.readexactly(head_bytes))
        if not isinstance(head, dict):
            raise Nonsense
        return head, await reader.readexactly(frame_bytes)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
