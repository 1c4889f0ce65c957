"""Room on the disk while the box records: under the low-water mark nobody new is let in, and the ledger says so.

Recording itself stops only at the floor (`writer`). Nothing is ever deleted for room.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from appliance.capture import ids
from appliance.capture.ports import Ledger
from appliance.exam.events import BOX, StorageEnough, StorageLow

log = logging.getLogger(__name__)

ENOUGH = 1.1
"""Times the mark must be free before there is room again: a disk that hovers at the mark does not flap."""


def is_low(before: bool, *, free: int, mark: int) -> bool:
    """The rule, with its hysteresis."""
    return free < (mark * ENOUGH if before else mark)


def free_bytes(folder: Path) -> int:
    """What this user can still write; 0 when the disk is gone."""
    try:
        state = os.statvfs(folder)
    except OSError:
        return 0
    return state.f_bavail * state.f_frsize


class Disk:
    """Looked at once a second by every worker; what two of them say in the same minute counts once."""

    def __init__(self, folder: Path, ledger: Ledger, *, mark: int, free: Callable[[Path], int] = free_bytes) -> None:
        self.low = False
        self.free = 0
        self._folder, self._ledger, self._mark, self._measure = folder, ledger, mark, free

    def look(self, wall: float | None = None) -> None:
        """Measure, and tell of a change."""
        self.free = self._measure(self._folder)
        low = is_low(self.low, free=self.free, mark=self._mark)
        if low == self.low:
            return
        self.low = low
        said = (StorageLow if low else StorageEnough)(free_bytes=self.free, mark_bytes=self._mark)
        minute = int(time.time() if wall is None else wall) // 60
        self._ledger.append(said, chain=BOX, exam=None, id=ids.of(said.TYPE, minute))
        log.warning("%s: %d bytes are free, the mark is at %d", said.TYPE, self.free, self._mark)

    @property
    def sentence(self) -> str:
        """For a person; empty while there is room."""
        return f"the disk is nearly full ({self.free / 1e9:.1f} GB free): nobody new is let in" if self.low else ""
