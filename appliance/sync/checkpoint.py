"""Says upstream how far the ledger has come, as signed notes (`note`).

Everything in one follows from the box's chain up to its position, and Ed25519 is deterministic: the same position is
always the same bytes under the same name. So a restart sends nothing twice, and nothing of it has to be remembered.
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa

from appliance.bundle.keys import BoxKey
from appliance.bundle.note import Checkpoint, note, origin
from appliance.exam.events import BOX, ExamStored
from appliance.ledger import planning, tables
from appliance.ledger.reader import Reader
from appliance.ledger.record import SELECT, Event
from appliance.stores.port import Conflict, ObjectStore

SAID_SECONDS = 7 * 86_400.0
"""For how long each checkpoint repeats that an exam is upstream: long enough that many do."""


class Checkpoints:
    """Says upstream how far the ledger is, at most each `seconds` and only when it moved. It belongs to one thread."""

    def __init__(self, *, key: BoxKey, site: str, box: str, seconds: float) -> None:
        self._key = key
        self._origin = origin(site, box)
        self._folder = f"{site}/{box}"
        self._seconds = seconds
        self._tried: float | None = None
        self._read_to = 0
        self._stored: dict[str, tuple[float, int, str]] = {}
        self.last: Checkpoint | None = None

    def due(self, now: float) -> bool:
        """`now`: monotonic seconds. Cheap: asks nobody."""
        return self._tried is None or now - self._tried >= self._seconds

    def turn(self, store: ObjectStore, reader: Reader, now: float) -> bool:
        """Send the newest one if it is time and there is one; -> was one sent? What the store raises is raised, and the
        next call tries again: how long to wait is the caller's to know."""
        if not self.due(now):
            return False
        said = self.newest(reader)
        sent = False
        if said is not None and (self.last is None or said.position > self.last.position):
            data = note(said, self._key)
            self._put(store, f"{self._folder}/{said.place}", data)
            self.last, sent = said, True
        self._tried = now
        return sent

    def newest(self, reader: Reader) -> Checkpoint | None:
        """As the ledger is now; None when it is empty."""
        event = tables.event.c
        with reader.connect() as connection:
            row = connection.execute(
                sa.select(event.position, event.hash, event.body)
                .where(event.chain == BOX)
                .order_by(event.position.desc())
                .limit(1)
            ).first()
            if row is None:
                return None
            envelope: dict[str, Any] = json.loads(row.body)
            wall = envelope["wall_us"] / 1_000_000
            self._learn(connection, row.position)
            return Checkpoint(
                origin=self._origin,
                position=row.position,
                hash=row.hash,
                wall=wall,
                synchronised=bool(envelope["synchronised"]),
                open=tuple(_open(connection)),
                stored=tuple(
                    (exam, number, sha256)
                    for exam, (at, number, sha256) in sorted(self._stored.items())
                    if at >= wall - SAID_SECONDS
                ),
            )

    def _learn(self, connection: sa.Connection, until: int) -> None:
        """Exams that were sealed since the last time."""
        event = tables.event.c
        query = SELECT.where(event.chain == BOX, event.position > self._read_to, event.type == ExamStored.TYPE)
        for found in map(Event.from_row, connection.execute(query.order_by(event.position))):
            if isinstance(found.payload, ExamStored):
                self._stored[found.payload.exam] = (found.wall, found.payload.number, found.payload.manifest_sha256)
        self._read_to = until

    def _put(self, store: ObjectStore, key: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        if store.put(key, data, sha256=sha256) and not store.confirm(key, data, sha256=sha256):
            raise Conflict(
                f"the upstream does not give back what it was given for {key}",
                hint="Move that file aside at the upstream and look at its disk; the box sends its own again.",
            )


def _open(connection: sa.Connection) -> list[str]:
    """Exams whose evidence is not sealed upstream, but for practice runs: these stay on the box."""
    practice = {exam for exam, plan in planning.plans(connection).items() if plan.practice}
    row = tables.exam.c
    names = connection.execute(sa.select(row.exam).where(row.stored_at.is_(None)).order_by(row.exam)).scalars()
    return [name for name in names if name not in practice]
