"""What the sync process does beside sending: deleting by date, telling planners, sending backups.

A mail server or a disk that lets it wait must not hold up evidence, so it has a thread of its own.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appliance.box import clock
from appliance.box.clock import Stamp
from appliance.errors import ApplianceError
from appliance.sync.copies import Copies
from appliance.sync.notice import Notices
from appliance.sync.retention import Retention
from appliance.sync.trust import Trust

log = logging.getLogger(__name__)

NOTICE_SECONDS = 5.0
RETENTION_SECONDS = 60.0
"""A date is kept to the minute."""


class Chores:
    """`run` belongs to one thread, `status` and `trouble` to any. What fails is said in the log and the health file,
    and tried again."""

    def __init__(
        self,
        retention: Retention,
        notices: Notices,
        trust: Trust,
        *,
        copies: Copies | None = None,
        stamp: Callable[[], Stamp] = clock.now,
    ) -> None:
        self._retention, self._notices, self._trust, self._stamp = retention, notices, trust, stamp
        self._copies = copies
        self._copying = ""
        self._deleting = ""
        self._resting = ""
        self._telling = ""

    @property
    def trouble(self) -> str:
        """What does not work just now, or ""."""
        return self._deleting or self._telling or self._copying or self._notices.trouble

    def status(self) -> dict[str, Any]:
        """For the health file."""
        return {
            "deleted_files": self._retention.deleted_files,
            "deleted_bytes": self._retention.deleted_bytes,
            "erased": self._retention.erased,
            "deletion_rests": self._resting,
            "deletion_waits": self._retention.afresh.waits,
            "altered": self._retention.afresh.altered,
            "mails_sent": self._notices.sent,
            "backups_waiting": self._copies.waiting if self._copies else 0,
            "chores_failing": self.trouble,
        }

    def run(self, stopping: threading.Event) -> None:
        """Until told to stop."""
        delete_at = 0.0
        while not stopping.is_set():
            if time.monotonic() >= delete_at:
                delete_at = time.monotonic() + RETENTION_SECONDS
                self._deleting = self._try(self._delete)
                self._copying = self._try(self._copy)
            self._telling = self._try(self._notices.turn)
            stopping.wait(NOTICE_SECONDS)

    def _delete(self, *, now: float) -> None:
        self._resting = self._trust.doubt(replace(self._stamp(), wall=now))
        self._retention.turn(now=now, dates_rest=bool(self._resting))

    def _copy(self, *, now: float) -> None:
        if self._copies is not None:
            self._copies.turn()

    def _try(self, turn: Callable[..., None]) -> str:
        try:
            turn(now=self._stamp().wall)
        except ApplianceError as error:
            log.warning("%s %s", error.message, error.hint)
            return error.message
        except Exception as error:
            log.exception("a chore failed")
            return f"a chore failed: {error}"
        return ""
