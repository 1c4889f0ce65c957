"""What is kept until when, what is held, what went and where that stands in the ledger, as facts."""

from dataclasses import dataclass

import sqlalchemy as sa

from appliance.exam import retention
from appliance.exam.retention import Data, Keeping
from appliance.ledger import dates, holding, planning, tables
from appliance.ledger.state import ExamRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFor:
    """One kind of data (`exam.retention.Data`): for how many days after an attempt is over, and until when; `delete_at`
    None: the attempt is not over, or a hold stands on it."""

    what: str
    days: float
    delete_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nothing is deleted while it stands. `whole_exam`: not of this candidate alone."""

    reason: str
    by: str
    placed_at: float
    lifted_at: float | None
    lift_reason: str
    whole_exam: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What went. `event`, `seq`, `hash`: its proof, the event of the ledger that says so."""

    what: str
    why: str
    files: int
    bytes: int
    due_at: float
    deleted_at: float
    event: str
    seq: int | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Names, chat and notes are to go, or are gone (`erased_at`). `reference`: the institution's number of the
    request, "" where it is by its date."""

    reference: str
    by: str
    asked_at: float
    erased_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """All of it; of an exam, every attempt's deletions together."""

    kept: tuple[KeptFor, ...]
    holds: tuple[Hold, ...]
    deletions: tuple[Deletion, ...]
    erasures: tuple[Erasure, ...]


def of_attempt(connection: sa.Connection, row: ExamRow, attempt: str, *, now: float) -> Retention:
    """Of one attempt, by the dates that the box goes by."""
    said = dates.of_attempt(connection, attempt, now=now)
    chosen = Keeping.of(planning.plan(connection, row.exam), recordings=row.retention_days)
    return Retention(
        kept=tuple(
            KeptFor(what=one.what.value, days=float(chosen.days(one.what)), delete_at=one.delete_at)
            for one in said.kinds
        ),
        holds=tuple(_hold(one) for one in holding.holds(connection, row.exam) if one.attempt in (None, attempt)),
        deletions=_deletions(connection, holding.deletions(connection, attempt=attempt)),
        erasures=tuple(_erasure(one) for one in holding.erasures(connection, attempt=attempt)),
    )


def of_exam(connection: sa.Connection, row: ExamRow) -> Retention:
    """Of a whole exam; its dates count from its end."""
    holds = holding.holds(connection, row.exam)
    held = any(one.lifted_at is None and one.attempt is None for one in holds)
    return Retention(
        kept=_kept(connection, row, over_at=row.ended_at, held=held),
        holds=tuple(_hold(one) for one in holds),
        deletions=_deletions(connection, holding.deletions(connection, exam=row.exam)),
        erasures=tuple(_erasure(one) for one in holding.erasures(connection, exam=row.exam)),
    )


def _kept(connection: sa.Connection, row: ExamRow, *, over_at: float | None, held: bool) -> tuple[KeptFor, ...]:
    chosen = Keeping.of(planning.plan(connection, row.exam), recordings=row.retention_days)
    return tuple(
        KeptFor(
            what=what.value,
            days=float(chosen.days(what)),
            delete_at=retention.delete_at(what, chosen, over_at=over_at, held=held),
        )
        for what in Data
    )


def _hold(row: holding.HoldRow) -> Hold:
    return Hold(
        reason=row.reason,
        by=row.by_name,
        placed_at=row.placed_at,
        lifted_at=row.lifted_at,
        lift_reason=row.lift_reason,
        whole_exam=row.attempt is None,
    )


def _deletions(connection: sa.Connection, rows: list[holding.DeletionRow]) -> tuple[Deletion, ...]:
    event = tables.event.c
    query = sa.select(event.id, event.seq, event.hash).where(event.id.in_([row.event for row in rows]))
    proofs = {one.id: (one.seq, one.hash.hex()) for one in connection.execute(query)} if rows else {}
    return tuple(
        Deletion(
            what=row.what,
            why=row.why,
            files=row.files,
            bytes=row.bytes,
            due_at=row.due_at,
            deleted_at=row.deleted_at,
            event=row.event,
            seq=proofs[row.event][0] if row.event in proofs else None,
            hash=proofs[row.event][1] if row.event in proofs else "",
        )
        for row in rows
    )


def _erasure(row: holding.ErasureRow) -> Erasure:
    return Erasure(reference=row.reference, by=row.by_name, asked_at=row.asked_at, erased_at=row.erased_at)
