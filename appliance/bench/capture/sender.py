"""The helper process that publishes: N connections, to the box by WHIP or to a room of Janus.

Job: {"streams": [{"picture": FILE, "sound": FILE or null, "whip": {"socket", "path", "token"} or null}, ...],
"janus": {"url", "room"} or null}. It says {"frames": [sent by each], "publishers": [ids in Janus' room], "alive": N}.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from appliance.bench.capture import job
from appliance.bench.capture.clip import Clip
from appliance.bench.capture.janus_client import JanusClient
from appliance.bench.capture.publisher import Publisher, connected
from appliance.errors import Unavailable


@asynccontextmanager
async def work(told: dict[str, Any]) -> AsyncIterator[job.Said]:
    """Every stream is connected, one after the other."""
    clips: dict[str, Clip] = {}
    publishers: list[Publisher] = []
    ids: list[int] = []
    async with AsyncExitStack() as stack:
        room: dict[str, Any] = told.get("janus") or {}
        janus = await stack.enter_async_context(JanusClient(room["url"])) if room else None
        for stream in told["streams"]:
            publisher = _publisher(stream, clips)
            stack.push_async_callback(publisher.close)
            publishers.append(publisher)
            if janus is not None:
                id, answer = await janus.publish(room["room"], await publisher.offer())
                ids.append(id)
            else:
                answer = await whip(stream["whip"], await publisher.offer())
            await publisher.accept(answer)
        await asyncio.gather(*(connected(publisher.connection) for publisher in publishers))

        async def said() -> dict[str, Any]:
            alive = sum(publisher.connection.connectionState == "connected" for publisher in publishers)
            return {"frames": [publisher.video.sent for publisher in publishers], "publishers": ids, "alive": alive}

        yield said


def _publisher(stream: dict[str, Any], clips: dict[str, Clip]) -> Publisher:
    for file in (stream["picture"], stream.get("sound")):
        if file and file not in clips:
            clips[file] = Clip.read(Path(file))
    sound = stream.get("sound")
    return Publisher(picture=clips[stream["picture"]], sound=clips[sound] if sound else None)


async def whip(where: dict[str, str], offer: str) -> str:
    """WHIP or WHEP over a Unix socket: offer -> answer."""
    headers = {"Authorization": f"Bearer {where['token']}", "Content-Type": "application/sdp"}
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(where["socket"])) as http,
        http.post(f"http://box{where['path']}", data=offer.encode(), headers=headers) as answer,
    ):
        text = await answer.text()
        if answer.status != 201:
            raise Unavailable(f"{where['path']} answered {answer.status}: {text[:200]}")
        return text


if __name__ == "__main__":
    job.serve(work)
