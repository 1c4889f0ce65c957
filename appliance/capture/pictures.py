"""Feeds the decoder, a child process: what it gets, how much waits for it, and that there is one.

Of each feed at most one group of pictures waits. When the decoder does not follow, the rest of the group is skipped and
counted, and decoding goes on at the next key frame. A dead decoder is replaced; recording never notices.
"""

import asyncio
import contextlib
import json
import logging
import socket
import struct
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from appliance.box import picture
from appliance.capture.frame import Encoded
from appliance.exam.feed import Feed, Kind

log = logging.getLogger(__name__)

WAITING_FRAMES = 150
"""The longest group of pictures that is kept: ten seconds at 15 frames a second."""
_RESPAWN_SECONDS = 0.5
_STOP_SECONDS = 0.2
_HIGH_WATER = 256_000
LENGTHS = struct.Struct(">II")
"""Before each message: length of its JSON head, length of its frame."""


@dataclass(slots=True)
class _Waiting:
    messages: deque[bytes] = field(default_factory=deque)
    skip: bool = True
    """Until the next key frame."""


class DecoderLink:
    """All methods belong to the event loop."""

    def __init__(self, folder: Path, *, command: tuple[str, ...] = ("-m", "appliance.capture.decoder")) -> None:
        self._folder, self._command = folder, command
        self._feeds: dict[Feed, _Waiting] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.process: asyncio.subprocess.Process | None = None
        self.counters = {"sent": 0, "skipped": 0, "respawned": 0}

    def start(self) -> None:
        """Run a decoder from now on. Other workers' pictures are in the folder too: what an earlier process left goes
        when its feed is carried on."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """End the decoder."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def waiting(self) -> int:
        """Frames that wait for the decoder."""
        return sum(len(feed.messages) for feed in self._feeds.values())

    def show(self, feed: Feed, frame: Encoded, *, taken_at: float, position: float) -> None:
        """A video frame. Frames that none depends on are not worth decoding; of a screen only key frames are."""
        if not frame.reference or (feed.kind is Kind.SCREEN and not frame.key):
            return
        waiting = self._feeds.setdefault(feed, _Waiting())
        if frame.key:
            self.counters["skipped"] += len(waiting.messages)
            waiting.messages.clear()
            waiting.skip = False
        elif waiting.skip or len(waiting.messages) >= WAITING_FRAMES:
            self.counters["skipped"] += 1 + len(waiting.messages)
            waiting.messages.clear()
            waiting.skip = True
            return
        head = {"feed": str(feed), "codec": frame.codec, "key": frame.key, "taken_at": taken_at, "position": position}
        waiting.messages.append(_message(head, frame.data))
        self._wake.set()

    def end(self, feed: Feed) -> None:
        """The feed is over: its picture goes."""
        waiting = self._feeds.setdefault(feed, _Waiting())
        self.counters["skipped"] += len(waiting.messages)
        waiting.messages.clear()
        waiting.skip = True
        waiting.messages.append(_message({"feed": str(feed), "end": True}, b""))
        self._wake.set()
        picture.remove(self._folder, feed)

    async def _run(self) -> None:
        while True:
            ours, theirs = socket.socketpair()
            try:
                with theirs:
                    self.process = await asyncio.create_subprocess_exec(
                        sys.executable,
                        *self._command,
                        str(theirs.fileno()),
                        str(self._folder),
                        pass_fds=(theirs.fileno(),),
                        stdin=asyncio.subprocess.DEVNULL,
                    )
                await self._serve(ours, self.process)
            finally:
                ours.close()
            log.warning("the decoder ended with %s and is replaced", self.process.returncode)
            self.counters["respawned"] += 1
            for waiting in self._feeds.values():
                waiting.skip = True  # the new one knows nothing of the group of pictures
                waiting.messages.clear()
            await asyncio.sleep(_RESPAWN_SECONDS)

    async def _serve(self, ours: socket.socket, process: asyncio.subprocess.Process) -> None:
        """Until the process ends."""
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.transport.set_write_buffer_limits(high=_HIGH_WATER)
        ended = asyncio.ensure_future(process.wait())
        feeding = asyncio.ensure_future(self._feed(writer))
        try:
            await asyncio.wait({ended, feeding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await feeding
            writer.close()
            del reader
            await _end(process, ended)

    async def _feed(self, writer: asyncio.StreamWriter) -> None:
        """One message of each feed in turn; waits while the decoder is busy."""
        while True:
            self._wake.clear()
            busy = False
            for waiting in list(self._feeds.values()):
                if waiting.messages:
                    writer.write(waiting.messages.popleft())
                    self.counters["sent"] += 1
                    await writer.drain()
                    busy = True
            if not busy:
                await self._wake.wait()


async def _end(process: asyncio.subprocess.Process, ended: "asyncio.Task[int]") -> None:
    """The decoder stops when its socket closes; one that does not is killed."""
    try:
        await asyncio.wait_for(asyncio.shield(ended), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await ended


def _message(head: dict[str, object], data: bytes) -> bytes:
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(data)) + text + data
