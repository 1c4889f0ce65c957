"""Asks the store afresh, right before something is deleted here, and tells once what it found: what is not right there
holds back the whole attempt, and what this box still has of it is sent again."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance.errors import ApplianceError, Unavailable
from appliance.exam.events import BOX, Payload, UpstreamRestored
from appliance.ledger import altered, bundles, dates, holding
from appliance.ledger.altered import AlteredRow
from appliance.ledger.reader import Reader
from appliance.sync.binder import Ledger
from appliance.sync.receipt import Again, Bundle, Finding, Receipts

log = logging.getLogger(__name__)

SendAgain = Callable[[str, Sequence[Again]], None]
"""(attempt, objects): send these once more; none: what was handed over before is settled."""

RESTS_SECONDS = 600.0
"""An attempt that was not right is asked about again after so long: its files may have to be read back whole."""

ROUND_SECONDS = 86_400.0
"""Each attempt that is still here is asked about once in so long, whether something of it is due or not: what somebody
deletes at the store is sent again while there is something to send."""

_ANSWER_SECONDS = 10.0


def nobody(_attempt: str, _objects: Sequence[Again]) -> None:
    """Nothing is sent again."""


class Afresh:
    """Belongs to one thread; `waits` and `altered` may be asked by any."""

    def __init__(self, receipts: Receipts, reader: Reader, ledger: Ledger, *, send_again: SendAgain) -> None:
        self._receipts, self._reader, self._ledger, self._send_again = receipts, reader, ledger, send_again
        self._bundles: dict[str, Bundle] = {}  # as the store had them in this turn
        self._rests: dict[str, float] = {}  # attempt that was not right -> when it is asked about again
        self._handed: dict[str, frozenset[str]] = {}  # attempt -> keys handed over to be sent again
        self._asked: dict[str, float] = {}  # attempt -> when the store last answered for it
        self._now = 0.0
        self.waits = ""
        """Why nothing that needs the store is deleted just now, or ""."""
        self.altered = 0

    def begin(self, *, now: float) -> None:
        """A turn: what the store said before counts no more. Wall seconds."""
        self._bundles.clear()
        self._now, self.waits = now, ""

    def has(self, exam: str, attempt: str, files: Sequence[Path] = ()) -> bool:
        """Has the store everything of the attempt, and just what is in these files of this box?"""
        with self._reader.connect() as connection:
            if not dates.covered(connection, exam=exam, attempt=attempt):
                return False
        return self._may_ask(attempt) and self._is_right(exam, attempt, files)

    def look_again(self) -> None:
        """At what was not right, also where nothing of it is due any more."""
        with self._reader.connect() as connection:
            standing = altered.standing(connection)
        for attempt, row in standing.items():
            if attempt not in self._bundles and self._may_ask(attempt):
                self._is_right(row.exam, attempt, ())
        with self._reader.connect() as connection:
            self.altered = len(altered.standing(connection))

    def go_round(self) -> None:
        """Ask about one attempt in a turn, the one that was not asked about for longest."""
        with self._reader.connect() as connection:
            stored = bundles.read(connection).attempts
        due = [
            (self._asked.get(attempt, 0.0), attempt, said.exam)
            for attempt, said in stored.items()
            if attempt not in self._bundles
            and self._asked.get(attempt, 0.0) + ROUND_SECONDS <= self._now
            and self._receipts.paths.media.joinpath(said.exam, attempt).is_dir()
        ]
        if due:
            _, attempt, exam = min(due)
            if self._may_ask(attempt):
                self._is_right(exam, attempt, ())

    def _may_ask(self, attempt: str) -> bool:
        return not self.waits and self._rests.get(attempt, self._now) <= self._now

    def _is_right(self, exam: str, attempt: str, files: Sequence[Path]) -> bool:
        with self._reader.connect() as connection:
            stored = dates.newest(connection, exam).get(attempt)
            deleted = holding.deleted_files(connection, attempt)
            before = altered.standing(connection, exam).get(attempt)
        if stored is None:
            return False
        try:
            if attempt not in self._bundles:
                self._bundles[attempt] = self._receipts.bundle(stored, deleted=deleted)
            doubted = before.said.other if before is not None else ()
            finding = self._bundles[attempt].finding(files, doubted=doubted)
        except Unavailable as error:
            log.info("nothing that waits for the store is deleted: %s", error.message)
            self.waits = error.message
            return False
        except ApplianceError as error:
            log.warning("%s cannot be compared with the store: %s", attempt, error.message)
            self._rests[attempt] = self._now + RESTS_SECONDS
            return False
        self._asked[attempt] = self._now
        if finding:
            self._tell(finding, exam, attempt, before)
        elif before is not None:
            self._settle(exam, attempt)
        return not finding

    def _tell(self, finding: Finding, exam: str, attempt: str, before: AlteredRow | None) -> None:
        """Once for each finding; what can be sent again is handed over each time."""
        self._rests[attempt] = self._now + RESTS_SECONDS
        if before is None or before.said.finding != finding.name:
            log.warning("the store has not got %s as it was stored: %s", attempt, finding.hint)
            self._say(finding.said(exam, attempt), exam)
        if finding.again:
            self._handed[attempt] = self._handed.get(attempt, frozenset()) | {one.key for one in finding.again}
            self._send_again(attempt, finding.again)

    def _settle(self, exam: str, attempt: str) -> None:
        self._rests.pop(attempt, None)
        self._say(UpstreamRestored(exam=exam, attempt=attempt, sent=len(self._handed.pop(attempt, ()))), exam)
        self._send_again(attempt, ())

    def _say(self, said: Payload, exam: str) -> None:
        self._ledger.append_and_wait(said, chain=BOX, exam=exam, seconds=_ANSWER_SECONDS)
