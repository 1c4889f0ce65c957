"""What somebody wants to append (Draft), and what stands in the ledger (Event)."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.box import clock
from appliance.box.clock import Stamp
from appliance.exam import events
from appliance.exam.events import Payload
from appliance.ledger import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event before it has a place. `actor` is a user, "candidate", or a process; `id` makes a resend harmless."""

    payload: Payload
    chain: str
    exam: str | None
    actor: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: Stamp = field(default_factory=clock.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the ledger. `seq` counts all of the box's, `position` those of its chain. `payload` is None once
    erased; `body` are the hashed bytes."""

    seq: int
    id: str
    chain: str
    position: int
    type: str
    version: int
    exam: str | None
    actor: str
    wall: float
    payload: Payload | None
    hash: bytes
    body: bytes

    def to_json(self) -> dict[str, Any]:
        """What sockets and pages are sent."""
        return {
            "seq": self.seq,
            "id": self.id,
            "chain": self.chain,
            "type": self.type,
            "version": self.version,
            "exam": self.exam,
            "actor": self.actor,
            "wall": self.wall,
            "payload": None if self.payload is None else self.payload.to_json(),
        }

    @classmethod
    def from_row(cls, row: Any) -> "Event":
        """A row of `SELECT`."""
        envelope = json.loads(row.body)
        return cls(
            seq=row.seq,
            id=row.id,
            chain=row.chain,
            position=row.position,
            type=row.type,
            version=envelope["version"],
            exam=row.exam,
            actor=envelope["actor"],
            wall=row.wall,
            payload=None if row.payload is None else events.decode(row.type, json.loads(row.payload)),
            hash=row.hash,
            body=row.body,
        )


SELECT = sa.select(
    tables.event.c.seq,
    tables.event.c.id,
    tables.event.c.chain,
    tables.event.c.position,
    tables.event.c.type,
    tables.event.c.exam,
    tables.event.c.wall,
    tables.event.c.body,
    tables.event.c.hash,
    tables.payload.c.body.label("payload"),
    tables.payload.c.salt,
).join_from(tables.event, tables.payload, tables.payload.c.event == tables.event.c.id)
