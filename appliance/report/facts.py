"""What a report says: a tree of frozen values, free of any layout. Times are wall seconds, spans in seconds.

`collect.py` fills it from the ledger; `json_report.py`, `csv_report.py` and `pdf.py` write it down.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.exam.flags import RULES, Channel, Decision
from appliance.report.day import Day
from appliance.report.detection import (
    Baseline,
    Challenge,
    Identity,
    InForce,
    Models,
    Reduced,
    RoomEvent,
)
from appliance.report.kept import Retention
from appliance.report.review import Access, Exported, Note, Review, Ruling, Sampling, SeatRate

ABOUT = (
    "This report states observations. Flags raised by software are notes for a person to look at; they are not findings"
    " about the candidate, and software decided nothing. Each flag carries its numbers and what a person made of it."
)


class PictureState(StrEnum):
    """Is the snapshot still what the ledger says?"""

    KEPT = "kept"
    DELETED = "deleted"  # by its date or on request: the ledger says so
    MISSING = "missing"  # not on the box's disk when the report was written
    CHANGED = "changed"  # its SHA-256 is not the one in the ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """The exam and the policy in force."""

    exam: str
    title: str
    starts_at: float
    minutes: int
    admission: str
    warnings_before_end: int
    ratio: int
    retention_days: int
    ended_at: float | None
    delete_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the stage log: what happened, when by the box's clock, who did it, with what."""

    event: str
    at: float
    actor: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCoverage:
    """How much of the time a rule could be judged: looks that could be, of all looks."""

    code: str
    kind: str
    assessable: int
    ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One feed: `seconds` on disk between `starts_at` and `ends_at`, `idle` of which nothing was expected (between
    calls); `recovered` segments were closed after a crash, `damaged` files were set aside; of its files `deleted` went
    by their date or on request, `missing` are not on the box, `changed` are not as long as they were; `twice`: seconds
    that two files both have; `position` is where its camera stood last (`exam.feed.Position`), None where there is no
    picture."""

    kind: str
    starts_at: float
    ends_at: float
    seconds: float
    segments: int
    bytes: int
    recovered: int
    damaged: int
    deleted: int
    missing: int
    changed: int
    twice: float
    closed: bool
    idle: float = 0.0
    position: str | None = None

    @property
    def share(self) -> float:
        """Part of what was expected that is on disk, 0 to 1."""
        span = self.ends_at - self.starts_at - self.idle
        return min(1.0, self.seconds / span) if span > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a feed that is not on disk, or was not looked at, and why. `ends_at` None: it was still going on.
    `filled`: seconds of it that the page brought later. `sense`: what did not look, where that is the question."""

    kind: str
    cause: str
    starts_at: float
    ends_at: float | None
    filled: float = 0.0
    sense: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A picture kept with a flag. `path` is relative to the media folder."""

    moment: str
    path: str
    sha256: str
    at: float | None
    state: PictureState


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A note, its numbers, and what people made of it. `raised_by` is None where software raised it. `numbers`: of
    its rule, in force then; `why`: what its judge saw, by name; `decision` with what follows: the last one; `rulings`:
    every one, also those that were taken back."""

    flag: str
    attempt: str
    seat: str
    code: str
    category: str
    severity: str
    kind: str
    raised_by: str | None
    onset_at: float
    raised_at: float
    ended_at: float | None
    position: float | None
    stage: str
    rules: str
    models: dict[str, str]
    threshold: float | None
    score: float | None
    true: int
    assessable: int
    ticks: int
    light: float | None
    remark: str
    numbers: dict[str, float]
    why: dict[str, Any]
    snapshots: tuple[Snapshot, ...]
    decision: Decision
    reason: str
    note: str
    decided_by: str | None
    decided_at: float | None
    rulings: tuple[Ruling, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Chat or a warning; `sender` is a name a person knows."""

    kind: str
    sender: str
    from_candidate: bool
    text: str
    sent_at: float
    read_at: float | None
    acknowledged_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A proctor (by name) spoke with the candidate; both are recorded. `ends_at` None: it was still going on."""

    who: str
    starts_at: float
    ends_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What judged: the rules in force last, those the flags name, models (`models` those that flags name, `judged_by`
    all, from when they did), software."""

    rules: str
    rules_of_flags: tuple[str, ...]
    models: dict[str, str]
    judged_by: tuple[Models, ...]
    software: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The last event that the report knows of."""

    chain: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """Another recording of the same candidate, or from the same seat (`why`: "candidate" or "seat"), at the same
    time."""

    exam: str
    seat: str
    why: str
    starts_at: float
    ends_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """Everything about one attempt. `provisional`: it was going on when this was written; `open_points`: sentences on
    what a reader must know before relying on it; `not_applied`: codes of rules, without a reason; `sampling` is the
    whole exam's."""

    written_at: float
    provisional: bool
    exam: Exam
    attempt: str
    room: str
    seat: str
    candidate: str
    name: str
    stage: str
    stage_at: float
    proctor: str | None
    started_at: float | None
    closed_at: float | None
    steps: tuple[Step, ...]
    coverage: tuple[RuleCoverage, ...]
    not_applied: tuple[str, ...]
    in_force: tuple[InForce, ...]
    reduced: tuple[Reduced, ...]
    room_events: tuple[RoomEvent, ...]
    baselines: tuple[Baseline, ...]
    identity: Identity
    challenges: tuple[Challenge, ...]
    recordings: tuple[Recording, ...]
    gaps: tuple[Span, ...]
    unseen: tuple[Span, ...]
    flags: tuple[Flag, ...]
    messages: tuple[Message, ...]
    calls: tuple[Call, ...]
    day: Day
    review: Review
    sampling: Sampling
    retention: Retention
    meanwhile: tuple[Meanwhile, ...]
    versions: Versions
    ledger: LedgerHead
    open_points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFacts:
    """Everything about an exam: the attempts by seat, and points that concern the box. `provisional`: it was not over;
    `seat_rates`: where a detector was dismissed; `accesses`: who saved this report;
    `exports`: clips of rooms, the others stand with their candidates."""

    written_at: float
    provisional: bool
    exam: Exam
    attempts: tuple[AttemptFacts, ...]
    in_force: tuple[InForce, ...]
    reduced: tuple[Reduced, ...]
    room_events: tuple[RoomEvent, ...]
    sampling: Sampling
    seat_rates: tuple[SeatRate, ...]
    retention: Retention
    accesses: tuple[Access, ...]
    exports: tuple[Exported, ...]
    versions: Versions
    ledger: LedgerHead
    open_points: tuple[str, ...]


def decisions(flags: tuple[Flag, ...]) -> dict[str, int]:
    """How many flags are confirmed, dismissed, inconclusive, open."""
    return {decision.value: sum(flag.decision is decision for flag in flags) for decision in Decision}


def seconds_of(spans: tuple[Span, ...], *, now: float) -> float:
    """Their lengths together; one that is still going on counts until `now`."""
    return sum(max(0.0, (span.ends_at or now) - span.starts_at) for span in spans)


def fraction(assessable: int, ticks: int) -> float | None:
    """0 to 1; None where nothing was looked at."""
    return assessable / ticks if ticks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorCoverage:
    """How much of the time a detector could judge by one feed, all its rules together."""

    channel: str
    kind: str
    assessable: int
    ticks: int

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing was looked at."""
        return fraction(self.assessable, self.ticks)


def by_detector(coverage: tuple[RuleCoverage, ...]) -> list[DetectorCoverage]:
    """In the order of the detectors."""
    sums: dict[tuple[Channel, str], tuple[int, int]] = {}
    for rule in coverage:
        if rule.code in RULES:
            key = (RULES[rule.code].channel, rule.kind)
            assessable, ticks = sums.get(key, (0, 0))
            sums[key] = (assessable + rule.assessable, ticks + rule.ticks)
    order = list(Channel)
    return [
        DetectorCoverage(channel=channel.value, kind=kind, assessable=assessable, ticks=ticks)
        for (channel, kind), (assessable, ticks) in sorted(
            sums.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
        )
    ]


def by_cause(spans: tuple[Span, ...], *, now: float) -> dict[tuple[str, str], float]:
    """(sense, cause) -> seconds."""
    sums: dict[tuple[str, str], float] = {}
    for span in spans:
        key = (span.sense, span.cause)
        sums[key] = sums.get(key, 0.0) + seconds_of((span,), now=now)
    return dict(sorted(sums.items()))
