"""The clock is watched: when it is set while the box runs, the ledger says so, and the time of whoever sits an exam
goes on as before (docs/health.md)."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from appliance.box import clock, steps
from appliance.box.clock import Stamp
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


def watched(services: Services) -> AbstractContextManager[None]:
    """Once at the start, so that a step is seen that was taken while this process was away; then each second."""
    return repeated(lambda: look(services) and None, name="clock", seconds=EVERY_SECONDS)
