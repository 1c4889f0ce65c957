"""The house itself: documents that agree with the code, small files, locks without addresses, a leak detector."""

import ast
import dataclasses
import json
import os
import re
import subprocess
import sys
import threading
import tomllib
import typing
from pathlib import Path

import pytest

from appliance.config import Settings, load
from appliance.errors import ConfigError
from appliance.exam.events import CATALOGUE
from appliance.exam.flags import CODES
from tests import conftest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "appliance").rglob("*.py"))
CATALOGUES = {"events.py": "one list of all that the ledger can say; half of it would be harder to read"}


def _keys():
    """(section, key, default) of every setting."""
    defaults = Settings()
    for section in dataclasses.fields(defaults):
        values = getattr(defaults, section.name)
        if isinstance(values, tuple):  # a list of tables: tests/test_camera_settings.py
            continue
        for field in dataclasses.fields(values):
            yield section.name, field.name, getattr(values, field.name)


def _documented():
    """(section, key) -> default as written, from docs/configuration.md."""
    found = {}
    section = ""
    for line in (ROOT / "docs/configuration.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## `\[(\w+)\]`", line):
            section = heading[1]
        elif line.startswith("## "):
            section = ""
        elif section and (row := re.match(r"\| `(\w+)` \| `([^`]*)` \| .{20,} \|$", line)):
            found[section, row[1]] = row[2]
    return found


def test_every_setting_is_documented_with_its_default():
    written = {
        (section, key): tomllib.loads(f"it = {default}")["it"] for (section, key), default in _documented().items()
    }
    assert written == {(section, key): default for section, key, default in _keys()}


_OTHER = {
    "udp_ports": "50000-50499",
    "security": "tls",
    "mode": "files",
    "receipt": "content",
    "lock_mode": "governance",
    "video": "night",
    "night": "22:00-06:00",
    "flags": "high",
    "lights": "gpio",
    "buttons": "gpio",
    "key_device": "/dev/input/event3",
    "display": "oled",
    "display_chip": "sh1106",
    "console": "/dev/tty8",
    "pins": "mock",
    "board": "pi4",
    "brightness": 0.5,
}
"""Where not every text makes sense."""


@pytest.mark.parametrize(("section", "key", "default"), list(_keys()))
def test_every_setting_can_be_set_and_its_type_is_kept(tmp_path, section, key, default):
    file = tmp_path / "appliance.toml"
    new = not default if isinstance(default, bool) else default + 1 if not isinstance(default, str) else "elsewhere"
    new = _OTHER.get(key, new)
    file.write_text(f"[{section}]\n{key} = {json.dumps(new)}\n", encoding="utf-8")
    assert getattr(getattr(load(file), section), key) == new
    file.write_text(f"[{section}]\n{key} = [1]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=key):
        load(file)


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("[web]\nprot = 1\n", "no setting 'prot'", "Did you mean port?"),
        ("[wbe]\n", "no setting 'wbe'", "Did you mean web?"),
        ("web = 1\n", "not a section", "line of its own"),
        ("[web\n", "cannot be read", "docs/configuration.md"),
        ("[web]\nport = true\n", "port is True, which is not a int", "docs/configuration.md"),
    ],
)
def test_a_wrong_setting_is_named_with_a_hint(tmp_path, text, sentence, hint):
    file = tmp_path / "appliance.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(sentence)) as caught:
        load(file)
    assert hint in caught.value.hint


def test_no_file_means_the_defaults(tmp_path):
    assert load(tmp_path / "appliance.toml") == Settings()


def test_the_generated_pages_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "scripts/write-docs", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_event_and_every_flag_is_documented():
    page = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### `([a-z_.]+)`$", page, re.MULTILINE)) == set(CATALOGUE)
    page = (ROOT / "docs/flags.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `(\w+)`$", page, re.MULTILINE)) == set(CODES) | {"manual_flag"}


def test_every_event_and_field_has_words():
    for name, cls in CATALOGUE.items():
        assert cls.__doc__, name
        assert set(typing.get_type_hints(cls)) >= {field.name for field in dataclasses.fields(cls)}


def test_links_between_the_pages_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_files_and_functions_are_small():
    large = []
    for file in SOURCES:
        text = file.read_text(encoding="utf-8")
        if text.count("\n") > 400 and file.name not in CATALOGUES:
            large.append(f"{file.name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 60:
                large.append(f"{file.name}:{node.name}: {node.end_lineno - node.lineno + 1} lines")
    assert not large


def test_the_locks_hold_hashes_and_no_address():
    for name in ("runtime", "dev", "platform"):
        lines = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith(("-", "file:", "/"))]
        pins = [number for number, line in enumerate(lines) if re.match(r"[A-Za-z0-9]", line)]
        assert pins
        for number in pins:
            assert "==" in lines[number]
            assert lines[number + 1].strip().startswith("--hash=sha256:"), lines[number]


def test_the_locks_agree_with_each_other():
    runtime, dev = (
        set(re.findall(r"^([\w.-]+==[^ ;\\]+)", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))
        for name in ("runtime", "dev")
    )
    assert runtime <= dev


# --- the leak detector ---


def test_a_thread_left_behind_is_noticed():
    before = {what: look() for what, look in conftest.LOOKS.items()}
    go = threading.Event()
    thread = threading.Thread(target=go.wait, name="left-behind")
    thread.start()
    assert conftest._left(before) == ["thread left-behind"]
    go.set()
    thread.join()
    assert conftest._left(before) == []


def test_a_process_and_a_descriptor_left_behind_are_noticed():
    before = {what: look() for what, look in conftest.LOOKS.items()}
    reading, writing = os.pipe()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=reading)
    left = conftest._left(before)
    assert [name.split()[0] for name in left] == ["process", "file", "file"]
    os.close(reading)
    os.close(writing)
    child.wait()
    assert conftest._left(before) == []


def test_every_item_of_the_protocols_has_a_test_of_its_number_or_a_reason():
    done = subprocess.run([sys.executable, ROOT / "scripts/protocol_coverage.py"], capture_output=True, text=True)
    assert (done.stdout.split(), done.returncode) == ([], 0), done.stderr
