"""Something between a box and its store that goes wrong on demand: answers 500 and 503, slowness, lines that break.

It speaks HTTP only as far as it must: each connection carries one request, so that a fault meets just one.
"""

import asyncio
import contextlib
import re
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_ERROR = '<?xml version="1.0"?><Error><Code>{code}</Code><Message>it is so in this test</Message></Error>'


@dataclass
class Fault:
    """What meets the next request that matches. `status` and `code`: it is answered so, without asking the server;
    `sent`: the connection breaks after so many bytes of the request; `answered`: before it has so many of the answer;
    `headers`: of the answer with `status`; `page`: its body, where it is not to look like S3."""

    status: int = 0
    code: str = ""
    sent: int | None = None
    answered: int | None = None
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    page: str | None = None


class Proxy:
    """`requests`: "METHOD /path" of all that came; `sent`: bytes that went to the server with them. `tls`: what it
    shows to whoever comes."""

    def __init__(self, endpoint: str, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        server = urlsplit(endpoint)
        self._server = (server.hostname, server.port)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), name="proxy")
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.sent = 0
        self.bytes_per_s = 0.0
        self._thread.start()
        assert self._ready.wait(5)

    def next(self, *faults: Fault) -> None:
        """What goes wrong, one after the other."""
        self.faults.extend(faults)

    def stall(self) -> None:
        """The cable is out: nothing moves, nobody is told."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def go_on(self) -> None:
        self._loop.call_soon_threadsafe(self._flowing.set)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        self._flowing.set()
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._tls)
        self.endpoint = f"http{'s' if self._tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # sockets are closed in the next turns of the loop

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await self._request(reader, writer)
        writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await self._flowing.wait()
        method, path, _ = head.split(b" ", 2)
        self.requests.append(f"{method.decode()} {path.decode()}")
        fault = self._due(method.decode())
        if fault.status:
            await self._answer(reader, writer, fault, without_body=method == b"HEAD")
            return
        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        back, to = await asyncio.open_connection(*self._server)
        to.write(head)
        try:
            up = asyncio.ensure_future(self._copy(reader, to, fault.sent, counted=True))
            down = asyncio.ensure_future(self._copy(back, writer, fault.answered))
            done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if up in done and up.exception() is None:
                await asyncio.wait({down})
            broken = up in done and up.exception() is not None
        finally:
            up.cancel()
            down.cancel()
            [_, fell] = await asyncio.gather(up, down, return_exceptions=True)
            to.transport.abort()
        if broken or isinstance(fell, OSError):
            writer.transport.abort()

    def _due(self, method: str) -> Fault:
        for fault in self.faults:
            if not fault.method or fault.method == method:
                self.faults.remove(fault)
                return fault
        return Fault()

    async def _answer(self, reader, writer, fault: Fault, *, without_body: bool) -> None:
        body = b"" if without_body else (fault.page or _ERROR.format(code=fault.code)).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in fault.headers.items())
        kind = "text/html" if fault.page else "application/xml"
        writer.write(
            f"HTTP/1.1 {fault.status} So\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
            "Connection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()

    async def _copy(self, reader, writer, most: int | None, *, counted: bool = False) -> None:
        moved = 0
        while data := await reader.read(16_384):
            if most is not None and moved + len(data) > most:
                raise ConnectionResetError("it breaks here")
            await self._flowing.wait()
            if self.bytes_per_s:
                await asyncio.sleep(len(data) / self.bytes_per_s)
            writer.write(data)
            await writer.drain()
            moved += len(data)
            self.sent += len(data) if counted else 0


@contextlib.contextmanager
def between(endpoint: str, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    proxy = Proxy(endpoint, tls)
    try:
        yield proxy
    finally:
        proxy.close()
