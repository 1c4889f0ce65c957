"""The lines of the calls: a proctor whose voice has not arrived for a while is gone, and the call is over."""

import logging
import time
from contextlib import AbstractContextManager
from typing import Any

from appliance.exam import call
from appliance.exam.call import Ending
from appliance.exam.feed import Feed, Kind
from appliance.ledger import state
from appliance.ledger.actions import calls
from appliance.web import status
from appliance.web.context import Services
from appliance.web.repeated import repeated

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class Lines:
    """Belongs to one thread. A process that starts anew gives every call the full time again."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._heard: dict[str, float] = {}
        """Call -> monotonic seconds at which the proctor was last heard."""

    def look(self, *, now: float) -> None:
        """End the calls whose line is lost. `now`: monotonic seconds."""
        with self._services.reader.connect() as connection:
            going_on = state.calls(connection, going_on=True)
        self._heard = {row.call: self._heard.get(row.call, now) for row in going_on}
        if not going_on:
            return
        said = status.feeds(self._services.paths.health, now=time.time()) or {}
        for row in going_on:
            silent = _silent(said.get(str(Feed(row.attempt, Kind.CALL))))
            if silent is not None:
                self._heard[row.call] = max(self._heard[row.call], now - silent)
            if call.lost(heard_at=self._heard[row.call], now=now):
                log.info("the line of call %s is lost", row.call)
                self._end(row)

    def _end(self, row: state.CallRow) -> None:
        self._services.writer.transact(
            lambda transaction: calls.end(
                transaction, row.attempt, call=row.call, by=calls.BOX, reason=Ending.LINE_LOST
            )
        )


def _silent(facts: dict[str, Any] | None) -> float | None:
    """Seconds since something arrived; None when nothing is connected."""
    silent = None if facts is None else facts.get("silent_s")
    return None if silent is None else float(silent)


def watched(services: Services) -> AbstractContextManager[None]:
    """Looked at each second."""
    lines = Lines(services)
    return repeated(lambda: lines.look(now=time.monotonic()), name="lines", seconds=EVERY_SECONDS)
