"""hardware/ as data: what the tests here compare with each other."""

import csv
import importlib.util
import re
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
HARDWARE = ROOT / "hardware"


def bom() -> list[dict[str, str]]:
    with (HARDWARE / "bom.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def wiring() -> dict[str, Any]:
    return yaml.safe_load((HARDWARE / "wiring" / "panel.yml").read_text(encoding="utf-8"))


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HARDWARE / name).read_text(encoding="utf-8"))


def measures() -> dict[str, Any]:
    """parameters.scad: numbers, + - * / and names from above, which is Python as well."""
    found: dict[str, Any] = {}
    for line in (HARDWARE / "enclosure" / "parameters.scad").read_text(encoding="utf-8").splitlines():
        if set_ := re.fullmatch(r"(\w+) = ([-+*/\w .()\[\],]+);\s*(//.*)?", line):
            found[set_[1]] = eval(set_[2], {"__builtins__": {}}, dict(found))
        else:
            assert not line or line.startswith("//"), f"parameters.scad: not read: {line}"
    return found


def drawing() -> ModuleType:
    """scripts/hardware, imported."""
    loader = SourceFileLoader("scripts_hardware", str(ROOT / "scripts" / "hardware"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
