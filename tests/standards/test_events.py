"""Events as Caliper and xAPI: one table for every type, ids that stay, nothing that must not leave.

Validated against schemas that were written for these tests from the texts of Caliper 1.2 (general event, Assessment,
Session and General profiles, envelope) and xAPI 1.0.3 (statement, agent by account, activity); no validator of 1EdTech
or ADL could be run here.
"""

import dataclasses
import json
import typing

import jsonschema
import pytest

from appliance import cli
from appliance.config import Settings, StandardsSettings
from appliance.exam.events import CATALOGUE
from appliance.standards import caliper, source, table, xapi
from appliance.standards.files import WithEvents
from appliance.standards.table import TABLE, Said, Withheld
from tests.sync.rig import quick_report

pytestmark = pytest.mark.slow

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"
ACTIONS = {
    "AssessmentEvent": ["Started", "Paused", "Resumed", "Restarted", "Reset", "Submitted"],
    "SessionEvent": ["LoggedIn", "LoggedOut", "TimedOut"],
    "Event": [
        "Accepted", "Activated", "Added", "Archived", "Commented", "Completed", "Created", "Declined", "Deleted",
        "Ended", "Evaluated", "Identified", "Launched", "Modified", "Paused", "Published", "Questioned", "Recommended",
        "Removed", "Resumed", "Returned", "Reviewed", "Saved", "Sent", "Skipped", "Started", "Tagged",
    ],
}  # fmt: skip
"""Of the vocabulary of Caliper 1.2, by type of event; of `Event` (General profile, any action) those that we use."""

IRI = {"type": "string", "pattern": "^(https?://|urn:)[^ ]+$"}
ENTITY = {"type": "object", "required": ["id", "type"], "properties": {"id": IRI, "type": {"type": "string"}}}
CALIPER = {
    "type": "object",
    "required": ["@context", "id", "type", "profile", "actor", "action", "object", "eventTime", "edApp", "extensions"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": "http://purl.imsglobal.org/ctx/caliper/v1p2"},
        "id": {"type": "string", "pattern": f"^urn:uuid:{UUID}$"},
        "type": {"enum": list(ACTIONS)},
        "profile": {"enum": ["GeneralProfile", "AssessmentProfile", "SessionProfile"]},
        "actor": ENTITY,
        "object": ENTITY,
        "generated": ENTITY,
        "session": ENTITY,
        "edApp": ENTITY,
        "action": {"type": "string"},
        "eventTime": {"type": "string", "pattern": TIME},
        "extensions": {"type": "object"},
    },
    "allOf": [
        {
            "if": {"properties": {"type": {"const": kind}}},
            "then": {"properties": {"action": {"enum": actions}}},
        }
        for kind, actions in ACTIONS.items()
    ]
    + [
        {
            "if": {"properties": {"type": {"enum": ["AssessmentEvent", "SessionEvent"]}}},
            "then": {"properties": {"actor": {"properties": {"type": {"const": "Person"}}}}},
        },
        {
            "if": {"properties": {"type": {"const": "AssessmentEvent"}}},
            "then": {
                "required": ["generated"],
                "properties": {
                    "object": {"properties": {"type": {"const": "Assessment"}}},
                    "generated": {"required": ["assignee", "assignable"], "properties": {"type": {"const": "Attempt"}}},
                },
            },
        },
        {
            "if": {"properties": {"type": {"const": "SessionEvent"}}},
            "then": {
                "required": ["session"],
                "properties": {"object": {"properties": {"type": {"const": "SoftwareApplication"}}}},
            },
        },
    ],
}
ENVELOPE = {
    "type": "object",
    "required": ["sensor", "sendTime", "dataVersion", "data"],
    "additionalProperties": False,
    "properties": {
        "sensor": IRI,
        "sendTime": {"type": "string", "pattern": TIME},
        "dataVersion": {"const": "http://purl.imsglobal.org/ctx/caliper/v1p2"},
        "data": {"type": "array", "items": CALIPER},
    },
}
EXTENSIONS = {"type": "object", "propertyNames": IRI}
ACTIVITY = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "objectType": {"const": "Activity"},
        "id": IRI,
        "definition": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"type": IRI, "name": {"type": "object"}, "extensions": EXTENSIONS},
        },
    },
}
XAPI = {
    "type": "object",
    "required": ["id", "actor", "verb", "object", "timestamp", "version"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": f"^{UUID}$"},
        "actor": {
            "type": "object",
            "required": ["account"],
            "additionalProperties": False,
            "properties": {
                "objectType": {"const": "Agent"},
                "name": {"type": "string"},
                "account": {
                    "type": "object",
                    "required": ["homePage", "name"],
                    "additionalProperties": False,
                    "properties": {"homePage": {"pattern": "^https?://"}, "name": {"type": "string"}},
                },
            },
        },
        "verb": {"type": "object", "required": ["id"], "properties": {"id": IRI, "display": {"type": "object"}}},
        "object": ACTIVITY,
        "result": {"type": "object", "properties": {"completion": {"type": "boolean"}}},
        "context": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "registration": {"type": "string", "pattern": f"^{UUID}$"},
                "platform": {"type": "string"},
                "contextActivities": {
                    "type": "object",
                    "properties": {"grouping": {"type": "array", "items": ACTIVITY}},
                },
                "extensions": EXTENSIONS,
            },
        },
        "timestamp": {"type": "string", "pattern": TIME},
        "version": {"const": "1.0.3"},
    },
}


def written(ledger, settings, form, **which):
    with ledger.connect() as connection:
        scene = source.scene_of(connection, settings, exam="bio")
        found = source.events(connection, exam="bio", **which)
        return "".join(source.document(found, scene, form=form))


def test_every_event_type_is_said_or_withheld_for_a_reason():
    assert set(TABLE) == set(CATALOGUE)
    assert all(row.why for row in TABLE.values() if isinstance(row, Withheld))


def test_what_is_said_is_in_the_vocabularies_and_of_the_event():
    for name, row in TABLE.items():
        if isinstance(row, Withheld):
            continue
        of_it = {field.name for field in dataclasses.fields(CATALOGUE[name])}
        rows = [row] if isinstance(row, Said) else [*row.by.values(), row.other]
        for said in rows:
            assert said.action in ACTIONS[said.type], name
            assert said.verb in table.VERBS, name
            assert set(said.fields) <= of_it, name


def test_no_free_text_no_name_no_need_and_no_account_has_a_place_in_the_table():
    never = {"text", "note", "name", "by", "by_name", "sender", "sender_name", "switches", "extra_minutes", "signature",
             "browser", "snapshots", "why", "link", "path", "subject"}  # fmt: skip
    for row in TABLE.values():
        rows = [] if isinstance(row, Withheld) else [row] if isinstance(row, Said) else [*row.by.values(), row.other]
        assert not never & {field for said in rows for field in said.fields}, row


def test_an_exam_as_caliper_holds_the_schema_and_gives_away_nothing(ledger, settings):
    text = written(ledger, settings, "caliper")
    said = json.loads(text)
    jsonschema.validate(said, ENVELOPE)
    assert not [word for word in ("SECRET", "Candidate 1", "pia", "lea", "face_covering", "extra") if word in text]
    kinds = [(one["type"], one["action"]) for one in said["data"]]
    for wanted in ("Started", "Paused", "Resumed", "Submitted"):
        assert ("AssessmentEvent", wanted) in kinds
    assert ("SessionEvent", "LoggedIn") in kinds
    [flag] = [one for one in said["data"] if one["action"] == "Tagged"]
    assert flag["actor"]["type"] == "SoftwareApplication"
    assert flag["extensions"]["exam_appliance"]["code"] == "phone_visible"
    assert flag["object"]["assignee"] == next(
        one["actor"]["id"] for one in said["data"] if one["type"] == "AssessmentEvent"
    )


def test_an_exam_as_xapi_holds_the_schema_and_gives_away_nothing(ledger, settings):
    text = written(ledger, settings, "xapi")
    for one in json.loads(text):
        jsonschema.validate(one, XAPI)
    assert not [word for word in ("SECRET", "Candidate 1", '"pia"', "face_covering", "extra_minutes") if word in text]
    assert "http://adlnet.gov/expapi/verbs/initialized" in text


def test_said_again_it_is_the_same_byte_by_byte(ledger, settings):
    for form in ("caliper", "xapi"):
        once = written(ledger, settings, form)
        assert written(ledger, settings, form) == once
        ids = [one["id"] for one in (json.loads(once)["data"] if form == "caliper" else json.loads(once))]
        assert len(set(ids)) == len(ids) > 10


def test_names_go_along_only_where_a_setting_says_so(ledger):
    settings = Settings(standards=StandardsSettings(names=True))
    assert "Candidate 1" in written(ledger, settings, "caliper")
    assert "Candidate 1" in written(ledger, settings, "xapi")


def test_an_erased_event_is_not_said(ledger, settings):
    with ledger.connect() as connection:
        scene = source.scene_of(connection, settings, exam="bio")
        event = next(source.events(connection, exam="bio", types={"flag.raised"}))
    erased = dataclasses.replace(event, payload=None)
    assert caliper.event(event, scene)
    assert (caliper.event(erased, scene), xapi.statement(erased, scene)) == (None, None)


def test_the_command_reads_the_ledger_and_writes_one_document(held, paths, capsys, tmp_path):
    for form, kind in (("json", list), ("caliper", dict), ("xapi", list)):
        assert cli.main(["--data", str(paths.data), "events", "bio", "--format", form]) == 0
        said = json.loads(capsys.readouterr().out)
        assert isinstance(said, kind)
        out = tmp_path / form
        assert cli.main(["--data", str(paths.data), "events", "bio", "--format", form, "--out", str(out)]) == 0
        assert json.loads(out.read_text()) == said
    assert cli.main(["--data", str(paths.data), "events", "chemistry"]) == 2


def test_the_files_lie_beside_the_reports_where_the_settings_want_them(ledger, held, paths):
    def write(**settings):
        made = WithEvents(
            quick_report, typing.cast(typing.Any, None), Settings(standards=StandardsSettings(**settings))
        )
        with ledger.connect() as connection:
            return made.write(connection=connection, paths=paths, exam="bio", attempt=held.attempts["1"])

    assert set(write()) == {"report.json", "report.csv", "report.pdf"}
    files = write(caliper=True, xapi=True)
    assert {"events.caliper.json", "events.xapi.json"} <= set(files)
    said = json.loads((paths.reports / "bio" / held.attempts["1"] / "events.caliper.json").read_text())
    jsonschema.validate(said, ENVELOPE)
    assert {one["extensions"]["exam_appliance"]["ledger"]["type"] for one in said["data"]} >= {"flag.raised"}
    assert write(caliper=True) == {name: files[name] for name in files if "xapi" not in name}


@pytest.mark.parametrize("key", ["homepage", "caliper_url"])
def test_a_wrong_setting_is_named(key):
    with pytest.raises(Exception, match=key):
        StandardsSettings(**{key: "elsewhere"}).check()
