"""The catalogue, the statement, the manifest of built files."""

import json
import re
from pathlib import Path

import pytest

from appliance.exam.permissions import Role
from appliance.exam.stage import Stage
from appliance.web.manifest import Asset, Manifest
from appliance.web.refusals import _SAID, _STATUS
from appliance.web.statement import statement
from appliance.web.strings import Catalogue

WEB = Path(__file__).parents[2] / "appliance" / "web"


@pytest.fixture(scope="module")
def words():
    return Catalogue.load(strict=True)


def test_values_stand_in_the_sentence(words):
    assert words("server.too_long", field="text", count=9, limit=5) == "The field text has 9 characters; at most 5 fit."


@pytest.mark.parametrize(("key", "values"), [("no.such.key", {}), ("server.too_long", {"field": "x"})])
def test_a_missing_sentence_is_an_error_in_tests_and_a_warning_on_the_box(words, key, values, caplog):
    with pytest.raises(KeyError):
        words(key, **values)
    assert Catalogue.load()(key, **values) == key
    assert key in caplog.text


def test_every_sentence_the_server_says_is_there_and_none_is_left_over(words):
    code = "".join(file.read_text(encoding="utf-8") for file in [*WEB.glob("*.py"), *WEB.glob("*/*.py")])
    asked = set(re.findall(r"\"(server\.\w+)\"", code))
    asked |= {f"server.http_{code}{end}" for code in _SAID for end in ("", "_hint")}
    asked |= {f"server.title_{code}" for code in _SAID | {code for _, code in _STATUS} | {500}}
    asked |= {f"server.equip_{which}" for which in ("webcam", "screen", "both")}
    asked |= {f"{key}_hint" for key in ("server.socket_full", "server.socket_yours_full")}
    there = {key for key in words._words if key.startswith("server.")}
    assert asked - there == set()
    assert there - asked == set()


def test_every_sentence_a_template_says_is_there(words):
    for file in (WEB / "templates").glob("*.html"):
        for key in re.findall(r"\bt\(\"([a-z_.]+)\"[,)]", file.read_text(encoding="utf-8")):
            assert key in words, f"{file.name} says {key}"
    for kind, values in (("role", Role), ("stage", Stage)):
        assert all(f"{kind}.{value.value}" in words for value in values)


def test_the_servers_own_sentences_do_not_go_to_scripts(words):
    assert "join.title" in words.to_json()
    assert not [key for key in words.to_json() if key.startswith("server.")]


def test_the_statement_has_a_version_and_a_hash():
    said = statement()
    assert len(said.sha256) == 64
    assert set(said.to_json()) == {"version", "text"}
    assert said.text == said.text.strip()
    for word in ("camera", "microphone", "screen", "never a decision", "deleted", "Your rights"):
        assert word in said.text


def test_a_signed_statement_never_changes_under_its_version():
    """Another text needs another version: then add a line here, and keep the old ones."""
    assert (statement().version, statement().sha256) == ("2026-3", SIGNED["2026-3"])


SIGNED = {
    "2026-1": "0b62b294edba888450463ff653de7c206f27a7449c983eb45b4d6ebc9f49c97a",
    "2026-2": "4ccc5e8be35d4b51b1671b210a5f82e2a0e5769bc8f09edc0acaae5a3f1c4102",
    "2026-3": "d87edf630e436aca408bf0bde18c645c42b9a972190e873a8c710eba452f6911",
}


def manifest(tmp_path, chunks):
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(chunks))
    return Manifest(tmp_path)


def test_an_entry_with_what_it_imports(tmp_path):
    chunks = {
        "src/wall.ts": {
            "file": "assets/wall-1.js",
            "name": "wall",
            "isEntry": True,
            "imports": ["_api.js"],
            "css": ["assets/wall-1.css"],
        },
        "_api.js": {"file": "assets/api-1.js", "name": "api", "imports": ["_dom.js"], "css": ["assets/api-1.css"]},
        "_dom.js": {"file": "assets/dom-1.js", "name": "dom", "imports": ["_api.js"]},
        "src/base.css": {"file": "assets/base-1.css", "name": "base", "isEntry": True},
    }
    made = manifest(tmp_path, chunks)
    base = "/static/dist/assets/"
    assert made.asset("wall") == Asset(
        script=f"{base}wall-1.js",
        styles=[f"{base}wall-1.css", f"{base}api-1.css"],
        imports=[f"{base}api-1.js", f"{base}dom-1.js"],
    )
    assert made.asset("base") == Asset(styles=[f"{base}base-1.css"])


def test_an_entry_that_is_not_there_is_said(tmp_path, caplog):
    assert manifest(tmp_path, {}).asset("none") == Asset()
    assert "no entry 'none'" in caplog.text


def test_a_front_end_that_is_not_built_is_said(tmp_path, caplog):
    made = Manifest(tmp_path)
    assert (made.built, made.asset("wall")) == (False, Asset())
    assert "make setup" in caplog.text
