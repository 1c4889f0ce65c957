"""What the web process remembers of seats between two looks: whose page is open, and which checks go on. It forgets
with the process: a check is then begun again."""

import threading
import time
from dataclasses import dataclass, field, replace

from appliance.errors import Unavailable
from appliance.exam.seat_check import Run

PRESENT_SECONDS = 6.0
"""A page that has not asked for so long is closed."""

MOST = 30
"""Checks at the same time; `MOST_BESIDE_AN_EXAM` while candidates are here, whose places and pictures come first."""

MOST_BESIDE_AN_EXAM = 2
_MOST_PAGES = 500


class TooManyChecks(Unavailable):
    """So many go on already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One that goes on. `attempt`, `exam`: where its media go."""

    seat: str
    machine: str
    exam: str
    attempt: str
    run: Run


@dataclass(frozen=True, slots=True)
class _Page:
    tab: str
    at: float


@dataclass(slots=True)
class SeatState:
    """Thread-safe. `refused` counts checks for which there was no room, `over` those that are done."""

    refused: int = 0
    over: int = 0
    _checks: dict[str, Check] = field(default_factory=dict)
    _pages: dict[str, _Page] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def facts(self) -> dict[str, int]:
        """For the health file."""
        return {"seat_checks": len(self._checks), "seat_checks_refused": self.refused, "seat_checks_over": self.over}

    # --- pages ---

    def asks(self, machine: str, tab: str, *, takes: bool, now: float) -> bool:
        """A page of this computer asks; -> is it the one that counts? Another tab is, until this one takes over, or
        the other is closed."""
        with self._lock:
            page = self._pages.get(machine)
            mine = takes or page is None or page.tab == tab or now - page.at > PRESENT_SECONDS
            if mine:
                self._pages.pop(machine, None)
                self._pages[machine] = _Page(tab, now)
                while len(self._pages) > _MOST_PAGES:
                    del self._pages[next(iter(self._pages))]
            return mine

    def is_present(self, machine: str, *, now: float | None = None) -> bool:
        """Is a page of this computer open?"""
        page = self._pages.get(machine)
        return page is not None and (time.monotonic() if now is None else now) - page.at <= PRESENT_SECONDS

    # --- checks ---

    def checks(self) -> list[Check]:
        """All that go on."""
        with self._lock:
            return list(self._checks.values())

    def check_of(self, machine: str) -> Check | None:
        """The one of this computer."""
        return self._checks.get(machine)

    def refuse_full(self, most: int) -> None:
        """TooManyChecks where there is no room for another one."""
        with self._lock:
            if len(self._checks) < most:
                return
            self.refused += 1
        raise TooManyChecks(f"{most} seats are checked already", hint="Wait half a minute and press the button again.")

    def begin(self, check: Check) -> None:
        """It goes on from now."""
        with self._lock:
            self._checks[check.machine] = check

    def goes_on(self, check: Check, run: Run) -> Check | None:
        """Where it is now; None when it is no longer this one that goes on."""
        with self._lock:
            there = self._checks.get(check.machine)
            if there is None or there.exam != check.exam:
                return None
            changed = self._checks[check.machine] = replace(there, run=run)
            return changed

    def end(self, check: Check) -> None:
        """It is over."""
        with self._lock:
            if (there := self._checks.get(check.machine)) is not None and there.exam == check.exam:
                del self._checks[check.machine]
                self.over += 1
