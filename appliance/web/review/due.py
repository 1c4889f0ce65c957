"""What waits for a reviewer in one exam: flags by how soon, candidates by what was looked at of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam.flags import Category, Decision, Severity
from appliance.exam.retention import Data
from appliance.exam.review import Span, seconds, union, urgency, without
from appliance.exam.stage import RECORDED, Stage
from appliance.ledger import holding, review, state, tables
from appliance.ledger.review import OutcomeRow, RecommendationRow
from appliance.ledger.state import AttemptRow, FlagRow

STRIP = 1000
"""Units that the bar of a recording is wide."""

_TOGETHER = 1.0
"""Seconds by which two files of one recording may lie apart without a gap."""

_STILL = ("peak", "onset", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A flag in the list. `earlier`: flags of the same code that the candidate had before; `still`: the moment of its
    clearest snapshot, "" where it has none; `sign`: its severity, or "technical"."""

    flag: FlagRow
    row: AttemptRow
    urgency: float
    waited: float
    earlier: int
    notes: int

    @property
    def still(self) -> str:
        moments = {one["moment"] for one in self.flag.facts.get("snapshots", [])}
        return next((moment for moment in _STILL if moment in moments), "")

    @property
    def sign(self) -> str:
        return "technical" if self.flag.category == Category.TECHNICAL else self.flag.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which flags to show: of a decision, a sign (severity or "technical") and a seat; "" is any."""

    state: str = Decision.OPEN.value
    sign: str = ""
    seat: str = ""

    def takes(self, due: Due) -> bool:
        """Is it one of them?"""
        return self.state in ("", due.flag.state) and self.sign in ("", due.sign) and self.seat in ("", due.row.seat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A candidate, and what was looked at of the recording: `strip` are the stretches to draw (x, width, watched), of
    `STRIP`; `recommendation`: the last that was not withdrawn; `deleted_at`: when the recording went."""

    row: AttemptRow
    live: bool
    recorded: float
    watched: float
    strip: tuple[tuple[float, float, bool], ...]
    open: int
    inconclusive: int
    recommendation: RecommendationRow | None
    outcome: OutcomeRow | None
    deleted_at: float | None
    held: bool

    @property
    def share(self) -> float:
        """Of what is recorded, what somebody played; 0 where nothing is."""
        return self.watched / self.recorded if self.recorded else 0.0

    @property
    def never(self) -> bool:
        """There is a recording, and nobody has played any of it."""
        return self.recorded > 0 and self.watched == 0


def flags(connection: sa.Connection, exam: str, seen: Mapping[str, AttemptRow], *, now: float) -> list[Due]:
    """Every flag of the candidates that somebody sees: open ones first, the most urgent on top; then the others, what
    was decided last on top."""
    noted = Counter(note.flag for note in review.notes(connection, exam=exam))
    before: Counter[tuple[str, str]] = Counter()
    found = []
    for flag in state.flags(connection, exam=exam):  # by onset
        row = seen.get(flag.attempt)
        if row is None:
            continue
        earlier, waited = before[flag.attempt, flag.code], now - flag.raised_at
        before[flag.attempt, flag.code] += 1
        score = urgency(Severity(flag.severity), earlier=earlier, waited=waited)
        found.append(Due(flag=flag, row=row, urgency=score, waited=waited, earlier=earlier, notes=noted[flag.flag]))
    return sorted(found, key=_order)


def _order(due: Due) -> tuple[bool, float, float]:
    """Technical flags say nothing of anybody: they come after those that do."""
    if due.flag.state == Decision.OPEN:
        technical = due.sign == "technical"
        return False, -due.urgency / (100 if technical else 1), due.flag.onset_at
    return True, -(due.flag.decided_at or 0.0), due.flag.onset_at


def candidates(
    connection: sa.Connection, exam: str, seen: Mapping[str, AttemptRow], due: Sequence[Due]
) -> list[Looked]:
    """Whoever arrived, by seat."""
    recorded, watched = _recorded(connection, exam), defaultdict[str, list[Span]](list)
    for one in review.watched(connection, exam=exam):
        watched[one.attempt].append((one.starts_at, one.ends_at))
    made = {one.attempt: one for one in review.recommendations(connection, exam=exam) if one.withdrawn_at is None}
    outcomes = {one.attempt: one for one in review.outcomes(connection, exam=exam)}
    gone = {one.attempt: one.deleted_at for one in holding.deletions(connection, exam=exam) if one.what in _RECORDINGS}
    holds = {one.attempt for one in holding.holds(connection, exam) if one.lifted_at is None}
    states = Counter((one.row.attempt, one.flag.state) for one in due)
    found = []
    for name, row in seen.items():
        if row.stage is Stage.INVITED:
            continue
        spans = recorded.get(name, [])
        left = without(spans, watched[name])
        found.append(
            Looked(
                row=row,
                live=row.stage in RECORDED,
                recorded=seconds(spans),
                watched=max(0.0, seconds(spans) - seconds(left)),
                strip=tuple(_strip(spans, left)),
                open=states[name, Decision.OPEN.value],
                inconclusive=states[name, Decision.INCONCLUSIVE.value],
                recommendation=made.get(name),
                outcome=outcomes.get(name),
                deleted_at=gone.get(name),
                held=bool(holds & {None, name}),
            )
        )
    return found


_RECORDINGS = (Data.RECORDINGS.value, "practice")


def _recorded(connection: sa.Connection, exam: str) -> dict[str, list[Span]]:
    """Of each attempt, when anything was recorded of it, of whichever feed but the calls; files follow each other to
    the millisecond, not exactly."""
    segment, attempt = tables.segment.c, tables.attempt.c
    found: dict[str, list[Span]] = defaultdict(list)
    of = sa.select(attempt.attempt).where(attempt.exam == exam)
    query = sa.select(segment.attempt, segment.starts_at, segment.duration)
    for name, at, duration in connection.execute(query.where(segment.attempt.in_(of) & (segment.kind != "call"))):
        found[name].append((at, at + duration + _TOGETHER))
    return {name: [(start, end - _TOGETHER) for start, end in union(spans)] for name, spans in found.items()}


def _strip(spans: Sequence[Span], left: Sequence[Span]) -> Iterable[tuple[float, float, bool]]:
    """The recording as a bar from its first moment to its last; holes stay empty."""
    if not spans:
        return
    first, whole = spans[0][0], max(1.0, spans[-1][1] - spans[0][0])
    for part, watched in ((without(spans, left), True), (left, False)):
        for start, end in part:
            yield round((start - first) / whole * STRIP, 1), round((end - start) / whole * STRIP, 1), watched
