"""The clock is watched: when it is set while the box runs, the ledger says so, and the time of whoever sits an exam
goes on as before (docs/health.md)."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from appliance.box import clock, steps
from appliance.box.clock import Stamp
from appliance.errors import ApplianceError
from appliance.ledger.actions import timekeeping
from appliance.web.context import Services
from appliance.web.repeated import repeated

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


def look(services: Services, *, stamp: Callable[[], Stamp] = clock.now) -> bool:
    """Compare the clocks; -> was the wall clock set? What was seen is written down last: where the ledger cannot be
    written now, the step is found again at the next look."""
    at = stamp()
    seen, step = steps.look(steps.read(services.paths.run), at)
    if step is not None:
        log.warning("the clock was set by %+.1f s", step.seconds)
        services.writer.transact(lambda transaction: timekeeping.clock_set(transaction, step, at))
    steps.write(services.paths.run, seen)
    return step is not None


@contextlib.contextmanager
def watched(services: Services) -> Iterator[None]:
    """At once, so that a step is seen that was taken while this process was away, and then each second. Looking never
    asks to be called again at once."""

    def watch() -> None:
        look(services)

    try:
        watch()
    except ApplianceError as error:  # the disk, mostly; found again in a second
        log.warning("the clock cannot be looked at just now: %s", error)
    with repeated(watch, name="clock", seconds=EVERY_SECONDS):
        yield
