"""The panel process: puts the parts together, runs until it is told to stop. It waits for nothing: no first boot, no
data disk, no ledger, no pins."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.box import errand, panel, process
from appliance.box.paths import Paths
from appliance.box.workers import PANEL
from appliance.config import Settings
from appliance.errors import Unavailable
from appliance.exam.events import BOX, ProcessStarted
from appliance.ledger.client import Client
from appliance.panel import parts
from appliance.panel.alone import LOCK, alone
from appliance.panel.fixture import stop_all
from appliance.panel.hands import Hands
from appliance.panel.loop import POWER_ON, Loop
from appliance.panel.sources import Sources
from appliance.panel.watch import Watcher

SHOWN = 1.4
"""Seconds for which "shutting down" is seen at least: by then another process is gone, where the box stops."""

LINGERS = 20.0
"""Seconds for which the panel stays at most, where the rest of the box stops as well."""

WAITING = 100
"""Events that wait for the ledger; of older ones the loss is told."""

log = logging.getLogger(__name__)


def run(
    *,
    paths: Paths,
    settings: Settings,
    words: Callable[..., str],
    no_settings: str = "",
    factory: Any = None,
    watch: int | None = None,
) -> int:
    """Show how the box is until SIGTERM or SIGINT, or until the settings change; 0. `no_settings`: why they cannot be
    read; `factory`: of pins, handed in by tests; `watch`: a descriptor that gets the lines as well. Unavailable where
    another panel has the front."""
    stopping = process.stop_event()
    _make(paths)
    with alone(paths.run):
        has_steward = errand.has_steward()
        found = parts.of(settings.panel, run=paths.run, has_steward=has_steward, factory=factory, watch=watch)
        client = Client(paths.ledger_socket, process=PANEL, capacity=WAITING)
        sources = Sources(paths, settings, no_settings=no_settings)
        watcher = Watcher(sources.read, words, uptime=_uptime())
        hands = Hands(paths, tell=lambda payload: client.append(payload, chain=BOX, exam=None), words=words)
        questions = panel.listener(paths.run)
        loop = Loop(
            paths=paths,
            parts=found,
            see=watcher.state,
            hands=hands,
            questions=questions,
            words=words,
            sounds=settings.panel.sounds,
            power_on=_uptime() < POWER_ON and panel.read(paths.run) is None,
            facts=lambda: _counters(watcher, client),
        )
        client.append(ProcessStarted(process=PANEL, version=__version__), chain=BOX, exam=None)
        hands.forget_pairing()
        client.start()
        watcher.start()
        for fixture in found.outputs:
            fixture.start()
        process.notify("READY=1")
        try:
            loop.run(lambda: stopping.is_set() or sources.changed, stopping)
            process.notify("STOPPING=1")
            if stopping.is_set():
                _leave(loop, Leaving(watcher, paths.run / LOCK, sure=loop.is_going))
        finally:
            hands.stop()
            stop_all(found.outputs)
            if found.button is not None:
                found.button.stop()
            watcher.stop()
            client.stop(flush_seconds=0.3 if client.connected else 0.0)
            questions.close()
            (paths.run / panel.SOCKET).unlink(missing_ok=True)
    return 0


def _uptime() -> float:
    """Seconds of the machine."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _counters(watcher: Watcher, client: Client) -> dict[str, float]:
    """Looks at the box, and what waits for the ledger."""
    looks: dict[str, float] = {"looks": watcher.looks, "looks_failed": watcher.failures}
    return looks | {"waiting": client.waiting, "lost": client.lost}


def _make(paths: Paths) -> None:
    """Only what lies on tmpfs; the data folder may not be there."""
    try:
        paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths.health.mkdir(exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"the run folder {paths.run} cannot be made: {error.strerror}",
            hint="On an installed box systemd makes it (tmpfiles.d); else another user may have it.",
        ) from error


def _leave(loop: Loop, leaving: "Leaving") -> None:
    """Show that it goes: as long as it can be read, and as long as the rest of the box is still about it."""
    loop.leaving = True
    loop.run(leaving.is_over, threading.Event())


class Leaving:
    """When the panel may go. Where only the panel is stopped, it goes soon. Where the box stops, it is told like the
    others and goes last, so that the light says so until it is dark: what was well and is not any more tells the two
    apart. `sure`: the button switched the box off. A run folder that was removed is not waited in."""

    def __init__(
        self, watcher: Watcher, lock: Path, *, sure: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._watcher, self._lock, self._sure, self._clock = watcher, lock, sure, clock
        self._since = clock()
        self._well = watcher.well

    def is_over(self) -> bool:
        shown = self._clock() - self._since
        if shown < SHOWN:
            return False
        if shown >= LINGERS or not self._lock.exists():
            return True
        well = self._watcher.well & self._well
        return not well or (well == self._well and not self._sure)
