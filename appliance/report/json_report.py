"""The report for machines: canonical JSON (RFC 8785), so that the same facts are always the same bytes.

`docs/report.schema.json` is its schema, made from the same types (`schema.py`). Every `..._at` is an ISO 8601 moment in
the lab's zone with milliseconds, or null; spans are seconds; shares are 0 to 1.
A field that is added raises the number after the slash in `schema` only when an older reader would misread the rest.
"""

from dataclasses import asdict
from typing import Any

import rfc8785

from appliance.report import facts as f
from appliance.report.detection import rules_of
from appliance.report.facts import AttemptFacts, ExamFacts
from appliance.report.moments import Zone

SCHEMA = "appliance.report/2"
SCHEMA_ID = "urn:appliance:report:2"

ONCE = (
    "exam",
    "messages",
    "steps",
    "versions",
    "in_force",
    "rules_in_force",
    "time_zone",
    "written_at",
    "sampling",
)
"""What the report on an exam does not say of each attempt."""


def attempt_bytes(facts: AttemptFacts, zone: Zone) -> bytes:
    """The report on one attempt."""
    return rfc8785.dumps({**_head("attempt"), **_attempt(facts, zone)})


def exam_bytes(facts: ExamFacts, zone: Zone) -> bytes:
    """The report on an exam: the attempts without chat, stage log and browsers, which are in their own reports."""
    attempts = [_attempt(attempt, zone) for attempt in facts.attempts]
    for attempt in attempts:
        for left_out in ONCE:
            attempt.pop(left_out)
    said = {
        **_head("exam"),
        **_plain({**asdict(facts), "attempts": []}, zone),
        "time_zone": zone.name(facts.written_at),
        "rules_in_force": rules_of(facts.in_force[-1].policy),
        "attempts": attempts,
    }
    return rfc8785.dumps(said)


def _head(kind: str) -> dict[str, str]:
    return {"$schema": SCHEMA_ID, "schema": SCHEMA, "kind": kind, "about": f.ABOUT}


def _attempt(facts: AttemptFacts, zone: Zone) -> dict[str, Any]:
    said: dict[str, Any] = _plain(asdict(facts), zone)
    until = facts.closed_at or facts.written_at
    said["time_zone"] = zone.name(facts.written_at)
    said["rules_in_force"] = rules_of(facts.in_force[-1].policy)
    said["detectors"] = [asdict(detector) | {"share": detector.share} for detector in f.by_detector(facts.coverage)]
    said["unseen_by_cause"] = [
        {"sense": sense, "cause": cause, "seconds": seconds}
        for (sense, cause), seconds in f.by_cause(facts.unseen, now=until).items()
    ]
    said["decisions"] = f.decisions(facts.flags)
    said["gap_seconds"] = f.seconds_of(facts.gaps, now=until)
    said["unseen_seconds"] = f.seconds_of(facts.unseen, now=until)
    said["review"]["watched"]["share"] = facts.review.watched.share
    for rule in said["coverage"]:
        rule["share"] = f.fraction(rule["assessable"], rule["ticks"])
    for recording, source in zip(said["recordings"], facts.recordings, strict=True):
        recording["share"] = source.share
    return said


def _plain(value: Any, zone: Zone, name: str = "") -> Any:
    if isinstance(value, dict):
        return {inner: _plain(item, zone, inner) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, zone) for item in value]
    if isinstance(value, (int, float)) and (name == "at" or name.endswith("_at")):
        return zone.iso(value)
    return value
