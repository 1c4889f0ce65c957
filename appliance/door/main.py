"""The door process: listens, passes on, and says goodbye."""

import asyncio
import contextlib
import datetime
import logging
import resource
import signal
import socket
import ssl
from dataclasses import dataclass

import uvloop

from appliance.box import authority, health, process
from appliance.box.authority import Authority, Leaf
from appliance.box.listening import EVERYWHERE, listen
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.door.away import Words
from appliance.door.connections import Connections
from appliance.door.gate import Gate
from appliance.door.welcome import Welcome
from appliance.errors import ApplianceError

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
        door = Door(paths, settings, words, Certified(Authority(paths.keys)) if lan else None)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(door.run(plain, secure))
    return 0


def _allow_many_files() -> None:
    """Each connection has two descriptors: its own, and that of the process which answers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@dataclass(slots=True)
class Certified:
    """What HTTPS shows: renewed in place, connections that come get the new one."""

    authority: Authority
    context: ssl.SSLContext
    leaf: Leaf

    def __init__(self, made: Authority) -> None:
        self.authority = made
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self.leaf = self._current()
        self.context.load_cert_chain(self.leaf.file)

    def renew(self) -> None:
        """Another address, another name, or soon expired: another leaf."""
        leaf = self._current()
        if leaf != self.leaf:
            self.context.load_cert_chain(leaf.file)
            self.leaf = leaf
            log.info("a new certificate for %s", ", ".join(map(str, (*leaf.names, *leaf.addresses))))

    def _current(self) -> Leaf:
        now = datetime.datetime.now(datetime.UTC)
        return self.authority.leaf(authority.own_names(), authority.own_addresses(), now=now)


class Door:
    """One door process."""

    def __init__(self, paths: Paths, settings: Settings, words: Words, certified: Certified | None) -> None:
        self._paths, self._words, self._certified = paths, words, certified
        self.gate = Gate(paths, words, capture_workers=settings.capture.workers)
        self._facts: dict[str, object] = {}

    async def run(self, plain: list[socket.socket], secure: list[socket.socket]) -> None:
        """Until told to stop."""
        stopping, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        doors, welcome, servers = Connections(self.gate.answer), None, []
        if self._certified is not None:
            port = secure[0].getsockname()[1]
            welcome = Welcome(self._certified.authority, self._certified.leaf, self._words, port=port)
        lobby = Connections(welcome.answer) if welcome else doors
        for one in plain:
            servers.append(await loop.create_server(lobby, sock=one))
        for one in secure:
            assert self._certified is not None
            context = self._certified.context
            servers.append(
                await loop.create_server(doors, sock=one, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS)
            )
        process.notify("READY=1")
        telling = asyncio.ensure_future(self._tell(doors, welcome, (secure or plain)[0].getsockname()[1]))
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
            self._write_health(healthy=False, sentence="stopped")
        if not waiting.done():
            waiting.cancel()
            telling.result()

    async def _tell(self, doors: Connections, welcome: Welcome | None, port: int) -> None:
        """Each second: the health file. Now and then: does the certificate still fit?"""
        seconds = 0
        while True:
            trouble = ""
            if self._certified is not None and welcome is not None:
                if seconds % _ADDRESSES_EVERY == 0:
                    trouble = await asyncio.to_thread(self._renew, self._certified)
                welcome.leaf = self._certified.leaf
                self._facts = {
                    "fingerprint": self._certified.authority.fingerprint,
                    "addresses": [str(address) for address in self._certified.leaf.addresses],
                    "certificate_until": self._certified.leaf.until.timestamp(),
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

    def _renew(self, certified: Certified) -> str:
        """-> what is wrong, or ""."""
        try:
            certified.renew()
        except (ApplianceError, OSError) as error:
            log.error("the certificate cannot be renewed: %s", error)
            return f"the certificate cannot be renewed: {error}"
        return ""

    def _write_health(self, **facts: object) -> None:
        try:
            health.write(self._paths.health, NAME, **facts)  # type: ignore[arg-type]
        except OSError as error:
            log.warning("health cannot be told: %s", error)
