"""Janus' video room over its WebSocket: one session that publishes and watches."""

import asyncio
import json
import uuid
from types import TracebackType
from typing import Any, Self

import aiohttp

from appliance.errors import Unavailable

ANSWER_SECONDS = 15.0
_ALIVE_SECONDS = 20.0


class JanusClient:
    """Requests by transaction; events of a handle come as answers to the request that caused them."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._session = 0

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(self._url, protocols=["janus-protocol"])
        self._tasks = [asyncio.ensure_future(self._read())]
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        self._tasks.append(asyncio.ensure_future(self._stay()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()
        await self._http.close()

    async def create_room(self, room: int, **settings: Any) -> None:
        """A room with these settings (janus.plugin.videoroom.jcfg)."""
        handle = await self._attach()
        said = await self._message(handle, {"request": "create", "room": room, **settings})
        if said[0].get("videoroom") != "created":
            raise Unavailable(f"Janus made no room: {said[0]}")

    async def publish(self, room: int, offer: str) -> tuple[int, str]:
        """-> (the publisher's id, SDP answer)."""
        handle = await self._attach()
        joined, _ = await self._message(handle, {"request": "join", "ptype": "publisher", "room": room})
        _, answer = await self._message(handle, {"request": "publish"}, {"type": "offer", "sdp": offer})
        return int(joined["id"]), answer

    async def watch(self, room: int, publisher: int) -> tuple[int, str]:
        """Janus makes the offer. -> (handle, SDP offer)."""
        handle = await self._attach()
        request = {"request": "join", "ptype": "subscriber", "room": room, "streams": [{"feed": publisher}]}
        _, offer = await self._message(handle, request)
        return handle, offer

    async def start(self, handle: int, answer: str) -> None:
        """The viewer's answer: media begin."""
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    async def _attach(self) -> int:
        said = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(said["data"]["id"])

    async def _message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], str]:
        """-> (what the plugin said, SDP or "")."""
        request: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        said = await self._ask(request | ({"jsep": jsep} if jsep else {}))
        data: dict[str, Any] = said.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise Unavailable(f"Janus refused {body['request']}: {data['error']}")
        return data, said.get("jsep", {}).get("sdp", "")

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        transaction = uuid.uuid4().hex
        request |= {"transaction": transaction} | ({"session_id": self._session} if self._session else {})
        self._answers[transaction] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(json.dumps(request))
        try:
            said = await asyncio.wait_for(self._answers[transaction], ANSWER_SECONDS)
        finally:
            del self._answers[transaction]
        if said["janus"] == "error":
            raise Unavailable(f"Janus refused: {said['error']['reason']}")
        return said

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            waiting = self._answers.get(said.get("transaction", ""))
            if waiting is not None and not waiting.done() and said["janus"] != "ack":
                waiting.set_result(said)

    async def _stay(self) -> None:
        """Janus forgets a session that says nothing for a minute."""
        while True:
            await asyncio.sleep(_ALIVE_SECONDS)
            await self._socket.send_str(
                json.dumps({"janus": "keepalive", "session_id": self._session, "transaction": uuid.uuid4().hex})
            )
