"""The door's connections: so many at most, and none that is silent for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

MOST = 1000
"""A lab has a few hundred; over it a connection is closed at once and `refused` counts."""

SILENT_SECONDS = 30.0
"""A connection that asks nothing for so long is closed, also one that never finishes a request's head."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Connections(web.Server):
    """aiohttp's server with these two bounds. `refused` counts what was closed."""

    def __init__(self, handler: Handler, *, most: int = MOST, silent_seconds: float = SILENT_SECONDS) -> None:
        super().__init__(
            handler,
            handler_cancellation=True,  # who goes away needs no answer
            access_log=None,  # what matters is in the ledger
            auto_decompress=False,  # bytes pass as they are
            keepalive_timeout=silent_seconds,
            lingering_time=2.0,
        )
        self._most = most
        self.refused = 0

    def __call__(self) -> Any:
        if len(self.connections) >= self._most:
            self.refused += 1
            return _Refused()
        return super().__call__()


class _Refused(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
