"""From events to state: one function for each event type that changes a state table.

It runs in the transaction that appends the event. What it returns are events that follow from this one and are appended
right after it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from appliance.exam import events, phone
from appliance.exam.call import Ending
from appliance.exam.events import Payload
from appliance.exam.flags import Decision
from appliance.exam.stage import CLOSED, Stage
from appliance.ledger import tables
from appliance.ledger.record import Event


@dataclass(frozen=True, slots=True)
class FollowUp:
    """An event that follows from another."""

    chain: str
    payload: Payload


P = TypeVar("P", bound=Payload)
_Projector = Callable[[sa.Connection, Event, Any], list[FollowUp] | None]
_PROJECTORS: dict[str, _Projector] = {}


def apply(connection: sa.Connection, event: Event) -> list[FollowUp]:
    """Change the state; -> what follows."""
    project = _PROJECTORS.get(event.type)
    if project is None or event.payload is None:
        return []
    return project(connection, event, event.payload) or []


def _projects(payload: type[P]) -> Callable[[Callable[[sa.Connection, Event, P], Any]], _Projector]:
    def enter(function: Callable[[sa.Connection, Event, P], Any]) -> _Projector:
        _PROJECTORS[payload.TYPE] = function
        return function

    return enter


def _set_attempt(connection: sa.Connection, event: Event, **values: Any) -> None:
    connection.execute(sa.update(tables.attempt).where(tables.attempt.c.attempt == event.chain).values(**values))


def _set_stage(connection: sa.Connection, event: Event, stage: Stage, **values: Any) -> None:
    _set_attempt(connection, event, stage=stage.value, stage_at=event.wall, **values)


# --- exams and attempts ---


@_projects(events.ExamCreated)
def _exam_created(connection: sa.Connection, _event: Event, said: events.ExamCreated) -> None:
    connection.execute(sa.insert(tables.exam).values(**said.to_json()))


@_projects(events.ExamEnded)
def _exam_ended(connection: sa.Connection, event: Event, said: events.ExamEnded) -> list[FollowUp]:
    connection.execute(sa.update(tables.exam).where(tables.exam.c.exam == said.exam).values(ended_at=event.wall))
    still_open = sa.select(tables.attempt.c.attempt).where(
        tables.attempt.c.exam == said.exam, tables.attempt.c.stage.not_in([stage.value for stage in CLOSED])
    )
    ended = events.AttemptEnded(by=event.actor, reason=said.reason, warnings=0, overridden=False)
    return [FollowUp(attempt, ended) for attempt in connection.execute(still_open).scalars().all()]


@_projects(events.ExamStored)
def _exam_stored(connection: sa.Connection, event: Event, said: events.ExamStored) -> None:
    connection.execute(sa.update(tables.exam).where(tables.exam.c.exam == said.exam).values(stored_at=event.wall))


@_projects(events.AttemptStored)
def _attempt_stored(connection: sa.Connection, event: Event, said: events.AttemptStored) -> None:
    row = tables.attempt
    connection.execute(sa.update(row).where(row.c.attempt == said.attempt).values(stored_at=event.wall))


@_projects(events.AttemptCreated)
def _attempt_created(connection: sa.Connection, event: Event, said: events.AttemptCreated) -> None:
    connection.execute(
        sa.insert(tables.attempt).values(
            attempt=event.chain, stage=Stage.INVITED.value, stage_at=event.wall, **said.to_json()
        )
    )


@_projects(events.AttemptAssigned)
def _attempt_assigned(connection: sa.Connection, event: Event, said: events.AttemptAssigned) -> None:
    _set_attempt(connection, event, proctor=said.proctor)


@_projects(events.AttemptArrived)
def _attempt_arrived(connection: sa.Connection, event: Event, _said: events.AttemptArrived) -> None:
    _set_stage(connection, event, Stage.CONSENT)


@_projects(events.AttemptSigned)
def _attempt_signed(connection: sa.Connection, event: Event, _said: events.AttemptSigned) -> None:
    _set_stage(connection, event, Stage.EQUIPMENT)


@_projects(events.AttemptEquipped)
def _attempt_equipped(connection: sa.Connection, event: Event, _said: events.AttemptEquipped) -> None:
    _set_stage(connection, event, Stage.WAITING)


@_projects(events.AttemptAdmitted)
def _attempt_admitted(connection: sa.Connection, event: Event, _said: events.AttemptAdmitted) -> None:
    _set_stage(connection, event, Stage.ADMITTED)


@_projects(events.AttemptStarted)
def _attempt_started(connection: sa.Connection, event: Event, said: events.AttemptStarted) -> None:
    _set_stage(connection, event, Stage.IN_EXAM, ends_at=said.ends_at)


@_projects(events.AttemptFinished)
def _attempt_finished(connection: sa.Connection, event: Event, _said: events.AttemptFinished) -> list[FollowUp]:
    _set_stage(connection, event, Stage.FINISHED)
    return _calls_end(connection, event)


@_projects(events.AttemptEnded)
def _attempt_ended(connection: sa.Connection, event: Event, _said: events.AttemptEnded) -> list[FollowUp]:
    _set_stage(connection, event, Stage.ENDED)
    return _calls_end(connection, event)


# --- messages ---


@_projects(events.MessageSent)
def _message_sent(connection: sa.Connection, event: Event, said: events.MessageSent) -> None:
    connection.execute(
        sa.insert(tables.message).values(
            message=said.message,
            attempt=event.chain,
            kind=said.kind,
            sender=said.sender,
            sender_name=said.sender_name,
            text=said.text,
            sent_at=event.wall,
        )
    )


@_projects(events.MessageRead)
def _message_read(connection: sa.Connection, event: Event, said: events.MessageRead) -> None:
    """Read by the candidate: what staff sent. Read by staff: what the candidate sent."""
    row = tables.message
    upto = sa.select(row.c.sent_at).where(row.c.message == said.message).scalar_subquery()
    from_candidate = row.c.sender == "candidate"
    connection.execute(
        sa.update(row)
        .where(row.c.attempt == event.chain, row.c.sent_at <= upto, row.c.read_at.is_(None))
        .where(~from_candidate if said.reader == "candidate" else from_candidate)
        .values(read_at=event.wall)
    )


@_projects(events.WarningAcknowledged)
def _warning_acknowledged(connection: sa.Connection, event: Event, said: events.WarningAcknowledged) -> None:
    row = tables.message
    connection.execute(
        sa.update(row)
        .where(row.c.message == said.message)
        .values(acknowledged_at=event.wall, read_at=sa.func.coalesce(row.c.read_at, event.wall))
    )


# --- evidence ---


@_projects(events.SegmentClosed)
def _segment_closed(connection: sa.Connection, event: Event, said: events.SegmentClosed) -> None:
    fields = said.to_json()
    kept = {c.name: fields[c.name] for c in tables.segment.columns if c.name in fields}
    connection.execute(sa.insert(tables.segment).prefix_with("OR IGNORE").values(attempt=event.chain, **kept))


@_projects(events.GapOpened)
def _gap_opened(connection: sa.Connection, event: Event, said: events.GapOpened) -> None:
    connection.execute(
        sa.insert(tables.gap)
        .prefix_with("OR IGNORE")
        .values(gap=said.gap, attempt=event.chain, kind=said.kind, cause=said.cause, starts_at=said.starts_at)
    )


@_projects(events.GapClosed)
def _gap_closed(connection: sa.Connection, event: Event, said: events.GapClosed) -> None:
    """A gap is closed even if the event that opened it was lost while the writer was away."""
    connection.execute(
        sa.insert(tables.gap)
        .prefix_with("OR REPLACE")
        .values(
            gap=said.gap,
            attempt=event.chain,
            kind=said.kind,
            cause=said.cause,
            starts_at=said.starts_at,
            ends_at=said.ends_at,
        )
    )


@_projects(events.GapFilled)
def _gap_filled(connection: sa.Connection, event: Event, said: events.GapFilled) -> None:
    connection.execute(sa.insert(tables.fill).prefix_with("OR IGNORE").values(attempt=event.chain, **said.to_json()))


@_projects(events.FeedPositioned)
def _feed_positioned(connection: sa.Connection, event: Event, said: events.FeedPositioned) -> None:
    connection.execute(
        sa.insert(tables.position)
        .prefix_with("OR REPLACE")
        .values(attempt=event.chain, kind=said.kind, position=said.position)
    )


@_projects(events.RoomWatched)
def _room_watched(connection: sa.Connection, event: Event, said: events.RoomWatched) -> None:
    connection.execute(
        sa.insert(tables.room).prefix_with("OR IGNORE").values(room=event.chain, exam=event.exam, camera=said.camera)
    )


# --- phones ---


def _set_pairing(connection: sa.Connection, event: Event, pairing: str, state: phone.State, **values: Any) -> None:
    row = tables.pairing
    values = {"state": state.value, "state_at": event.wall, **values}
    connection.execute(sa.update(row).where(row.c.pairing == pairing).values(**values))


@_projects(events.PhoneInvited)
def _phone_invited(connection: sa.Connection, event: Event, said: events.PhoneInvited) -> None:
    """A newer code withdraws the one before."""
    row = tables.pairing
    connection.execute(sa.update(row).where(row.c.attempt == event.chain).values(token=None))
    connection.execute(
        sa.insert(row).values(
            pairing=said.pairing,
            attempt=event.chain,
            invited_at=event.wall,
            expires_at=said.expires_at,
            state=phone.State.INVITED.value,
            state_at=event.wall,
        )
    )


@_projects(events.PhoneScanned)
def _phone_scanned(connection: sa.Connection, event: Event, said: events.PhoneScanned) -> None:
    _set_pairing(connection, event, said.pairing, phone.State.SCANNED, token=None, browser=said.browser)


@_projects(events.PhoneConfirmed)
def _phone_confirmed(connection: sa.Connection, event: Event, said: events.PhoneConfirmed) -> None:
    _set_pairing(connection, event, said.pairing, phone.State.CONFIRMED)


@_projects(events.PhoneRefused)
def _phone_refused(connection: sa.Connection, event: Event, said: events.PhoneRefused) -> None:
    _set_pairing(connection, event, said.pairing, phone.State.REFUSED)


# --- calls ---


@_projects(events.CallStarted)
def _call_started(connection: sa.Connection, event: Event, said: events.CallStarted) -> None:
    connection.execute(sa.insert(tables.call).values(attempt=event.chain, started_at=event.wall, **said.to_json()))


@_projects(events.CallEnded)
def _call_ended(connection: sa.Connection, event: Event, said: events.CallEnded) -> None:
    connection.execute(sa.update(tables.call).where(tables.call.c.call == said.call).values(ended_at=event.wall))


def _calls_end(connection: sa.Connection, event: Event) -> list[FollowUp]:
    """Nobody talks any more when the attempt is over."""
    row = tables.call.c
    still_open = sa.select(row.call).where(row.attempt == event.chain, row.ended_at.is_(None))
    reason = Ending.ATTEMPT_OVER.value
    found = connection.execute(still_open).scalars().all()
    return [FollowUp(event.chain, events.CallEnded(call=call, by="box", reason=reason)) for call in found]


# --- flags ---


@_projects(events.FlagRaised)
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


@_projects(events.FlagClosed)
def _flag_closed(connection: sa.Connection, event: Event, said: events.FlagClosed) -> None:
    where = tables.flag.c.flag == said.flag
    facts = connection.execute(sa.select(tables.flag.c.facts).where(where)).scalar()
    if facts is None:
        return  # its flag.raised was lost while the writer was away; the event itself stands in the chain
    newer = {**json.loads(facts), **{k: v for k, v in said.to_json().items() if k != "flag"}}
    connection.execute(sa.update(tables.flag).where(where).values(ended_at=said.ended_at, facts=json.dumps(newer)))


@_projects(events.FlagDecided)
def _flag_decided(connection: sa.Connection, event: Event, said: events.FlagDecided) -> None:
    connection.execute(
        sa.update(tables.flag)
        .where(tables.flag.c.flag == said.flag)
        .values(state=said.decision, reason=said.reason, note=said.note, decided_by=said.by, decided_at=event.wall)
    )


# --- detection ---


@_projects(events.DetectionSet)
def _detection_set(connection: sa.Connection, event: Event, said: events.DetectionSet) -> None:
    values = {"policy": json.dumps(said.policy), "set_at": event.wall, "set_by": said.by, "override": said.override}
    connection.execute(sa.insert(tables.detection).prefix_with("OR REPLACE").values(exam=said.exam, **values))


@_projects(events.AttemptAccommodated)
def _accommodated(connection: sa.Connection, event: Event, said: events.AttemptAccommodated) -> None:
    switches = json.dumps(sorted(said.switches))
    connection.execute(
        sa.insert(tables.granted).prefix_with("OR REPLACE").values(attempt=event.chain, switches=switches)
    )


@_projects(events.BaselineTaken)
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


@_projects(events.RoomNoticed)
def _room_noticed(connection: sa.Connection, event: Event, said: events.RoomNoticed) -> None:
    values = {**said.to_json(), "attempts": json.dumps(said.attempts)}
    connection.execute(sa.insert(tables.room_event).prefix_with("OR REPLACE").values(**values))


# --- identity ---


def _set_identity(connection: sa.Connection, event: Event, **values: Any) -> None:
    row = tables.identity
    connection.execute(sa.insert(row).prefix_with("OR IGNORE").values(attempt=event.chain))
    connection.execute(sa.update(row).where(row.c.attempt == event.chain).values(**values))


@_projects(events.IdentityDeclined)
def _identity_declined(connection: sa.Connection, event: Event, _said: events.IdentityDeclined) -> None:
    _set_identity(connection, event, declined_at=event.wall)


@_projects(events.IdentityPictured)
def _identity_pictured(connection: sa.Connection, event: Event, said: events.IdentityPictured) -> None:
    """New pictures: what was said of those before holds no longer."""
    values: dict[str, Any] = {**said.to_json(), "pictured_at": event.wall}
    for name in ("score", "score_limit", "reason", "compared_at", "decision", "note", "decided_by", "decided_at"):
        values[name] = None
    _set_identity(connection, event, **values)


@_projects(events.IdentityCompared)
def _identity_compared(connection: sa.Connection, event: Event, said: events.IdentityCompared) -> None:
    row = tables.identity.c
    newest = connection.execute(sa.select(row.photo_sha256).where(row.attempt == event.chain)).scalar()
    if newest == said.photo_sha256:  # a newer photo came in meanwhile otherwise
        _set_identity(
            connection, event, score=said.score, score_limit=said.limit, reason=said.reason, compared_at=event.wall
        )


@_projects(events.IdentityDecided)
def _identity_decided(connection: sa.Connection, event: Event, said: events.IdentityDecided) -> None:
    _set_identity(connection, event, decision=said.decision, note=said.note, decided_by=said.by, decided_at=event.wall)


@_projects(events.ChallengeAsked)
def _challenge_asked(connection: sa.Connection, event: Event, said: events.ChallengeAsked) -> None:
    values = {"challenge": said.challenge, "attempt": event.chain, "steps": json.dumps(said.steps)}
    connection.execute(sa.insert(tables.challenge).values(**values, asked_by=said.by, asked_at=event.wall))


@_projects(events.ChallengeAnswered)
def _challenge_answered(connection: sa.Connection, _event: Event, said: events.ChallengeAnswered) -> None:
    row = tables.challenge
    connection.execute(sa.update(row).where(row.c.challenge == said.challenge).values(seen=json.dumps(said.seen)))
