"""The catalogue: every word that a page asks for is there, in each language, with the same values in braces."""

import re
import string
import tomllib
from pathlib import Path

import pytest

from appliance.exam import limits
from appliance.exam.accommodation import Switch
from appliance.exam.detection import Prohibited, Stake
from appliance.exam.feed import Kind
from appliance.exam.flags import CODES, RULES, Category, Channel, Decision, Dismissal, Doubt, Severity, Source
from appliance.exam.gap import Cause
from appliance.exam.permissions import Role
from appliance.exam.stage import Stage
from appliance.web.strings import FOLDER, _flat

WEB = Path(FOLDER).parent
LITERAL = re.compile(r"""\b(?:t|plural|has)\(\s*["']([a-z0-9_.]+)["']""")
PATTERN = re.compile(r"""\bt\(\s*`([^`]+)`""")


def catalogue(language):
    files = sorted(set(FOLDER.glob(f"{language}*.toml")) - {FOLDER / f"{language}.server.toml"})
    return dict(pair for file in files for pair in _flat(tomllib.loads(file.read_text(encoding="utf-8")), ""))


def fields(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None)


def as_pattern(key):
    """A template literal of TypeScript -> what it may become."""
    return re.compile(re.sub(r"\\\$\\\{.*?\\\}", "[a-z0-9_]+", re.escape(key)) + "$")


@pytest.fixture(scope="module")
def english():
    return catalogue("en")


def sources():
    """Those of the box. What the page of a bundle says is in no catalogue of it: tests/sync/test_viewer.py."""
    source = WEB / "frontend" / "src"
    own = [file for file in source.rglob("*.ts") if file.name != "bundle.ts" and source / "bundle" not in file.parents]
    pages = [*own, *(WEB / "templates").glob("*.html")]
    return [*pages, *WEB.with_name("door").glob("*.py")]


def test_every_sentence_that_is_asked_for_is_there(english):
    groups = {key.rsplit(".", 1)[0] for key in english if key.endswith((".one", ".other"))}
    missing = {
        (file.name, key)
        for file in sources()
        for key in LITERAL.findall(file.read_text(encoding="utf-8"))
        if key not in english and key not in groups and not key.endswith(("_", "."))
    }
    assert not missing


def test_every_sentence_that_is_put_together_has_something_to_choose_from(english):
    for file in sources():
        for key in PATTERN.findall(file.read_text(encoding="utf-8")):
            assert any(as_pattern(key).match(known) for known in english), f"{file.name}: {key}"


def test_whatever_the_box_can_say_has_words(english):
    wanted = {
        *(f"flag.{code}.{part}" for code in CODES for part in ("title", "sentence", "help")),
        *(f"flag.{code}.innocent" for code in RULES),
        *(f"stage.{stage.value}" for stage in Stage),
        *(f"role.{role.value}" for role in Role),
        *(f"cause.{cause.value}" for cause in Cause),
        *(f"dismissal.{reason.value}" for reason in Dismissal),
        *(f"doubt.{reason.value}" for reason in Doubt),
        *(f"decision.{decision.value}" for decision in Decision),
        *(f"severity.{severity.value}" for severity in Severity),
        *(f"kind.{kind.value}" for kind in Kind),
        *(f"process.{name}" for name in ("web", "capture", "inference", "sync", "supervisor", "simulate", "door")),
    }
    assert wanted <= english.keys(), sorted(wanted - english.keys())


def test_every_number_of_a_rule_has_a_name(english):
    for code, rule in RULES.items():
        for name in limits.of(rule):
            assert {f"flag.{code}.{name}", f"rule.{name}"} & english.keys(), f"{code} has no words for {name}"


def test_what_the_box_cannot_see_is_said_to_be_so(english):
    said = {
        Source.PLATFORM: ["This box cannot see it", "report"],
        Source.PERSON: ["No acceptable model", "ticks it"],
    }
    for code, rule in RULES.items():
        for words in said.get(rule.source, ()):
            assert words in english[f"flag.{code}.help"], code


def test_whatever_a_planner_can_choose_has_words(english):
    wanted = {
        *(f"{group}.{channel.value}" for group in ("channel", "channel_hint") for channel in Channel),
        *(f"{group}.{stake.value}" for group in ("stake", "stake_hint") for stake in Stake),
        *(f"prohibited.{one.value}" for one in Prohibited),
        *(f"switch.{switch.value}" for switch in Switch),
        *(f"category.{category.value}" for category in Category),
        *(f"source.{source.value}" for source in Source),
    }
    assert wanted <= english.keys(), sorted(wanted - english.keys())


def test_no_sentence_is_left_over(english):
    rooms = [WEB.parent / name for name in ("checks", "panel")]
    beside = [file for room in rooms for file in room.glob("*.py")]
    said_by_the_server = [*WEB.glob("*.py"), *WEB.glob("*/*.py"), *beside]
    text = "\n".join(file.read_text(encoding="utf-8") for file in [*sources(), *said_by_the_server])
    patterns = [as_pattern(key) for key in re.findall(r"`([a-z_]+\.[^`\s]+)`", text)]
    used = set(re.findall(r"""["']([a-z0-9_]+(?:\.[a-z0-9_]+)+)["']""", text))
    prefixes = tuple(key for key in re.findall(r"""["']([a-z0-9_.]+[._])["'{]""", text))
    left = [
        key
        for key in english
        if key not in used
        and key.rsplit(".", 1)[0] not in used
        and not key.startswith(prefixes)
        and not any(pattern.match(key) for pattern in patterns)
    ]
    assert not left, " ".join(sorted(left))


@pytest.mark.parametrize("language", ["de"])
def test_another_language_says_all_of_it(english, language):
    other = catalogue(language)
    assert other.keys() == english.keys()
    different = {key for key in english if fields(english[key]) != fields(other[key])}
    assert not different
    assert other["meta.language"] == language
    same = {key for key in english if english[key] == other[key] and re.search(r"[a-z]{4}", english[key])}
    assert len(same) < len(english) / 12, sorted(same)
