"""A door in this process, and stand-ins for what is behind it: each answers with what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web
from yarl import URL

from appliance.box.paths import Paths
from appliance.door.connections import Connections
from appliance.door.gate import Gate
from appliance.web.strings import Catalogue


@dataclass
class Asked:
    """One request as it came to a stand-in."""

    by: str
    method: str
    path: str
    body: bytes
    headers: dict


@dataclass
class Lobby:
    """The door with its address, and what reached whom."""

    url: str
    gate: Gate
    connections: Connections
    http: aiohttp.ClientSession
    asked: list[Asked] = field(default_factory=list)

    async def ask(self, method: str, path: str, **options):
        """-> (status, text, headers)."""
        async with self.http.request(
            method, URL(self.url + path, encoded=True), allow_redirects=False, **options
        ) as answer:
            return answer.status, await answer.text(), answer.headers


@asynccontextmanager
async def behind(name: str, socket: Path, asked: list[Asked]) -> AsyncIterator[None]:
    """A stand-in that listens on the socket."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if "slow" in request.path:
            await asyncio.sleep(0.5)
        if request.headers.get("Upgrade"):
            return await _echo(request)
        asked.append(Asked(name, request.method, request.raw_path, await request.read(), dict(request.headers)))
        if "broken" in request.path:
            request.transport.abort()
        if "moved" in request.path:
            return web.Response(status=303, headers={"Location": "/elsewhere"})
        if "stream" in request.path:
            response = web.StreamResponse(headers={"Content-Length": str(1000 * 10_000)})
            await response.prepare(request)
            try:
                for _ in range(1000):
                    await response.write(b"x" * 10_000)
            except ConnectionError:
                asked.append(Asked(name, "BROKEN", request.path, b"", {}))
            return response
        headers = {"X-By": name, "Set-Cookie": "box=1", "Connection": "X-Hop", "X-Hop": "1", "ETag": '"7"'}
        return web.Response(status=201, text=f"answer of {name}", headers=headers)

    async def _echo(request: web.Request) -> web.WebSocketResponse:
        if "refused" in request.path:
            return web.Response(status=400)
        said = web.WebSocketResponse(autoping=True)
        await said.prepare(request)
        asked.append(Asked(name, "WS", request.raw_path, b"", dict(request.headers)))
        async for message in said:
            if message.data == "bye":
                await said.close(code=4001)
            elif message.data == "flood":
                for _ in range(2000):
                    await said.send_str("x" * 10_000)
                    asked.append(Asked(name, "SENT", "", b"", {}))
            elif message.type is WSMsgType.BINARY:
                await said.send_bytes(message.data[::-1])
            else:
                await said.send_str(message.data.upper())
        asked.append(Asked(name, "CLOSED", str(said.close_code), b"", {}))
        return said

    application = web.Application(client_max_size=100_000_000)
    application.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
    try:
        yield
    finally:
        await runner.cleanup()
        await asyncio.to_thread(socket.unlink, missing_ok=True)


@asynccontextmanager
async def lobby(paths: Paths, *there: str, most: int = 50, silent_seconds: float = 10.0) -> AsyncIterator[Lobby]:
    """`there`: who is behind the door, of web, capture-1, capture-2, capture-3."""
    asked: list[Asked] = []
    async with AsyncExitStack() as stack:
        for name in there:
            number = name.partition("-")[2]
            socket = paths.capture_socket(int(number)) if number else paths.web_socket
            await stack.enter_async_context(behind(name, socket, asked))
        gate = Gate(paths, Catalogue.load(strict=True), capture_workers=3)
        connections = Connections(gate.answer, most=most, silent_seconds=silent_seconds)
        runner = web.ServerRunner(connections, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(gate.close)
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Lobby(url, gate, connections, http, asked)
