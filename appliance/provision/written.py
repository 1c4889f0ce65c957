"""`provision.toml` read and written. What is wrong is told all at once, each thing with its line."""

import dataclasses
import difflib
import json
import re
import time
import tomllib
from collections.abc import Iterator
from typing import Any

from appliance.errors import BadInput
from appliance.provision import rules
from appliance.provision.lines import Path, line_of, lines
from appliance.provision.rules import Fault
from appliance.provision.seed import Admin, Seed

MAX_BYTES = 256_000
_MOST_TRIES = 20
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class WrongSeed(BadInput):
    """`findings`: (line, sentence), in the order of the file."""

    def __init__(self, message: str, findings: list[tuple[int, str]]) -> None:
        super().__init__(message, hint="docs/provision.md says what each key takes.")
        self.findings = sorted(findings)


def parse(text: str, *, name: str = "provision.toml", now: float | None = None) -> Seed:
    """The seed that the text is; WrongSeed says everything that is not right."""
    seed, findings, known = _read(text)
    if seed is not None:
        for fault in rules.faults(seed, now=time.time() if now is None else now):
            findings.append((line_of(fault.where, known), fault.sentence))
    if findings or seed is None:
        count = f"{len(findings)} things are" if len(findings) > 1 else "one thing is"
        raise WrongSeed(f"{count} not right in {name}", findings)
    return seed


def read(text: str) -> Seed:
    """The seed that the text is, with names and types checked and nothing else: what this box wrote itself."""
    seed, findings, _ = _read(text)
    if findings or seed is None:
        raise WrongSeed("provision.toml is not as the box wrote it", findings)
    return seed


def decoded(content: bytes, *, name: str = "provision.toml") -> str:
    """The text of a file; WrongSeed where it is too large or no text."""
    if len(content) > MAX_BYTES:
        raise WrongSeed(f"{name} is larger than {MAX_BYTES // 1000} kB", [(1, "this is no provision.toml")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise WrongSeed(f"{name} is no text in UTF-8", [(line, "save the file as UTF-8")]) from None


def keys() -> dict[str, tuple[str, ...]]:
    """Every section and its keys; `settings` has those of appliance.toml."""
    kinds = {field.name: Admin if field.name == "admin" else type(getattr(Seed(), field.name)) for field in _SECTIONS}
    return {
        name: tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()
        for name, kind in kinds.items()
    }


_SECTIONS = dataclasses.fields(Seed)


# --- reading ---


def _read(text: str) -> tuple[Seed | None, list[tuple[int, str]], dict[Path, int]]:
    table, findings, taken = _tables(text)
    if table is None:
        return None, findings, {}
    known = lines(taken)
    faults: list[Fault] = []
    seed = _seed(table, faults)
    findings += [(line_of(fault.where, known), fault.sentence) for fault in faults]
    return seed, findings, known


def _tables(text: str) -> tuple[dict[str, Any] | None, list[tuple[int, str]], str]:
    """Lines that are no TOML are told and left out, as long as what is wrong is one line's."""
    findings: list[tuple[int, str]] = []
    rows = text.replace("\r\n", "\n").split("\n")
    for _ in range(_MOST_TRIES):
        try:
            return tomllib.loads("\n".join(rows)), findings, "\n".join(rows)
        except tomllib.TOMLDecodeError as error:
            where = _WHERE.search(str(error))
            line = int(where[1]) if where and where[1] else len(rows)
            said = _WHERE.sub("", str(error))
            findings.append((line, f"this is not TOML: {said[:1].lower()}{said[1:]}"))
            row = rows[line - 1]
            if not row.strip() or '"""' in row or "'''" in row or row.count("[") != row.count("]"):
                break  # it is not one line's: what follows would be guessed
            rows[line - 1] = ""
    return None, findings, ""


def _seed(table: dict[str, Any], faults: list[Fault]) -> Seed | None:
    fields = {field.name: field for field in dataclasses.fields(Seed)}
    _unknown(table, list(fields), (), faults)
    values: dict[str, Any] = {}
    for name, written in table.items():
        if name not in fields:
            continue
        if name == "admin":
            values[name] = tuple(_admins(written, faults))
        elif not isinstance(written, dict):
            faults.append(Fault((name,), f"{name} is a section: write [{name}] on a line of its own"))
        elif name == "settings":
            values[name] = written
        else:
            values[name] = _section(type(getattr(Seed(), name)), written, (name,), faults)
    return Seed(**values) if not faults else _best(values)


def _best(values: dict[str, Any]) -> Seed:
    """What could be read, so that what else is wrong in it is told in the same breath."""
    return Seed(**{name: value for name, value in values.items() if value is not None})


def _admins(written: Any, faults: list[Fault]) -> Iterator[Admin]:
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        faults.append(Fault(("admin",), "admin is a list: write [[admin]] on a line of its own for each person"))
        return
    for number, one in enumerate(written):
        if "user" not in one:
            faults.append(Fault(("admin", number), "this admin has no user: write user = "))
        said = _section(Admin, {"user": "", **one}, ("admin", number), faults)
        yield said if said is not None else Admin(user="")


def _section(cls: type[Any], table: dict[str, Any], where: Path, faults: list[Fault]) -> Any:
    fields = {field.name: field for field in dataclasses.fields(cls)}
    _unknown(table, list(fields), where, faults)
    values = {}
    for name, written in table.items():
        if name in fields:
            value = _typed(fields[name].type, written)
            if value is None:
                wanted = "texts in brackets" if "tuple" in str(fields[name].type) else _WORDS[fields[name].type]
                faults.append(Fault((*where, name), f"{name} takes {wanted}"))
            else:
                values[name] = value
    return cls(**values) if cls is not Admin or "user" in values else None


_WORDS: dict[Any, str] = {str: "a text in quotes", int: "a whole number", float: "a number"}


def _typed(wanted: Any, written: Any) -> Any:
    """The value; None where it is of another type."""
    if wanted is float and type(written) is int:
        return float(written)
    if wanted == tuple[str, ...]:
        return tuple(written) if isinstance(written, list) and all(isinstance(one, str) for one in written) else None
    return written if type(written) is wanted else None


def _unknown(table: dict[str, Any], known: list[str], where: Path, faults: list[Fault]) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
            what = "key" if where else "section"
            faults.append(Fault((*where, name), f"there is no {what} {name[:60]!r}; {hint}"))


# --- writing ---


def dumps(seed: Seed) -> str:
    """As TOML. Only what differs from the defaults is written."""
    parts: list[str] = []
    for section in dataclasses.fields(Seed):
        value = getattr(seed, section.name)
        if section.name == "settings":
            for name, table in value.items():
                for one in table if isinstance(table, list) else [table]:
                    parts.append(_table(("settings", name), one, many=isinstance(table, list)))
        elif section.name == "admin":
            parts += [
                _table(("admin",), _changed(one, Admin(user="")) | {"user": one.user}, many=True) for one in value
            ]
        elif changed := _changed(value, type(value)()):
            parts.append(_table((section.name,), changed, many=False))
    return "\n".join(parts)


def tables(content: dict[str, Any]) -> str:
    """Sections (tables, or lists of tables) as TOML: appliance.toml."""
    return "\n".join(
        _table((name,), one, many=isinstance(section, list))
        for name, section in content.items()
        for one in (section if isinstance(section, list) else [section])
    )


def _changed(value: Any, default: Any) -> dict[str, Any]:
    return {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != getattr(default, field.name)
    }


def _table(names: tuple[str, ...], content: dict[str, Any], *, many: bool) -> str:
    head = ".".join(map(_key, names))
    rows = [f"[[{head}]]" if many else f"[{head}]"]
    rows += [f"{_key(name)} = {_value(value)}" for name, value in content.items()]
    return "\n".join(rows) + "\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = "\n" in value and "'''" not in value and not value.endswith("'")
        if plain and all(character.isprintable() or character == "\n" for character in value):
            return f"'''\n{value}'''"
        return _text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + "}"
    return repr(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
