"""The helper process that watches: N connections that take encoded frames, count them and throw them away.

Job: {"views": [{"socket", "path", "token"}, ...]} at the box, or {"janus": {"url", "room", "publishers"}}. It says
{"frames": [received by each], "gaps_ms": [the longest time between two frames of each since it was asked last]}.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from appliance.bench.capture import job
from appliance.bench.capture.janus_client import JanusClient
from appliance.bench.capture.publisher import connected
from appliance.bench.capture.sender import whip
from appliance.capture import hooks
from appliance.recording.frame import Encoded, Media


class Watcher:
    """One connection that receives."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.on("track", self._on_track)
        self.frames = 0
        self.longest = 0.0
        self._last: float | None = None

    def _on_track(self, track: MediaStreamTrack) -> None:
        hooks.tap(hooks.receiver_of(self.connection, track), self._take)

    def _take(self, frame: Encoded) -> None:
        if frame.media is not Media.VIDEO:
            return
        now = time.monotonic()
        if self._last is not None:
            self.longest = max(self.longest, now - self._last)
        self._last = now
        self.frames += 1

    def pause(self) -> float:
        """The longest time between two frames since this was asked last; one that lasts still counts."""
        longest, self.longest = self.longest, 0.0
        return max(longest, time.monotonic() - self._last) if self._last is not None else 0.0

    async def offer(self) -> str:
        """For WHEP."""
        self.connection.addTransceiver("video", direction="recvonly")
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        """The SDP answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def answer(self, offer: str) -> str:
        """For Janus, which makes the offer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return str(self.connection.localDescription.sdp)


@asynccontextmanager
async def work(told: dict[str, Any]) -> AsyncIterator[job.Said]:
    """Every viewer is connected."""
    hooks.prepare()
    watchers: list[Watcher] = []
    async with AsyncExitStack() as stack:
        room: dict[str, Any] = told.get("janus") or {}
        janus = await stack.enter_async_context(JanusClient(room["url"])) if room else None
        for place in room["publishers"] if room else told["views"]:
            watcher = Watcher()
            stack.push_async_callback(watcher.connection.close)
            watchers.append(watcher)
            if janus is not None:
                handle, offer = await janus.watch(room["room"], place)
                await janus.start(handle, await watcher.answer(offer))
            else:
                await watcher.accept(await whip(place, await watcher.offer()))
        await asyncio.gather(*(connected(watcher.connection) for watcher in watchers))

        async def said() -> dict[str, Any]:
            gaps = [round(watcher.pause() * 1000) for watcher in watchers]
            return {"frames": [watcher.frames for watcher in watchers], "gaps_ms": gaps}

        yield said


if __name__ == "__main__":
    job.serve(work)
