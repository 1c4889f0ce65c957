"""The schema of the joined report's JSON (JSON Schema 2020-12), made from the same types as the boxes' own. What its
own properties mean stands in `joined.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from appliance.exam.flags import Decision
from appliance.report import facts as f
from appliance.report import joined_files
from appliance.report.joined import Conflict, Source
from appliance.report.schema import DIALECT, MEANINGS, Making, Schema, closed

_OWN = Path(__file__).with_name("joined.toml")


def schema() -> Schema:
    """Of the joined report; a box's own part is closed against what its report does not have."""
    own = tomllib.loads(_OWN.read_text(encoding="utf-8"))
    usual = tomllib.loads(MEANINGS.read_text(encoding="utf-8"))
    making = Making(usual | {"Source": own["Source"], "Conflict": own["Conflict"]})
    report = making.report(f.ExamFacts, "exam")
    for left_out in joined_files.OUTSIDE:
        del report["properties"][left_out]
    making.definitions["BoxReport"] = closed(report)
    attempt = making.definitions["Attempt"]
    attempt["properties"] |= {name: {"type": "string", "description": own["Attempt"][name]} for name in ("site", "box")}
    closed(attempt)
    source = making.object(Source)
    source["properties"]["report"] = {
        "anyOf": [{"$ref": "#/$defs/BoxReport"}, {"type": "null"}],
        "description": own["Box"]["report"],
    }
    making.definitions["Box"] = closed(source)
    making.definitions["Conflict"] = closed(making.object(Conflict))
    return {
        "$schema": DIALECT,
        "$id": joined_files.SCHEMA_ID,
        "title": "Integrity report of an exam that several boxes held",
        "description": f.ABOUT,
        **closed({"type": "object", "properties": _properties(own["Joined"])}),
        "$defs": dict(sorted(making.definitions.items())),
    }


def _properties(meanings: dict[str, str]) -> Schema:
    text, moment = {"type": "string"}, {"type": "string", "format": "date-time"}
    number: dict[str, Any] = {"type": "number", "minimum": 0}
    decisions = closed(
        {"type": "object", "properties": {one.value: {"type": "integer", "minimum": 0} for one in Decision}}
    )
    properties: Schema = {
        "$schema": {"const": joined_files.SCHEMA_ID},
        "schema": {"const": joined_files.SCHEMA},
        "kind": {"const": "joined"},
        "about": text,
        "written_at": moment,
        "time_zone": text,
        "exam": text,
        "provisional": {"type": "boolean"},
        "boxes": _many("Box"),
        "attempts": _many("Attempt"),
        "conflicts": _many("Conflict"),
        "decisions": decisions,
        "gap_seconds": number,
        "unseen_seconds": number,
        "open_points": {"type": "array", "items": text},
    }
    return {name: {**said, "description": meanings[name]} for name, said in properties.items()}


def _many(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}}
