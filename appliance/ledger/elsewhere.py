"""What the store has of data that are gone here: names of objects, for whoever keeps the store. This box deletes
nothing there."""

from collections.abc import Iterator

import sqlalchemy as sa

from appliance.errors import IntegrityError
from appliance.exam.events import BOX, AttemptStored, ExamStored, PersonalErased
from appliance.exam.place import numbered, place_of
from appliance.ledger import holding, planning, state, tables
from appliance.ledger.record import SELECT, Event

_HERE_ONLY = frozenset({"scans", "trace"})
"""Folders of an attempt that are never sent."""


def objects(connection: sa.Connection, exam: str, *, prefix: str) -> list[str]:
    """Keys of the objects, sorted. `prefix`: SITE/BOX. A picture that came late may stand there under a number of its
    own (`-2`), which the manifest names."""
    if planning.plan(connection, exam).practice:
        return []
    chains = [row.attempt for row in state.attempts(connection, exam)]
    chains += [row.room for row in state.rooms(connection, exam)]
    log = _log(connection, exam, chains)
    found = {f"{prefix}/{exam}/{chain}/{file}" for chain in chains for file in _files(connection, exam, chain)}
    found |= {f"{prefix}/{exam}/{file}" for file in _worded(log)}
    return sorted(found)


def _files(connection: sa.Connection, exam: str, chain: str) -> Iterator[str]:
    for path in holding.deleted_files(connection, chain):
        parts = path.split("/")
        if parts[0] == exam and len(parts) == 4 and parts[2] not in _HERE_ONLY:
            try:
                yield place_of(path, exam, chain)
            except IntegrityError:
                continue  # of no attempt's folder: it was never sent


def _log(connection: sa.Connection, exam: str, chains: list[str]) -> list[Event]:
    """What was stored, and what was erased, in the order in which the box said it."""
    event = tables.event.c
    stored = sa.and_(event.chain == BOX, event.exam == exam, event.type.in_((AttemptStored.TYPE, ExamStored.TYPE)))
    erased = sa.and_(event.chain.in_(chains), event.type == PersonalErased.TYPE)
    query = SELECT.where(sa.or_(stored, erased)).order_by(event.seq)
    return [Event.from_row(row) for row in connection.execute(query)]


def _worded(log: list[Event]) -> Iterator[str]:
    """Chains, reports and pages that were sent while the words still stood in them."""
    attempts: dict[str, list[int]] = {}
    exams: list[int] = []
    for event in log:
        said = event.payload
        if isinstance(said, AttemptStored):
            attempts.setdefault(said.attempt, []).append(said.number)
        elif isinstance(said, ExamStored):
            exams.append(said.number)
        elif isinstance(said, PersonalErased):
            for number in attempts.pop(event.chain, []):
                yield from (f"{event.chain}/{file}" for file in _bundled(number))
            for number in exams:
                yield from _bundled(number)


def _bundled(number: int) -> Iterator[str]:
    yield numbered("ledger.jsonl", number)
    yield numbered("index.html", number)
    for kind in ("json", "csv", "pdf"):
        yield f"{numbered('report', number)}/report.{kind}"
