"""The door process: listens, passes on, and says goodbye."""

import asyncio
import contextlib
import logging
import resource
import signal
import socket

import uvloop
from aiohttp import web

from appliance.box import health, process
from appliance.box.paths import Paths
from appliance.config import Settings
from appliance.door.away import Words
from appliance.door.connections import Connections
from appliance.door.gate import Gate
from appliance.door.listening import listen

log = logging.getLogger(__name__)

NAME = "door"
_STOP_SECONDS = 1.0


def run(*, paths: Paths, settings: Settings, words: Words) -> int:
    """Listen until SIGTERM or SIGINT; 0. ApplianceError, before anything runs, when a port is taken."""
    paths.make()
    _allow_many_files()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(one) for one in listen(settings.web.host, settings.web.port)]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(Door(paths, settings, words).run(sockets))
    return 0


def _allow_many_files() -> None:
    """Each connection has two descriptors: its own, and that of the process which answers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Door:
    """One door process."""

    def __init__(self, paths: Paths, settings: Settings, words: Words) -> None:
        self._paths = paths
        self.gate = Gate(paths, words, capture_workers=settings.capture.workers)

    async def run(self, sockets: list[socket.socket]) -> None:
        """Until told to stop."""
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        connections = Connections(self.gate.answer)
        runner = web.ServerRunner(connections, shutdown_timeout=_STOP_SECONDS)
        await runner.setup()
        for one in sockets:
            await web.SockSite(runner, one).start()
        port = sockets[0].getsockname()[1]
        process.notify("READY=1")
        telling = asyncio.ensure_future(self._tell(connections, port))
        try:
            await stopping.wait()
        finally:
            process.notify("STOPPING=1")
            telling.cancel()
            for site in list(runner.sites):
                await site.stop()
            await self.gate.goodbye()
            await runner.cleanup()
            await self.gate.close()
            self._write_health(healthy=False, sentence="stopped")

    async def _tell(self, connections: Connections, port: int) -> None:
        """Each second: the health file."""
        while True:
            self._write_health(
                healthy=True,
                sentence=f"listens on port {port}",
                port=port,
                connections=len(connections.connections),
                refused=connections.refused,
                **self.gate.counters,
            )
            process.notify("WATCHDOG=1")
            await asyncio.sleep(1.0)

    def _write_health(self, **facts: object) -> None:
        try:
            health.write(self._paths.health, NAME, **facts)  # type: ignore[arg-type]
        except OSError as error:
            log.warning("health cannot be told: %s", error)
