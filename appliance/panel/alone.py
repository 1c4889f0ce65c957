"""Who has the box's front: one process, or the end-of-line test. The kernel lets go when it dies."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from appliance.errors import Unavailable

LOCK = "panel.lock"


@contextlib.contextmanager
def alone(run: Path) -> Iterator[None]:
    """Nobody else has the pins for as long as the block. Unavailable where somebody has."""
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(run / LOCK, "a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                "the panel of this box runs already, and has the pins",
                hint="`systemctl stop appliance-panel`, test, then `systemctl start appliance-panel`. No exam notices.",
            ) from None
        yield
