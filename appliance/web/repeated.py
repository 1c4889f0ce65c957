"""A thread of the web process that looks at something again and again, until the block around it ends."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from appliance.errors import ApplianceError

log = logging.getLogger(__name__)


@contextlib.contextmanager
def repeated(
    look: Callable[[], object], *, name: str, seconds: float, stopping: threading.Event | None = None
) -> Iterator[None]:
    """`look` is called every so many seconds, and at once again where it says True: there is more. What goes wrong is
    logged under `name` and looked at again in its time; it ends nothing. `stopping`: set at the end, for a `look` that
    takes long."""
    over = stopping or threading.Event()

    def work() -> None:
        while not over.wait(seconds):
            while _look(look, name) is True and not over.is_set():
                pass

    thread = threading.Thread(target=work, name=name)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(look: Callable[[], object], name: str) -> object:
    try:
        return look()
    except ApplianceError as error:  # the disk, mostly
        log.warning("%s: not possible just now: %s", name, error)
    except Exception:
        log.exception("%s: a look failed", name)
    return None
