"""One page of a measurement: a Socket.IO client that follows an exam and notes what arrives when."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_CONNECT_SECONDS = 20.0
_LARGEST = 8_000_000


@dataclass(slots=True)
class Page:
    """One client. `seen`: sequence number -> seconds from the event to its arrival; `upto`: how far it has all."""

    seen: dict[int, float] = field(default_factory=dict)
    upto: int = 0
    chats: dict[str, float] = field(default_factory=dict)
    closed: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, message: dict[str, Any], at: float) -> None:
        """A message of events, which came in at `at` (wall seconds)."""
        for event in message["events"]:
            self.seen[event["seq"]] = at - event["wall"]
            if event["type"] == "message.sent":
                self.chats[event["payload"]["text"]] = at
        self.upto = message["upto"]
        self.moved.set()


async def follow(session: aiohttp.ClientSession, job: dict[str, Any], cookie: str, after: int | None) -> Any:
    """Connect a client and let it follow; -> its WebSocket, which has answered the greeting."""
    address = job["url"] + "/socket.io/?EIO=4&transport=websocket"
    headers = {"Cookie": cookie, "Origin": job["url"]}
    # a browser offers compression, and so does a page here
    socket = await session.ws_connect(address, headers=headers, max_msg_size=_LARGEST, compress=15)
    await socket.receive_str(timeout=_CONNECT_SECONDS)
    await socket.send_str("40")
    connected = await socket.receive_str(timeout=_CONNECT_SECONDS)
    if not connected.startswith("40"):
        raise ConnectionError(f"the box refused a page: {connected[:200]}")
    await socket.send_str("42" + json.dumps(["follow", {"exam": job["exam"], "after": after}]))
    return socket


async def listen(socket: Any, page: Page) -> None:
    """Until it is closed."""
    with suppress(asyncio.CancelledError):
        async for message in socket:
            at = time.time()
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            if message.data == "2":  # Engine.IO's ping
                await socket.send_str("3")
            elif message.data.startswith('42["events"'):
                page.hear(json.loads(message.data[2:])[1], at)
    page.closed = True
    page.moved.set()
