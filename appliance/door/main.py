"""The door process: listens, passes on, and says goodbye."""

import asyncio
import contextlib
import logging
import resource
import signal
import socket

import uvloop

from appliance.box import health, process
from appliance.box.listening import EVERYWHERE, listen
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.door.away import Words
from appliance.door.connections import Connections
from appliance.door.gate import Gate
from appliance.door.shown import Shown
from appliance.door.welcome import Welcome

log = logging.getLogger(__name__)

NAME = "door"
_STOP_SECONDS = 1.0
_HANDSHAKE_SECONDS = 10.0
_ADDRESSES_EVERY = 10
"""Seconds: how soon another address of the machine is in the certificate."""


def run(*, paths: Paths, settings: Settings, words: Words, lan: bool = False) -> int:
    """Listen until SIGTERM or SIGINT; 0. With `lan` by HTTPS on every address, and plain HTTP shows the way there.
    ApplianceError, before anything runs, when a port is taken or a certificate cannot be made."""
    paths.make()
    _allow_many_files()
    with contextlib.ExitStack() as stack:
        host = EVERYWHERE if lan else settings.web.host
        plain = [stack.enter_context(one) for one in listen(host, settings.web.port)]
        secure = [stack.enter_context(one) for one in (listen(host, settings.web.https_port) if lan else [])]
        door = Door(paths, settings, words, Shown(paths, settings) if lan else None)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(door.run(plain, secure))
    return 0


def _allow_many_files() -> None:
    """Each connection has two descriptors: its own, and that of the process which answers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Door:
    """One door process."""

    def __init__(self, paths: Paths, settings: Settings, words: Words, shown: Shown | None) -> None:
        self._paths, self._words, self._shown = paths, words, shown
        self.gate = Gate(paths, words, capture_workers=settings.capture.workers)
        self._facts: dict[str, object] = {}

    async def run(self, plain: list[socket.socket], secure: list[socket.socket]) -> None:
        """Until told to stop."""
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        doors, servers = Connections(self.gate.answer), []
        lobby = doors
        if self._shown is not None:
            lobby = Connections(Welcome(self.gate, self._words).answer)
        for one in plain:
            servers.append(await loop.create_server(lobby, sock=one))
        for one in secure:
            assert self._shown is not None
            context = self._shown.context
            servers.append(
                await loop.create_server(doors, sock=one, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS)
            )
        process.notify("READY=1")
        ports = [some[0].getsockname()[1] for some in (secure or plain, plain)]
        telling = asyncio.ensure_future(self._tell(doors, *ports))
        waiting = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({waiting, telling}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            process.notify("STOPPING=1")
            telling.cancel()
            for server in servers:
                server.close()
            await self.gate.goodbye()
            for connections in {doors, lobby}:
                connections.pre_shutdown()
                await connections.shutdown(_STOP_SECONDS)
            await self.gate.close()
            if self._shown is not None:
                self._shown.stop()
            self._write_health(healthy=False, sentence="stopped")
        if not waiting.done():
            waiting.cancel()
            telling.result()

    async def _tell(self, doors: Connections, port: int, plain: int) -> None:
        """Each second: the health file. Now and then: does the certificate still fit?"""
        seconds, trouble = 0, ""
        while True:
            if self._shown is not None:
                if seconds % _ADDRESSES_EVERY == 0:
                    trouble = await asyncio.to_thread(self._shown.look)
                certified = self._shown.certified
                self._facts = {
                    "fingerprint": certified.fingerprint,
                    "addresses": [str(address) for address in certified.addresses],
                    "certificate_until": certified.until.timestamp(),
                    "https": port,
                    "plain": plain,
                }
            self._write_health(
                healthy=True,
                sentence=trouble or f"listens on port {port}",
                port=port,
                connections=len(doors.connections),
                refused=doors.refused,
                **self._facts,
                **self.gate.counters,
            )
            process.notify("WATCHDOG=1")
            seconds += 1
            await asyncio.sleep(1.0)

    def _write_health(self, **facts: object) -> None:
        try:
            health.write(self._paths.health, NAME, **facts)  # type: ignore[arg-type]
        except OSError as error:
            log.warning("health cannot be told: %s", error)
