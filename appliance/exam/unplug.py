"""May the box be unplugged, may the disk be taken out, is an exam's copy here still needed? Pure: what is known at one
moment in, a verdict out; sentences are the page's."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

MINUTE, HOUR = 60.0, 3600.0

STUCK = ("refused", "full", "conflict", "damaged", "box")
"""Kinds of failure (`box.upstream.Failure`) that a person has to do something about; "away" goes by itself."""


class State(StrEnum):
    """How the upstream is. The one that is true and stands first counts."""

    SILENT = "silent"  # whoever sends says nothing: nothing can be claimed
    EXAM = "exam"  # candidates are here
    STUCK = "stuck"  # something does not go until a person acts
    ALTERED = "altered"  # the store has lost or changed what it had
    AWAY = "away"  # the store cannot be reached; it goes on by itself
    HELD = "held"  # recordings wait for an hour that somebody set
    SENDING = "sending"
    BUNDLING = "bundling"  # everything was sent; what is over is being signed and proved
    LATER = "later"  # what exams recorded is upstream; words that were added since follow
    EMPTY = "empty"  # nothing was ever recorded
    SAFE = "safe"  # everything is upstream, proved


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is known. `present`: candidates in exams that go on; `stored`: attempts that are upstream; `unstored`: those
    and exams that are over and not proved to be there; `later`: attempts of which something was said since; `altered`:
    objects that are not right at the store any more; `waiting`
    (objects) and `waiting_bytes`; `in_flight`: uploads that run; `eta_s`: None where it cannot be said; `failing`:
    kinds of what does not go; `video_waits`: as `box.upstream` has it."""

    speaks: bool
    present: int = 0
    stored: int = 0
    unstored: int = 0
    later: int = 0
    altered: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    in_flight: int = 0
    eta_s: float | None = None
    reachable: bool | None = None
    failing: tuple[str, ...] = ()
    video_waits: str = ""

    @property
    def open(self) -> bool:
        """Is there anything that the store does not have, or that is on its way?"""
        return bool(self.waiting or self.unstored or self.in_flight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`state`; `sending`: the same without the exam that may run; `safe`: may the box be unplugged without a second
    thought? Nothing is lost where it may not, since what is here is on its disk."""

    state: State
    sending: State

    @property
    def safe(self) -> bool:
        return self.state in (State.SAFE, State.EMPTY, State.LATER)


def judged(sight: Sight) -> Verdict:
    """The box, as it is now."""
    sending = _sending(sight)
    runs = sight.present > 0 and sending is not State.SILENT
    return Verdict(state=State.EXAM if runs else sending, sending=sending)


def _sending(sight: Sight) -> State:
    found = {
        State.SILENT: not sight.speaks,
        State.STUCK: any(kind in STUCK for kind in sight.failing),
        State.ALTERED: sight.altered > 0,
        State.AWAY: sight.open and (sight.reachable is False or "away" in sight.failing),
        State.HELD: bool(sight.video_waits) and sight.waiting > 0 and not sight.in_flight,
        State.SENDING: bool(sight.waiting_bytes or sight.in_flight),
        State.BUNDLING: bool(sight.waiting or sight.unstored),
        State.LATER: sight.later > 0,
        State.EMPTY: not (sight.stored or sight.present),
    }
    return next((state for state, so in found.items() if so), State.SAFE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """`unit`: "minutes", "hours" or "unknown"."""

    unit: str
    n: int = 0


def length(eta_s: float | None) -> Length:
    """How long it will take, as one says it; never less than a minute."""
    if eta_s is None or not math.isfinite(eta_s):
        return Length(unit="unknown")
    if eta_s <= 90 * MINUTE:
        return Length(unit="minutes", n=max(1, math.ceil(eta_s / MINUTE)))
    return Length(unit="hours", n=math.ceil(eta_s / HOUR))


class Disk(StrEnum):
    """The disk or share that is the store."""

    NONE = "none"  # the store is no folder
    SAME = "same"  # a folder on the box's own disk
    AWAY = "away"  # it is not there
    UNKNOWN = "unknown"
    BUSY = "busy"  # something is being written, or will be at any moment
    LACKS = "lacks"  # nothing is being written just now, and not everything is on it
    SAFE = "safe"


def disk(sight: Sight, *, local: bool, separate: bool) -> Disk:
    """May it be taken out? `separate`: is it another disk than the box's own?"""
    if not local:
        return Disk.NONE
    if sight.reachable is False:
        return Disk.AWAY
    if not separate:
        return Disk.SAME
    if not sight.speaks:
        return Disk.UNKNOWN
    if sight.present or sight.in_flight or (sight.waiting and not sight.video_waits and not _stuck(sight)):
        return Disk.BUSY
    return Disk.LACKS if sight.open or sight.later or sight.altered else Disk.SAFE


def _stuck(sight: Sight) -> bool:
    return any(kind in STUCK for kind in sight.failing)


class Copy(StrEnum):
    """The copy of an exam on this box. The one that is true and stands first counts."""

    PRACTICE = "practice"  # never leaves the box, and goes by itself
    OPEN = "open"  # it is not over
    UNSENT = "unsent"  # not all of it is upstream
    NONE = "none"  # nobody was recorded
    GONE = "gone"  # its recordings were deleted by their date
    ALTERED = "altered"  # the store has not got it any more as it was stored
    HELD = "held"  # somebody holds it
    DATED = "dated"  # its date is to come
    DUE = "due"  # safe to delete: the box does it by itself

    @property
    def needed(self) -> bool:
        """Must nobody delete it?"""
        return self not in (Copy.DUE, Copy.GONE, Copy.NONE, Copy.PRACTICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One candidate's recordings, or a room's. `recorded`: there were some; `over`: there will be no more; `stored`:
    everything that the ledger names is upstream, with a receipt; `altered`: objects that are not right there any more;
    `delete_at`: their date, None while held or open; `gone`: deleted."""

    recorded: bool
    over: bool
    stored: bool
    altered: int = 0
    held: bool = False
    gone: bool = False
    delete_at: float | None = None


def copy_of(everybody: Collection[Held], *, practice: bool, ended: bool, now: float) -> Copy:
    """Is it still needed here? An exam is as its worst candidate is."""
    recorded = [one for one in everybody if one.recorded]
    here = [one for one in recorded if not one.gone]
    found = {
        Copy.PRACTICE: practice,
        Copy.OPEN: not ended or any(not one.over for one in here),
        Copy.UNSENT: any(not one.stored and not one.gone for one in everybody),
        Copy.NONE: not recorded,
        Copy.GONE: not here,
        Copy.ALTERED: any(one.altered for one in here),
        Copy.HELD: any(one.held for one in here),
        Copy.DATED: any(one.delete_at is None or one.delete_at > now for one in here),
    }
    return next((copy for copy, so in found.items() if so), Copy.DUE)
