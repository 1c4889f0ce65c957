"""The sync process: evidence goes upstream, and comes back as a receipt in the ledger."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from appliance import __version__
from appliance.box import health, process, upstream
from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.config import Settings
from appliance.errors import ApplianceError, BadInput, ConfigError
from appliance.exam.events import BOX, ProcessStarted
from appliance.ledger.client import Client
from appliance.ledger.reader import opened
from appliance.ledger.reports import WriteReport, WriteReports
from appliance.standards.deliveries import Deliveries
from appliance.stores import places
from appliance.stores.port import ObjectStore, Pace, checked
from appliance.sync import viewer
from appliance.sync.checkpoint import Checkpoints
from appliance.sync.chores import Chores
from appliance.sync.claim import claim
from appliance.sync.copies import Copies
from appliance.sync.countersign import Countersigner
from appliance.sync.crew import Threads
from appliance.sync.exports import Exports
from appliance.sync.notice import Notices
from appliance.sync.pace import Line
from appliance.sync.retention import Retention
from appliance.sync.service import Service
from appliance.sync.status import Status
from appliance.sync.trust import Trust
from appliance.sync.uplink import Night

log = logging.getLogger(__name__)

NAME = "sync"
BEAT_SECONDS = 1.0
TURN_SECONDS = 300.0
"""A turn that takes longer hangs."""

STOP_SECONDS = 2.0
"""How long the object being sent may take to end; it is sent again by the next process in any case."""


def run(*, paths: Paths, settings: Settings, write_report: WriteReport, write_reports: WriteReports) -> int:
    """Send until SIGTERM or SIGINT; 0. ConfigError when the settings name no possible place."""
    stopping = process.stop_event()
    line, crew = Line(), Threads(settings.upstream.at_once)
    store = store_of(paths, settings, pace=line)
    for section in (settings.mail, settings.upstream, settings.signing):
        section.check()
    Night.parse(settings.upstream.night)
    viewer.check()
    key = BoxKey.from_folder(paths.keys)
    countersigner = Countersigner(settings.signing)
    countersigner.check()
    site, box = settings.upstream.site, settings.upstream.box

    def claimed() -> object:
        return claim(store, site, box, key.public.pem)

    _say(paths, healthy=False, sentence="waiting for the ledger")
    while not paths.database.exists():
        if stopping.wait(0.1):
            return 0
    with opened(paths.database) as reader:
        client = Client(paths.ledger_socket, process=NAME)
        service = _when_readable(
            lambda: Service(
                paths=paths,
                store=store,
                settings=settings.upstream,
                key=key,
                reader=reader,
                ledger=client,
                write_report=write_report,
                write_reports=write_reports,
                crew=crew,
                line=line,
                claim=claimed,
                countersigner=countersigner,
                checkpoints=Checkpoints(key=key, site=site, box=box, seconds=settings.upstream.checkpoint_seconds),
                # A folder is this box's own, or a share that the house mounted: nothing of a site meets there at once.
                spread=settings.upstream.spread_seconds if settings.upstream.url else 0.0,
            ),
            paths,
            stopping,
        )
        if service is None:
            return 0
        chores = Chores(
            Retention(paths, reader, client, store=store, site=site, box=box, send_again=service.send_again),
            Notices(reader=reader, ledger=client, mail=settings.mail, upstream=settings.upstream),
            Trust(paths.cache / "clock.json"),
            copies=_copies(paths, settings, store, claimed),
        )
        exporter = Exports(paths=paths, settings=settings, key=key, reader=reader, ledger=client)
        abroad = Deliveries(paths, settings, reader=reader, ledger=client)
        local, remembered = not settings.upstream.url, paths.cache / upstream.FILE
        status = Status(service=service, settings=settings.upstream, local=local, remembered=remembered)
        try:
            return _serve(service, status, chores, exporter, abroad, client, paths, stopping)
        finally:
            crew.stop(STOP_SECONDS)


def _copies(paths: Paths, settings: Settings, store: ObjectStore, claimed: Callable[[], object]) -> Copies | None:
    if not settings.backup.upstream:
        return None
    return Copies(paths.backups, store, site=settings.upstream.site, box=settings.upstream.box, claim=claimed)


def store_of(paths: Paths, settings: Settings, *, pace: Pace | None = None) -> ObjectStore:
    """The store that the settings name; ConfigError when site and box cannot name folders."""
    for name in ("site", "box"):
        value = getattr(settings.upstream, name)
        try:
            if checked(value) != value or "/" in value:
                raise BadInput("it has a slash")
        except BadInput:
            raise ConfigError(
                f"[upstream] {name} is {value!r}, which cannot name a folder",
                hint="Use letters, digits, -, _ and dots.",
            ) from None
    return places.of_box(settings.upstream, paths.data, pace=pace)


def _when_readable(make: Callable[[], Service], paths: Paths, stopping: threading.Event) -> Service | None:
    """The ledger may be in the middle of its first migration, or its disk away."""
    while True:
        try:
            return make()
        except (ApplianceError, OSError) as error:
            log.warning("cannot begin yet: %s", error)
            _say(paths, healthy=False, sentence=str(error))
            if stopping.wait(BEAT_SECONDS):
                return None


def _serve(
    service: Service,
    status: Status,
    chores: Chores,
    exporter: Exports,
    abroad: Deliveries,
    client: Client,
    paths: Paths,
    stopping: threading.Event,
) -> int:
    # The service has read the ledger up to here or further: what is told twice is only looked at twice.
    client.subscribe(service.told, after=service.read_until)
    client.append(ProcessStarted(process=NAME, version=__version__), chain=BOX, exam=None)
    client.start()
    turns = Turns()
    worker = threading.Thread(target=_work, args=(service, stopping, turns), name="sync-worker", daemon=True)
    worker.start()
    helper = threading.Thread(target=chores.run, args=(stopping,), name="sync-chores", daemon=True)
    helper.start()
    cutter = threading.Thread(target=exporter.run, args=(stopping,), name="sync-exports", daemon=True)
    cutter.start()
    speaker = threading.Thread(target=abroad.run, args=(stopping,), name="sync-standards", daemon=True)
    speaker.start()
    try:
        process.notify("READY=1")
        while worker.is_alive() and not stopping.wait(BEAT_SECONDS):
            _beat(service, chores, exporter, abroad, client, paths)
            _say_upstream(status, paths)
            turns.feed()
    finally:
        process.notify("STOPPING=1")
        died = not stopping.is_set()
        stopping.set()
        service.woken.set()
        worker.join(STOP_SECONDS)
        with contextlib.suppress(OSError):  # it is only convenient for the next process
            status.keep()
        helper.join(STOP_SECONDS / 4)  # a mail server may let it wait: what it does is begun again
        cutter.join(STOP_SECONDS / 2)  # what it cut is begun anew
        speaker.join(STOP_SECONDS / 4)  # what a server did not take is sent again
        client.stop(flush_seconds=0.5)
    return 1 if died else 0


class Turns:
    """Feeds systemd's watchdog while turns end. What is sent is sent by others meanwhile; a turn makes: it writes a
    report, reads and hashes a bundle, and on a slow disk that may take minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ended = clock()

    def ended(self) -> None:
        self._ended = self._clock()

    def feed(self) -> None:
        if self._clock() - self._ended < TURN_SECONDS:
            process.notify("WATCHDOG=1")


def _work(service: Service, stopping: threading.Event, turns: Turns) -> None:
    while not stopping.is_set():
        wait = service.turn()
        turns.ended()
        if wait and not stopping.is_set():
            service.woken.wait(wait)


def _say_upstream(status: Status, paths: Paths) -> None:
    try:
        status.say(paths.run)
    except OSError as error:  # a full disk is told by who needs it
        log.warning("how the upstream is cannot be said: %s", error)


def _beat(
    service: Service, chores: Chores, exporter: Exports, abroad: Deliveries, client: Client, paths: Paths
) -> None:
    facts: dict[str, Any] = service.status() | chores.status() | exporter.status() | {"standards": abroad.status()}
    waiting = facts["backlog_objects"] + facts["bundles"]
    sentence = f"{waiting} things wait to be sent" if waiting else "everything so far is upstream"
    if facts["failing"]:
        # The box works on without its upstream: this is news for a person, not a fault of the process.
        sentence = f"{facts['failing']}; {sentence}"
    for trouble in (chores.trouble, exporter.trouble, abroad.trouble):
        if trouble:
            sentence = f"{trouble}; {sentence}"
    if not client.connected:
        sentence = "waiting for the ledger"
    _say(paths, healthy=client.connected, sentence=sentence, waiting=client.waiting, lost=client.lost, **facts)


def _say(paths: Paths, *, healthy: bool, sentence: str, **facts: Any) -> None:
    health.write(paths.health, NAME, healthy=healthy, sentence=sentence, **facts)
