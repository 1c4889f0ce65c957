"""WebSockets: what one side says the other hears, in order. Who does not read is not read from."""

import asyncio
import contextlib
import logging
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict
from yarl import URL

from appliance.box.passing import NoAnswer, NobodyThere, Passage

log = logging.getLogger(__name__)

MESSAGE_BYTES = 64_000
"""What a page may say at once; the web process allows less."""

ANSWER_BYTES = 16_000_000
CLOSE_SECONDS = 1.0
_HANDSHAKE = ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol")

_GOING_AWAY = 1001
_SAYABLE = range(1000, 5000)
_NEVER_SAID = (1004, 1005, 1006, 1015)
"""Codes that stand for something that was not said (RFC 6455 7.4.1)."""


def is_wanted(request: web.BaseRequest) -> bool:
    """Does this request begin a WebSocket?"""
    return request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket"


class Tunnels:
    """Every open WebSocket."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._open: set[web.WebSocketResponse] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def carry(self, request: web.BaseRequest, socket: Path, *, headers: CIMultiDict[str]) -> web.StreamResponse:
        """Until one side ends it. NobodyThere or NoAnswer while nothing has been answered."""
        for name in _HANDSHAKE:
            headers.popall(name, None)
        url = URL(f"http://box{request.raw_path}", encoded=True)
        try:
            inner = await self._passage.session(socket).ws_connect(
                url, headers=headers, autoping=False, max_msg_size=ANSWER_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )  # fmt: skip
        except aiohttp.WSServerHandshakeError as refusal:
            return web.Response(status=refusal.status)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NobodyThere(f"nobody listens on {socket.name}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"{socket.name} broke off: {type(error).__name__}") from error
        async with inner:
            outer = web.WebSocketResponse(
                timeout=CLOSE_SECONDS, autoping=False, compress=False, max_msg_size=MESSAGE_BYTES
            )
            await outer.prepare(request)
            self._open.add(outer)
            try:
                await _both(outer, inner)
            finally:
                self._open.discard(outer)
        return outer

    async def goodbye(self) -> None:
        """The door closes: every page is told, and comes back when the box does."""
        await asyncio.gather(*(_close(one, _GOING_AWAY) for one in list(self._open)), return_exceptions=True)


_Side = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _both(outer: web.WebSocketResponse, inner: aiohttp.ClientWebSocketResponse) -> None:
    ways = [asyncio.ensure_future(_one_way(outer, inner)), asyncio.ensure_future(_one_way(inner, outer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await asyncio.gather(_close(inner, _code(outer)), _close(outer, _code(inner)))


async def _one_way(source: _Side, sink: _Side) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        elif message.type is WSMsgType.PING:
            await sink.ping(message.data)
        elif message.type is WSMsgType.PONG:
            await sink.pong(message.data)


def _code(side: _Side) -> int:
    """What this side said as it closed; who broke off said nothing."""
    code = side.close_code
    return code if code is not None and code in _SAYABLE and code not in _NEVER_SAID else _GOING_AWAY


async def _close(side: _Side, code: int) -> None:
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, RuntimeError):  # it is closed already
        await asyncio.wait_for(side.close(code=code), 2 * CLOSE_SECONDS)
