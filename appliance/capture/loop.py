"""The event loop of a capture worker: uvloop, with UDP sockets from a fixed range of ports that a firewall can open.

aioice asks for one socket on each of this machine's addresses, at any port: here the port comes from the range. Several
workers share it; each begins to look at a place of its own choosing.
"""

import asyncio
import errno
import secrets
from collections.abc import Callable
from typing import Any

import uvloop

from appliance.capture.datagrams import Datagrams, Sockets, bind


class Loop(uvloop.Loop):
    """`ports`: where sockets may be bound, any port where it is empty. `refused`: sockets there was no port for."""

    def __init__(self, ports: range = range(0)) -> None:
        super().__init__()
        self.ports = ports
        self.refused = 0
        self.sockets = Sockets(self)

    async def create_datagram_endpoint(  # type: ignore[override]  # typeshed's names differ from asyncio's
        self,
        protocol_factory: Callable[[], asyncio.DatagramProtocol],
        local_addr: tuple[str, int] | None = None,
        remote_addr: tuple[str, int] | None = None,
        **options: Any,
    ) -> tuple[asyncio.DatagramTransport, asyncio.DatagramProtocol]:
        """One of our own where any port will do; OSError when every port is taken."""
        if local_addr is None or local_addr[1] != 0 or remote_addr is not None or options:
            made: Any = await super().create_datagram_endpoint(protocol_factory, local_addr, remote_addr, **options)
            return made[0], made[1]
        try:
            sock = bind(local_addr[0], self._choice())
        except OSError as error:
            self.refused += error.errno == errno.EADDRINUSE
            raise
        protocol = protocol_factory()
        return Datagrams(self.sockets, sock, protocol), protocol

    def close(self) -> None:
        """The loop and its sockets."""
        self.sockets.close()
        super().close()

    def facts(self) -> dict[str, Any]:
        """For the health file."""
        return {
            "ports": f"{self.ports.start}-{self.ports.stop - 1}" if self.ports else "any",
            "sockets": len(self.sockets),
            "refused": self.refused,
            "unsent": self.sockets.unsent,
        }

    def _choice(self) -> list[int]:
        """The ports, from a random one on."""
        if not self.ports:
            return [0]
        first = secrets.randbelow(len(self.ports))
        return [*self.ports[first:], *self.ports[:first]]
