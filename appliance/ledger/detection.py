"""The state tables of detection as frozen rows: the policy and rules in force, base lines, identity, challenges."""

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam.accommodation import Switch
from appliance.exam.challenge import Seen, Step
from appliance.exam.detection import DetectionPolicy, RuleSet, in_force
from appliance.exam.identity import Ruling
from appliance.ledger import review, tables


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """What is known of who an attempt's candidate is. `photo`, `face`: relative to the media folder; `score` is a
    cosine, None with a `reason` where it could not be judged, None with none while nothing was compared."""

    attempt: str
    declined_at: float | None = None
    photo: str | None = None
    photo_sha256: str | None = None
    face: str | None = None
    face_sha256: str | None = None
    pictured_at: float | None = None
    score: float | None = None
    score_limit: float | None = None
    reason: str | None = None
    compared_at: float | None = None
    decision: Ruling | None = None
    note: str | None = None
    decided_by: str | None = None
    decided_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeRow:
    """A head-turn and blink challenge; `seen` None until it was answered."""

    challenge: str
    attempt: str
    steps: tuple[Step, ...]
    seen: tuple[Seen, ...] | None
    asked_by: str
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """How a candidate sits when all is well, by one feed; values as `baseline.taken` has them."""

    attempt: str
    kind: str
    values: dict[str, float]
    objects: list[str]
    late: bool
    taken_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEventRow:
    """The same at many seats at once; `attempts` showed it. `ended_at` None: it goes on."""

    event: str
    exam: str
    code: str
    attempts: list[str]
    onset_at: float
    ended_at: float | None


def policy(connection: sa.Connection, exam: str) -> DetectionPolicy:
    """What a planner decided about detection in an exam; the usual where nobody did."""
    row = tables.detection.c
    said = connection.execute(sa.select(row.policy).where(row.exam == exam)).scalar()
    return DetectionPolicy() if said is None else DetectionPolicy.from_json(json.loads(said))


def granted(connection: sa.Connection, attempt: str) -> frozenset[Switch]:
    """The accommodations of a candidate. For rules only: never shown."""
    row = tables.granted.c
    said = connection.execute(sa.select(row.switches).where(row.attempt == attempt)).scalar()
    return frozenset(map(Switch, json.loads(said or "[]")))


def grants(connection: sa.Connection, exam: str) -> dict[str, frozenset[Switch]]:
    """By attempt, of an exam's candidates who have any. For the planner and the institution."""
    of = sa.select(tables.attempt.c.attempt).where(tables.attempt.c.exam == exam)
    found = connection.execute(sa.select(tables.granted).where(tables.granted.c.attempt.in_(of)))
    said = {row.attempt: frozenset(map(Switch, json.loads(row.switches))) for row in found}
    return {attempt: switches for attempt, switches in said.items() if switches}


def switches(connection: sa.Connection, attempt: str) -> frozenset[Switch]:
    """What switches rules off for a candidate: accommodations, and what the candidate declined."""
    declined = identity(connection, attempt).declined_at is not None
    return granted(connection, attempt) | ({Switch.NO_MATCHING} if declined else frozenset())


def rules(connection: sa.Connection, *, exam: str, attempt: str) -> RuleSet:
    """The rules that hold for one candidate."""
    return in_force(policy(connection, exam), switches(connection, attempt), review.muted(connection, attempt))


def identity(connection: sa.Connection, attempt: str) -> IdentityRow:
    """What is known of one candidate; nothing yet is a row of Nones."""
    found = connection.execute(sa.select(tables.identity).where(tables.identity.c.attempt == attempt)).one_or_none()
    return IdentityRow(attempt=attempt) if found is None else _identity(found)


def identities(connection: sa.Connection, exam: str) -> dict[str, IdentityRow]:
    """Of an exam's candidates, those of whom something is known."""
    of = sa.select(tables.attempt.c.attempt).where(tables.attempt.c.exam == exam)
    found = connection.execute(sa.select(tables.identity).where(tables.identity.c.attempt.in_(of)))
    return {row.attempt: _identity(row) for row in found}


def challenges(connection: sa.Connection, attempt: str) -> list[ChallengeRow]:
    """Oldest first."""
    row = tables.challenge
    query = sa.select(row).where(row.c.attempt == attempt).order_by(row.c.asked_at, row.c.challenge)
    return [
        ChallengeRow(
            **{
                **found._mapping,
                "steps": tuple(map(Step, json.loads(found.steps))),
                "seen": None if found.seen is None else tuple(map(Seen, json.loads(found.seen))),
            }
        )
        for found in connection.execute(query)
    ]


def baselines(connection: sa.Connection, attempt: str) -> list[BaselineRow]:
    """By kind of feed."""
    row = tables.baseline
    found = connection.execute(sa.select(row).where(row.c.attempt == attempt).order_by(row.c.kind))
    return [_baseline(one.attempt, one.kind, json.loads(one.facts), one.taken_at) for one in found]


def room_events(connection: sa.Connection, exam: str) -> list[RoomEventRow]:
    """Of an exam, oldest first."""
    row = tables.room_event
    found = connection.execute(sa.select(row).where(row.c.exam == exam).order_by(row.c.onset_at, row.c.event))
    return [RoomEventRow(**{**one._mapping, "attempts": json.loads(one.attempts)}) for one in found]


def _baseline(attempt: str, kind: str, facts: dict[str, Any], taken_at: float) -> BaselineRow:
    values, objects, late = facts["values"], facts["objects"], facts["late"]
    return BaselineRow(attempt=attempt, kind=kind, values=values, objects=objects, late=late, taken_at=taken_at)


def _identity(found: sa.Row[Any]) -> IdentityRow:
    return IdentityRow(**{**found._mapping, "decision": None if found.decision is None else Ruling(found.decision)})
