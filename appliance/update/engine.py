"""Carries an update through from its journal, however often it is interrupted. Needs only Debian's Python.

It ends as before or done: cut while the packages change, the old one goes in again; cut later, the new version is
judged again. Nothing is changed after a power cut that came before the first change: an exam may be near by then.
"""

from typing import Protocol

from appliance.update import journal as books
from appliance.update.journal import Journal, Step
from appliance.update.places import Places

MODULES = ("__init__", "errors", "update/__init__", "update/places", "update/journal", "update/engine",
           "update/machine", "update/ledger", "update/go")  # fmt: skip
"""What is copied aside, below `appliance`."""


class Machine(Protocol):
    """What the engine does to the machine; `False` and a sentence come back when it did not work."""

    def stop_box(self) -> None: ...
    def start_box(self) -> None: ...
    def install(self, package: str) -> str: ...  # "" or what went wrong
    def keep_ledger(self) -> None: ...
    def put_ledger_back(self) -> bool: ...
    def is_well(self, version: str) -> str: ...  # "" or what is not well
    def tell(self) -> None: ...
    def tidy(self, *, installed: bool) -> None: ...


class Engine:
    """One update."""

    def __init__(self, places: Places, machine: Machine) -> None:
        self._places = places
        self._machine = machine

    def repair(self) -> None:
        """Before the box starts: nothing may run on half a package."""
        journal = books.read(self._places)
        if journal is None:
            return
        if journal.step == Step.STAGED and journal.boot != books.boot_id(self._places):
            self._end(
                journal, Step.ABANDONED, installed=False,
                reason="The power went before anything was changed. The box is as it was.",
                hint="Ask for the update again.",
            )  # fmt: skip
        elif journal.step == Step.INSTALLING:
            self._back(journal, "The power went, or the update was killed, while the package was being installed.")
        elif journal.step == Step.ROLLING_BACK:
            self._back(journal, journal.reason)

    def go(self) -> None:
        """From where it is to its end."""
        self.repair()
        journal = books.read(self._places)
        if journal and journal.step == Step.STAGED:
            journal = self._install(journal)
        if journal and journal.step == Step.JUDGING:
            journal = self._judge(journal)
        if journal and journal.step == Step.BACK:
            self._judge_old(journal)

    def _install(self, journal: Journal) -> Journal:
        self._machine.stop_box()
        try:
            self._machine.keep_ledger()
        except OSError as error:
            self._machine.start_box()
            return self._end(
                journal,
                Step.ABANDONED,
                installed=False,
                reason=f"The ledger could not be copied ({error.strerror or error}). Nothing was changed.",
                hint="Is the disk full? Ask again when there is room.",
            )
        journal = self._keep(journal.to(Step.INSTALLING))
        wrong = self._machine.install(str(self._places.staged))
        if wrong:
            return self._back(journal, f"The package could not be installed: {wrong}.")
        return self._keep(journal.to(Step.JUDGING))

    def _judge(self, journal: Journal) -> Journal:
        self._machine.start_box()
        wrong = self._machine.is_well(journal.new)
        if wrong:
            return self._back(journal, f"The box was not well with {journal.new}: {wrong}.")
        return self._end(journal, Step.DONE, installed=True)

    def _back(self, journal: Journal, reason: str) -> Journal:
        """Again from its beginning when it is interrupted."""
        journal = self._keep(journal.to(Step.ROLLING_BACK, reason=reason))
        self._machine.stop_box()
        wrong = self._machine.install(str(self._places.previous))
        changed = self._machine.put_ledger_back()
        if changed:
            reason += f" The ledger as {journal.new} had changed it is kept beside the one that holds."
        if wrong:
            reason += f" Going back to {journal.old} failed too: {wrong}."
        return self._keep(journal.to(Step.BACK, reason=reason, healthy=not wrong))

    def _judge_old(self, journal: Journal) -> None:
        self._machine.start_box()
        wrong = self._machine.is_well(journal.old)
        self._end(
            journal, Step.ROLLED_BACK, installed=False, healthy=journal.healthy and not wrong,
            reason=f"{journal.reason} {f'It is not well now either: {wrong}.' if wrong else ''}".strip(),
            hint="The box must be looked at: docs/cards, box trouble." if wrong else "Ask who made the update.",
        )  # fmt: skip

    def _end(self, journal: Journal, step: Step, *, installed: bool, healthy: bool = True, reason: str = "",
             hint: str = "") -> Journal:  # fmt: skip
        journal = journal.to(step, reason=reason, hint=hint, healthy=healthy)
        books.tell(self._places, journal)
        self._machine.tell()
        self._machine.tidy(installed=installed)
        return self._keep(journal)

    def _keep(self, journal: Journal) -> Journal:
        return books.keep(self._places, journal)
