"""The timekeeper: calls the ten minutes for each candidate by the own end, and ends the time for printing. What is due
follows from the ledger alone, so a process that starts anew says nothing twice."""

import logging
import time
from contextlib import AbstractContextManager

from appliance.errors import NotAllowed
from appliance.exam import pacing
from appliance.exam.pacing import Due
from appliance.ledger import sitting
from appliance.ledger.actions import sitting as actions
from appliance.web.context import Services
from appliance.web.repeated import repeated

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


def watched(services: Services) -> AbstractContextManager[None]:
    """Looked at twice a second."""
    return repeated(lambda: look(services, now=time.time()), name="timekeeper", seconds=EVERY_SECONDS)
