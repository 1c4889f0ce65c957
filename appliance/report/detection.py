"""What was in force when, and what detection says beside flags: check-in, events of the room, times of fewer looks.

From the ledger, as frozen values. Nothing here says which accommodation somebody has.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from appliance.exam import events
from appliance.exam.detection import DetectionPolicy, RuleSet, in_force
from appliance.exam.events import BOX
from appliance.exam.flags import RULES, Source
from appliance.ledger import detection, tables
from appliance.ledger.record import SELECT, Event
from appliance.ledger.state import AttemptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """From `since_at` on (None: from the beginning, the usual) this policy held, set by a person by name; `override`:
    why although false alerts rise; `version`: of its rules."""

    since_at: float | None
    by: str
    override: str
    version: str
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """From `since_at` on these models judged: name -> version."""

    since_at: float
    models: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """The box was short of time: every feed was looked at `share` (0 to 1) as often as it should be."""

    starts_at: float
    ends_at: float | None
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEvent:
    """The same at `seats` of the room at once: no flag on a person."""

    code: str
    onset_at: float
    ended_at: float | None
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How the candidate sat when all was well; `late`: taken only after the start."""

    kind: str
    taken_at: float
    late: bool
    values: dict[str, float]
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What was done about who sits there. `score` is a cosine against `limit`; the decision is a person's, by name."""

    declined_at: float | None
    pictured_at: float | None
    score: float | None
    limit: float | None
    reason: str | None
    decision: str | None
    note: str | None
    decided_by: str | None
    decided_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A turn of the head and a blink that a person asked for; `seen` is empty until it was answered."""

    asked_at: float
    asked_by: str
    steps: tuple[str, ...]
    seen: tuple[str, ...]


def policies(connection: sa.Connection, exam: str, names: dict[str, str], *, until: float) -> tuple[InForce, ...]:
    """Oldest first, up to wall second `until`; before any was set, the usual one held."""
    usual = DetectionPolicy()
    changes = [InForce(since_at=None, by="", override="", version=in_force(usual).version, policy=usual.to_json())]
    for event in _of_box(connection, events.DetectionSet.TYPE, exam=exam):
        said = event.payload
        if isinstance(said, events.DetectionSet) and event.wall <= until:
            rules = in_force(DetectionPolicy.from_json(said.policy))
            changes.append(
                InForce(
                    since_at=event.wall,
                    by=names.get(said.by, said.by),
                    override=said.override,
                    version=rules.version,
                    policy=said.policy,
                )
            )
    return tuple(changes)


def models(connection: sa.Connection, *, until: float) -> tuple[Models, ...]:
    """Each set of models from when it was first used."""
    changes: list[Models] = []
    for event in _of_box(connection, events.ProcessStarted.TYPE):
        said = event.payload
        if not isinstance(said, events.ProcessStarted) or not said.models or event.wall > until:
            continue
        if not changes or changes[-1].models != said.models:
            changes.append(Models(since_at=event.wall, models=said.models))
    return tuple(changes)


def reduced(connection: sa.Connection, *, since: float, until: float) -> tuple[Reduced, ...]:
    """Those that overlap `since` to `until`, wall seconds."""
    spans: list[Reduced] = []
    begun: tuple[float, float] | None = None
    for event in _of_box(connection, events.AnalysisReduced.TYPE):
        if not isinstance(event.payload, events.AnalysisReduced):
            continue
        if begun is not None:
            spans.append(Reduced(starts_at=begun[0], ends_at=event.wall, share=begun[1]))
        begun = (event.wall, event.payload.share) if event.payload.share < 1 else None
    if begun is not None:
        spans.append(Reduced(starts_at=begun[0], ends_at=None, share=begun[1]))
    return tuple(span for span in spans if span.starts_at < until and (span.ends_at or until) > since)


def room_events(connection: sa.Connection, exam: str, *, attempt: str | None = None) -> tuple[RoomEvent, ...]:
    """Of an exam, or those that showed at one attempt; oldest first."""
    row = tables.room_event
    found = connection.execute(sa.select(row).where(row.c.exam == exam).order_by(row.c.onset_at))
    return tuple(
        RoomEvent(code=one.code, onset_at=one.onset_at, ended_at=one.ended_at, seats=len(seen))
        for one in found
        if (seen := json.loads(one.attempts)) and (attempt is None or attempt in seen)
    )


def baselines(connection: sa.Connection, attempt: str) -> tuple[Baseline, ...]:
    """By feed."""
    return tuple(
        Baseline(
            kind=one.kind, taken_at=one.taken_at, late=one.late, values=one.values, objects=tuple(sorted(one.objects))
        )
        for one in detection.baselines(connection, attempt)
    )


def identity(connection: sa.Connection, attempt: str, names: dict[str, str]) -> Identity:
    """Nothing was done is a row of Nones."""
    row = detection.identity(connection, attempt)
    return Identity(
        declined_at=row.declined_at,
        pictured_at=row.pictured_at,
        score=row.score,
        limit=row.score_limit,
        reason=row.reason,
        decision=None if row.decision is None else row.decision.value,
        note=row.note,
        decided_by=row.decided_by and names.get(row.decided_by, row.decided_by),
        decided_at=row.decided_at,
    )


def challenges(connection: sa.Connection, attempt: str, names: dict[str, str]) -> tuple[Challenge, ...]:
    """Oldest first."""
    return tuple(
        Challenge(
            asked_at=one.asked_at,
            asked_by=names.get(one.asked_by, one.asked_by),
            steps=tuple(step.value for step in one.steps),
            seen=tuple(step.value for step in one.seen or ()),
        )
        for one in detection.challenges(connection, attempt)
    )


def not_applied(connection: sa.Connection, row: AttemptRow) -> tuple[str, ...]:
    """Rules that are not applied to a candidate: the exam, or what was agreed, says so. Which of the two is not
    told."""
    switches = detection.switches(connection, row.attempt)
    policy = detection.policy(connection, row.exam)
    rules = in_force(policy, switches)
    return tuple(code for code, rule in RULES.items() if _is_off(code, rule.source, rules, policy, switches))


def _is_off(code: str, source: Source, rules: RuleSet, policy: DetectionPolicy, switches: frozenset[Any]) -> bool:
    if source is Source.PERSON:
        return code in policy.off or bool(switches.intersection(RULES[code].off_by))
    return source is Source.BOX and code not in rules


def rules_of(policy: dict[str, Any]) -> dict[str, Any]:
    """The rules of a policy with their numbers: code -> what each has. What switches one off for a candidate is not
    among it."""
    rules = in_force(DetectionPolicy.from_json(policy)).rules
    return {
        code: {name: value for name, value in asdict(rule).items() if name not in ("code", "off_by")}
        for code, rule in rules.items()
    }


def _of_box(connection: sa.Connection, type_: str, *, exam: str | None = None) -> Iterator[Event]:
    row = tables.event.c
    query = SELECT.where(row.chain == BOX, row.type == type_).order_by(row.position)
    query = query if exam is None else query.where(row.exam == exam)
    return (Event.from_row(found) for found in connection.execute(query))
