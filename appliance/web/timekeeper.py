"""The timekeeper: calls the ten minutes for each candidate by the own end, and ends the time for printing. What is due
follows from the ledger alone, so a process that starts anew says nothing twice."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from appliance.errors import ApplianceError, NotAllowed
from appliance.exam import pacing
from appliance.exam.pacing import Due
from appliance.ledger import sitting
from appliance.ledger.actions import sitting as actions
from appliance.web.context import Services

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.5
"""The warning comes within a second of T-10:00 (M56)."""

_ACTIONS = {Due.WARN: actions.warn_time, Due.START: actions.start_printed}


def look(services: Services, *, now: float) -> int:
    """Do what is due at `now` (wall seconds); -> for how many candidates. The rule is asked again inside the
    transaction: a pause that was faster wins."""
    with services.reader.connect() as connection:
        due = list(pacing.due(sitting.seats(connection), now=now))
    return sum(_do(services, attempt, what) for attempt, what in due)


def _do(services: Services, attempt: str, what: Due) -> bool:
    """One candidate's trouble must not keep another's time."""
    try:
        return services.writer.transact(lambda transaction: _ACTIONS[what](transaction, attempt))
    except NotAllowed as error:
        log.warning("%s of %s is due and not possible: %s", what.value, attempt, error)
        return False


@contextlib.contextmanager
def watched(services: Services) -> Iterator[None]:
    """Looked at twice a second."""
    stopping = threading.Event()

    def watch() -> None:
        while not stopping.wait(EVERY_SECONDS):
            try:
                look(services, now=time.time())
            except ApplianceError as error:  # the disk, mostly: looked at again in half a second
                log.warning("the time cannot be kept just now: %s", error)
            except Exception:
                log.exception("a look at the time failed")

    thread = threading.Thread(target=watch, name="timekeeper")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
