"""Platforms in appliance.toml: what can be written, what is refused, and that each key stands in the document."""

import dataclasses
import re
from pathlib import Path

import pytest

from appliance.config import load
from appliance.config_standards import LtiSettings, PlatformSettings
from appliance.errors import ConfigError

DOCUMENT = Path(__file__).parents[2] / "docs/configuration.md"
GOOD = """
name = "lms"
issuer = "https://lms.example.edu"
client_id = "c"
deployment = "1"
login_url = "https://lms.example.edu/auth"
keys_url = "https://lms.example.edu/jwks"
"""


def written(tmp_path, text):
    file = tmp_path / "appliance.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_platforms_are_a_list(tmp_path):
    other = GOOD.replace('"lms"', '"other"').replace('deployment = "1"', 'deployment = "2"')
    found = written(tmp_path, f"[[platform]]\n{GOOD}[[platform]]\n{other}").platform
    assert [one.name for one in found] == ["lms", "other"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "has no name"),
        (GOOD.replace('"lms"', '"l m s"'), "name"),
        (GOOD.replace("https://lms.example.edu/auth", "lms"), "login_url"),
        (GOOD.replace("keys_url", "token_url"), "keys_url"),
        (GOOD + 'candidate = "name"', "candidate"),
        (GOOD + 'isuer = "x"', "issuer"),
        (GOOD + "[[platform]]" + GOOD, "two platforms"),
        (GOOD + "[[platform]]" + GOOD.replace('"lms"', '"b"'), "same issuer"),
    ],
)
def test_what_does_not_hold_is_refused_with_its_key(tmp_path, wrong, said):
    with pytest.raises(ConfigError) as refused:
        written(tmp_path, f"[[platform]]\n{wrong}\n")
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_every_key_of_a_platform_is_documented():
    chapter = DOCUMENT.read_text(encoding="utf-8").partition("## `[[platform]]`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE)
    assert rows == [field.name for field in dataclasses.fields(PlatformSettings)]


def test_a_severity_is_between_nothing_and_everything():
    with pytest.raises(ConfigError, match="severity_high"):
        LtiSettings(severity_high=1.5).check()
    assert [LtiSettings().severity(one) for one in ("low", "medium", "high")] == [0.2, 0.5, 0.8]
