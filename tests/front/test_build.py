"""The front end as it is built: types, unit tests, a lock that names no registry, pages without inline code."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "appliance" / "web" / "frontend"
TEMPLATES = FRONTEND.parent / "templates"
NODE = Path(sys.executable).parent / "node"


def run(*command):
    return subprocess.run([NODE, *command], cwd=FRONTEND, capture_output=True, text=True, timeout=100, check=False)


def test_the_lock_names_no_registry():
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if not package.get("integrity")]


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_templates_have_no_inline_code(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|<style|javascript:", text)
    assert all("src=" in tag or 'type="application/json"' in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.slow
def test_types_and_units():
    types = run("node_modules/typescript/bin/tsc", "--noEmit")
    assert types.returncode == 0, types.stdout + types.stderr
    units = run("node_modules/vitest/vitest.mjs", "run")
    assert units.returncode == 0, units.stdout + units.stderr
