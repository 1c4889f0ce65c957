"""Ledger events as xAPI statements (1.0.3). Pure: the ledger stays the one source of truth.

A statement's id follows from the ledger's event, so that a record store which is sent it twice keeps one.
"""

from typing import Any

from appliance.ledger.record import Event
from appliance.standards import table
from appliance.standards.scene import PROCESSES, Scene, fields, moment

VERSION = "1.0.3"
_OWN = "urn:exam-appliance:extensions:"
_ASSESSMENT = "http://adlnet.gov/expapi/activities/assessment"
_ATTEMPT = "http://adlnet.gov/expapi/activities/attempt"


def statement(found: Event, scene: Scene) -> dict[str, Any] | None:
    """The statement; None where the table withholds it, or nothing is left of it."""
    said = table.of(found.payload)
    if said is None or found.exam is None:
        return None
    attempt = scene.attempt_of(found)
    if said.type != "Event" and attempt is None:
        return None  # a person's acts need the person
    exam = _activity(scene.address("exams", found.exam), _ASSESSMENT, scene.titles.get(found.exam))
    whole = attempt is None or said.type == "AssessmentEvent"
    context: dict[str, Any] = {
        "platform": "Exam appliance",
        "extensions": {
            f"{_OWN}ledger": {"event": found.id, "type": found.type, "position": found.position},
            **{_OWN + name: value for name, value in fields(found, said.fields).items()},
        },
    }
    if attempt is not None:
        context["registration"] = scene.uuid("registration", attempt)
        context["contextActivities"] = {"grouping": [exam]}
    made = {
        "id": scene.uuid("statement", found.id),
        "actor": _actor(found, said, scene, attempt),
        "verb": {"id": table.VERBS[said.verb], "display": {"en": said.verb.replace("-", " ")}},
        "object": exam if whole or attempt is None else _activity(scene.address("attempts", attempt), _ATTEMPT, None),
        "context": context,
        "timestamp": moment(found.wall),
        "version": VERSION,
    }
    return {**made, "result": {"completion": True}} if said.verb == "completed" else made


def _actor(found: Event, said: table.Said, scene: Scene, attempt: str | None) -> dict[str, Any]:
    if attempt is not None and (said.type != "Event" or found.actor == "candidate"):
        who = _agent(scene, f"candidate/{scene.candidates[attempt]}")
        return {**who, "name": scene.names[attempt]} if attempt in scene.names else who
    if found.actor in PROCESSES or found.actor == "candidate":
        return _agent(scene, f"box/{scene.box}")
    return _agent(scene, scene.staff(found.actor))


def _agent(scene: Scene, name: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": scene.homepage, "name": name}}


def _activity(id: str, kind: str, title: str | None) -> dict[str, Any]:
    definition: dict[str, Any] = {"type": kind}
    if title:
        definition["name"] = {"und": title}
    return {"objectType": "Activity", "id": id, "definition": definition}
