"""What one platform is still to be told, in the order in which it happened.

The ledger is the queue: what is unsettled there is looked up, sent, and settled by an event. So it survives every
restart, and nothing is said twice but what was taken just before the power went. A platform that is away is asked again
with growing pauses; an end is tried at once. Flags wait, too, up to `MOST`; over it the oldest flags are given up, each
with an event, and never anything else.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import sqlalchemy as sa

from appliance.config_standards import LtiSettings, PlatformSettings
from appliance.errors import ApplianceError
from appliance.exam.events import (
    AttemptCreated,
    FlagDecided,
    FlagRaised,
    LtiControlFailed,
    LtiControlSent,
    Payload,
    TimeSet,
)
from appliance.ledger import lti, state, tables
from appliance.ledger.lti import LaunchRow
from appliance.ledger.reader import Reader
from appliance.ledger.record import SELECT, Event
from appliance.standards.lti import control
from appliance.standards.lti.control import Control, Flagged
from appliance.standards.lti.service import Service

log = logging.getLogger(__name__)

MOST = 2_000
"""Actions that wait for one platform; what is no flag may stand above it."""

PAGE = 500
LOOK_SECONDS = 0.25
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
TRIES = 5
"""So often an action that the platform forbids (403) is tried before it counts as refused."""

LEDGER_SECONDS = 10.0


class Ledger(Protocol):
    """How it appends; `ledger.client.Client` is one."""

    def append_and_wait(self, payload: Payload, *, chain: str, exam: str | None, seconds: float) -> int: ...


class Waiting:
    """An event that is an action."""

    def __init__(self, event: Event, launch: LaunchRow, wanted: Control) -> None:
        self.event, self.launch, self.wanted = event, launch, wanted
        self.tries = 0
        self.said: Payload | None = None


class Line:
    """`turn` belongs to one thread, `status` to any."""

    def __init__(
        self,
        platform: PlatformSettings,
        settings: LtiSettings,
        *,
        service: Service,
        reader: Reader,
        ledger: Ledger,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._platform, self._settings, self._service = platform, settings, service
        self._reader, self._ledger, self._clock, self._most = reader, ledger, clock, most
        self._queue: list[Waiting] = []
        self._after = 0
        self._pause, self._next = 0.0, 0.0
        self.sent = self.failed = self.given_up = 0
        self.trouble = ""

    def status(self) -> dict[str, Any]:
        """For the health file."""
        queue = list(self._queue)
        return {
            "waiting": len(queue),
            "waiting_since": queue[0].event.wall if queue else None,
            "sent": self.sent,
            "failed": self.failed,
            "given_up": self.given_up,
            "trouble": self.trouble,
        }

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop."""
        while not stopping.is_set():
            try:
                self.turn()
            except ApplianceError as error:  # the ledger is away for a moment
                self.trouble = error.message
                log.warning("%s %s", error.message, error.hint)
            except Exception as error:
                self.trouble = f"a program fault: {type(error).__name__}"
                log.exception("the line to %s failed", self._platform.name)
            stopping.wait(LOOK_SECONDS)

    def turn(self) -> None:
        """Look what is new, and say what can be said now."""
        if self._look():
            self._next = 0.0
        self._warm()
        while self._queue and self._clock() >= self._next:
            head = self._queue[0]
            head.said = head.said or self._say(head)
            if head.said is None:
                return
            self._settle(head, head.said)  # raises while the ledger is away: then only this is done again
            self._queue = self._queue[1:]

    def _look(self) -> bool:
        """Take up what is new; -> is an end among it?"""
        urgent = False
        more = True
        while more:
            with self._reader.connect() as connection:
                head = connection.execute(sa.select(sa.func.max(tables.event.c.seq))).scalar() or 0
                found = lti.unsettled(
                    connection, platform=self._platform.name, types=control.CAUSES, after=self._after, limit=PAGE
                )
                for event, launch in found:
                    if (wanted := self._wanted(connection, event)) is not None:
                        self._queue.append(Waiting(event, launch, wanted))
                        urgent = urgent or wanted.action == control.TERMINATE
            more = len(found) == PAGE
            self._after = found[-1][0].seq if more else head
            self._shorten()
        return urgent

    def _warm(self) -> None:
        """Ask for a token while candidates are here and nothing is to be said: an end is said at once then, and what
        is wrong with the platform is known before it matters."""
        if self._queue or not self._platform.token_url or not self._service.cold or self._clock() < self._next:
            return
        with self._reader.connect() as connection:
            if not lti.going_on(connection, platform=self._platform.name):
                return
        try:
            self._service.warm()
        except ApplianceError as error:
            self._wait(f"{error.message}. {error.hint}")
        else:
            self.trouble, self._pause = "", 0.0

    def _wanted(self, connection: Any, event: Event) -> Control | None:
        said, flag, before = event.payload, None, 0
        if isinstance(said, FlagRaised):
            flag = Flagged(code=said.code, severity=said.severity, onset_at=said.onset_at)
        elif isinstance(said, FlagDecided):
            row = state.flag(connection, said.flag)
            flag = Flagged(code=row.code, severity=row.severity, onset_at=row.onset_at)
        elif isinstance(said, TimeSet):
            before = _minutes_before(connection, event)
        return control.of(said, wall=event.wall, settings=self._settings, flag=flag, minutes_before=before)

    def _shorten(self) -> None:
        over = len(self._queue) - self._most
        for old in [one for one in self._queue if one.wanted.action == control.FLAG][: max(0, over)]:
            self._settle(old, self._failed(old, "too_many", 0))
            self._queue = [one for one in self._queue if one is not old]
            self.given_up += 1

    def _say(self, one: Waiting) -> Payload | None:
        """-> how it went; None where it is to be tried again."""
        action, launch = one.wanted.action, one.launch
        if not launch.control_url or not self._platform.token_url or action not in launch.actions:
            self.failed += 1
            return self._failed(one, "not_offered", 0)
        try:
            answer = self._service.send(launch.control_url, control.body(one.wanted, launch, self._platform))
        except ApplianceError as error:
            self._wait(f"{error.message}. {error.hint}")
            return None
        if 200 <= answer.status < 300:
            status = str(answer.json().get("status", ""))[:20]
            seconds = round(max(0.0, time.time() - one.event.wall), 3)
            self.sent += 1
            self.trouble, self._pause = "", 0.0
            return LtiControlSent(
                platform=self._platform.name, cause=one.event.id, action=action, status=status, seconds=seconds
            )
        one.tries += 1
        if answer.status in (401, 408, 429) or answer.status >= 500 or (answer.status == 403 and one.tries < TRIES):
            self._wait(f"the platform {self._platform.name} answers {answer.status} to {action}")
            return None
        self.failed += 1
        return self._failed(one, "refused", answer.status)

    def _wait(self, trouble: str) -> None:
        if trouble != self.trouble:
            log.warning("%s", trouble)
        self.trouble = trouble
        self._pause = min(LONGEST_PAUSE, self._pause * 2 or FIRST_PAUSE)
        self._next = self._clock() + self._pause * random.uniform(0.8, 1.0)  # noqa: S311  # no secret: only spread

    def _failed(self, one: Waiting, reason: str, http: int) -> LtiControlFailed:
        log.warning("%s was not said to %s: %s %s", one.wanted.action, self._platform.name, reason, http or "")
        return LtiControlFailed(
            platform=self._platform.name, cause=one.event.id, action=one.wanted.action, reason=reason, http=http
        )

    def _settle(self, one: Waiting, said: Payload) -> None:
        self._ledger.append_and_wait(said, chain=one.event.chain, exam=one.event.exam, seconds=LEDGER_SECONDS)


def _minutes_before(connection: Any, event: Event) -> int:
    """Extra minutes that held before this event."""
    row = tables.event.c
    query = (
        SELECT.where(row.chain == event.chain, row.position < event.position)
        .where(row.type.in_([TimeSet.TYPE, AttemptCreated.TYPE]))
        .order_by(row.position.desc())
    )
    for found in map(Event.from_row, connection.execute(query)):
        if isinstance(found.payload, TimeSet | AttemptCreated):
            return found.payload.extra_minutes
    return 0
