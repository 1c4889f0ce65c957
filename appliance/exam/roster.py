"""The roster: a CSV file of who sits where, read strictly, with every fault named by its line.

The first line names the columns (`seat,candidate,name` and, if wanted, `proctor`, `accommodations`, `extra_minutes`
and `room`, in any order); fields are separated by commas or semicolons; the file is UTF-8, with or without a byte order
mark. Accommodations are names of `exam.accommodation.Switch`, separated by spaces or |; `extra_time` among them needs
its minutes, and minutes need `extra_time`.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from appliance.errors import BadInput
from appliance.exam import accommodation
from appliance.exam.accommodation import Switch

MAX_BYTES = 1_000_000
MAX_ROWS = 500
MOST_EXTRA_MINUTES = 480
"""Of one candidate: a working day."""

_REQUIRED = ("seat", "candidate", "name")
_OPTIONAL = ("proctor", "accommodations", "extra_minutes", "room")
_COLUMNS = (*_REQUIRED, *_OPTIONAL)
_LONGEST = {"seat": 16, "candidate": 64, "name": 120, "proctor": 64, "accommodations": 300}
_LONGEST |= {"extra_minutes": 8, "room": 60}
_SEAT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXAMPLE = "The first line is seat,candidate,name; proctor, accommodations, extra_minutes and room may follow."
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

Finding = tuple[int, str]
"""(line in the file, from 1; a sentence)."""


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One candidate. `candidate` is the institution's number for the person; `proctor` a user, or None; `line` is where
    the file says it, so that later findings can name it too; `accommodations` switch rules off; `extra_minutes` are
    added to the exam's length; `room`: where the seat is, "" for the exam's own room."""

    seat: str
    candidate: str
    name: str
    proctor: str | None = None
    line: int = field(default=0, compare=False)
    accommodations: frozenset[Switch] = frozenset()
    extra_minutes: int = 0
    room: str = ""


class RosterError(BadInput):
    """Nothing was imported; `findings` says why, line by line."""

    def __init__(self, findings: list[Finding]) -> None:
        line, sentence = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(
            f"the roster was not imported: line {line}: {sentence}{more}",
            hint="Correct the lines that are named and import the file again.",
        )
        self.findings = findings


def parse(content: bytes | str) -> list[RosterRow]:
    """The rows in the file's order; RosterError with every finding when anything is wrong."""
    records = _records(_text(content))
    line, header = next(records, (1, []))
    columns = _columns(line, header)
    rows: list[RosterRow] = []
    findings: list[Finding] = []
    seen: dict[tuple[str, str], int] = {}
    count = 0
    for line, fields in records:
        count += 1
        if count > MAX_ROWS:
            findings.append((line, f"a roster has at most {MAX_ROWS} candidates"))
            break
        wrong, row = _row(columns, fields, line)
        wrong += _repeated(row, seen) if row else []
        findings += [(line, sentence) for sentence in wrong]
        if row:
            rows.append(row)
    if not count:
        findings.append((line, "there is no candidate below the header"))
    if findings:
        raise RosterError(findings)
    return rows


def _text(content: bytes | str) -> str:
    size = len(content) if isinstance(content, bytes) else len(content.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise RosterError([(1, f"the file has {size} bytes; a roster has at most {MAX_BYTES}")])
    if isinstance(content, str):
        return content.removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RosterError([(line, "this is not UTF-8 text; save the file as 'CSV UTF-8'")]) from None


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(first line, fields) of every record that is not empty."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise RosterError([(line, f"this is not CSV: {error}")]) from None
        if any(field.strip() for field in fields):
            yield line, [field.strip(" \t\u00a0") for field in fields]
        line = reader.line_num + 1


def _columns(line: int, header: list[str]) -> list[str]:
    """The names of the columns, in the file's order."""
    names = [name.lower() for name in header]
    wrong = [f"there is no column {name!r}; {_EXAMPLE}" for name in _REQUIRED if name not in names]
    wrong += [f"the column {name[:40]!r} is not known; {_EXAMPLE}" for name in names if name not in _COLUMNS]
    wrong += [f"the column {name!r} stands there twice" for name in _COLUMNS if names.count(name) > 1]
    if wrong:
        raise RosterError([(line, sentence) for sentence in wrong])
    return names


def _row(columns: list[str], fields: list[str], line: int) -> tuple[list[str], RosterRow | None]:
    """(what is wrong, the row unless something is)."""
    if len(fields) != len(columns):
        return [f"there are {len(fields)} fields, but the header names {len(columns)}"], None
    values = {name: unicodedata.normalize("NFC", field) for name, field in zip(columns, fields, strict=True)}
    wrong = [sentence for name, value in values.items() if (sentence := _fault(name, value))]
    if wrong:
        return wrong, None
    row = RosterRow(
        values["seat"],
        values["candidate"],
        values["name"],
        values.get("proctor") or None,
        line,
        accommodation.read(values.get("accommodations", "")),
        int(values.get("extra_minutes") or 0),
        values.get("room", ""),
    )
    return ([wrong_time] if (wrong_time := extra_time_fault(row.accommodations, row.extra_minutes)) else []), row


def extra_time_fault(switches: Collection[Switch], minutes: int) -> str:
    """What is wrong where extra time was granted without minutes, or minutes without it; "" where nothing is."""
    if Switch.EXTRA_TIME in switches and not minutes:
        return "extra_time is granted, but extra_minutes does not say how much"
    if minutes and Switch.EXTRA_TIME not in switches:
        return f"there are {minutes} extra minutes, but the accommodation extra_time is missing"
    return ""


def seat(said: str) -> str:
    """The name of a seat, as it is stored; BadInput where it cannot be one."""
    name = unicodedata.normalize("NFC", said.strip())
    if sentence := _fault("seat", name):
        raise BadInput(sentence, hint="A seat is named as on the roster.")
    return name


def _fault(name: str, value: str) -> str | None:
    """What is wrong with one field."""
    if not value:
        return None if name in _OPTIONAL else f"the {name} is empty"
    if len(value) > _LONGEST[name]:
        return f"the {name} has {len(value)} characters; it may have {_LONGEST[name]}"
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _REORDERING for c in value):
        return f"the {name} holds a control character"
    known = _KNOWN.get(name)
    return known(value) if known else None


def _accommodations_fault(value: str) -> str | None:
    try:
        accommodation.read(value)
    except BadInput as error:
        return f"{error.message}; {error.hint[:1].lower()}{error.hint[1:].rstrip('.')}"
    return None


def _minutes_fault(value: str) -> str | None:
    if value.isdecimal() and int(value) <= MOST_EXTRA_MINUTES:
        return None
    return f"the extra minutes {value!r} are no number from 0 to {MOST_EXTRA_MINUTES}"


def _seat_fault(value: str) -> str | None:
    if _SEAT.fullmatch(value):
        return None
    return f"the seat {value!r} may only have the letters a-z, digits, '.', '_' and '-'"


_KNOWN = {"accommodations": _accommodations_fault, "extra_minutes": _minutes_fault, "seat": _seat_fault}


def _repeated(row: RosterRow, seen: dict[tuple[str, str], int]) -> list[str]:
    """A seat or a candidate stands there once; upper and lower case are the same."""
    wrong = []
    for name, value in (("seat", row.seat), ("candidate", row.candidate)):
        first = seen.setdefault((name, value.casefold()), row.line)
        if first != row.line:
            wrong.append(f"the {name} {value!r} is already on line {first}")
    return wrong
