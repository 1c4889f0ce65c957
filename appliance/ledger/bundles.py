"""What the ledger knows of the upstream: what was stored and when, what was changed there since, what is still here."""

from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from appliance.box.upstream import Upstream
from appliance.exam.events import BOX, AttemptStored, ExamStored, UpstreamAltered, UpstreamRestored
from appliance.exam.retention import Data
from appliance.exam.stage import CLOSED
from appliance.exam.unplug import Copy, Held, Sight, copy_of
from appliance.ledger import altered, dates, fleet, holding, planning, state, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import ExamRow

SPEAKS_SECONDS = 10.0
"""What sync said longer ago counts no more."""

_TYPES = (AttemptStored.TYPE, ExamStored.TYPE, UpstreamAltered.TYPE, UpstreamRestored.TYPE)


@dataclass(slots=True)
class Bundles:
    """The last word on each: `attempts`, `exams` (with when it was said, wall seconds), `altered`: what stands;
    `restored`: attempt -> objects that were sent again, and when."""

    attempts: dict[str, AttemptStored] = field(default_factory=dict)
    exams: dict[str, tuple[ExamStored, float]] = field(default_factory=dict)
    altered: dict[str, tuple[UpstreamAltered, float]] = field(default_factory=dict)
    restored: dict[str, tuple[UpstreamRestored, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamHere:
    """An exam as the page has it. `stored` of `attempts` are upstream, since `stored_at` all of it; `manifest`: hash of
    its newest one, ""; `copy`: is the copy here still needed; `delete_at`: when the last recordings go."""

    row: ExamRow
    practice: bool
    attempts: int
    stored: int
    stored_at: float | None
    manifest: str
    copy: Copy
    delete_at: float | None
    altered: tuple[UpstreamAltered, ...]
    restored: tuple[UpstreamRestored, ...]


def read(connection: sa.Connection) -> Bundles:
    """Of all exams, in one go."""
    found = Bundles()
    query = SELECT.where(tables.event.c.chain == BOX, tables.event.c.type.in_(_TYPES))
    for event in map(Event.from_row, connection.execute(query.order_by(tables.event.c.position))):
        match event.payload:
            case AttemptStored() as said:
                found.attempts[said.attempt] = said
            case ExamStored() as said:
                found.exams[said.exam] = said, event.wall
            case UpstreamAltered() as said:
                found.altered[said.attempt] = said, event.wall
                found.restored.pop(said.attempt, None)
            case UpstreamRestored() as said:
                found.restored[said.attempt] = said, event.wall
                found.altered.pop(said.attempt, None)
            case _:
                pass
    return found


def sight(connection: sa.Connection, said: Upstream | None, *, later: int, now: float) -> Sight:
    """What is known now. `said`: by sync; `later`: attempts of which sync knows that something was said since. Cheap:
    it is asked each second."""
    practice = [exam for exam, plan in planning.plans(connection).items() if plan.practice]
    attempt, exam = tables.attempt.c, tables.exam.c
    real = attempt.exam.not_in(practice)
    over = attempt.stage.in_([stage.value for stage in CLOSED])
    count = sa.select(sa.func.count())
    missing = count.select_from(tables.attempt).where(real, over, attempt.stored_at.is_(None))
    ended = exam.ended_at.is_not(None)
    open_exams = count.select_from(tables.exam).where(exam.exam.not_in(practice), ended, exam.stored_at.is_(None))
    stored = count.select_from(tables.attempt).where(attempt.stored_at.is_not(None))
    facts = Sight(
        speaks=said is not None and now - said.at <= SPEAKS_SECONDS,
        present=sum(one.present for one in fleet.sittings(connection)),
        stored=connection.execute(stored).scalar() or 0,
        unstored=(connection.execute(missing).scalar() or 0) + (connection.execute(open_exams).scalar() or 0),
        later=later,
        altered=sum(row.said.objects for row in altered.standing(connection).values()),
    )
    return facts if said is None else _with(facts, said)


def _with(facts: Sight, said: Upstream) -> Sight:
    return replace(
        facts,
        waiting=said.waiting_objects,
        waiting_bytes=said.waiting_bytes,
        in_flight=len(said.uploads),
        eta_s=said.eta_s,
        reachable=said.reachable,
        failing=tuple(one.kind for one in said.failures),
        video_waits=said.video_waits,
    )


def exam_here(connection: sa.Connection, row: ExamRow, bundles: Bundles, *, now: float) -> ExamHere:
    """One exam: what is upstream, and whether its copy here is still needed."""
    practice = planning.plan(connection, row.exam).practice
    kept = dates.of_exam(connection, row.exam, now=now)
    rooms = [one.room for one in state.rooms(connection, row.exam)]
    chains = [*(one.attempt.attempt for one in kept), *rooms]
    proved, recorded = _proved(connection, row.exam, chains, bundles), _recorded(connection, chains)
    held = [_held(one, proved, recorded, bundles) for one in kept]
    going = [one.delete_at for one in held if one.recorded and not one.gone and one.delete_at is not None]
    gone = {one.attempt for one in holding.deletions(connection, exam=row.exam) if one.what == Data.RECORDINGS}
    held += [
        Held(
            recorded=room in recorded,
            over=row.ended_at is not None,
            stored=room in proved,
            altered=_altered(bundles, room),
            gone=room in gone,
            delete_at=max(going, default=0.0),
        )
        for room in rooms
    ]
    stored, at = bundles.exams.get(row.exam, (None, None))
    return ExamHere(
        row=row,
        practice=practice,
        attempts=len(kept),
        stored=sum(one.attempt.stored_at is not None for one in kept),
        stored_at=row.stored_at and at,
        manifest=stored.manifest_sha256 if stored else "",
        copy=copy_of(held, practice=practice, ended=row.ended_at is not None, now=now),
        delete_at=max(going, default=None),
        altered=tuple(bundles.altered[chain][0] for chain in chains if chain in bundles.altered),
        restored=tuple(bundles.restored[chain][0] for chain in chains if chain in bundles.restored),
    )


def _held(one: dates.Dates, proved: frozenset[str], recorded: frozenset[str], bundles: Bundles) -> Held:
    attempt, kind = one.attempt.attempt, one.of(Data.RECORDINGS)
    return Held(
        recorded=attempt in recorded,
        over=one.over_at is not None,
        stored=attempt in proved,
        altered=_altered(bundles, attempt),
        held=bool(one.holds),
        gone=bool(kind.gone),
        delete_at=kind.delete_at,
    )


def _altered(bundles: Bundles, chain: str) -> int:
    return bundles.altered[chain][0].objects if chain in bundles.altered else 0


def _proved(connection: sa.Connection, exam: str, chains: list[str], bundles: Bundles) -> frozenset[str]:
    """Of which chains everything that is recorded is upstream. Most are so to their last word."""
    heads = dates.heads(connection, chains)
    last = {chain: bundles.attempts[chain].position for chain in chains if chain in bundles.attempts}
    return frozenset(
        chain
        for chain, position in last.items()
        if heads.get(chain, 0) <= position or dates.covered(connection, exam=exam, attempt=chain)
    )


def _recorded(connection: sa.Connection, chains: list[str]) -> frozenset[str]:
    segment = tables.segment.c
    rows = connection.execute(sa.select(segment.attempt).where(segment.attempt.in_(chains)).distinct())
    return frozenset(row.attempt for row in rows)
