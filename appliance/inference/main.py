"""The inference process: newest pictures in, flags out."""

import contextlib
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from appliance import __version__
from appliance.box import health, memory, process
from appliance.box.paths import Paths, models_folder
from appliance.config import Settings
from appliance.exam.events import BOX, AnalysisReduced, ProcessStarted
from appliance.inference import arrival, ocr, pack
from appliance.inference.detectors import load_detectors
from appliance.inference.listener import Listener
from appliance.inference.looker import Looker
from appliance.inference.reader import Reader
from appliance.inference.room import TYPES, Room
from appliance.ledger.client import Client, Told

log = logging.getLogger(__name__)

NAME = "inference"
OVERGROWN = 3
"""Exit code: whoever watches this process starts it again, and what nobody looked at meanwhile is in the ledger."""

PATIENCE_SECONDS = 4.0
"""It says how it is once a second; silent for so long it hangs, and is killed and started again."""


def run(*, paths: Paths, settings: Settings) -> int:
    """Look at every watched camera until SIGTERM or SIGINT; 0, or `OVERGROWN`."""
    stopping = process.stop_event()
    _say(paths, healthy=False, sentence="loading models")
    cache = paths.cache / "openvino"
    detectors = load_detectors(models_folder(), threads=settings.inference.threads, cache=cache)
    client = Client(paths.ledger_socket, process=NAME)
    looked = paths.cache / "inference-looked.json"
    room = Room(
        append=lambda payload, chain, exam, event: client.append(payload, chain=chain, exam=exam, id=event),
        media=paths.media,
        models=detectors.versions | {name: pack.version(name) for name in ocr.MODELS},
        now=time.time(),
        looked_at=read_looked(looked),
    )
    reader = Reader(paths.pictures, room, lambda: ocr.load(models_folder(), cache=cache))
    own_start = uuid.uuid4().hex

    def told(event: Told) -> None:
        if event.id == own_start:
            room.started()
        room.tell(event.payload, chain=event.chain, exam=event.exam, at=event.wall)

    client.subscribe(told, after=0, types=TYPES)
    started = ProcessStarted(process=NAME, version=__version__, models=detectors.versions)
    client.append(started, chain=BOX, exam=None, id=own_start)
    client.start()
    try:
        process.notify("READY=1")
        looker = Looker(paths.pictures, settings.inference, detectors, room, seen=paths.seen)
        listener = Listener(paths.sounds, detectors, room)
        reader.start()

        def beat() -> bool:
            room.beat(time.time(), arrival.rates(paths.health, now=time.time()))
            if looker.weigh(time.monotonic()):
                client.append(AnalysisReduced(share=looker.governor.share), chain=BOX, exam=None)
            write_looked(looked, room.facts().looked_at)
            report(paths, looker, listener, reader, client)
            return memory.resident() <= settings.inference.memory_bytes

        if not look(looker, listener, beat, stopping):
            log.error("more memory than inference.memory_bytes is held: this process begins anew")
            return OVERGROWN
    finally:
        process.notify("STOPPING=1")
        reader.stop()
        room.stop()
        write_looked(looked, room.facts().looked_at)
        client.stop(flush_seconds=1.0)
    return 0


def look(looker: Looker, listener: Listener, beat: Callable[[], bool], stopping: threading.Event) -> bool:
    """The one loop that looks and listens, until it is told to stop, or `beat` says once a second that it should: then
    False. It feeds systemd's watchdog itself, so that a look that never ends is seen."""
    while not stopping.is_set():
        looker.turn(time.monotonic())
        listener.turn(time.monotonic())
        if looker.beat_due():
            if not beat():
                return False
            process.notify("WATCHDOG=1")
        stopping.wait(min(waits.wait(time.monotonic()) for waits in (looker, listener)))
    return True


def report(paths: Paths, looker: Looker, listener: Listener, reader: Reader, client: Client) -> None:
    """The health file."""
    missing = looker.detectors.missing | ({"text": reader.missing} if reader.missing else {})
    facts = looker.room.facts()
    share = looker.governor.share
    healthy, sentence = True, f"looking at {len(looker.schedule.feeds())} cameras"
    if share < 1.0:
        sentence += f", each {share:.0%} as often as it should be: this box is short of time"
    if missing:
        healthy, sentence = False, " ".join(missing.values())
    elif not reader.running:
        healthy, sentence = False, "shared screens are not looked at any more: see the log"
    elif not client.connected:
        healthy, sentence = False, "waiting for the ledger"
    elif not looker.room.ready:
        healthy, sentence = False, "reading the ledger"
    _say(
        paths,
        healthy=healthy,
        sentence=sentence,
        rate=round(looker.meter.rate, 2),
        busy=round(looker.meter.busy, 3),
        age=round(looker.meter.age, 3),
        ages_ms=looker.meter.ages,
        share=share,
        memory_bytes=memory.resident(),
        beats=PATIENCE_SECONDS,
        late=looker.schedule.late,
        unreadable=looker.unreadable,
        failed=looker.failed,
        missed={cause: round(seconds, 1) for cause, seconds in facts.missed.items()},
        snapshots_failed=facts.snapshots_failed,
        hurried=facts.hurried,
        traces_lost=facts.traces_lost,
        hearing=listener.facts(),
        reading=reader.facts(),
        feeds={feed: {"looked_at": at} for feed, at in facts.looked_at.items()},
        judged=facts.judged,
        models=looker.detectors.versions,
        missing=missing,
        waiting=client.waiting,
        lost=client.lost,
    )


def _say(paths: Paths, *, healthy: bool, sentence: str, **facts: object) -> None:
    health.write(paths.health, NAME, healthy=healthy, sentence=sentence, **facts)


def read_looked(file: Path) -> dict[str, float]:
    """When each feed was last looked at, as an earlier process left it; empty when none did."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {str(feed): float(at) for feed, at in said.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):  # cut off by a power cut: it is written anew
        return {}


def write_looked(file: Path, looked_at: dict[str, float]) -> None:
    """Rename the new record into place. A full disk must not stop detection: the record is then older than it could be,
    and more is called missed than was."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        temporary.write_text(json.dumps(looked_at), encoding="utf-8")
        temporary.rename(file)
