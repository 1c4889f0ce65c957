"""The schema of the JSON report: published, true of real reports, and it says what everything means."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from appliance.report import collect, csv_report, json_report, schema
from appliance.report.moments import Zone
from tests.report.evidence import START
from tests.report.reviewed import review

ROOT = Path(__file__).parents[2]
SCHEMA = schema.schema()


def properties(said):
    """(where, what is said of it) of every property, at any depth."""
    for name, inner in said.items():
        if name == "properties":
            yield from inner.items()
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, dict):
                yield from properties(one)


def test_the_published_schema_is_that_of_the_code():
    assert json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8")) == SCHEMA, "run `make docs`"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_property_says_what_it_means():
    named = [(name, said) for name, said in properties(SCHEMA) if isinstance(said, dict)]
    assert len(named) > 250
    assert [name for name, said in named if not said.get("description")] == []


def test_no_meaning_is_left_over_from_a_property_that_is_gone():
    said = tomllib.loads((ROOT / "appliance/report/properties.toml").read_text(encoding="utf-8"))
    known = {name for name, _ in properties(SCHEMA)} | {"off_by"}
    assert {name for table in said.values() for name in table} <= known


@pytest.mark.slow
def test_real_reports_of_both_kinds_are_as_the_schema_says(evidence, connected, paths):
    attempt = evidence.sit("1")
    review(evidence, attempt)
    evidence.over(attempt)
    zone = Zone()
    with connected() as connection:
        one = collect.attempt_facts(connection, attempt, media=paths.media, now=START + 100)
        whole = collect.exam_facts(connection, "bio", media=paths.media, now=START + 100)
    check = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    for data in (json_report.attempt_bytes(one, zone), json_report.exam_bytes(whole, zone)):
        said = json.loads(data)
        assert [str(error.message)[:300] for error in check.iter_errors(said)] == []
        said["flags" if said["kind"] == "attempt" else "seat_rates"] = [{"verdict": 1}]
        with pytest.raises(jsonschema.ValidationError):
            check.validate(said)


def test_every_column_of_the_table_is_explained():
    page = (ROOT / "docs/report.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z_0-9]+)` \|", page, re.MULTILINE)
    assert [*csv_report.COLUMNS, *csv_report.AGREED] == explained
