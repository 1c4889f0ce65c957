"""The schema of the JSON report (JSON Schema 2020-12), made from the types of its facts, so that it cannot fall behind
them. What each property means stands in `properties.toml`; one that is not there is an error."""

import dataclasses
import tomllib
import types
import typing
from enum import StrEnum
from pathlib import Path
from typing import Any

from appliance.exam.flags import Decision, Rule
from appliance.report import facts as f
from appliance.report import json_report, review

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEANINGS = Path(__file__).with_name("properties.toml")
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def schema() -> Schema:
    """Of both kinds of report, told apart by `kind`."""
    made = Making(tomllib.loads(MEANINGS.read_text(encoding="utf-8")))
    return {
        "$schema": DIALECT,
        "$id": json_report.SCHEMA_ID,
        "title": "Integrity report",
        "description": f.ABOUT,
        "oneOf": [made.report(f.AttemptFacts, "attempt"), made.report(f.ExamFacts, "exam")],
        "$defs": dict(sorted(made.definitions.items())),
    }


class Making:
    """Collects the definitions that the reports refer to."""

    def __init__(self, meanings: dict[str, Any]) -> None:
        self._meanings = meanings
        self.definitions: dict[str, Schema] = {}

    def report(self, cls: type, kind: str) -> Schema:
        said = self.object(cls)
        head = {"$schema", "schema", "kind", "about", "time_zone", "rules_in_force"}
        said["properties"] |= {
            "$schema": {"const": json_report.SCHEMA_ID},
            "schema": {"const": json_report.SCHEMA},
            "kind": {"const": kind},
            "about": {"type": "string"},
            "time_zone": {"type": "string"},
            "rules_in_force": self._rules(),
        }
        if kind == "exam":
            said["properties"]["attempts"] |= {"type": "array", "items": self._attempt(once=True)}
        else:
            said = self._attempt(said)
        for name in head:
            said["properties"][name]["description"] = self._meaning("Report", name)
        return closed(said)

    def _attempt(self, said: Schema | None = None, *, once: bool = False) -> Schema:
        """With what is worked out from the facts; `once`: in the report on an exam, without what that says itself."""
        if once and "Attempt" in self.definitions:
            return {"$ref": "#/$defs/Attempt"}
        said = said or self.object(f.AttemptFacts)
        whole, share = {"type": "integer", "minimum": 0}, _share()
        more: dict[str, Schema] = {
            "detectors": {"type": "array", "items": self._with(f.DetectorCoverage, {"share": share})},
            "unseen_by_cause": {
                "type": "array",
                "items": closed(
                    {
                        "type": "object",
                        "properties": {
                            name: {"type": kind, "description": self._meaning("Span", name)}
                            for name, kind in (("sense", "string"), ("cause", "string"), ("seconds", "number"))
                        },
                    }
                ),
            },
            "decisions": closed(
                {
                    "type": "object",
                    "properties": {
                        one.value: whole | {"description": self._meaning("Decisions", one.value)} for one in Decision
                    },
                }
            ),
            "gap_seconds": {"type": "number"},
            "unseen_seconds": {"type": "number"},
        }
        for name, one in more.items():
            said["properties"][name] = one | {"description": self._meaning("Report", name)}
        self._with(f.RuleCoverage, {"share": share})
        self._with(f.Recording, {"share": share})
        self._with(review.Watched, {"share": share})
        if once:
            said["properties"] = {n: p for n, p in said["properties"].items() if n not in json_report.ONCE}
            self.definitions["Attempt"] = closed(said)
            return {"$ref": "#/$defs/Attempt"}
        return said

    def _with(self, cls: type, more: dict[str, Schema]) -> Schema:
        found = self._of(cls)
        said = self.definitions[cls.__name__]
        for name, one in more.items():
            said["properties"][name] = one | {"description": self._meaning(cls.__name__, name)}
        closed(said)
        return found

    def _rules(self) -> Schema:
        """Code -> the rule's numbers."""
        said = self.object(Rule)
        for left_out in ("code", "off_by"):
            del said["properties"][left_out]
        return {"type": "object", "additionalProperties": closed(said)}

    def object(self, cls: type) -> Schema:
        """The properties of a type of facts."""
        hints = typing.get_type_hints(cls)
        properties = {}
        for field in dataclasses.fields(cls):
            said = self._of(hints[field.name], field.name)
            properties[field.name] = {**said, "description": self._meaning(cls.__name__, field.name)}
        return {"type": "object", "description": _first(cls), "properties": properties}

    def _of(self, hint: Any, name: str = "") -> Schema:
        arguments = typing.get_args(hint)
        origin = typing.get_origin(hint)
        if origin in (types.UnionType, typing.Union):
            return {"anyOf": [self._of(one, name) for one in arguments]}
        if origin in (tuple, list):
            return {"type": "array", "items": self._of(arguments[0])}
        if origin is not None:  # a mapping
            return {"type": "object", "additionalProperties": self._of(arguments[1])}
        if hint is float and (name == "at" or name.endswith("_at")):
            return {"type": "string", "format": "date-time"}
        return self._named(hint)

    def _named(self, hint: Any) -> Schema:
        if hint is Any or hint in _PLAIN:
            return {"type": _PLAIN[hint]} if hint in _PLAIN else {}
        if issubclass(hint, StrEnum):
            return {"enum": [one.value for one in hint]}
        if hint.__name__ not in self.definitions:
            self.definitions[hint.__name__] = closed(self.object(hint))
        return {"$ref": f"#/$defs/{hint.__name__}"}

    def _meaning(self, cls: str, name: str) -> str:
        """Of this type's property, or of every property of that name."""
        own = self._meanings.get(cls, {})
        said = own.get(name) or self._meanings["every"].get(name)
        if said is None:
            raise KeyError(f"properties.toml does not say what {name} of {cls} means")
        return str(said)


def _share() -> Schema:
    return {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]}


def closed(said: Schema) -> Schema:
    """With just these properties, all of them."""
    said["required"] = sorted(said["properties"])
    said["additionalProperties"] = False
    return said


def _first(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split())
