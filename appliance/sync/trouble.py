"""What does not go well: said once for each cause until it works again, and tried again after a growing pause."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.box.upstream import Failure
from appliance.errors import ApplianceError, StorageFull, Unavailable
from appliance.stores.port import Conflict, Refused, SourceDamaged
from appliance.sync.countersign import CERTIFICATE, STAMP

log = logging.getLogger(__name__)

UPSTREAM = "upstream"
BOX_DISK = "box"

CAUSES = 1_000
"""Causes that are remembered as said. Over it the memory starts anew, so that some are said twice."""


@dataclass(slots=True, kw_only=True)
class Trouble:
    """`say` tells the ledger (where, error). `now` may be asked by any thread."""

    say: Callable[[str, ApplianceError], None]
    wall: Callable[[], float] = time.time
    failing: str = ""
    failures: int = 0
    _said: dict[tuple[str, str], None] = field(default_factory=dict)
    _now: dict[str, Failure] = field(default_factory=dict)

    def failed(self, where: str, error: ApplianceError) -> None:
        """`where` is an object, a bundle, UPSTREAM or BOX_DISK."""
        self.failures += 1
        self.failing = error.message
        if len(self._said) >= CAUSES:
            self._said.clear()
            self._now.clear()
        since = self._now[where].since if where in self._now else self.wall()
        self._now[where] = Failure(
            kind=kind_of(where, error), where=where, message=error.message, hint=error.hint, since=since
        )
        cause = (where, error.message)
        if cause in self._said:
            return
        self._said[cause] = None
        log.warning("%s: %s", where, error.message)
        self.say(where, error)

    def works(self, *where: str) -> None:
        """It works there."""
        if self._said:
            self._said = {cause: None for cause in self._said if cause[0] not in where}
            self._now = {place: failure for place, failure in self._now.items() if place not in where}
        self.failing = next(reversed(self._said))[1] if self._said else ""

    @property
    def now(self) -> tuple[Failure, ...]:
        """What does not go just now, each place once with the last that was wrong there."""
        return tuple(self._now.values())


def kind_of(where: str, error: ApplianceError) -> str:
    """In the words of `box.upstream.Failure`."""
    if where == BOX_DISK:
        return "box"
    if where in (CERTIFICATE, STAMP):
        return "signing"
    kinds: tuple[tuple[type[ApplianceError], str], ...] = (
        (Conflict, "conflict"),
        (SourceDamaged, "damaged"),
        (Refused, "refused"),
        (StorageFull, "full"),
        (Unavailable, "away"),
    )
    return next((kind for cls, kind in kinds if isinstance(error, cls)), "box")


def box_disk(error: OSError, data: Path) -> StorageFull:
    """The box's own disk, in words."""
    return StorageFull(
        f"{error.filename or data} cannot be written or read: {error.strerror}",
        hint="Free space on the data disk, or check that it is mounted and not read-only.",
    )


@dataclass(slots=True, kw_only=True)
class Pause:
    """Between two tries: twice as long each time, give or take half. Seconds."""

    first: float
    longest: float
    monotonic: Callable[[], float] = time.monotonic
    _wait: float = 0.0
    _until: float = 0.0

    @property
    def over(self) -> bool:
        return self.monotonic() >= self._until

    @property
    def left(self) -> float:
        """Until the next try."""
        return max(0.0, self._until - self.monotonic())

    def begin(self) -> None:
        """It failed (again)."""
        self._wait = min(self.longest, max(self.first, self._wait * 2))
        self._until = self.monotonic() + self._wait * random.uniform(0.5, 1.5)  # noqa: S311 - to spread boxes

    def reset(self) -> None:
        """It works."""
        self._wait = self._until = 0.0
