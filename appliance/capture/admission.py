"""Who is let in: as many candidates as the box carries, and none while the disk is nearly full.

A seat is a file `run/seats/ATTEMPT`, so that all workers count the same ones; it is kept until the attempt is over.
Whoever was recorded before is always let in: a reconnect is never refused.
"""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.box.token import Claim
from appliance.capture.disk import Disk
from appliance.capture.ports import Ledger
from appliance.errors import Unavailable
from appliance.exam.events import BOX, CapacityRefused
from appliance.exam.feed import Kind

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
"""A page that is refused asks again and again: the ledger is told once a minute."""
_REMEMBERED = 1_000


class Full(Unavailable):
    """Nobody new is let in just now. `reason` is for a page, which may put it in its own words."""

    reason = ""


class NoSeat(Full):
    """The box carries no more candidates than it has let in."""

    reason = "seats"


class NoRoom(Full):
    """The disk is nearly full."""

    reason = "storage"


class Seats:
    """The seats of the box that are taken. No method waits: the lock is held for moments."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def taken(self) -> list[str]:
        """Attempts."""
        return sorted(file.name for file in self._folder.iterdir() if not file.name.startswith("."))

    def take(self, attempt: str, *, most: int | None) -> bool:
        """False when all `most` are taken by others; None: there is always one."""
        with self._alone():
            taken = self.taken()
            if most is not None and attempt not in taken and len(taken) >= most:
                return False
            (self._folder / attempt).touch()
            return True

    def leave(self, attempt: str) -> None:
        """It is free again."""
        (self._folder / attempt).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


class Admission:
    """All methods belong to the event loop. `most` says how many candidates the box carries now."""

    def __init__(self, seats: Seats, disk: Disk, ledger: Ledger, *, media: Path, most: Callable[[], int]) -> None:
        self._seats, self._disk, self._ledger, self._media, self._most = seats, disk, ledger, media, most
        self._told: dict[tuple[str, str], float] = {}
        self.counters = {"refused_seats": 0, "refused_storage": 0}

    @contextlib.contextmanager
    def admitting(self, claim: Claim) -> Iterator[None]:
        """The block begins a stream of this attempt; if it fails, a seat that was taken for it is free again. NoSeat or
        NoRoom when the attempt is new and there is none."""
        attempt = claim.feed.attempt
        if claim.feed.kind is Kind.CALL:  # it follows what is recorded
            yield
            return
        known = self._recorded(claim) or attempt in self._seats.taken()
        if not known:
            self._take(claim)
        else:
            self._seats.take(attempt, most=None)
        try:
            yield
        except BaseException:
            if not known:
                self._seats.leave(attempt)
            raise

    def over(self, attempt: str) -> None:
        """The attempt has ended: its seat is free."""
        self._seats.leave(attempt)

    def facts(self) -> dict[str, Any]:
        """For the health file."""
        return {"taken": len(self._seats.taken()), "most": self._most(), **self.counters}

    def _recorded(self, claim: Claim) -> bool:
        folder = self._media / claim.exam / claim.feed.attempt
        return any((folder / kind.value).is_dir() for kind in Kind)

    def _take(self, claim: Claim) -> None:
        if self._disk.low:
            self._refuse(claim, "storage", float(self._disk.free))
            raise NoRoom(
                "this box has too little room on its disk to record another candidate",
                hint="Tell the lab staff; the page goes on by itself when there is room.",
            )
        most = self._most()
        if not self._seats.take(claim.feed.attempt, most=most):
            self._refuse(claim, "seats", float(most))
            raise NoSeat(
                f"this box records {most} candidates at once, and all {most} seats are taken",
                hint="Tell the lab staff; the page goes on by itself when a seat is free.",
            )

    def _refuse(self, claim: Claim, reason: str, limit: float) -> None:
        self.counters[f"refused_{reason}"] += 1
        key, now = (claim.feed.attempt, reason), time.monotonic()
        if now - self._told.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        self._told[key] = now
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]
        said = CapacityRefused(attempt=claim.feed.attempt, kind=claim.feed.kind.value, reason=reason, limit=limit)
        self._ledger.append(said, chain=BOX, exam=claim.exam)
        log.warning("%s is not let in: %s, limit %.0f", claim.feed, reason, limit)
