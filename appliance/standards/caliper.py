"""Ledger events as Caliper 1.2 events, and their envelope. Pure: the ledger stays the one source of truth.

An event's id follows from the ledger's (UUID version 5), so that an endpoint which is sent it twice keeps one.
"""

from collections.abc import Sequence
from typing import Any

from appliance.ledger.record import Event
from appliance.standards import table
from appliance.standards.scene import PROCESSES, Scene, fields, moment

CONTEXT = "http://purl.imsglobal.org/ctx/caliper/v1p2"
OWN = "exam_appliance"
"""The key of what is ours in `extensions`."""


def event(found: Event, scene: Scene) -> dict[str, Any] | None:
    """The Caliper event; None where the table withholds it, or nothing is left of it."""
    said = table.of(found.payload)
    if said is None or found.exam is None:
        return None
    attempt = scene.attempt_of(found)
    if said.type != "Event" and attempt is None:
        return None  # a person's acts need the person
    made: dict[str, Any] = {
        "@context": CONTEXT,
        "id": f"urn:uuid:{scene.uuid('event', found.id)}",
        "type": said.type,
        "profile": said.profile,
        "actor": _actor(found, said, scene, attempt),
        "action": said.action,
        "object": _object(found, said, scene, attempt),
        "eventTime": moment(found.wall),
        "edApp": _application(scene),
    }
    if attempt is not None:
        if said.type == "AssessmentEvent":
            made["generated"] = _attempt(found, scene, attempt)
        made["session"] = {
            "id": f"urn:uuid:{scene.uuid('session', attempt)}",
            "type": "Session",
            "user": scene.person(scene.candidates[attempt]),
        }
    ledger = {"event": found.id, "type": found.type, "version": found.version, "position": found.position}
    made["extensions"] = {OWN: {"ledger": ledger, **fields(found, said.fields)}}
    return made


def envelope(events: Sequence[dict[str, Any]], scene: Scene, *, at: float) -> dict[str, Any]:
    """What an endpoint is sent."""
    return {**head(scene, at=at), "data": list(events)}


def head(scene: Scene, *, at: float) -> dict[str, Any]:
    """An envelope without its data."""
    return {"sensor": scene.application, "sendTime": moment(at), "dataVersion": CONTEXT}


def _actor(found: Event, said: table.Said, scene: Scene, attempt: str | None) -> dict[str, Any]:
    if attempt is not None and (said.type != "Event" or found.actor == "candidate"):
        return _candidate(scene, attempt)
    if found.actor in PROCESSES or found.actor == "candidate":
        return _application(scene)
    return {"id": scene.staff(found.actor), "type": "Person"}


def _candidate(scene: Scene, attempt: str) -> dict[str, Any]:
    key = scene.candidates[attempt]
    made: dict[str, Any] = {
        "id": scene.person(key),
        "type": "Person",
        "otherIdentifiers": [
            {
                "type": "SystemIdentifier",
                "identifier": key,
                "identifierType": "SisSourcedId",
                "source": scene.application,
            }
        ],
    }
    if name := scene.names.get(attempt):
        made["name"] = name
    return made


def _object(found: Event, said: table.Said, scene: Scene, attempt: str | None) -> dict[str, Any]:
    if said.type == "SessionEvent":
        return _application(scene)
    if said.type == "AssessmentEvent" or attempt is None:
        return _assessment(found.exam or "", scene)
    return _attempt(found, scene, attempt)


def _assessment(exam: str, scene: Scene) -> dict[str, Any]:
    made = {"id": scene.address("exams", exam), "type": "Assessment"}
    return {**made, "name": scene.titles[exam]} if exam in scene.titles else made


def _attempt(found: Event, scene: Scene, attempt: str) -> dict[str, Any]:
    return {
        "id": scene.address("attempts", attempt),
        "type": "Attempt",
        "assignee": scene.person(scene.candidates[attempt]),
        "assignable": scene.address("exams", found.exam or ""),
        "count": 1,
    }


def _application(scene: Scene) -> dict[str, Any]:
    return {"id": scene.application, "type": "SoftwareApplication", "name": "Exam appliance"}
