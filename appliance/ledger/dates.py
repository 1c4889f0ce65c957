"""When each kind of data of an exam goes, what holds it back, and what went, as frozen rows."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import sqlalchemy as sa

from appliance.exam.erasure import STAYS
from appliance.exam.events import BOX, AttemptStored
from appliance.exam.retention import MEDIA, PRACTICE, STAYS_HERE, Data, Keeping, delete_at
from appliance.exam.stage import CLOSED
from appliance.ledger import altered, checkin, holding, planning, state, tables
from appliance.ledger.holding import DeletionRow, ErasureRow, HoldRow
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow

NAMING = (
    "segment.closed",
    "flag.raised",
    "flag.closed",
    "evidence.kept",
    "identity.pictured",
    "identity.enrolled",
    "page.photographed",
    "paper.uploaded",
)
"""Events that name files which go to the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDates:
    """One kind of an attempt. `delete_at`: None while the attempt is open or held; `waits`: past its date, and the
    store does not have it, or not as it was stored; `gone`: what went of it, oldest first."""

    what: Data
    delete_at: float | None
    why: str
    waits: bool
    gone: tuple[DeletionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """All kinds of one attempt. `over_at`: since when it is over; `holds`: those that stand."""

    attempt: AttemptRow
    over_at: float | None
    kinds: tuple[KindDates, ...]
    holds: tuple[HoldRow, ...]
    erasure: ErasureRow | None

    def of(self, what: Data) -> KindDates:
        """One of them."""
        return next(kind for kind in self.kinds if kind.what is what)


def of_exam(connection: sa.Connection, exam: str, *, now: float) -> list[Dates]:
    """Every attempt's, by seat."""
    keeping = Keeping.of(planning.plan(connection, exam), recordings=state.exam(connection, exam).retention_days)
    holds = [hold for hold in holding.holds(connection, exam) if hold.lifted_at is None]
    erasures = {row.attempt: row for row in holding.erasures(connection, exam=exam)}
    deletions = holding.deletions(connection, exam=exam)
    scans = [scan for scan in checkin.scans(connection, exam=exam) if scan.delete_at is not None]
    found = []
    for row in state.attempts(connection, exam):
        one = Dates(
            attempt=row,
            over_at=row.stage_at if row.stage in CLOSED else None,
            kinds=(),
            holds=tuple(hold for hold in holds if hold.attempt in (None, row.attempt)),
            erasure=erasures.get(row.attempt),
        )
        own = [scan.delete_at for scan in scans if scan.attempt == row.attempt and scan.delete_at is not None]
        gone = [deletion for deletion in deletions if deletion.attempt == row.attempt]
        kinds = [_kind(what, one, keeping, own, gone) for what in Data]
        late = [kind for kind in kinds if _late(kind, keeping, now)]
        if late and not _received(connection, exam=exam, attempt=row.attempt):
            kinds = [replace(kind, waits=kind in late) for kind in kinds]
        found.append(replace(one, kinds=tuple(kinds)))
    return found


def _received(connection: sa.Connection, *, exam: str, attempt: str) -> bool:
    """Has the store everything, as far as it was heard of last?"""
    if attempt in altered.standing(connection, exam):
        return False
    return covered(connection, exam=exam, attempt=attempt)


def _kind(what: Data, one: Dates, keeping: Keeping, scans: list[float], gone: list[DeletionRow]) -> KindDates:
    date, why = delete_at(what, keeping, over_at=one.over_at, held=bool(one.holds)), "date"
    if what is Data.SCANS and date is not None and scans:
        date = max(one.over_at or 0.0, *scans)  # as the candidate was told
    asked = one.erasure.asked_at if one.erasure is not None and one.erasure.reference else None
    if date is not None and asked is not None and asked < date:
        date, why = asked, "request"
    own = tuple(row for row in gone if row.what == what or (row.what == PRACTICE and what in MEDIA))
    return KindDates(what=what, delete_at=date, why=why, waits=False, gone=own)


def _late(kind: KindDates, keeping: Keeping, now: float) -> bool:
    """Past its date, not gone, and of those that wait for the store."""
    waiting = kind.what in MEDIA and kind.what not in STAYS_HERE and keeping.practice_hours is None
    return waiting and not kind.gone and kind.delete_at is not None and kind.delete_at <= now


def of_attempt(connection: sa.Connection, attempt: str, *, now: float) -> Dates:
    """One attempt's; NotFound where there is none."""
    row = state.attempt(connection, attempt)
    return next(one for one in of_exam(connection, row.exam, now=now) if one.attempt.attempt == attempt)


def covered(connection: sa.Connection, *, exam: str, attempt: str) -> bool:
    """Has the store everything that is recorded of it, read back? Of a room alike."""
    event = tables.event.c
    last = sa.select(sa.func.max(event.position)).where(event.chain == attempt, event.type.in_(NAMING))
    position: int = connection.execute(last).scalar() or 0
    return position <= stored(connection, exam).get(attempt, (0, 0))[0]


def stored(connection: sa.Connection, exam: str) -> dict[str, tuple[int, int]]:
    """Attempt (or room) -> how far its newest manifest reaches, and its number."""
    return {attempt: (one.position, one.number) for attempt, one in newest(connection, exam).items()}


def newest(connection: sa.Connection, exam: str) -> dict[str, AttemptStored]:
    """Attempt (or room) -> the last word on what of it is upstream."""
    event = tables.event.c
    query = SELECT.where(event.chain == BOX, event.type == AttemptStored.TYPE, event.exam == exam)
    rows = connection.execute(query.order_by(event.position))
    said = (Event.from_row(row).payload for row in rows)
    return {one.attempt: one for one in said if isinstance(one, AttemptStored)}


def heads(connection: sa.Connection, chains: Collection[str]) -> dict[str, int]:
    """Chain -> the position of its newest event."""
    event = tables.event.c
    query = sa.select(event.chain, sa.func.max(event.position).label("head")).where(event.chain.in_(chains))
    return {row.chain: row.head for row in connection.execute(query.group_by(event.chain))}


def words_left(connection: sa.Connection, attempt: str) -> bool:
    """Is there an event of the attempt that says more than what stays?"""
    event, payload = tables.event.c, tables.payload.c
    query = (
        sa.select(event.id)
        .join_from(tables.event, tables.payload, payload.event == event.id)
        .where(event.chain == attempt, event.type.not_in(STAYS), payload.body.is_not(None))
    )
    return connection.execute(query.limit(1)).first() is not None


def numbers(connection: sa.Connection, ids: Collection[str]) -> dict[str, int]:
    """Event -> its number in the ledger."""
    event = tables.event.c
    found = connection.execute(sa.select(event.id, event.seq).where(event.id.in_(ids)))
    return {row.id: row.seq for row in found}
