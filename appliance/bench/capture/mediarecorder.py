"""The helper process that records with aiortc's MediaRecorder, as its documentation shows it.

Job: {"socket": where it takes WHIP, "folder": where the files go}. Asked what it has done, it closes its files.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRecorder

from appliance.bench.capture import job


class Recording:
    """Connections and their recorders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connections: list[RTCPeerConnection] = []
        self._recorders: list[MediaRecorder] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, request: web.Request) -> web.Response:
        """WHIP."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        recorder = MediaRecorder(str(self._folder / f"{len(self._recorders)}.mp4"))
        self._connections.append(connection)
        self._recorders.append(recorder)
        connection.on("track", recorder.addTrack)
        offer = RTCSessionDescription(sdp=await request.text(), type="offer")
        await connection.setRemoteDescription(offer)
        await connection.setLocalDescription(await connection.createAnswer())
        task = asyncio.ensure_future(recorder.start())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response(status=201, text=connection.localDescription.sdp, content_type="application/sdp")

    async def close(self) -> None:
        """Files first."""
        recorders, self._recorders = self._recorders, []
        connections, self._connections = self._connections, []
        await asyncio.gather(*(recorder.stop() for recorder in recorders), return_exceptions=True)
        await asyncio.gather(*(connection.close() for connection in connections), return_exceptions=True)


@asynccontextmanager
async def work(told: dict[str, Any]) -> AsyncIterator[job.Said]:
    """Listens."""
    recording = Recording(Path(told["folder"]))
    application = web.Application()
    application.router.add_post("/whip/{stream}", recording.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, told["socket"]).start()
    try:

        async def said() -> dict[str, Any]:
            await recording.close()
            return {}

        yield said
    finally:
        await recording.close()
        await runner.cleanup()


if __name__ == "__main__":
    job.serve(work)
