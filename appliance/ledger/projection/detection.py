"""Flags, what is detected in an exam, base lines, identity."""

import json
from typing import Any

import sqlalchemy as sa

from appliance.exam import events
from appliance.exam.flags import Decision
from appliance.ledger import tables
from appliance.ledger.projection.registry import projects
from appliance.ledger.record import Event


@projects(events.FlagRaised)
def _flag_raised(connection: sa.Connection, event: Event, said: events.FlagRaised) -> None:
    connection.execute(
        sa.insert(tables.flag)
        .prefix_with("OR IGNORE")
        .values(
            flag=said.flag,
            attempt=event.chain,
            code=said.code,
            category=said.category,
            severity=said.severity,
            kind=said.kind,
            source=said.source,
            onset_at=said.onset_at,
            raised_at=event.wall,
            position=said.position,
            facts=json.dumps(said.to_json()),
            state=Decision.OPEN.value,
        )
    )


@projects(events.FlagClosed)
def _flag_closed(connection: sa.Connection, event: Event, said: events.FlagClosed) -> None:
    where = tables.flag.c.flag == said.flag
    facts = connection.execute(sa.select(tables.flag.c.facts).where(where)).scalar()
    if facts is None:
        return  # its flag.raised was lost while the writer was away; the event itself stands in the chain
    newer = {**json.loads(facts), **{k: v for k, v in said.to_json().items() if k != "flag"}}
    connection.execute(sa.update(tables.flag).where(where).values(ended_at=said.ended_at, facts=json.dumps(newer)))


@projects(events.FlagDecided)
def _flag_decided(connection: sa.Connection, event: Event, said: events.FlagDecided) -> None:
    connection.execute(
        sa.update(tables.flag)
        .where(tables.flag.c.flag == said.flag)
        .values(state=said.decision, reason=said.reason, note=said.note, decided_by=said.by, decided_at=event.wall)
    )


@projects(events.DetectionSet)
def _detection_set(connection: sa.Connection, event: Event, said: events.DetectionSet) -> None:
    values = {"policy": json.dumps(said.policy), "set_at": event.wall, "set_by": said.by, "override": said.override}
    connection.execute(sa.insert(tables.detection).prefix_with("OR REPLACE").values(exam=said.exam, **values))


@projects(events.AttemptAccommodated)
def _accommodated(connection: sa.Connection, event: Event, said: events.AttemptAccommodated) -> None:
    switches = json.dumps(sorted(said.switches))
    connection.execute(
        sa.insert(tables.granted).prefix_with("OR REPLACE").values(attempt=event.chain, switches=switches)
    )


@projects(events.BaselineTaken)
def _baseline_taken(connection: sa.Connection, event: Event, said: events.BaselineTaken) -> None:
    """Camera and microphone of a feed say theirs one after the other: what one does not name stays."""
    where = (tables.baseline.c.attempt == event.chain) & (tables.baseline.c.kind == said.kind)
    before = connection.execute(sa.select(tables.baseline.c.facts).where(where)).scalar()
    old = json.loads(before) if before else {"values": {}, "objects": []}
    facts = {
        **said.to_json(),
        "values": {**old["values"], **said.values},
        "objects": said.objects or old["objects"],
    }
    row = {"attempt": event.chain, "kind": said.kind, "facts": json.dumps(facts), "taken_at": event.wall}
    connection.execute(sa.insert(tables.baseline).prefix_with("OR REPLACE").values(**row))


@projects(events.RoomNoticed)
def _room_noticed(connection: sa.Connection, event: Event, said: events.RoomNoticed) -> None:
    values = {**said.to_json(), "attempts": json.dumps(said.attempts)}
    connection.execute(sa.insert(tables.room_event).prefix_with("OR REPLACE").values(**values))


def _set_identity(connection: sa.Connection, event: Event, **values: Any) -> None:
    row = tables.identity
    connection.execute(sa.insert(row).prefix_with("OR IGNORE").values(attempt=event.chain))
    connection.execute(sa.update(row).where(row.c.attempt == event.chain).values(**values))


@projects(events.IdentityDeclined)
def _identity_declined(connection: sa.Connection, event: Event, _said: events.IdentityDeclined) -> None:
    _set_identity(connection, event, declined_at=event.wall)


@projects(events.IdentityPictured)
def _identity_pictured(connection: sa.Connection, event: Event, said: events.IdentityPictured) -> None:
    """New pictures: what was said of those before holds no longer."""
    values: dict[str, Any] = {**said.to_json(), "pictured_at": event.wall}
    for name in ("score", "score_limit", "reason", "compared_at", "decision", "note", "decided_by", "decided_at"):
        values[name] = None
    _set_identity(connection, event, **values)


@projects(events.IdentityCompared)
def _identity_compared(connection: sa.Connection, event: Event, said: events.IdentityCompared) -> None:
    row = tables.identity.c
    newest = connection.execute(sa.select(row.photo_sha256).where(row.attempt == event.chain)).scalar()
    if newest == said.photo_sha256:  # a newer photo came in meanwhile otherwise
        _set_identity(
            connection, event, score=said.score, score_limit=said.limit, reason=said.reason, compared_at=event.wall
        )


@projects(events.IdentityDecided)
def _identity_decided(connection: sa.Connection, event: Event, said: events.IdentityDecided) -> None:
    _set_identity(connection, event, decision=said.decision, note=said.note, decided_by=said.by, decided_at=event.wall)


@projects(events.ChallengeAsked)
def _challenge_asked(connection: sa.Connection, event: Event, said: events.ChallengeAsked) -> None:
    values = {"challenge": said.challenge, "attempt": event.chain, "steps": json.dumps(said.steps)}
    connection.execute(sa.insert(tables.challenge).values(**values, asked_by=said.by, asked_at=event.wall))


@projects(events.ChallengeAnswered)
def _challenge_answered(connection: sa.Connection, _event: Event, said: events.ChallengeAnswered) -> None:
    row = tables.challenge
    connection.execute(sa.update(row).where(row.c.challenge == said.challenge).values(seen=json.dumps(said.seen)))
