"""On which line of a TOML file each key stands: tomllib does not tell, and whoever wrote it wants to know.

Only for text that tomllib has taken: what is not TOML is not understood here either.
"""

import json
import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""As in ("network", "address") or ("admin", 0, "user")."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|("(?:[^"\\\n]|\\.)*")|'([^'\n]*)')[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'",
    re.DOTALL,
)


def lines(text: str) -> dict[Path, int]:
    """Path -> line, counted from 1, of every table and key."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    at = _end_of(_SPACE, text, 0)
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        if text[at] == "[":
            many = text.startswith("[[", at)
            names, at = _dotted(text, at + 1 + many)
            table = _inside(names, counts)
            if many:
                number = counts[table] = counts.get(table, -1) + 1
                found.setdefault(table, line)
                table = (*table, number)
            at += 1 + many
        else:
            names, at = _dotted(text, at)
            for length in range(1, len(names) + 1):
                found.setdefault((*table, *names[:length]), line)
            at = _after_value(text, at + 1)
        found.setdefault(table, line)
        at = _end_of(_SPACE, text, at)
    return found


def line_of(where: Path, known: dict[Path, int]) -> int:
    """The line of a key; of what it would be in where it is missing; 1 of an empty file."""
    for length in range(len(where), 0, -1):
        if where[:length] in known:
            return known[where[:length]]
    return 1


def _inside(names: tuple[str, ...], counts: dict[Path, int]) -> Path:
    """[[a]] and then [a.b] means the newest a."""
    path: Path = ()
    for number, name in enumerate(names):
        path = (*path, name)
        if path in counts and number < len(names) - 1:
            path = (*path, counts[path])
    return path


def _dotted(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """-> the names, and where what follows them stands."""
    return tuple(_names(text, at)), _after_names(text, at)


def _names(text: str, at: int) -> Iterator[str]:
    while match := _KEY.match(text, at):
        bare, quoted, literal = match.groups()
        yield bare if bare is not None else _said(quoted) if quoted is not None else literal
        at = match.end()
        if not text.startswith(".", at):
            return
        at += 1


def _said(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:  # an escape that TOML has and JSON has not
        return quoted[1:-1]


def _after_names(text: str, at: int) -> int:
    while match := _KEY.match(text, at):
        at = match.end()
        if not text.startswith(".", at):
            break
        at += 1
    return at


def _after_value(text: str, at: int) -> int:
    """Behind the value that begins there: to the end of its line, or of its brackets."""
    depth = 0
    while at < len(text):
        if string := _STRING.match(text, at):
            at = string.end()
            continue
        character = text[at]
        if character == "#":
            at = _end_of(_SPACE, text, at) if depth else text.find("\n", at) % (len(text) + 1)
            continue
        if character == "\n" and not depth:
            return at
        depth += (character in "[{") - (character in "]}")
        at += 1
    return at


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
