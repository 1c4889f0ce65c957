"""What is known of the box: read four times a second in a thread of its own, so that a disk that hangs stops neither
the button nor the lights. `state_of` is pure; whoever reads is handed in (`sources`)."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from appliance.box import workers
from appliance.box.upstream import Upstream
from appliance.checks import words as sentences
from appliance.checks.issue import Issue, Severity
from appliance.checks.standing import Standing
from appliance.ledger.fleet import Sitting, ToRecord
from appliance.panel.status import BoxState, Exam, Wrong

EVERY = 0.25
"""Seconds between two looks."""

SILENT = 5.0
"""Seconds without a word from a process that speaks each second."""

ARRIVES = 5.0
"""A feed that was silent for longer is not recorded."""

LATE = 1.0
"""Seconds after which a look is late, and what is shown counts how late."""

OURS = frozenset({"process_down", "box_stopped"})
"""Issues that the panel sees by itself, and sooner."""

log = logging.getLogger(__name__)
Words = Callable[..., str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A process, as its health file has it. `silent`: seconds without a new word, by a clock that nobody sets; `there`:
    is its process alive?"""

    facts: Mapping[str, Any] = field(default_factory=dict)
    silent: float = 0.0
    there: bool = False

    @property
    def is_well(self) -> bool:
        """Detection without its models runs, and a check says what is missing."""
        fine = self.facts.get("healthy") or self.facts.get("missing")
        return bool(fine) and self.there and self.silent <= SILENT

    @property
    def sentence(self) -> str:
        """What is not well."""
        if not self.there:
            return "not running"
        if self.silent > SILENT:
            return "silent" if math.isinf(self.silent) else f"silent for {self.silent:.0f} s"
        return str(self.facts.get("sentence", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Exams, as the ledger has them. `feeds`: what a page sends, by exam, where that is planned; `next_at`: when one
    begins, None where none does."""

    sittings: tuple[Sitting, ...] = ()
    to_record: tuple[ToRecord, ...] = ()
    feeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    next_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """All that was read at one look. `at`: wall seconds; `needed`: processes without which the box is not whole;
    `up`: was each of them well once; `no_ledger`: there is one, and it could not be read for some seconds;
    `no_settings`: why they cannot be read, or "". `watched`, `uptime`: seconds."""

    at: float
    uptime: float = math.inf
    watched: float = 0.0
    name: str = ""
    address: str = ""
    fingerprint: str = ""
    setup_code: str = ""
    first_boot: bool = False
    up: bool = False
    needed: tuple[str, ...] = ()
    processes: Mapping[str, Spoken] = field(default_factory=dict)
    issues: tuple[Standing, ...] = ()
    upstream: Upstream | None = None
    held: Held = field(default_factory=Held)
    no_ledger: bool = False
    no_settings: str = ""
    disk_free: int = 0

    @property
    def well(self) -> frozenset[str]:
        """Of the processes that are needed, those that are."""
        return frozenset(name for name in self.needed if self.processes.get(name, Spoken()).is_well)


def state_of(read: Readings, words: Words) -> BoxState:
    """What it means."""
    upstream = read.upstream
    return BoxState(
        at=read.at,
        name=read.name,
        address=read.address,
        fingerprint=read.fingerprint,
        setup_code=read.setup_code,
        up=read.up,
        first_boot=read.first_boot,
        uptime=read.uptime,
        watched=read.watched,
        wrong=_wrong(read, words),
        exam=_exam(read),
        no_ledger=read.no_ledger,
        waiting_bytes=upstream.waiting_bytes if upstream else 0,
        waiting_objects=upstream.waiting_objects if upstream else 0,
        reachable=upstream.reachable if upstream else None,
        local=bool(upstream and upstream.local),
        disk_free=read.disk_free,
    )


def _wrong(read: Readings, words: Words) -> tuple[Wrong, ...]:
    """Faults first: processes, then what the checks found."""
    found = []
    if read.no_settings:
        found.append(_fault("no_settings", words("display.no_settings")))
    for name in read.needed:
        spoken = read.processes.get(name, Spoken())
        if not spoken.is_well:
            facts = {"process": name, "sentence": spoken.sentence}
            issue = Issue(code="process_down", severity=Severity.FAULT, about=name, facts=facts)
            found.append(_fault(issue.code, sentences.of(issue, words).sentence))
    if read.no_ledger:
        found.append(_fault("no_ledger", words("display.no_ledger")))
    checked = [one for one in read.issues if one.code not in OURS]
    for standing in sorted(checked, key=lambda one: one.severity != Severity.FAULT):
        fault = standing.severity == Severity.FAULT
        found.append(Wrong(code=standing.code, sentence=_sentence(standing, words), fault=fault))
    return tuple(found)


def _fault(code: str, sentence: str) -> Wrong:
    return Wrong(code=code, sentence=sentence, fault=True)


def _sentence(standing: Standing, words: Words) -> str:
    """One of another version's may have other facts: then its name must do."""
    try:
        return sentences.of(standing.issue, words).sentence
    except (KeyError, TypeError, ValueError):
        return standing.code.replace("_", " ")


def _exam(read: Readings) -> Exam:
    held, now = read.held, read.at
    running = [one for one in held.sittings if one.runs(now)]
    ends = [one.ends_at for one in held.to_record if one.ends_at is not None] or [one.over_at for one in running]
    arriving = _arriving(read)
    return Exam(
        running=bool(running),
        present=sum(one.present for one in running),
        expected=sum(one.expected for one in running),
        to_record=len(held.to_record),
        recorded=sum(
            all(f"{one.attempt}/{kind}" in arriving for kind in held.feeds.get(one.exam, _USUAL))
            for one in held.to_record
        ),
        minutes_left=max(0, math.ceil((max(ends) - now) / 60)) if running and ends else None,
        next_in=None if held.next_at is None or held.next_at <= now else held.next_at - now,
    )


_USUAL = ("webcam",)
"""Until the plan of a new exam is read."""


def _arriving(read: Readings) -> frozenset[str]:
    """ "attempt/kind" of every feed that comes in and is written."""
    return frozenset(
        feed
        for name, spoken in read.processes.items()
        if workers.service_of(name) == workers.CAPTURE and spoken.is_well
        for feed, facts in spoken.facts.get("feeds", {}).items()
        if facts.get("gap") is None and facts.get("silent_s") is not None and facts["silent_s"] <= ARRIVES
    )


class Watcher:
    """The thread. `look` may take as long as it does: who asks is told how old the answer is."""

    def __init__(
        self,
        look: Callable[[], Readings],
        words: Words,
        *,
        uptime: float,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._look, self._words, self._clock = look, words, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="panel-watcher", daemon=True)
        began = BoxState(at=wall(), up=False, uptime=uptime, watched=0.0)
        self._newest: tuple[BoxState, frozenset[str], float] = (began, frozenset(), clock())
        self._complaint = ""
        self.looks = 0
        self.failures = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 0.5) -> None:
        """One that hangs in a disk is left behind."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(seconds)

    def state(self, now: float) -> BoxState:
        """The newest; the same object until there is a newer one, or it is late."""
        state, _, looked = self._newest
        late = now - looked
        if late <= LATE:
            return state
        return replace(state, age=late, uptime=state.uptime + late, watched=state.watched + late)

    @property
    def well(self) -> frozenset[str]:
        """The processes that are."""
        return self._newest[1]

    def step(self) -> None:
        """One look. What nobody foresaw is logged once, and shows as a look that is late."""
        try:
            read = self._look()
            self._newest = state_of(read, self._words), read.well, self._clock()
        except Exception as error:
            self.failures += 1
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.exception("the panel cannot see how the box is")
        else:
            self.looks += 1
            self._complaint = ""

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = self._clock()
            self.step()
            self._stopping.wait(max(0.02, EVERY - (self._clock() - began)))
