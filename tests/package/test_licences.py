"""Everything that is bundled has a licence that may be there; what is new and unknown is named."""

import importlib.metadata
import json
import re
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from appliance.inference import pack
from provisioning.package import licences, prefix, sbom, third_party

pytestmark = pytest.mark.slow  # it reads what every package says of itself

ROOT = Path(__file__).parents[2]
SITE = Path(importlib.metadata.distribution("numpy").locate_file(""))


def _locked():
    lines = (ROOT / "requirements/runtime.txt").read_text().splitlines()
    return [match[1] for line in lines if (match := re.match(r"([a-z0-9][a-z0-9.-]*)==", line))]


def test_every_locked_package_has_a_licence_that_may_be_bundled():
    said = {name: licences.of_python(name, importlib.metadata.metadata(name)) for name in _locked()}
    assert [finding for name, licence in said.items() if (finding := licences.judged(name, licence))] == []


def test_every_library_inside_a_wheel_has_a_known_licence():
    files = [file.name for name in _locked() for file in SITE.glob(f"{name.replace('-', '_')}.libs/*.so*")]
    assert len(files) > 40
    assert [name for name in files if licences.judged(name, licences.of_library(name))] == []


def test_every_front_end_package_model_and_font_has_one():
    components = [*sbom._npm(ROOT), *sbom._models(None), *sbom._fonts()]
    assert sbom.findings(components) == []
    assert len([one for one in components if one["type"] == "machine-learning-model"]) == len(
        [asset for asset in pack.assets().values() if asset.is_model or asset.is_ours]
    )


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("MIT/Apache-2.0", True),
        ("GPL-2.0-only OR Apache-2.0", True),
        ("GPL-2.0-only AND Apache-2.0", False),
        ("(MIT OR AGPL-3.0-only) AND Unicode-3.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("AGPL-3.0-only", False),
        ("Proprietary", False),
        ("", False),
        ("(MIT", False),
        ("MIT AND", False),
    ],
)
def test_a_licence_is_allowed_when_one_that_we_may_choose_is(licence, may):
    finding = licences.judged("it", licence)
    assert (finding is None) == may


def test_an_unknown_package_is_named_with_what_to_do():
    finding = licences.judged("pkg:pypi/new@1", licences.of_python("new", {}))
    assert finding == licences.Finding(
        component="pkg:pypi/new@1", why="no licence is known: enter it in provisioning/package/licences.toml"
    )


def test_each_copyleft_licence_has_its_reason():
    table = tomllib.loads((ROOT / "provisioning/package/licences.toml").read_text())
    assert all(len(why) > 20 for why in table["copyleft"].values())
    assert not set(table["copyleft"]) & set(table["allowed"])


def test_third_party_names_every_locked_package_but_those_that_are_left_out():
    said = (ROOT / "THIRD_PARTY.md").read_text()
    assert third_party.BEGIN in said
    left_out = prefix.left_out()
    for name in _locked():
        word = f"{name} {importlib.metadata.version(name)}"
        gone = any(prefix.speaks_of(rule, name) for rule in left_out)
        assert (word in said) != gone, f"{name}: provisioning/package/licences --write"


def test_the_bill_of_materials_is_valid_cyclonedx(tmp_path):
    bill = sbom.made(ROOT, tmp_path, version="1.0", epoch=1_700_000_000)
    bill["components"] += [
        sbom._component("library", "pkg:pypi/it@1", "it", "1", "MIT")
        | {"hashes": [{"alg": "SHA-256", "content": "0" * 64}]}
    ]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    assert sbom.made(ROOT, tmp_path, version="1.0", epoch=1_700_000_000)["serialNumber"] == bill["serialNumber"]
