"""UDP sockets that are read together, a moment after the first of them has something.

A packet that comes alone costs a wake-up of the process, which is most of what it costs; so the sockets are read every
few milliseconds, as network cards do it ("interrupt coalescing"), and only while something arrives. While somebody
watches, the moment is short.
"""

import asyncio
import contextlib
import errno
import logging
import select
import socket
from typing import Any

log = logging.getLogger(__name__)

WATCHED_SECONDS = 0.002
UNWATCHED_SECONDS = 0.02
"""What a recording is late by does not matter, only that it is complete."""
BUFFER_BYTES = 2_000_000
"""Room for what arrives while the process is held up: half a second of 24 seats' key frames."""
_LONGEST = 2048
_MOST_AT_ONCE = 2000


class Sockets:
    """All of one event loop. `unsent`: datagrams that the socket did not take."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._open: dict[int, Datagrams] = {}
        self._timer: asyncio.Handle | None = None
        self._waiting = False
        self.watched = False
        self.unsent = 0

    def __len__(self) -> int:
        return len(self._open)

    def add(self, datagrams: "Datagrams") -> None:
        """Read it from now on."""
        self._open[datagrams.number] = datagrams
        self._epoll.register(datagrams.number, select.EPOLLIN)
        if self._timer is None and not self._waiting:
            self._wait()

    def remove(self, datagrams: "Datagrams") -> None:
        """Before it is closed."""
        self._open.pop(datagrams.number, None)
        with contextlib.suppress(OSError):
            self._epoll.unregister(datagrams.number)
        if not self._open:
            self._stop()

    def close(self) -> None:
        """With the loop."""
        for datagrams in list(self._open.values()):
            datagrams.close()
        self._epoll.close()

    def _wait(self) -> None:
        self._waiting = True
        self._loop.add_reader(self._epoll.fileno(), self._read)

    def _stop(self) -> None:
        if self._waiting:
            self._loop.remove_reader(self._epoll.fileno())
            self._waiting = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read(self) -> None:
        """Everything that is there, a datagram of each socket in turn."""
        self._timer = None
        count = 0
        while count < _MOST_AT_ONCE and (ready := self._epoll.poll(0)):
            count += len(ready)
            for number, _ in ready:
                datagrams = self._open.get(number)
                if datagrams is not None:
                    datagrams.read()
        if not self._open:
            return
        if count >= _MOST_AT_ONCE:
            self._timer = self._loop.call_soon(self._read)
        elif count:
            if self._waiting:
                self._loop.remove_reader(self._epoll.fileno())
                self._waiting = False
            self._timer = self._loop.call_later(WATCHED_SECONDS if self.watched else UNWATCHED_SECONDS, self._read)
        elif not self._waiting:
            self._wait()


class Datagrams(asyncio.DatagramTransport):
    """One socket."""

    def __init__(self, sockets: Sockets, sock: socket.socket, protocol: asyncio.DatagramProtocol) -> None:
        # Without "socket": its owner would set the size of its buffer, which may be larger already.
        super().__init__({"sockname": sock.getsockname()})
        self.number = sock.fileno()
        self._sockets, self._socket, self._protocol = sockets, sock, protocol
        self._received = protocol.datagram_received
        self._closed = False
        protocol.connection_made(self)
        sockets.add(self)

    def read(self) -> None:
        """A datagram."""
        try:
            data, address = self._socket.recvfrom(_LONGEST)
            self._received(data, address)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # what was sent earlier reached nobody
            log.debug("a socket said: %s", error)
        except Exception:  # one socket's fault must not hold up the others
            log.exception("a datagram could not be handled")

    def sendto(self, data: Any, addr: Any = None) -> None:
        """At once or not at all."""
        if self._closed:
            return
        try:
            self._socket.sendto(data, addr)
        except (BlockingIOError, InterruptedError):
            self._sockets.unsent += 1
        except OSError as error:
            self._sockets.unsent += 1
            self._protocol.error_received(error)

    def is_closing(self) -> bool:
        return self._closed

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._sockets.remove(self)
        self._socket.close()
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()


def bind(host: str, ports: list[int]) -> socket.socket:
    """A socket at the first port that is free, with large buffers. OSError when none is, or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        _bind(sock, host, ports)
    except OSError:
        sock.close()
        raise
    for force, polite in ((_FORCE_RECEIVE, socket.SO_RCVBUF), (_FORCE_SEND, socket.SO_SNDBUF)):
        try:
            sock.setsockopt(socket.SOL_SOCKET, force, BUFFER_BYTES)
        except PermissionError:  # only an administrator may go over net.core.rmem_max
            sock.setsockopt(socket.SOL_SOCKET, polite, BUFFER_BYTES)
    return sock


_FORCE_SEND, _FORCE_RECEIVE = 32, 33
"""SO_SNDBUFFORCE, SO_RCVBUFFORCE (socket(7)): Python has no names for them."""


def _bind(sock: socket.socket, host: str, ports: list[int]) -> None:
    for port in ports:
        try:
            sock.bind((host, port))
            return
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, "every UDP port that may be used is taken")
