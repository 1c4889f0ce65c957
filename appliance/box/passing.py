"""Passes an HTTP request on to a process of this box that listens on a Unix socket, and its answer back, both as they
come: nothing is read as a whole.

A connection serves one request. They are cheap on a Unix socket, and one that was kept could be closed by the other
side just when a request goes out on it: then nobody knows whether it was taken.
"""

import logging
from collections.abc import AsyncIterable
from pathlib import Path

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from appliance.errors import Unavailable

log = logging.getLogger(__name__)

PASSED_ON = "X-Passed-On"
"""On a request that one process of the box passed on to another."""

CONNECT_SECONDS = 2.0

_OF_A_CONNECTION = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect")
)
"""Headers that concern one connection (RFC 9110 7.6.1), and `Expect`, which is answered here."""

Body = bytes | AsyncIterable[bytes] | None


class NobodyThere(Unavailable):
    """Nobody listens on the socket; nothing of the request was sent."""


class NoAnswer(Unavailable):
    """The request may have been taken, but there is no answer."""


def end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Without what concerns one connection only."""
    found = CIMultiDict(headers)
    named = {name.strip().lower() for value in found.getall("Connection", []) for name in value.split(",")}
    for name in (_OF_A_CONNECTION | named) - {""}:
        found.popall(name, None)
    return found


class Passage:
    """The way to the sockets of this box. Belongs to one event loop; `close` it."""

    def __init__(self, *, answer_seconds: float) -> None:
        """`answer_seconds`: the longest silence of the other side."""
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=answer_seconds)
        self._sessions: dict[Path, aiohttp.ClientSession] = {}

    async def close(self) -> None:
        """Every connection ends."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    def session(self, socket: Path) -> aiohttp.ClientSession:
        """Connections to one socket."""
        if socket not in self._sessions:
            self._sessions[socket] = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=str(socket), force_close=True, limit=0),
                timeout=self._timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._sessions[socket]

    async def pass_on(
        self, request: web.BaseRequest, socket: Path, *, headers: CIMultiDict[str], body: Body
    ) -> web.StreamResponse:
        """-> the answer, which has been sent. NobodyThere or NoAnswer while nothing of an answer has been sent."""
        url = URL(f"http://box{request.raw_path}", encoded=True)
        asking = self.session(socket).request(
            request.method, url, headers=headers, data=body, allow_redirects=False, max_line_size=16_384
        )
        try:
            answer = await asking
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NobodyThere(f"nobody listens on {socket.name}") from error
        except TimeoutError as error:
            raise NoAnswer(f"{socket.name} did not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"{socket.name} broke off: {type(error).__name__}") from error
        async with answer:
            return await _passed_back(request, answer)


async def _passed_back(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=end_to_end(answer.headers))
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (aiohttp.ClientError, OSError) as error:  # of either side: the rest cannot be sent, and must not look whole
        log.info("%s %s was broken off: %s", request.method, request.path, type(error).__name__)
        if request.transport is not None:
            request.transport.abort()
    return response
