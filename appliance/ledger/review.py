"""Review as frozen rows: what was watched, notes, recommendations, outcomes, samples, muted rules."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam.review import Recommendation, Standing, standing
from appliance.exam.sampling import Verdict
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
    return [
        RecommendationRow(
            **{
                **one._mapping,
                "kind": Recommendation(one.kind),
                "agreed": None if one.agreed is None else bool(one.agreed),
            }
        )
        for one in found
    ]


def outcomes(connection: sa.Connection, *, attempt: str | None = None, exam: str | None = None) -> list[OutcomeRow]:
    """Of each attempt, what the institution made of it; one that was taken back is not among them."""
    row = tables.outcome
    return rows(connection, OutcomeRow, of(sa.select(row), row, attempt, exam).where(row.c.outcome != ""))


def samples(connection: sa.Connection, exam: str) -> list[SampleRow]:
    """All that were drawn in an exam, oldest first."""
    row = tables.sample
    found = connection.execute(sa.select(row).where(row.c.exam == exam).order_by(row.c.drawn_at))
    return [
        SampleRow(**{**one._mapping, "verdict": None if one.verdict is None else Verdict(one.verdict)}) for one in found
    ]


def muted(connection: sa.Connection, attempt: str) -> frozenset[str]:
    """Codes that raise nothing for this candidate, because a lead said so."""
    row = tables.muted.c
    return frozenset(connection.execute(sa.select(row.code).where(row.attempt == attempt)).scalars())


def mutes(connection: sa.Connection, exam: str) -> list[MutedRow]:
    """Of an exam's candidates."""
    return rows(connection, MutedRow, of(sa.select(tables.muted), tables.muted, None, exam))
