"""A capture worker: puts the parts together, runs until it is told to stop."""

import asyncio
import logging
import signal
import time
from functools import partial
from typing import Any

from aiohttp.web import AppRunner

from appliance import __version__
from appliance.box import capacity, health, process, workers
from appliance.box.paths import Paths
from appliance.box.token import FeedTokens
from appliance.capture import attendance, catch_up, contract, hooks, neighbours
from appliance.capture.admission import Admission, Seats
from appliance.capture.cameras import Cameras
from appliance.capture.catch_up import CatchUp
from appliance.capture.disk import Disk
from appliance.capture.door import Door, serve
from appliance.capture.feed import Services
from appliance.capture.loop import Loop
from appliance.capture.ownership import Ownership
from appliance.capture.pictures import DecoderLink
from appliance.capture.routing import Routing
from appliance.capture.station import Station
from appliance.capture.writer import Writer
from appliance.config import Settings
from appliance.errors import ConfigError, StorageFull
from appliance.ledger.client import Client

log = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_STOP_SECONDS = 1.5
_FLUSH_SECONDS = 0.5


def run(*, paths: Paths, settings: Settings, number: int = 1) -> int:
    """Worker `number` captures until SIGTERM or SIGINT; -> exit code. Stops in under 3 s with every segment closed."""
    if not 1 <= number <= settings.capture.workers:
        raise ConfigError(
            f"there is no capture worker {number}: the settings have {settings.capture.workers}",
            hint="Raise `workers` in the section [capture], or start a worker with a smaller number.",
        )
    process.start_logging(workers.worker(number))
    _make(paths)
    paths.capture_socket(number).unlink(missing_ok=True)  # a crash left it: whoever sees it may connect
    moved = contract.check()
    for sentence in moved:
        log.error("aiortc does not fit: %s", sentence)
    if moved:
        return 1
    hooks.prepare()
    logging.getLogger("aioice").setLevel(logging.WARNING)  # it tells of every candidate pair
    with asyncio.Runner(loop_factory=partial(Loop, settings.capture.ports)) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        return runner.run(Capture(paths, settings, loop, number).run())


def feed(writer: Writer) -> None:
    """systemd's watchdog, by the loop itself, while the writer works."""
    if writer.works:
        process.notify("WATCHDOG=1")


def _make(paths: Paths) -> None:
    """The folders. A disk without room just now is no reason to stop: live views work, and recording tries again."""
    try:
        paths.make()
    except StorageFull as error:
        if not (paths.media.is_dir() and paths.keys.is_dir() and paths.pictures.is_dir()):
            raise
        log.error("%s %s", error.message, error.hint)


class Capture:
    """One capture worker."""

    def __init__(self, paths: Paths, settings: Settings, loop: Loop, number: int = 1) -> None:
        self._paths, self._loop = paths, loop
        self._name, self._socket = workers.worker(number), paths.capture_socket(number)
        self.client = Client(paths.ledger_socket, process=self._name)
        self.writer = Writer(paths.media, reserve=settings.capture.floor_bytes)
        self.decoder = DecoderLink(paths.pictures, paths.sounds)
        self.disk = Disk(paths.media, self.client, mark=settings.capture.low_water_bytes)
        self.admission = Admission(
            Seats(paths.seats),
            self.disk,
            self.client,
            media=paths.media,
            most=lambda: capacity.current(paths.capacity, settings).seats,
        )
        self.station = Station(
            Services(
                media=paths.media,
                writer=self.writer,
                ledger=self.client,
                pictures=self.decoder,
                settings=settings.capture,
            ),
            self.admission,
        )
        self.ownership = Ownership(paths.feeds, number=number, count=settings.capture.workers)
        self.routing = Routing(self.ownership, paths.capture_socket)
        self.cameras = Cameras(settings.camera, self.station, self.ownership, self.client)
        self._late = 0.0

    async def run(self) -> int:
        """Until told to stop; -> exit code."""
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, stopping.set)
        self.writer.start()
        self.decoder.start()
        catching_up = await catch_up.begin(
            self.station, self.ownership, self.client, self._paths.media, also=self.cameras.told, types=attendance.TYPES
        )
        tokens = FeedTokens.from_file(self._paths.feed_key)
        runner = await serve(Door(self.station, tokens, self.routing).application(), self._socket)
        ticking = asyncio.ensure_future(self._tick(catching_up))
        process.notify("READY=1")
        log.info("capture %s is ready", __version__)
        told = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({told, ticking}, return_when=asyncio.FIRST_COMPLETED)
        process.notify("STOPPING=1")
        failed = not told.done()
        if failed:
            log.error("the clock of capture stopped; the process is to be started again", exc_info=ticking.exception())
        told.cancel()
        ticking.cancel()
        await self._stop(runner)
        return int(failed)

    async def _stop(self, runner: AppRunner) -> None:
        """Files first: they are the evidence. Then what they mean to the ledger."""
        stopping = (
            self.cameras.stop(),
            self.station.stop(),
            self.decoder.stop(),
            runner.cleanup(),
            self.routing.close(),
        )
        try:
            await asyncio.wait_for(asyncio.gather(*stopping), _STOP_SECONDS)
        except TimeoutError:
            log.warning("some connections did not close in time")
        await asyncio.to_thread(self.writer.stop)
        self.ownership.let_go()
        await asyncio.sleep(0)  # the writer's last answers become events
        await asyncio.to_thread(self.client.stop, flush_seconds=_FLUSH_SECONDS)
        self._socket.unlink(missing_ok=True)
        self._write_health(healthy=False, sentence="stopped")

    async def _tick(self, catching_up: CatchUp) -> None:
        spoken, looking = 0.0, asyncio.ensure_future(self._look(catching_up))
        try:
            while True:
                before = time.monotonic()
                self.station.tick(before)
                if before - spoken >= 1.0:
                    spoken = before
                    self._tick_slowly(before)
                    if looking.done():
                        looking.result()
                        looking = asyncio.ensure_future(self._look(catching_up))
                    await asyncio.to_thread(self._tell_health, self.station.facts())
                    feed(self.writer)
                await asyncio.sleep(_TICK_SECONDS)
                self._late = max(self._late * 0.9, time.monotonic() - before - _TICK_SECONDS)
        finally:
            looking.cancel()

    async def _look(self, catching_up: CatchUp) -> None:
        """Once a second: what other workers left, then the lab's cameras."""
        await catching_up.look()
        if catching_up.compared:
            await self.cameras.look()

    def _tick_slowly(self, now: float) -> None:
        """Once a second."""
        self.disk.look()
        self.station.tick_sessions(now)
        self._loop.sockets.watched = bool(self.station.viewings)
        self.ownership.keep(self.station.carries)

    def _tell_health(self, facts: dict[str, Any]) -> None:
        gaps = sum(1 for feed in facts["feeds"].values() if feed["gap"] in ("storage_full", "storage_failed"))
        healthy = not gaps and self._disk_is_there()
        live = facts["sessions"]
        sentence = f"recording {live} streams" if live else "ready, nothing is published"
        sentence = "; ".join(filter(None, (sentence, self.disk.sentence)))
        self._write_health(
            healthy=healthy,
            sentence=sentence if healthy else "recordings cannot be written: the disk is full or read-only",
            **facts,
            cameras=self.cameras.facts(),
            admission=self.admission.facts(),
            disk={"free_bytes": self.disk.free, "low": self.disk.low},
            passed_on=self.routing.passed_on,
            loop_late_s=round(self._late, 3),
            udp=self._loop.facts(),
            writer={
                "queued_bytes": self.writer.queued_bytes,
                "refused": self.writer.refused,
                "failed": self.writer.failed,
                "written_bytes": self.writer.written_bytes,
            },
            decoder={"waiting": self.decoder.waiting, **self.decoder.counters},
            ledger={"waiting": self.client.waiting, "lost": self.client.lost, "connected": self.client.connected},
        )

    def _disk_is_there(self) -> bool:
        return self._paths.media.is_dir()

    def _write_health(self, **facts: Any) -> None:
        self.station.elsewhere = neighbours.streams(self._paths.health, self._name, now=time.time())
        try:
            health.write(self._paths.health, self._name, **facts)
        except OSError as error:
            log.warning("health cannot be told: %s", error)
