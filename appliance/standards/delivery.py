"""Caliper events to an endpoint as they happen: in batches, in order, from a place that is kept on the disk.

The ledger is the queue, so it survives every restart and has no bound of its own. What the endpoint has taken is sent
again only when the power went between its answer and the note of it; the ids are the same then.
"""

import itertools
import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.config import Settings
from appliance.errors import ApplianceError, ConfigError
from appliance.ledger import tables
from appliance.ledger.reader import Reader
from appliance.standards import caliper, source, wire
from appliance.standards.scene import Scene
from appliance.standards.table import SAID
from appliance.standards.wire import Answer

log = logging.getLogger(__name__)

BATCH = 50
LOOK_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
REFUSED = frozenset({400, 413, 422})
"""What is in the batch is not taken: each event is tried alone, and one that is refused is left out and counted."""


class Delivery:
    """`turn` belongs to one thread, `status` to any."""

    def __init__(
        self,
        settings: Settings,
        place: Path,
        *,
        reader: Reader,
        ask: Callable[..., Answer] = wire.ask,
        clock: Callable[[], float] = time.monotonic,
        batch: int = BATCH,
    ) -> None:
        settings.standards.check()
        self._settings, self._file, self._reader = settings, place, reader
        self._ask, self._clock, self._batch = ask, clock, batch
        self._after = _read(place)
        self._pause, self._next = 0.0, 0.0
        self.sent = self.refused = 0
        self.trouble = ""

    def status(self) -> dict[str, Any]:
        """For the health file; `behind`: events of the ledger that were not looked at yet."""
        return {
            "behind": max(0, self._reader.head() - self._after),
            "sent": self.sent,
            "refused": self.refused,
            "trouble": self.trouble,
        }

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            busy = False
            try:
                busy = self.turn()
            except ApplianceError as error:
                self._wait(f"{error.message}. {error.hint}")
            except Exception as error:
                self._wait(f"a program fault: {type(error).__name__}")
                log.exception("Caliper events could not be sent")
            if not busy:
                stopping.wait(LOOK_SECONDS)

    def turn(self) -> bool:
        """Send the next batch, if it is time to; -> is there more? ApplianceError when it was not taken."""
        if self._clock() < self._next:
            return False
        with self._reader.connect() as connection:
            head = connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0
            found = list(itertools.islice(source.events(connection, after=self._after, types=SAID), self._batch))
            if not found:
                self._keep(head)
                return False
            scene = source.scene_of(connection, self._settings)
            hidden = source.practice(connection)
        made = [caliper.event(event, scene) for event in found if event.exam not in hidden]
        self._send([one for one in made if one is not None], scene)
        self._keep(found[-1].seq)
        self.trouble, self._pause = "", 0.0
        return True

    def _send(self, events: list[dict[str, Any]], scene: Scene) -> None:
        if not events:
            return
        answer = self._post(events, scene)
        if 200 <= answer.status < 300:
            self.sent += len(events)
        elif answer.status in REFUSED and len(events) > 1:
            for one in events:
                self._send([one], scene)
        elif answer.status in REFUSED:
            self.refused += 1
            log.warning("the endpoint of Caliper events refuses %s: %s", events[0]["id"], answer.status)
        else:
            raise _NotTaken(
                f"the endpoint of Caliper events answers {answer.status}",
                hint="401 or 403: caliper_key_file does not open it; 404: caliper_url is wrong. It is tried again.",
            )

    def _post(self, events: list[dict[str, Any]], scene: Scene) -> Answer:
        wanted = self._settings.standards
        try:
            token = Path(wanted.caliper_key_file).read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(
                "the key of the endpoint of Caliper events cannot be read",
                hint="Check caliper_key_file in appliance.toml.",
            ) from None
        return self._ask(
            wanted.caliper_url,
            body=json.dumps(caliper.envelope(events, scene, at=time.time())).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            ca_file=wanted.caliper_ca_file,
        )

    def _wait(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble
        self._pause = min(LONGEST_PAUSE, self._pause * 2 or FIRST_PAUSE)
        self._next = self._clock() + self._pause * random.uniform(0.8, 1.0)  # noqa: S311  # no secret: only spread

    def _keep(self, seq: int) -> None:
        if seq == self._after:
            return
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        temporary.write_text(json.dumps({"after": seq}), encoding="utf-8")
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        temporary.rename(self._file)
        self._after = seq


class _NotTaken(ApplianceError):
    """The endpoint did not take it now."""


def _read(place: Path) -> int:
    try:
        return int(json.loads(place.read_text(encoding="utf-8"))["after"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0  # from the beginning: what is there already has the same ids
