"""Feeds the decoder, a child process: what it gets, how much waits for it, and that there is one.

Of a stream with temporal layers it gets the base layer, else every frame that others need. Of each feed at most one
group of pictures waits. When the decoder does not follow, the rest of the group is skipped and counted, and decoding
goes on at the next key frame. Of a microphone some seconds wait; the oldest are dropped and counted. A decoder that is
dead, or stands still, is replaced; recording never notices. It says of each message that it is done with it, so what it
was at when it died is known: a track that kills it several times rests.
"""

import asyncio
import contextlib
import json
import logging
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from appliance.box import picture, sound
from appliance.capture import child
from appliance.capture.batch import Batches
from appliance.exam.feed import Feed, Kind
from appliance.recording.frame import Encoded, Media

log = logging.getLogger(__name__)

WAITING_FRAMES = 150
"""The longest group of pictures that is kept: ten seconds at 15 frames a second."""
WAITING_BATCHES = 16
"""Of sound, of one feed: four seconds."""
STILL_SECONDS = 2.0
"""No frame takes so long."""
_START_SECONDS = 20.0
_AT_ONCE = 32
"""Messages that the decoder has and is not done with: more are sent only when there are fewer."""
_MOST_DONE = 4096
_TALK_SECONDS = 0.05
MOST_DEATHS = 3
REST_SECONDS = 60.0
_FORGIVEN_SECONDS = 300.0
_RESPAWN_SECONDS = 0.1
_MOST_RESPAWN_SECONDS = 1.0
LENGTHS = struct.Struct(">II")
"""Before each message: length of its JSON head, length of its frame."""


@dataclass(slots=True)
class _Waiting:
    messages: deque[bytes] = field(default_factory=deque)
    skip: bool = True
    """Until the next key frame."""
    deaths: int = 0
    """How often the decoder died of it lately."""
    died_at: float = 0.0
    rests_until: float = 0.0

    def rests(self) -> bool:
        """It killed several decoders, a moment ago."""
        if self.rests_until and time.monotonic() >= self.rests_until:
            self.rests_until = 0.0
        return bool(self.rests_until)


_Track = tuple[Feed, Media]


class DecoderLink:
    """All methods belong to the event loop."""

    def __init__(
        self, folder: Path, sounds: Path, *, command: tuple[str, ...] = ("-m", "appliance.capture.decoder")
    ) -> None:
        self._folder, self._sounds, self._command = folder, sounds, command
        self._tracks: dict[_Track, _Waiting] = {}
        self._batches = Batches()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.process: asyncio.subprocess.Process | None = None
        self._at: deque[_Track | None] = deque()
        """What the decoder has and is not done with, oldest first; None while it starts."""
        self._progress_at = 0.0
        self.counters = {"sent": 0, "skipped": 0, "unheard": 0, "respawned": 0, "stood_still": 0, "rested": 0}

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
        """Messages that wait for the decoder."""
        return sum(len(track.messages) for track in self._tracks.values())

    def show(self, feed: Feed, frame: Encoded, *, taken_at: float, position: float) -> None:
        """A video frame. Frames that none depends on are not worth decoding."""
        if not frame.reference or frame.layer:
            return
        waiting = self._tracks.setdefault((feed, Media.VIDEO), _Waiting())
        if waiting.rests():
            self.counters["skipped"] += 1
            return
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

    def hear(self, feed: Feed, frame: Encoded, *, at: float, position: float) -> None:
        """A packet of a candidate's microphone, which begins at `at` (wall seconds)."""
        if feed.kind is not Kind.WEBCAM:
            return
        waiting = self._tracks.setdefault((feed, Media.AUDIO), _Waiting())
        for head, data in self._batches.add(feed, frame.data, at=at, position=position):
            if waiting.rests():
                self.counters["unheard"] += 1
                continue
            if len(waiting.messages) >= WAITING_BATCHES:
                waiting.messages.popleft()
                self.counters["unheard"] += 1
            waiting.messages.append(_message(head, data))
            self._wake.set()

    def end(self, feed: Feed) -> None:
        """The feed is over: its picture and its sound go."""
        self._batches.drop(feed)
        if heard := self._tracks.get((feed, Media.AUDIO)):
            self.counters["unheard"] += len(heard.messages)
            heard.messages.clear()
        waiting = self._tracks.setdefault((feed, Media.VIDEO), _Waiting())
        self.counters["skipped"] += len(waiting.messages)
        waiting.messages.clear()
        waiting.skip = True
        waiting.messages.append(_message({"feed": str(feed), "end": True}, b""))
        self._wake.set()
        picture.remove(self._folder, feed)
        sound.remove(self._sounds, feed)

    async def _run(self) -> None:
        quickly = 0
        while True:
            ours, theirs = socket.socketpair()
            began = time.monotonic()
            try:
                with theirs:
                    self.process = await asyncio.create_subprocess_exec(
                        sys.executable,
                        *self._command,
                        str(theirs.fileno()),
                        str(self._folder),
                        str(self._sounds),
                        pass_fds=(theirs.fileno(),),
                        stdin=asyncio.subprocess.DEVNULL,
                    )
                self._at = deque([None])
                self._progress_at = began
                await self._serve(ours, self.process)
            finally:
                ours.close()
            log.warning("the decoder ended with %s and is replaced", self.process.returncode)
            self._blame()
            self.counters["respawned"] += 1
            for waiting in self._tracks.values():
                waiting.skip = True  # the new one knows nothing of the group of pictures
                waiting.messages.clear()
            quickly = quickly + 1 if time.monotonic() - began < STILL_SECONDS else 0
            await asyncio.sleep(min(_RESPAWN_SECONDS * (1 + quickly), _MOST_RESPAWN_SECONDS))

    def _blame(self) -> None:
        """The decoder died of what it was at."""
        track = self._at[0] if self._at else None
        waiting = self._tracks.get(track) if track is not None else None
        if track is None or waiting is None:
            return
        now = time.monotonic()
        waiting.deaths = 1 if now - waiting.died_at > _FORGIVEN_SECONDS else waiting.deaths + 1
        waiting.died_at = now
        if waiting.deaths >= MOST_DEATHS:
            log.warning("%s, %s: the decoder died of it %d times; it rests", *track, waiting.deaths)
            waiting.deaths, waiting.rests_until = 0, now + REST_SECONDS
            self.counters["rested"] += 1

    async def _serve(self, ours: socket.socket, process: asyncio.subprocess.Process) -> None:
        """Until the process ends."""
        ours.setblocking(False)
        ended = asyncio.ensure_future(process.wait())
        work = [asyncio.ensure_future(one) for one in (self._talk(ours), self._watch(process))]
        try:
            await asyncio.wait({ended, *work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            for task in work:
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task
            with contextlib.suppress(ConnectionError):
                self._hear(ours)  # the last it was done with before it died
            ours.close()
            await child.end(process)

    async def _talk(self, link: socket.socket) -> None:
        """A few times a second while there is something to say or to hear: one message at a time would wake both
        processes for each."""
        unsent = memoryview(b"")
        while self._hear(link):
            unsent = unsent or memoryview(self._next())
            with contextlib.suppress(BlockingIOError):
                unsent = unsent[link.send(unsent) :] if unsent else unsent
            if not unsent and not self._at:
                self._wake.clear()
                await self._wake.wait()
            await asyncio.sleep(_TALK_SECONDS)

    def _next(self) -> bytes:
        """One message of each track in turn, as much as the decoder may have at once."""
        said: list[bytes] = []
        busy = [(track, waiting) for track, waiting in self._tracks.items() if waiting.messages]
        while busy and len(self._at) < _AT_ONCE:
            for track, waiting in busy:
                if not self._at:
                    self._progress_at = time.monotonic()
                self._at.append(track)
                said.append(waiting.messages.popleft())
            busy = [(track, waiting) for track, waiting in busy if waiting.messages]
        self.counters["sent"] += len(said)
        return b"".join(said)

    def _hear(self, link: socket.socket) -> bool:
        """A byte for each message that the decoder is done with, and one when it is ready. False: it has gone."""
        try:
            done = link.recv(_MOST_DONE)
        except BlockingIOError:
            return True
        for _ in done[: len(self._at)]:
            self._at.popleft()
        self._progress_at = time.monotonic()
        return bool(done)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """End a decoder that stands still."""
        while True:
            await asyncio.sleep(STILL_SECONDS / 8)
            allowed = _START_SECONDS if None in self._at else STILL_SECONDS
            if self._at and time.monotonic() - self._progress_at > allowed:
                self.counters["stood_still"] += 1
                child.kill(process)
                return


def _message(head: dict[str, object], data: bytes) -> bytes:
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(data)) + text + data
