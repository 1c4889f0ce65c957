"""What people made of an attempt, as facts: every decision, notes, recommendations, the outcome, what was watched, what
was muted, who looked and what left the box. Times are wall seconds, spans seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam import events, health, sampling
from appliance.exam.review import Span, seconds, union, without
from appliance.exam.sampling import Verdict
from appliance.ledger import exports, planning, review, seats, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow

Names = Mapping[str, str]
"""user -> name; whoever has none is called as in the ledger."""

LONGEST_NEVER = 50
"""Spans that nobody watched are listed up to here; their seconds are whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One decision on a flag; a later one stands instead, an "open" one took the one before it back."""

    decision: str
    reason: str
    note: str
    by: str
    decided_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote beside a flag, for all who may see it."""

    text: str
    by: str
    noted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """What a reviewer thinks should happen next (`exam.review.Recommendation`), and what it is worth now
    (`exam.review.Standing`). An adverse one is nothing until a second reviewer agreed."""

    kind: str
    standing: str
    text: str
    by: str
    made_at: float
    agreed: bool | None
    answer: str
    answered_by: str | None
    answered_at: float | None
    withdrawn_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the institution made of it, in its own words."""

    text: str
    by: str
    recorded_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of time."""

    starts_at: float
    ends_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Of `recorded` seconds (any feed) people played `watched`, at whatever speed; `never`: the longest spans that
    nobody did; `by`: name -> seconds of each."""

    recorded: float
    watched: float
    by: dict[str, float]
    never: tuple[Stretch, ...]

    @property
    def share(self) -> float | None:
        """0 to 1; None where nothing was recorded."""
        return min(1.0, self.watched / self.recorded) if self.recorded else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """A rule that a lead silenced for this candidate, because its detector was wrong at the seat. `ended_at` None:
    until the end."""

    code: str
    seat: str
    reason: str
    by: str
    muted_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody looked, or saved. `what`: "live", "recording", "snapshot" and so on, "report" or "export"; `of`: the
    feed or the file."""

    at: float
    by: str
    what: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A clip that was to leave the box. `state`: "waiting", "made" or "failed", then `trouble`; `files`: name ->
    SHA-256."""

    asked_at: float
    by: str
    reason: str
    kinds: tuple[str, ...]
    starts_at: float
    ends_at: float
    masked: bool
    state: str
    trouble: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """All of it, of one attempt. `recommendations`: oldest first, withdrawn ones too."""

    recommendations: tuple[Recommended, ...]
    outcome: Outcome | None
    watched: Watched
    muted: tuple[Muted, ...]
    accesses: tuple[Access, ...]
    exports: tuple[Exported, ...]

    @property
    def recommended(self) -> Recommended | None:
        """The one that counts: the last that was not withdrawn."""
        return next((one for one in reversed(self.recommendations) if one.withdrawn_at is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Blind sampling in an exam: of `wanted` minutes `drawn` were given to people; of the `judged` ones `found` held
    something that no flag was raised for; `unclear` ones count for nothing. `share` with `low` and `high` (95 %,
    Clopper and Pearson): estimated part of all unflagged minutes; None where none was judged."""

    wanted: int
    drawn: int
    judged: int
    found: int
    unclear: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRate:
    """Of the `decided` flags of a rule at a seat `dismissed` were, because the detector was wrong or the action
    innocent. `trouble`: somebody should look at the seat."""

    seat: str
    code: str
    dismissed: int
    decided: int
    open: int
    trouble: bool


def review_of(
    connection: sa.Connection, row: AttemptRow, names: Names, log: Sequence[Event], recorded: Iterable[Span]
) -> Review:
    """Of one attempt. `log`: its events in order; `recorded`: spans of any feed that are on disk, or were."""
    found = review.outcomes(connection, attempt=row.attempt)
    return Review(
        recommendations=tuple(_recommended(one) for one in review.recommendations(connection, attempt=row.attempt)),
        outcome=Outcome(text=found[0].outcome, by=found[0].by_name, recorded_at=found[0].recorded_at)
        if found
        else None,
        watched=_watched(review.watched(connection, attempt=row.attempt), names, union(list(recorded))),
        muted=_muted(row, log),
        accesses=accesses(log, names),
        exports=tuple(_exported(one) for one in exports.exports(connection, attempt=row.attempt)),
    )


def rulings(log: Iterable[Event], names: Names) -> dict[str, tuple[Ruling, ...]]:
    """Flag -> every decision on it, oldest first. What was erased is not among them."""
    found: dict[str, list[Ruling]] = {}
    for event in log:
        if isinstance(said := event.payload, events.FlagDecided):
            ruling = Ruling(
                decision=said.decision,
                reason=said.reason,
                note=said.note,
                by=names.get(said.by, said.by),
                decided_at=event.wall,
            )
            found.setdefault(said.flag, []).append(ruling)
    return {flag: tuple(own) for flag, own in found.items()}


def notes(connection: sa.Connection, attempt: str) -> dict[str, tuple[Note, ...]]:
    """Flag -> the notes on it, oldest first."""
    found: dict[str, list[Note]] = {}
    for one in review.notes(connection, attempt=attempt):
        found.setdefault(one.flag, []).append(Note(text=one.text, by=one.by_name, noted_at=one.noted_at))
    return {flag: tuple(own) for flag, own in found.items()}


def accesses(log: Iterable[Event], names: Names) -> tuple[Access, ...]:
    """Who looked at what, and saved what, in the order of the ledger."""
    found = []
    for event in log:
        match event.payload:
            case events.FeedViewed(kind=of, what=what, by=by):
                pass
            case events.ReportTaken(file=of, by=by):
                what = "report"
            case events.ExportTaken(file=of, by=by):
                what = "export"
            case _:
                continue
        found.append(Access(at=event.wall, by=names.get(by, by), what=what, of=of))
    return tuple(found)


def taken_of_exam(connection: sa.Connection, exam: str, names: Names) -> tuple[Access, ...]:
    """Who saved the report on the whole exam."""
    row = tables.event.c
    query = SELECT.where(row.chain == events.BOX, row.type == events.ReportTaken.TYPE, row.exam == exam)
    return accesses(map(Event.from_row, connection.execute(query.order_by(row.position))), names)


def exports_of_rooms(connection: sa.Connection, exam: str) -> tuple[Exported, ...]:
    """Clips of cameras that belong to no candidate."""
    rooms = {row.room for row in state.rooms(connection, exam)}
    return tuple(_exported(one) for one in exports.exports(connection, exam=exam) if one.attempt in rooms)


def sampling_of(connection: sa.Connection, exam: str) -> Sampling:
    """Of a whole exam: of one candidate there are too few minutes to say anything."""
    drawn = review.current(review.samples(connection, exam))
    found = sum(one.verdict is Verdict.FOUND for one in drawn)
    judged = found + sum(one.verdict is Verdict.CLEAR for one in drawn)
    missed = sampling.missed(judged, found)
    return Sampling(
        wanted=planning.plan(connection, exam).blind_minutes,
        drawn=len(drawn),
        judged=judged,
        found=found,
        unclear=sum(one.verdict is Verdict.UNCLEAR for one in drawn),
        share=missed.share,
        low=missed.low,
        high=missed.high,
    )


def seat_rates(connection: sa.Connection, exam: str) -> tuple[SeatRate, ...]:
    """Where people dismissed a detector's flags, what troubles most first."""
    return tuple(
        SeatRate(
            seat=one.place.seat,
            code=one.code,
            dismissed=one.dismissed,
            decided=one.decided,
            open=one.open,
            trouble=one.is_trouble,
        )
        for one in health.rates(seats.judged(connection, exam))
        if one.dismissed
    )


def _recommended(row: review.RecommendationRow) -> Recommended:
    return Recommended(
        kind=row.kind.value,
        standing=row.standing.value,
        text=row.text,
        by=row.by_name,
        made_at=row.made_at,
        agreed=row.agreed,
        answer=row.answer,
        answered_by=row.answered_by_name,
        answered_at=row.answered_at,
        withdrawn_at=row.withdrawn_at,
    )


def _watched(rows: Sequence[review.WatchedRow], names: Names, recorded: list[Span]) -> Watched:
    played: dict[str, list[Span]] = {}
    for row in rows:
        played.setdefault(names.get(row.by, row.by), []).append((row.starts_at, row.ends_at))
    never = without(recorded, [span for own in played.values() for span in own])
    longest = sorted(sorted(never, key=lambda span: span[0] - span[1])[:LONGEST_NEVER])
    whole = seconds(recorded)
    return Watched(
        recorded=whole,
        watched=max(0.0, whole - seconds(never)),
        by={name: whole - seconds(without(recorded, own)) for name, own in sorted(played.items())},
        never=tuple(Stretch(starts_at=start, ends_at=end) for start, end in longest),
    )


def _muted(row: AttemptRow, log: Iterable[Event]) -> tuple[Muted, ...]:
    found: list[Muted] = []
    since: dict[str, tuple[float, events.RuleMuted]] = {}

    def ended(code: str, at: float | None) -> None:
        if code in since:
            muted_at, said = since.pop(code)
            one = Muted(code=code, seat=row.seat, reason=said.reason, by=said.by_name, muted_at=muted_at, ended_at=at)
            found.append(one)

    for event in log:
        if isinstance(said := event.payload, events.RuleMuted):
            ended(said.code, event.wall)
            if said.muted:
                since[said.code] = (event.wall, said)
    for code in list(since):
        ended(code, None)
    return tuple(sorted(found, key=lambda one: one.muted_at))


def _exported(row: exports.ExportRow) -> Exported:
    done = "failed" if row.trouble else "made"
    return Exported(
        asked_at=row.asked_at,
        by=row.by_name,
        reason=row.reason,
        kinds=tuple(row.kinds),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        masked=row.masked,
        state="waiting" if row.done_at is None else done,
        trouble=row.trouble,
        files=dict(row.facts["files"]) if row.facts else {},
    )
