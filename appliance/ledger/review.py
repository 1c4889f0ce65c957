"""Review as frozen rows: what was watched, notes, recommendations, outcomes, samples, muted rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import NotFound
from appliance.exam.review import Recommendation, Standing, standing
from appliance.exam.sampling import Missed, Verdict, missed
from appliance.ledger import review_tables as tables
from appliance.ledger.rows import of, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRow:
    """Somebody played this span (wall seconds) of these feeds."""

    attempt: str
    kinds: list[str]
    starts_at: float
    ends_at: float
    speed: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagNoteRow:
    """A note on a flag."""

    note: str
    flag: str
    attempt: str
    text: str
    by: str
    by_name: str
    noted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRow:
    """What a reviewer thinks should happen next, and what the second one said."""

    recommendation: str
    attempt: str
    kind: Recommendation
    text: str
    by: str
    by_name: str
    made_at: float
    agreed: bool | None
    answer: str
    answered_by: str | None
    answered_by_name: str | None
    answered_at: float | None
    withdrawn_at: float | None

    @property
    def standing(self) -> Standing:
        """What it is worth now."""
        return standing(self.kind, agreed=self.agreed, withdrawn=self.withdrawn_at is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """What the institution made of it."""

    attempt: str
    outcome: str
    by: str
    by_name: str
    recorded_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A random minute without a flag; `verdict` None: not watched yet."""

    sample: str
    exam: str
    attempt: str
    starts_at: float
    ends_at: float
    by: str
    drawn_at: float
    verdict: Verdict | None
    flag: str | None
    text: str
    judged_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MutedRow:
    """A rule that a lead silenced for one candidate's seat."""

    attempt: str
    code: str
    reason: str
    by: str
    by_name: str
    muted_at: float


def watched(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[WatchedRow]:
    """What was played, by when it was recorded."""
    row = tables.watched
    found = connection.execute(of(sa.select(row), row, attempt, exam).order_by(row.c.starts_at))
    return [
        WatchedRow(
            attempt=one.attempt,
            kinds=json.loads(one.kinds),
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            speed=one.speed,
            by=one.by,
        )
        for one in found
    ]


def notes(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[FlagNoteRow]:
    """Notes on flags, oldest first."""
    row = tables.flag_note
    return rows(connection, FlagNoteRow, of(sa.select(row), row, attempt, exam).order_by(row.c.noted_at))


def recommendations(
    connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None
) -> list[RecommendationRow]:
    """Every one that was made, oldest first; the last that is not withdrawn counts."""
    row = tables.recommendation
    found = connection.execute(of(sa.select(row), row, attempt, exam).order_by(row.c.made_at))
    return [_recommendation(one) for one in found]


def recommendation(connection: sa.Connection, recommendation: str) -> RecommendationRow:
    """One, or NotFound."""
    row = tables.recommendation
    found = connection.execute(sa.select(row).where(row.c.recommendation == recommendation)).one_or_none()
    if found is None:
        raise NotFound("there is no such recommendation on this box", hint="Reload the page.")
    return _recommendation(found)


def _recommendation(found: sa.Row[Any]) -> RecommendationRow:
    agreed = None if found.agreed is None else bool(found.agreed)
    return RecommendationRow(**{**found._mapping, "kind": Recommendation(found.kind), "agreed": agreed})


def outcomes(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[OutcomeRow]:
    """Of each attempt, what the institution made of it; one that was taken back is not among them."""
    row = tables.outcome
    return rows(connection, OutcomeRow, of(sa.select(row), row, attempt, exam).where(row.c.outcome != ""))


def samples(connection: sa.Connection, exam: str) -> list[SampleRow]:
    """All that were drawn in an exam, oldest first."""
    row = tables.sample
    found = connection.execute(sa.select(row).where(row.c.exam == exam).order_by(row.c.drawn_at))
    return [_sample(one) for one in found]


def sample(connection: sa.Connection, sample: str) -> SampleRow:
    """One, or NotFound."""
    row = tables.sample
    found = connection.execute(sa.select(row).where(row.c.sample == sample)).one_or_none()
    if found is None:
        raise NotFound("there is no such minute on this box", hint="Ask for the next one on the page of the exam.")
    return _sample(found)


def _sample(found: sa.Row[Any]) -> SampleRow:
    return SampleRow(**{**found._mapping, "verdict": None if found.verdict is None else Verdict(found.verdict)})


def current(found: Sequence[SampleRow]) -> list[SampleRow]:
    """Of several that were drawn (oldest first), those that count: a minute that nobody judged and that was given to
    another person since is theirs now."""
    return [
        one
        for number, one in enumerate(found)
        if one.verdict is not None or not any(_same_minute(one, later) for later in found[number + 1 :])
    ]


def _same_minute(one: SampleRow, other: SampleRow) -> bool:
    return (one.attempt, one.starts_at) == (other.attempt, other.starts_at)


def summary(connection: sa.Connection, exam: str) -> Missed:
    """What flags of an exam miss, by the minutes without a flag that people watched."""
    verdicts = [one.verdict for one in samples(connection, exam)]
    found = verdicts.count(Verdict.FOUND)
    return missed(found + verdicts.count(Verdict.CLEAR), found)


def muted(connection: sa.Connection, attempt: str) -> frozenset[str]:
    """Codes that raise nothing for this candidate, because a lead said so."""
    row = tables.muted.c
    return frozenset(connection.execute(sa.select(row.code).where(row.attempt == attempt)).scalars())


def mutes(connection: sa.Connection, exam: str) -> list[MutedRow]:
    """Of an exam's candidates."""
    return rows(connection, MutedRow, of(sa.select(tables.muted), tables.muted, None, exam))
