"""Which licence each bundled thing has, and whether it may be there. Pure, but for the table beside it."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parent / "licences.toml"
_TOKEN = re.compile(r"\(|\)|[^\s()]+(?:\s+WITH\s+[^\s()]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What may not stay as it is."""

    component: str
    why: str


@cache
def table() -> dict[str, dict[str, str]]:
    """licences.toml."""
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def judged(component: str, licence: str) -> Finding | None:
    """Nothing where the licence, or one of those it leaves us to choose from, is allowed."""
    if not licence:
        return Finding(component=component, why="no licence is known: enter it in provisioning/package/licences.toml")
    words = _TOKEN.findall(licence.replace("/", " OR "))
    try:
        holds, rest = _either(words)
    except IndexError:
        return Finding(component=component, why=f"{licence!r} cannot be read as a licence")
    if rest or not holds:
        return Finding(component=component, why=f"{licence!r} is not among the allowed licences")
    return None


def of_python(name: str, metadata: Any) -> str:
    """As the package's metadata says, or our table."""
    return str(metadata.get("License-Expression") or table()["python"].get(name, ""))


def of_library(file: str) -> str:
    """By the longest beginning of the name that the table has."""
    found = [name for name in table()["libraries"] if file.startswith(name)]
    return table()["libraries"][max(found, key=len)] if found else ""


def is_copyleft(licence: str) -> bool:
    """Does it ask for more than a notice?"""
    return any(name in licence for name in table()["copyleft"])


def _either(words: list[str]) -> tuple[bool, list[str]]:
    holds, words = _both(words)
    while words and words[0] == "OR":
        more, words = _both(words[1:])
        holds = holds or more
    return holds, words


def _both(words: list[str]) -> tuple[bool, list[str]]:
    holds, words = _one(words)
    while words and words[0] == "AND":
        more, words = _one(words[1:])
        holds = holds and more
    return holds, words


def _one(words: list[str]) -> tuple[bool, list[str]]:
    if words[0] == "(":
        holds, words = _either(words[1:])
        if words[0] != ")":
            raise IndexError
        return holds, words[1:]
    name = " ".join(words[0].split())
    return name in table()["allowed"] or name in table()["copyleft"], words[1:]
