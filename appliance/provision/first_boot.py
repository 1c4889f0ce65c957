"""First boot: from a bare machine to a box that can be set up. Runs at each start; what is done it does not do again.

Killed anywhere, full disk, pulled disk: the next run ends done, and says which steps were done before.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appliance.box import disk, secret
from appliance.box.paths import Paths
from appliance.config import load
from appliance.errors import ApplianceError, StorageFull, Unavailable
from appliance.provision import console, stick, taking
from appliance.provision.journal import Entry, Journal
from appliance.provision.machine import Machine
from appliance.provision.owner import as_owner
from appliance.provision.seed import Seed
from appliance.provision.steps import (
    certificate,
    data_folder,
    encryption,
    keys,
    machine_name,
    people,
    recovery,
    settings,
    surroundings,
    tried,
)
from appliance.provision.steps.step import Boot, Said, Step
from appliance.provision.taking import Taking, Why

FILE = "first-boot.json"
STEPS = (
    Step("encryption", encryption.do),
    Step("machine_name", machine_name.do, as_root=True, of_seed=True),
    Step("settings", settings.do, of_seed=True),
    Step("keys", keys.do),
    Step("certificate", certificate.do),
    Step("recovery", recovery.do),
    Step("people", people.do, of_seed=True),
    Step("surroundings", surroundings.do, as_root=True, of_seed=True),
    Step("self_test", tried.do),
)
"""In this order. Before them: the data folder and the stick, which are looked at at each start."""


@dataclass(frozen=True, slots=True)
class Result:
    """`entries`: every step, as it is now; `before`: which were done by an earlier run."""

    entries: tuple[Entry, ...]
    before: frozenset[str]
    taking: Taking


def run(
    paths: Paths,
    on: Machine,
    *,
    ours: bool,
    now: Callable[[], float] = time.time,
    look: Callable[[Machine], stick.Found | None] = stick.look,
) -> Result:
    """Do what is not done. ApplianceError says what stopped it, and what is done stays."""
    first = Boot(paths=paths, on=on, ours=ours, now=now, seed=Seed())
    folder = data_folder.do(first)
    with as_owner(paths.data):
        journal = Journal.read(paths.provision)
        before = frozenset(journal.entries)
        journal.done(_entry("data_folder", folder, first, ""))
    taken = _look(paths, on, ours=ours, now=now, look=look)
    with as_owner(paths.data):
        journal.done(_entry("stick", _words(taken), first, ""))
        boot = Boot(paths=paths, on=on, ours=ours, now=now, seed=taking.seed(paths))
        mark = taking.last(paths)
    for step in STEPS:
        if not journal.is_done(step.name, seed=mark if step.of_seed else None):
            _do(step, boot, journal, mark)
    with as_owner(paths.data):
        result = Result(tuple(journal.entries.values()), before, taken)
        _finish(paths, result, now())
    return result


def _look(
    paths: Paths, on: Machine, *, ours: bool, now: Callable[[], float], look: Callable[[Machine], stick.Found | None]
) -> Taking:
    """A stick that is wrong, doubled or pulled out stops nothing: the setup page is there."""
    try:
        found = look(on) if ours else None
        with as_owner(paths.data):
            return taking.take(paths, found, now=now())
    except ApplianceError as error:
        if isinstance(error, StorageFull):
            raise
        return Taking(Why.WRONG, f"{error.message[:1].upper()}{error.message[1:]}.", error.hint)


def _words(taken: Taking) -> Said:
    told = "".join(f" Line {line}: {sentence}." for line, sentence in taken.findings)
    return Said(f"{taken.sentence}{told}", taken.hint, ok=taken.why not in (Why.WRONG, Why.REFUSED))


def _do(step: Step, boot: Boot, journal: Journal, mark: str) -> None:
    """One step, and its line in the journal: first the one, then the other, so that the line never lies."""
    try:
        with contextlib.nullcontext() if step.as_root else as_owner(boot.paths.data):
            said = step.do(boot)
        with as_owner(boot.paths.data):
            journal.done(_entry(step.name, said, boot, mark))
    except (ApplianceError, OSError) as error:
        stopped = _understood(error)
        with as_owner(boot.paths.data), contextlib.suppress(OSError):  # the disk may be what is wrong
            journal.stopped(_entry(step.name, Said(stopped.message, stopped.hint, ok=False), boot, mark))
        raise stopped from None


def _understood(error: ApplianceError | OSError) -> ApplianceError:
    if isinstance(error, ApplianceError):
        return error
    why = os.strerror(error.errno or 0).lower()
    return StorageFull(f"the data folder cannot be written: {why}", hint="Check that its disk is not full.")


def _entry(step: str, said: Said, boot: Boot, mark: str) -> Entry:
    return Entry(step=step, sentence=said.sentence, hint=said.hint, ok=said.ok, at=boot.now(), seed=mark)


def _finish(paths: Paths, result: Result, now: float) -> None:
    """For the page and the panel; then the mark that the box is one."""
    said = {"at": now, "ok": all(one.ok for one in result.entries), "steps": [vars_of(one) for one in result.entries]}
    secret.write(paths.provision / FILE, json.dumps(said, ensure_ascii=False, indent=1).encode())
    ready = paths.provision / taking.READY
    if not ready.exists():
        ready.touch(mode=0o600)
        disk.sync_folder(paths.provision)


def vars_of(entry: Entry) -> dict[str, Any]:
    """What is shown of a step."""
    return {name: getattr(entry, name) for name in ("step", "sentence", "hint", "ok", "at")}


def adopt(on: Machine) -> None:
    """Forget which data folder this machine had: the one that is there now is to stay."""
    on.remove(data_folder.KNOWN)


def show(paths: Paths, on: Machine) -> None:
    """On the console, for whoever stands there."""
    try:
        with as_owner(paths.data):
            face = console.face(paths, load(paths.config))
        console.write(on, face)
    except ApplianceError as error:
        raise Unavailable(f"the console cannot show the box: {error.message}", hint=error.hint) from None
