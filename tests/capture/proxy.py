"""A way between a sender and the box that takes its time: UDP in, the same UDP out, later."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager


class _Side(asyncio.DatagramProtocol):
    """One end. What comes in leaves by the other end, to the address it is for."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self.other: _Side
        self.to: tuple[str, int] | None = None  # whoever is on this side
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.to = self.to or address
        asyncio.get_running_loop().call_later(self._delay, self.other.send, data)

    def send(self, data):
        if self.to is not None and not self.transport.is_closing():
            self.transport.sendto(data, self.to)


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


_CANDIDATE = re.compile(
    r"^a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*$", re.MULTILINE | re.IGNORECASE
)
_ANY = re.compile(r"^a=candidate:.*\r?\n", re.MULTILINE)


def _through(sdp: str, side: _Side, far: _Side) -> str:
    """The same description, with one candidate: our side's address. Its own becomes where the far side sends to."""
    found = _CANDIDATE.search(sdp)
    assert found, "no IPv4 candidate"
    far.to = (found[1], int(found[2]))
    host, port = side.transport.get_extra_info("sockname")
    line = f"a=candidate:1 1 udp 2130706431 {host} {port} typ host\r\n"
    sections = re.split(r"(?=^m=)", _ANY.sub("", sdp), flags=re.MULTILINE)
    return sections[0] + "".join(section.rstrip("\r\n") + "\r\n" + line for section in sections[1:])


class Way:
    """`offer` and `answer` are what each side is told instead."""

    def __init__(self, near: _Side, box: _Side) -> None:
        self._near, self._box = near, box

    def offer(self, sdp: str) -> str:
        return _through(sdp, self._box, self._near)

    def answer(self, sdp: str) -> str:
        return _through(sdp, self._near, self._box)


@asynccontextmanager
async def way(delay: float):
    """Each datagram takes `delay` seconds, in either direction."""
    loop = asyncio.get_running_loop()
    host = _own_address()
    _, near = await loop.create_datagram_endpoint(lambda: _Side(delay), local_addr=(host, 0))
    _, box = await loop.create_datagram_endpoint(lambda: _Side(delay), local_addr=(host, 0))
    near.other, box.other = box, near
    try:
        yield Way(near, box)
    finally:
        near.transport.close()
        box.transport.close()
